/**
 * One debug session as the main thread sees it: a client's connection, and the worker thread that
 * does all the work. Messages pass through unread. A worker's death ends this session alone.
 */
import { Worker } from "node:worker_threads";
import type { Annotations } from "../debugger/api.ts";
import type { Layout } from "./layout.ts";
import { type FromWorker, type ToWorker, WINDOW, type WorkerData } from "./session-messages.ts";
import { CLOSE, type Farewell, type Transport } from "./transport.ts";

/**
 * How long a worker may leave its window full, in ms. While it does, its client is not listened to,
 * not even to its leaving.
 */
const STUCK_MS = 30_000;
/** Heap that one session may fill; the guest's memory is not part of it. */
const MAX_HEAP_MIB = 2048;

export interface SessionEvents {
  annotations(annotations: Annotations | undefined): void;
  /** Once. `problem` says what went wrong, if anything did. */
  ended(problem: string | undefined): void;
}

export class Session {
  readonly #transport: Transport;
  readonly #worker: Worker;
  readonly #events: SessionEvents;
  /** Messages that the client got, which is also the last `seq` that it saw. */
  #sent = 0;
  /** Characters that the worker has not taken yet. */
  #pending = 0;
  #stuck: NodeJS.Timeout | undefined;
  #over = false;

  constructor(layout: Layout, transport: Transport, events: SessionEvents) {
    this.#transport = transport;
    this.#events = events;
    this.#worker = new Worker(layout.session, {
      workerData: { layout } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
      // A session prints nothing: under --stdio stdout is the protocol's.
      stdout: true,
    });
    this.#worker.stdout.on("data", (bytes) => process.stderr.write(bytes));
    this.#worker.on("message", (message: FromWorker) => this.#fromWorker(message));
    this.#worker.on("error", (error) => this.#died(error));
    this.#worker.on("exit", (code) => this.#died(new Error(`its thread ended with code ${code}`)));
    transport.receive({
      message: (text) => this.#fromClient(text),
      closed: (problem) => this.#end(problem),
    });
  }

  /** Ends the session; the client is told why. */
  close(farewell: Farewell): void {
    this.#transport.close(farewell);
  }

  #fromClient(text: string): void {
    if (this.#over) return;
    this.#pending += text.length;
    if (this.#pending > WINDOW && !this.#stuck) {
      this.#transport.pause();
      const late = () => this.#died(new Error("it takes no messages any more"));
      this.#stuck = setTimeout(late, STUCK_MS);
    }
    this.#post({ kind: "message", text });
  }

  #fromWorker(message: FromWorker): void {
    if (this.#over) return;
    switch (message.kind) {
      case "message": {
        const { length } = message.text;
        this.#sent++;
        this.#transport.send(message.text, () => this.#post({ kind: "flushed", length }));
        return;
      }
      case "taken":
        this.#pending -= message.length;
        if (this.#pending <= WINDOW && this.#stuck) {
          clearTimeout(this.#stuck);
          this.#stuck = undefined;
          this.#transport.resume();
        }
        return;
      case "annotations":
        this.#events.annotations(message.annotations);
        return;
      case "ended":
        this.#transport.close(CLOSE.done);
        return;
    }
  }

  #post(message: ToWorker): void {
    if (!this.#over) this.#worker.postMessage(message);
  }

  /** Tells the client, in its own protocol, that its session is lost. */
  #died(error: unknown): void {
    if (this.#over) return;
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `the debug session failed: ${reason}`;
    const output = { category: "important", output: `AsyncOS Debugger: ${problem}\n` };
    this.#event("output", output);
    this.#event("terminated", {});
    this.#transport.close({ code: 1011, reason: problem });
    this.#end(error instanceof Error && error.stack ? `${problem}\n${error.stack}` : problem);
  }

  #event(event: string, body: object): void {
    this.#transport.send(JSON.stringify({ seq: ++this.#sent, type: "event", event, body }));
  }

  #end(problem: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#stuck);
    void this.#worker.terminate();
    this.#events.ended(problem);
  }
}
