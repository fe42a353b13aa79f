/**
 * A DAP client over a WebSocket: requests as promises, events as a stream that can be waited for.
 * Every wait is bounded; what the adapter refuses is an error with its words.
 */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { WebSocket } from "ws";

const DEFAULT_TIMEOUT_MS = 20_000;

export class DapClient {
  /** Everything received, in order, for those who look back. */
  readonly received: DebugProtocol.ProtocolMessage[] = [];
  readonly timeoutMs: number;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting = new Set<Waiter>();
  /** Events that nobody asked for yet. */
  #unseen: DebugProtocol.Event[] = [];
  #seq = 0;
  #closed: Error | undefined;

  static async connect(
    url: string,
    token: string,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<DapClient> {
    const socket = new WebSocket(`${url}/dap`, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: timeoutMs,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return new DapClient(socket, timeoutMs);
  }

  constructor(socket: WebSocket, timeoutMs = DEFAULT_TIMEOUT_MS) {
    this.#socket = socket;
    this.timeoutMs = timeoutMs;
    socket.on("message", (data) => this.#receive(JSON.parse(data.toString())));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", (code, reason) =>
      this.#end(new Error(`the daemon closed the connection: ${reason || code}`)),
    );
  }

  /** The body of the answer. Throws with the adapter's message when it refuses. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies differ by command; callers say which.
  async request<Body = any>(command: string, args?: object): Promise<Body> {
    const response = await this.requestRaw(command, args);
    if (!response.success) {
      const body = response.body as { error?: DebugProtocol.Message } | undefined;
      const problem = body?.error ? textOf(body.error) : (response.message ?? "refused");
      throw new Error(`${command}: ${problem}`);
    }
    return response.body as Body;
  }

  /** The answer as it is, also a refusal. */
  requestRaw(command: string, args?: object): Promise<DebugProtocol.Response> {
    if (this.#closed) return Promise.reject(this.#closed);
    const seq = ++this.#seq;
    const answer = new Promise<DebugProtocol.Response>((resolve, reject) => {
      const pending = { resolve, reject, timer: this.#timer(`an answer to ${command}`, reject) };
      this.#pending.set(seq, pending);
    });
    this.#socket.send(JSON.stringify({ seq, type: "request", command, arguments: args }));
    return answer;
  }

  /** Sends any text, well-formed or not. */
  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** The next event of that name (that fits), also one which came already and nobody took. */
  event<T extends DebugProtocol.Event = DebugProtocol.Event>(
    name: T["event"],
    fits: (event: T) => boolean = () => true,
  ): Promise<T> {
    return this.#next(`the event ${name}`, (event) => {
      return event.event === name && fits(event as T);
    }) as Promise<T>;
  }

  /**
   * The next stop as its last event tells it: those before it, of other harts, ask to leave the
   * focus. An end of the session instead of it is an error.
   */
  async stopped(): Promise<DebugProtocol.StoppedEvent["body"]> {
    const event = await this.#next("a stop", ({ event, body }) => {
      return (event === "stopped" && !body.preserveFocusHint) || event === "terminated";
    });
    if (event.event === "terminated") throw new Error("the session ended instead of stopping");
    return event.body;
  }

  /** The text of all `output` events of a category so far. */
  output(category = "stdout"): string {
    return this.received
      .filter((message) => message.type === "event")
      .map((message) => message as DebugProtocol.OutputEvent)
      .filter((event) => event.event === "output" && event.body.category === category)
      .map((event) => event.body.output)
      .join("");
  }

  /** Resolves once the connection is closed, by whichever side. */
  closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return new Promise((resolve) => {
      this.#socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  close(): void {
    this.#socket.close();
  }

  #next(what: string, wanted: Waiter["wanted"]): Promise<DebugProtocol.Event> {
    const index = this.#unseen.findIndex(wanted);
    if (index >= 0) return Promise.resolve(this.#unseen.splice(index, 1)[0]!);
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const timer = this.#timer(what, (error) => {
        this.#waiting.delete(waiter);
        reject(error);
      });
      const waiter: Waiter = { wanted, resolve, reject, timer };
      this.#waiting.add(waiter);
    });
  }

  #receive(message: DebugProtocol.ProtocolMessage): void {
    this.received.push(message);
    if (message.type === "response") {
      const response = message as DebugProtocol.Response;
      const pending = this.#pending.get(response.request_seq);
      if (!pending) return;
      this.#pending.delete(response.request_seq);
      clearTimeout(pending.timer);
      pending.resolve(response);
    } else if (message.type === "event") {
      const event = message as DebugProtocol.Event;
      const waiter = [...this.#waiting].find(({ wanted }) => wanted(event));
      if (!waiter) this.#unseen.push(event);
      else {
        this.#waiting.delete(waiter);
        clearTimeout(waiter.timer);
        waiter.resolve(event);
      }
    }
  }

  #timer(what: string, reject: (error: Error) => void): NodeJS.Timeout {
    const late = () => reject(new Error(`${what} did not come within ${this.timeoutMs} ms`));
    return setTimeout(late, this.timeoutMs);
  }

  #end(error: Error): void {
    this.#closed ??= error;
    for (const { reject, timer } of [...this.#pending.values(), ...this.#waiting]) {
      clearTimeout(timer);
      reject(this.#closed);
    }
    this.#pending.clear();
    this.#waiting.clear();
  }
}

/** A DAP message's format with its variables put in. */
const textOf = ({ format, variables = {} }: DebugProtocol.Message): string =>
  format.replace(/\{(\w+)\}/g, (whole, name) => variables[name] ?? whole);

interface Pending {
  readonly resolve: (response: DebugProtocol.Response) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Waiter {
  readonly wanted: (event: DebugProtocol.Event) => boolean;
  readonly resolve: (event: DebugProtocol.Event) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}
