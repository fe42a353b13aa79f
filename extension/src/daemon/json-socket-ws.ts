/** Opens a `JsonSocket` to the daemon with the `ws` package. */
import type WebSocket from "ws";
import type { JsonSocket } from "../base/json-socket.ts";
import { t } from "../base/words.ts";
import type { Endpoint } from "./ready.ts";

const PATIENCE_MILLISECONDS = 10_000;

/** Resolves once the connection is open; rejects with a sentence. */
export async function openSocket(endpoint: Endpoint, path: "/dap" | "/lsp"): Promise<JsonSocket> {
  // Loaded with the first connection, not with the extension: it takes longer than all of ours.
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(endpoint.url + path, {
    headers: { Authorization: `Bearer ${endpoint.token}` },
    handshakeTimeout: PATIENCE_MILLISECONDS,
    // The peer is on this machine: compressing costs more than it saves.
    perMessageDeflate: false,
  });
  let reason: string | undefined;
  socket.on("error", (error) => {
    reason = error.message;
  });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(wrap(socket, () => reason)));
    socket.once("close", () =>
      reject(
        new Error(
          t("The AsyncOS daemon at {0} cannot be reached: {1}.", endpoint.url + path, reason ?? ""),
        ),
      ),
    );
  });
}

function wrap(socket: WebSocket, error: () => string | undefined): JsonSocket {
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    close: () => socket.close(),
    onMessage: (listener) => socket.on("message", (data) => listener(JSON.parse(String(data)))),
    onClose: (listener) =>
      socket.once("close", (code, text) => {
        if (text.length > 0) listener(String(text), true);
        else listener(error() ?? t("the connection to the daemon broke ({0})", code), false);
      }),
  };
}
