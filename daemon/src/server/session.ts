/**
 * One debug session as the main thread sees it: the worker thread that does all the work, and the
 * client's connection while there is one. Messages pass through unread. A worker's death ends this
 * session alone. A client may leave its machine running, and another one may come over to it:
 *
 *     launched --disconnect--> ended
 *     launched --disconnect, terminateDebuggee: false--> free --attach--> attached
 *     attached, or named by its launch --the connection is lost--> free
 *     attached --disconnect--> free
 *     attached --disconnect, terminateDebuggee: true--> ended
 */
import { Worker } from "node:worker_threads";
import { UserError } from "../base/errors.ts";
import type { Annotations } from "../debugger/api.ts";
import type { Layout } from "./layout.ts";
import type { Machines } from "./machines.ts";
import {
  type FromWorker,
  type Passage,
  type ToWorker,
  WINDOW,
  type WorkerData,
} from "./session-messages.ts";
import { CLOSE, type Farewell, type Transport } from "./transport.ts";

/**
 * How long a worker may leave its window full, in ms. While it does, its client is not listened to,
 * not even to its leaving.
 */
const STUCK_MS = 30_000;
/** Heap that one session may fill; the guest's memory is not part of it. */
const MAX_HEAP_MIB = 2048;
/** What a stop's answers are made of dies young: with less room it grows old, and costs a long pause. */
const YOUNG_HEAP_MIB = 96;

export interface SessionParts {
  readonly layout: Layout;
  readonly transport: Transport;
  readonly machines: Machines<Session>;
  annotations(annotations: Annotations | undefined): void;
  /** Once. `problem` says what went wrong, if anything did. */
  ended(problem: string | undefined): void;
}

/** A connection, and whose client it is at the time. */
interface Client {
  readonly transport: Transport;
  session: Session;
  /** Messages that it got, which is also the last `seq` that it saw. */
  sent: number;
}

export class Session {
  readonly #parts: SessionParts;
  readonly #worker: Worker;
  #client: Client | undefined;
  /** The client has come over from another session, or has given its machine a name to be found by. */
  #lasting = false;
  /** Whose client is about to come. */
  #promisedTo: Session | undefined;
  /** Where the client is about to go, and what it says meanwhile. */
  #leaving: { readonly to: Session; readonly texts: string[] } | undefined;
  #reserved: Session | undefined;
  /** Characters that the worker has not taken yet. */
  #pending = 0;
  #stuck: NodeJS.Timeout | undefined;
  #closing = false;
  #over = false;

  constructor(parts: SessionParts) {
    const { layout, transport } = parts;
    this.#parts = parts;
    this.#worker = new Worker(layout.session, {
      workerData: { layout } satisfies WorkerData,
      resourceLimits: {
        maxOldGenerationSizeMb: MAX_HEAP_MIB,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MIB,
      },
      // A session prints nothing: under --stdio stdout is the protocol's.
      stdout: true,
    });
    this.#worker.stdout.on("data", (bytes) => process.stderr.write(bytes));
    this.#worker.on("message", (message: FromWorker) => this.#fromWorker(message));
    this.#worker.on("error", (error) => this.#died(error));
    this.#worker.on("exit", (code) => this.#died(new Error(`its thread ended with code ${code}`)));
    const client: Client = { transport, session: this, sent: 0 };
    this.#client = client;
    transport.receive({
      message: (text) => client.session.#fromClient(text),
      closed: (problem) => client.session.#closed(problem, client),
    });
  }

  /** Ends the session; the client is told why. */
  close(farewell: Farewell): void {
    this.#closing = true;
    if (this.#client) this.#client.transport.close(farewell);
    else this.#end(undefined);
  }

  /** Whether somebody looks at what it has to say of source files. */
  annotate(wanted: boolean): void {
    this.#post({ kind: "annotate", wanted });
  }

  get taken(): boolean {
    return this.#client !== undefined || this.#promisedTo !== undefined;
  }

  #fromClient(text: string): void {
    if (this.#over || !this.#client) return;
    if (this.#leaving) {
      this.#leaving.texts.push(text);
      return;
    }
    this.#pending += text.length;
    if (this.#pending > WINDOW && !this.#stuck) {
      this.#client?.transport.pause();
      const late = () => this.#died(new Error("it takes no messages any more"));
      this.#stuck = setTimeout(late, STUCK_MS);
    }
    this.#post({ kind: "message", text });
  }

  /** The connection is gone. A machine that others know by name stays for them, and for this client. */
  #closed(problem: string | undefined, client: Client): void {
    // One that has said good-bye before is nobody's.
    if (client !== this.#client) return;
    this.#client = undefined;
    if (!this.#lasting || this.#closing) {
      this.#end(problem);
      return;
    }
    this.#relieve();
    this.#post({ kind: "abandoned" });
  }

  #fromWorker(message: FromWorker): void {
    if (this.#over) return;
    switch (message.kind) {
      case "message":
        this.#send(message.text);
        return;
      case "taken":
        this.#pending -= message.length;
        if (this.#pending <= WINDOW) this.#relieve();
        return;
      case "annotations":
        this.#parts.annotations(message.annotations);
        return;
      case "publish":
        this.#name(() => {
          const name = this.#parts.machines.publish(this, message.given, message.base);
          this.#lasting ||= message.given !== undefined;
          return name;
        });
        return;
      case "reserve":
        this.#name(() => {
          this.#reserved = this.#parts.machines.free(message.name);
          this.#reserved.#promisedTo = this;
          return message.name!;
        });
        return;
      case "leaving":
        this.#leaving = { to: this.#reserved!, texts: [] };
        this.#post({ kind: "leave" });
        return;
      case "left":
        this.#handOver(message.passage);
        return;
      case "detached":
        this.#detach();
        return;
      case "ended":
        this.close(CLOSE.done);
        return;
    }
  }

  /** Answers a worker's question for a machine's name. */
  #name(find: () => string): void {
    try {
      this.#post({ kind: "named", name: find() });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#post({ kind: "refused", problem: error.message });
    }
  }

  #send(text: string): void {
    const client = this.#client;
    if (!client) return;
    const { length } = text;
    client.sent++;
    client.transport.send(text, () => {
      if (this.#client === client) this.#post({ kind: "flushed", length });
    });
  }

  /** The client's next messages are another session's; this one has nothing left to do. */
  #handOver({ initialize, texts }: Passage): void {
    const client = this.#client;
    const { to, texts: later } = this.#leaving!;
    if (!client || to.#over) {
      client?.transport.close({
        code: 1011,
        reason: "the machine ended before it was attached to",
      });
      return;
    }
    this.#relieve();
    this.#client = undefined;
    to.#adopt(client, initialize);
    for (const text of [...texts, ...later]) to.#fromClient(text);
    this.#end(undefined);
  }

  #adopt(client: Client, initialize: unknown): void {
    this.#promisedTo = undefined;
    this.#client = client;
    this.#lasting = true;
    client.session = this;
    this.#pending = 0;
    this.#post({ kind: "attached", initialize, sent: client.sent });
  }

  /** The client has said good-bye, and its machine stays. */
  #detach(): void {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    this.#relieve();
    client.transport.close(CLOSE.done);
  }

  /** The client is listened to again. */
  #relieve(): void {
    if (!this.#stuck) return;
    clearTimeout(this.#stuck);
    this.#stuck = undefined;
    this.#client?.transport.resume();
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
    this.#client?.transport.close({ code: 1011, reason: problem });
    this.#end(error instanceof Error && error.stack ? `${problem}\n${error.stack}` : problem);
  }

  #event(event: string, body: object): void {
    const client = this.#client;
    if (!client) return;
    const message = { seq: ++client.sent, type: "event", event, body };
    client.transport.send(JSON.stringify(message));
  }

  #end(problem: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#stuck);
    this.#parts.machines.withdraw(this);
    const reserved = this.#reserved;
    if (reserved && reserved.#promisedTo === this) reserved.#promisedTo = undefined;
    void this.#worker.terminate();
    this.#parts.ended(problem);
  }
}
