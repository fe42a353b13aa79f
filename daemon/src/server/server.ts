/**
 * The daemon's one port: WebSockets on the loopback, `/dap` (a debug session each) and `/lsp` (a
 * language client each).
 */
import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { UserError } from "../base/errors.ts";
import { LiveAnnotations } from "../lsp/annotations.ts";
import { newToken, refusal } from "./access.ts";
import { MAX_MESSAGE_BYTES } from "./framing.ts";
import { Inspection } from "./inspection.ts";
import { serveLanguage } from "./language.ts";
import type { Layout } from "./layout.ts";
import { Machines } from "./machines.ts";
import { Session } from "./session.ts";
import { CLOSE, webSocketTransport } from "./transport.ts";

const HOST = "127.0.0.1";
const MAX_CONNECTIONS = 64;
const MAX_SESSIONS = 16;
const HEADERS_TIMEOUT_MS = 10_000;

export interface ServerOptions {
  readonly layout: Layout;
  /** 0: any free port. */
  readonly port: number;
  /** Lines about what went wrong, for whoever runs the daemon. */
  readonly log: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Ends every session and stops listening. */
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const token = newToken();
  const sessions = new Set<Session>();
  const machines = new Machines<Session>();
  const annotations = new LiveAnnotations();
  annotations.wantedChanged.on((wanted) => {
    for (const session of sessions) session.annotate(wanted);
  });
  const inspection = new Inspection(options.layout, options.log);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    WebSocket: SpeakingSocket,
  });
  const http = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, maxHeaderSize: 8192 });
  http.maxConnections = MAX_CONNECTIONS;
  http.on("request", (request, response) => {
    const refused = refusal(request, token, port);
    response.writeHead(refused?.status ?? 426, { "content-type": "text/plain" });
    response.end(`${refused?.text ?? "Only WebSockets are served here: /dap and /lsp."}\n`);
  });
  http.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const refused = refusal(request, token, port);
    if (refused) return refuse(socket, refused.status, refused.text);
    const serve = endpoints[pathOf(request)];
    if (!serve) return refuse(socket, 404, "There is nothing here but /dap and /lsp.");
    sockets.handleUpgrade(request, socket, head, serve);
  });

  const endpoints: Record<string, (socket: WebSocket) => void> = {
    "/dap": (socket) => {
      const transport = webSocketTransport(socket);
      if (sessions.size >= MAX_SESSIONS) {
        transport.receive({ message() {}, closed() {} });
        return transport.close(CLOSE.full);
      }
      const shown = annotations.source();
      const session = new Session({
        layout: options.layout,
        transport,
        machines,
        annotations: (value) => shown.set(value),
        ended: (problem) => {
          shown.dispose();
          sessions.delete(session);
          if (problem) options.log(problem);
        },
      });
      sessions.add(session);
      session.annotate(annotations.wanted);
    },
    "/lsp": (socket) =>
      serveLanguage(webSocketTransport(socket), annotations, inspection, options.log),
  };

  await new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(
        taken ? new UserError(`port ${options.port} is in use; 0 takes any free one.`) : error,
      );
    });
    http.listen(options.port, HOST, () => {
      http.removeAllListeners("error");
      resolve();
    });
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://${HOST}:${port}`,
    port,
    token,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // Requests that are not upgraded (yet) get no time.
      http.closeAllConnections();
      // Also those that nobody is connected to.
      for (const session of sessions) session.close(CLOSE.shutdown);
      for (const socket of sockets.clients) {
        webSocketTransport(socket).close(CLOSE.shutdown);
      }
      await closed;
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0] as string;
}

function refuse(socket: Duplex, status: number, text: string): void {
  const body = `${text}\n`;
  socket.once("finish", () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Connection: close",
      "Content-Type: text/plain",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}

/** Says in words why it closes where the protocol implementation gives the code alone. */
class SpeakingSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason ?? REASONS[code ?? 0]);
  }
}

const REASONS: Readonly<Record<number, string>> = {
  1007: "a text message is not UTF-8",
  1009: `a message is longer than ${MAX_MESSAGE_BYTES} bytes`,
};
