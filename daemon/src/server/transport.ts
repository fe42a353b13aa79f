/**
 * A two-way stream of whole text messages with one client, over a WebSocket or over stdin and
 * stdout. Who serves it neither knows nor cares which.
 */
import type { Readable, Writable } from "node:stream";
import { WebSocket } from "ws";
import { FrameReader, frame } from "./framing.ts";

/** Why a connection ends, with the WebSocket's close code. */
export interface Farewell {
  readonly code: number;
  readonly reason: string;
}

export const CLOSE = {
  done: { code: 1000, reason: "the session is over" },
  shutdown: { code: 1001, reason: "the daemon is shutting down" },
  binary: { code: 1003, reason: "messages are JSON text, not binary" },
  full: { code: 1013, reason: "too many sessions" },
} as const satisfies Record<string, Farewell>;

export interface Receiver {
  message(text: string): void;
  /** Once, and nothing after it. `problem` when the client broke the protocol. */
  closed(problem: string | undefined): void;
}

export interface Transport {
  /** Queues a message; `flushed` is called once the host took it, or never when the client is gone. */
  send(text: string, flushed?: () => void): void;
  /** Starts delivery. To be called once. */
  receive(receiver: Receiver): void;
  /** Holds back what the client sends, so that it queues at the client's end. */
  pause(): void;
  resume(): void;
  /** Ends the connection after what was queued; `closed` follows. */
  close(farewell: Farewell): void;
}

/** How long a client may take to answer a close before the connection is cut, in ms. */
const CLOSE_GRACE_MS = 2000;
/** A close frame holds 123 bytes of reason. */
const MAX_REASON_BYTES = 123;

/** One message is one text frame. */
export function webSocketTransport(socket: WebSocket): Transport {
  let problem: string | undefined;
  const close = (farewell: Farewell) => {
    socket.close(farewell.code, shorten(farewell.reason));
    if (socket.isPaused) socket.resume();
    const cut = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS);
    socket.once("close", () => clearTimeout(cut));
  };
  return {
    send(text, flushed) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(text, (error) => {
        if (!error) flushed?.();
      });
    },
    receive(receiver) {
      socket.on("message", (data, binary) => {
        if (socket.readyState !== WebSocket.OPEN) return;
        if (binary) {
          problem = CLOSE.binary.reason;
          close(CLOSE.binary);
          return;
        }
        try {
          receiver.message(data.toString());
        } catch (error) {
          // A bug of ours ends the connection that met it, and no other.
          problem = (error as Error).stack;
          close({ code: 1011, reason: `internal error: ${(error as Error).message}` });
        }
      });
      socket.on("error", (error) => {
        problem = error.message;
      });
      socket.once("close", () => receiver.closed(problem));
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close,
  };
}

/** DAP's own framing over a pair of streams. */
export function streamTransport(input: Readable, output: Writable): Transport {
  let receiver: Receiver | undefined;
  const end = (problem: string | undefined) => {
    const who = receiver;
    receiver = undefined;
    input.destroy();
    who?.closed(problem);
  };
  return {
    send(text, flushed) {
      if (!output.writable) return;
      output.write(frame(text), (error) => {
        if (!error) flushed?.();
      });
    },
    receive(newReceiver) {
      receiver = newReceiver;
      const reader = new FrameReader();
      input.on("data", (bytes: Buffer) => {
        try {
          for (const text of reader.feed(bytes)) receiver?.message(text);
        } catch (error) {
          end((error as Error).message);
        }
      });
      input.on("end", () => end(reader.clean ? undefined : "the input ends within a message"));
      input.on("error", (error) => end(error.message));
      output.on("error", (error) => end(error.message));
    },
    pause: () => input.pause(),
    resume: () => input.resume(),
    close() {
      // An empty write calls back once everything before it left.
      output.write("", () => end(undefined));
    },
  };
}

function shorten(reason: string): string {
  const bytes = Buffer.from(reason, "utf8");
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  // Cutting may split a character; what is left of it decodes as a replacement and is dropped.
  const cut = bytes.subarray(0, MAX_REASON_BYTES - 3).toString("utf8");
  return `${cut.replace(/\uFFFD+$/, "")}...`;
}
