/** What the handlers of one adapter share: the session, its handles, and the way to the client. */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { type Disposable, Signal } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type { Annotations, Environment } from "../debugger/api.ts";
import { Breakpoints } from "../debugger/breakpoints.ts";
import { Filters } from "../debugger/filters.ts";
import { PickedStops } from "../debugger/picked-stops.ts";
import type { Session } from "../debugger/session.ts";
import type { SourceFile } from "../debugger/sources.ts";
import type { Frame } from "../debugger/stacks.ts";
import type { SourceLocation } from "../symbols/api.ts";
import type { Debuggee } from "./debuggee.ts";
import { parseAddress } from "./encoding.ts";
import { type Container, type Entry, Handles, type JumpTarget } from "./handles.ts";
import type { LaunchOptions } from "./launch.ts";
import type { MachineNames } from "./machines.ts";
import { referenceOf } from "./references.ts";

/** The client is told of events by these; bodies are DAP's. */
export type Emit = (event: string, body?: object) => void;

export class Context {
  readonly environment: Environment;
  readonly emit: Emit;
  readonly annotate: (annotations: Annotations | undefined) => void;
  readonly breakpoints = new Breakpoints();
  readonly filters = new Filters();
  readonly picked = new PickedStops();
  /** Somebody looks at annotations. */
  annotated = true;
  readonly annotatedChanged = new Signal<boolean>();
  /** Everything that may stop the machine. */
  readonly halting = [this.breakpoints, this.filters, this.picked];
  readonly frames = new Handles<Frame>("Frame");
  readonly variables = new Handles<Container>("Variables reference");
  readonly jumps = new Handles<JumpTarget>("Target");
  readonly machines: MachineNames;
  launch: LaunchOptions | undefined;
  session: Session | undefined;
  /** Under which the machine can be attached to. */
  machineName: string | undefined;
  /** The machine was there before this client, and stays after it unless the client says otherwise. */
  attached = false;
  /** What this client has left running. */
  left: Debuggee | undefined;
  /** Subscriptions to the session's signals. */
  readonly listening: Disposable[] = [];
  /** The client is gone: nothing is to be started any more. */
  closed = false;
  /** Added to our lines and columns, which begin at 1, on the way out. */
  lineOffset = 0;
  columnOffset = 0;
  readonly #sources: SourceFile[] = [];
  readonly #later: (() => void)[] = [];

  constructor({
    environment,
    emit,
    annotate,
    machines,
  }: Pick<Context, "environment" | "emit" | "annotate" | "machines">) {
    this.environment = environment;
    this.emit = emit;
    this.annotate = annotate;
    this.machines = machines;
  }

  /** The session, once something was launched. */
  get launched(): Session {
    if (!this.session) throw new UserError("Nothing is being debugged: send `launch` first.");
    return this.session;
  }

  /** Runs once the answer to the request at hand is on its way. */
  afterResponse(callback: () => void): void {
    this.#later.push(callback);
  }

  responded(): void {
    for (const callback of this.#later.splice(0)) callback();
  }

  /** One of our own bugs: for the log, and a word to the user. */
  bug(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.environment.log(text);
    const output = `Internal error, please report it: ${text.split("\n")[0]}\n`;
    this.emit("output", { category: "important", output });
  }

  /** Forgets what the client holds of a stop. */
  clearHandles(): void {
    this.frames.clear();
    this.variables.clear();
    this.jumps.clear();
  }

  /** A path of this host where there is one; else a reference, whose content says where it was looked for. */
  async source(compiled: string): Promise<DebugProtocol.Source> {
    const name = compiled.split(/[\\/]/).at(-1)!;
    const found = await this.launched.sources.find(compiled);
    if (found.host !== undefined) return { name, path: found.host };
    let index = this.#sources.indexOf(found);
    if (index < 0) index = this.#sources.push(found) - 1;
    return { name, path: compiled, sourceReference: index + 1, presentationHint: "deemphasize" };
  }

  /** What a source reference stands for. */
  missingSource(reference: number): SourceFile | undefined {
    return this.#sources[reference - 1];
  }

  async place(
    location: SourceLocation | undefined,
  ): Promise<{ source?: DebugProtocol.Source; line: number; column: number }> {
    if (!location || location.line === 0) return { line: 0, column: 0 };
    return {
      source: await this.source(location.path),
      line: location.line + this.lineOffset,
      column: Math.max(1, location.column) + this.columnOffset,
    };
  }

  /** A place as the trees show it; absent where it is unknown. */
  async wirePlace(
    location: SourceLocation | undefined,
  ): Promise<{ path: string; line: number } | undefined> {
    if (!location || location.line === 0) return undefined;
    const { host } = await this.launched.sources.find(location.path);
    return { path: host ?? location.path, line: location.line };
  }

  /** Where the entry stands, or what a register points to. */
  reference({ frame, memoryReference }: Entry): string | undefined {
    return memoryReference && referenceOf(this, parseAddress(memoryReference), frame);
  }

  variable(entry: Entry): DebugProtocol.Variable {
    return {
      name: entry.name,
      value: entry.value,
      type: entry.type,
      variablesReference: entry.children ? this.variables.add(entry.children) : 0,
      namedVariables: entry.children?.named || undefined,
      indexedVariables: entry.children?.indexed || undefined,
      memoryReference: this.reference(entry),
      evaluateName: entry.evaluateName,
      presentationHint: entry.readOnly ? { attributes: ["readOnly"] } : undefined,
    };
  }
}
