/** A DAP client over an adapter in the same process, on the real kernel. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { UserError } from "../../daemon/src/base/errors.ts";
import { Adapter } from "../../daemon/src/dap/adapter.ts";
import type { Annotations, Environment } from "../../daemon/src/debugger/api.ts";

export const root = join(import.meta.dirname, "../..");
export const kernel = join(root, "kernel/prebuilt/asyncos-kernel.elf");
export const sources = join(root, "kernel");

const profiles = join(root, "daemon/profiles");

export const environment = (logged: string[]): Environment => ({
  async readFile(path) {
    try {
      return readFileSync(path);
    } catch {
      throw new UserError(`${path}: there is no such file.`);
    }
  },
  async replaceFile() {
    throw new UserError("Nothing is written here.");
  },
  list: async (path) => (existsSync(path) ? readdirSync(path) : []),
  exists: async (path) => existsSync(path),
  defer: (callback) => void setImmediate(callback),
  now: () => performance.now(),
  log: (text) => void logged.push(text),
  bundled: { kernel, sources: { prefix: "/asyncos/kernel", path: sources } },
  profiles: new Map(
    (existsSync(profiles) ? readdirSync(profiles) : [])
      .filter((name) => name.endsWith(".json"))
      .map((name) => [name, readFileSync(join(profiles, name), "utf8")]),
  ),
});

// biome-ignore lint/suspicious/noExplicitAny: bodies are read as tests need them
export type Body = any;

class RequestError extends Error {}

const TIMEOUT_MS = 20_000;

export class Client {
  readonly logged: string[] = [];
  readonly annotations: (Annotations | undefined)[] = [];
  readonly adapter: Adapter;
  /** Events that no `event` call has taken yet, and all console text so far. */
  readonly events: DebugProtocol.Event[] = [];
  console = "";
  debugConsole = "";
  #seq = 0;
  readonly #pending = new Map<number, (response: DebugProtocol.Response) => void>();
  #wake: (() => void) | undefined;

  constructor(overrides: Partial<Environment> = {}) {
    this.adapter = new Adapter({
      environment: { ...environment(this.logged), ...overrides },
      annotate: (annotations) => void this.annotations.push(annotations),
    });
    this.adapter.onDidSendMessage((message) =>
      this.#take(message as DebugProtocol.ProtocolMessage),
    );
  }

  #take(message: DebugProtocol.ProtocolMessage): void {
    // What crosses a wire is text: nothing may be lost or shared.
    const copy = JSON.parse(JSON.stringify(message));
    if (copy.type === "response") {
      this.#pending.get(copy.request_seq)?.(copy);
      this.#pending.delete(copy.request_seq);
    } else if (copy.event === "output") {
      if (copy.body.category === "stdout") this.console += copy.body.output;
      else this.debugConsole += copy.body.output;
    } else {
      this.events.push(copy);
    }
    this.#wake?.();
  }

  /** The response's body; rejects with its message when it is an error. */
  async request(command: string, args?: object): Promise<Body> {
    const seq = ++this.#seq;
    const answered = new Promise<DebugProtocol.Response>((resolve) =>
      this.#pending.set(seq, resolve),
    );
    const message = { seq, type: "request", command, arguments: args };
    this.adapter.handleMessage(message as DebugProtocol.Request);
    const response = await answered;
    if (!response.success) throw new RequestError(response.message);
    return response.body;
  }

  /** The next event of this name; those before it are dropped. */
  async event(...names: string[]): Promise<DebugProtocol.Event> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const index = this.events.findIndex(({ event }) => names.includes(event));
      if (index >= 0) return this.events.splice(0, index + 1).at(-1)!;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no ${names.join(" or ")} event in ${TIMEOUT_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The last `stopped` of the next stop. */
  async stopped(): Promise<Body> {
    const first = await this.event("stopped", "terminated");
    if (first.event === "terminated") throw new Error("the program ended instead of stopping");
    let last = first;
    while (this.events[0]?.event === "stopped") last = this.events.shift()!;
    return last.body;
  }

  async go(command: string, args?: object): Promise<Body> {
    await this.request(command, args);
    return this.stopped();
  }

  /** initialize, launch, `configure`, configurationDone. */
  async launch(args: object, configure?: (client: Client) => Promise<unknown>): Promise<void> {
    await this.request("initialize", { adapterID: "asyncos" });
    await this.request("launch", args);
    await this.event("initialized");
    await configure?.(this);
    await this.request("configurationDone");
  }

  async frames(threadId: number): Promise<Body[]> {
    return (await this.request("stackTrace", { threadId })).stackFrames;
  }

  /** `file.rs:12 function` of the innermost frame. */
  async where(threadId: number): Promise<string> {
    const [frame] = await this.frames(threadId);
    return frame ? `${frame.source?.name ?? "?"}:${frame.line} ${frame.name}` : "nowhere";
  }

  async locals(frameId: number): Promise<Record<string, string>> {
    const { scopes } = await this.request("scopes", { frameId });
    const { variables } = await this.request("variables", {
      variablesReference: scopes[0].variablesReference,
    });
    return Object.fromEntries(variables.map((v: Body) => [v.name, v.value]));
  }

  close(): void {
    this.adapter.dispose();
  }
}

/** The 1-based line of a source file of the kernel that holds this text, once. */
export function lineOf(file: string, text: string): number {
  const lines = readFileSync(join(sources, file), "utf8").split("\n");
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  if (found.length !== 1) throw new Error(`${file} holds "${text}" ${found.length} times`);
  return found[0]!;
}
