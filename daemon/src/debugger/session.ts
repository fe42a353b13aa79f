/**
 * One debugging session, free of any protocol: a machine that runs or stands, what may stop it, and
 * what it shows at a stop. One `Session` lives from a target's reset to its end.
 */

import type { Address } from "../base/brand.ts";
import { type Disposable, Signal } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type { Module, StackFrame } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import type { FunctionInfo, SymbolFile } from "../symbols/api.ts";
import type { Environment } from "./api.ts";
import type { BreakpointHost } from "./breakpoints.ts";
import type { StepKind } from "./levels.ts";
import { type RunEnd, Runner } from "./runner.ts";
import type { Sources } from "./sources.ts";
import { Stacks } from "./stacks.ts";
import { Statements } from "./statements.ts";
import { Step, type StepHost } from "./stepping.ts";
import type { Reason, Stop } from "./stops.ts";
import type { Target } from "./target.ts";
import { listHarts, listThreads, type ThreadRow } from "./threads.ts";

export type SessionState = "stopped" | "running" | "ended";

export interface Output {
  /** `guest`: the machine's console; `debugger`: log points and remarks. */
  readonly from: "guest" | "debugger";
  readonly text: string;
}

/** Instructions that a hart may run alone for one line, before it is taken to wait for the others. */
const ALONE_LIMIT = 20_000_000;

export class Session implements BreakpointHost, StepHost {
  readonly stopped = new Signal<Stop>();
  /** What was read at the last stop does not hold any more. */
  readonly resumed = new Signal<undefined>();
  readonly output = new Signal<Output>();
  readonly exited = new Signal<number>();
  /** A bug of ours ended the run; the session stands where it was. */
  readonly failed = new Signal<unknown>();

  readonly target: Target;
  readonly sources: Sources;
  readonly stacks: Stacks;
  readonly statements = new Statements();
  /** Another coroutine is selected. */
  readonly selection = new Signal<undefined>();
  /** The user has changed memory or registers. */
  readonly edited = new Signal<undefined>();
  #selected: number | undefined;
  /** Coroutines that the user wants among the threads. */
  readonly pinned = new Set<number>();

  readonly #environment: Environment;
  readonly #runner: Runner;
  readonly #console = new TextDecoder();
  readonly #subscriptions: Disposable[] = [];
  /** By hart: as long as it stands where it stood then. */
  readonly #hidden = new Map<
    number,
    { readonly instructions: number; readonly pc: Address; readonly hidden: number }
  >();
  #guestText = "";
  #reasons: Reason[] = [];
  #state: SessionState = "stopped";
  #stop: Stop | undefined;
  #step: { readonly step: Step; readonly hart: Hart } | undefined;
  #alone: number | undefined;
  #pauseAt: number | undefined;
  #resumedAt: { readonly hart: Hart; readonly instructions: number } | undefined;
  #instructionsLeft: number | undefined;

  constructor(
    target: Target,
    environment: Environment,
    sources: Sources,
    maxInstructions: number | undefined,
  ) {
    this.target = target;
    this.#environment = environment;
    this.sources = sources;
    this.#instructionsLeft = maxInstructions;
    this.stacks = new Stacks(target.machine.harts, target.inspector, target.awareness, (hart) =>
      this.hiddenAt(hart),
    );
    this.#runner = new Runner(target.machine, environment, {
      slice: () => this.#flush(),
      wanted: () => this.#reasons.length > 0,
      ended: (end) => this.#ended(end),
      resting: () => this.#resting(),
      failed: (error) => this.#failed(error),
    });
    this.#subscriptions.push(
      target.machine.console.on((bytes) => {
        this.#guestText += this.#console.decode(bytes, { stream: true });
      }),
    );
  }

  /** Takes its hooks out of the machine and forgets the run. */
  dispose(): void {
    this.#state = "ended";
    this.#runner.drop();
    this.#endStep();
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
  }

  // What the parts of a session ask of it

  get machine() {
    return this.target.machine;
  }
  get inspector() {
    return this.target.inspector;
  }
  get awareness() {
    return this.target.awareness;
  }
  get overdue(): boolean {
    return this.#runner.overdue;
  }

  report(reason: Reason): void {
    this.#reasons.push(reason);
  }

  unmoved(hart: Hart): boolean {
    const at = this.#resumedAt;
    return at !== undefined && at.hart === hart && at.instructions === hart.instructions;
  }

  print(text: string): void {
    this.#flush();
    this.output.emit({ from: "debugger", text });
  }

  compiledPath(path: string, module: Module): string | undefined {
    return this.sources.compiledPath(path, module.symbols.sourceFiles());
  }

  enters(path: string): boolean {
    return this.sources.known(path) !== undefined;
  }

  /** The innermost frame that is shown of a hart; also between the slices of a run. */
  innermost(hart: Hart): StackFrame | undefined {
    let hidden = this.hiddenAt(hart);
    for (const frame of this.inspector.stack(hart)) if (hidden-- === 0) return frame;
    return undefined;
  }

  hiddenAt(hart: Hart): number {
    const view = this.#hidden.get(hart.id);
    const stands = view?.instructions === hart.instructions && view.pc === hart.pc;
    return stands ? view.hidden : 0;
  }

  show(hart: Hart, hidden: number): void {
    const { instructions, pc } = hart;
    const before = this.#hidden.get(hart.id);
    // Where several stop at once, the innermost level that any of them means is shown.
    const least =
      this.#reasons.length > 0 && before?.instructions === instructions && before.pc === pc
        ? Math.min(before.hidden, hidden)
        : hidden;
    this.#hidden.set(hart.id, { instructions, pc, hidden: least });
  }

  finished(hart: Hart, hidden: number, text?: string): void {
    this.show(hart, hidden);
    this.report({ hart: hart.id, cause: { kind: "step", text } });
  }

  /** Puts what may stop the machine into it: breakpoints, filters, what was picked in a view. */
  bind(...parts: readonly { bind(session: Session): void }[]): void {
    for (const part of parts) part.bind(this);
  }

  /** The coroutine that the user looks at in a view. */
  get selected(): number | undefined {
    return this.#selected;
  }

  select(coroutine: number | undefined): void {
    if (coroutine === this.#selected) return;
    this.#selected = coroutine;
    this.selection.emit(undefined);
  }

  // State

  get state(): SessionState {
    return this.#state;
  }
  /** The last stop while it holds. */
  get stop(): Stop | undefined {
    return this.#stop;
  }

  hart(id: number): Hart {
    const hart = this.machine.harts[id];
    if (!hart)
      throw new UserError(`There is no hart ${id}: the machine has ${this.machine.harts.length}.`);
    return hart;
  }

  /** The hart that the last stop showed. */
  get focusedHart(): Hart {
    return this.hart(this.#stop?.focus ?? 0);
  }

  /** Looks at another hart of the same stop. */
  focus(id: number): void {
    const hart = this.hart(id);
    if (this.#stop) this.#stop = { ...this.#stop, focus: hart.id };
  }

  /** For requests that read or change the machine. */
  requireStop(): void {
    if (this.#state === "running") {
      throw new UserError("The machine is running: pause it first.");
    }
  }

  threads(): readonly ThreadRow[] {
    if (this.#state === "running") return listHarts(this.machine.harts);
    return listThreads(this.machine.harts, this.awareness, this.shownCoroutines());
  }

  /** Coroutines among the threads: those of the stop, then the pinned ones. */
  *shownCoroutines(): Iterable<number> {
    for (const { cause } of this.#stop?.reasons ?? []) {
      if (cause.kind === "event" && cause.event.coroutine !== undefined)
        yield cause.event.coroutine;
    }
    yield* this.pinned;
  }

  /** What was changed by the user shows at once. */
  changed(): void {
    this.stacks.clear();
    this.edited.emit(undefined);
  }

  /** The hart goes on there; of the frames there, so many innermost inlined ones are not shown. */
  jump(hart: Hart, to: Address, hidden: number): void {
    hart.pc = to;
    this.show(hart, hidden);
    this.changed();
  }

  // Running

  /**
   * The first stop: in the kernel's main function where it has one (what comes before is assembly),
   * else at reset, before the first instruction.
   */
  enter(): void {
    const main = mainFunction(this.target.symbols);
    if (!main) {
      this.#halt([{ hart: 0, cause: { kind: "entry" } }], 0);
      return;
    }
    const body = this.target.symbols.afterPrologue(main);
    const entered = this.machine.hook(body, (hart) => {
      entered.dispose();
      this.show(hart, this.target.symbols.framesAt(body).length - 1);
      this.report({ hart: hart.id, cause: { kind: "entry" } });
      return true;
    });
    this.#subscriptions.push(entered);
    this.continue();
  }

  continue(): void {
    this.#begin();
    this.#run();
  }

  /** Runs one hart while all others stand still, until something stops it. */
  runHart(id: number): void {
    const hart = this.#steppable(id);
    this.#begin();
    this.#alone = hart.id;
    this.#run();
  }

  /** Stops soon; a hart that the user asked for is shown then. */
  pause(hart?: number): void {
    if (hart !== undefined && this.machine.harts[hart]) this.#pauseAt = hart;
    this.#runner.pause();
  }

  /** Nobody watches any more: steps end, and the machine goes on with all its harts, or stands. */
  leave(stand: boolean): void {
    if (this.#state === "ended") return;
    if (stand) {
      this.pause();
      return;
    }
    if (this.#state === "running") {
      if (this.#instructionsLeft !== undefined) this.#instructionsLeft -= this.#spent();
      this.#runner.drop();
      this.#endStep();
      this.#state = "stopped";
    }
    for (const hart of this.machine.harts) hart.frozen = false;
    this.continue();
  }

  step(id: number, kind: StepKind, granularity: "line" | "instruction", alone = false): void {
    const hart = this.#steppable(id);
    this.requireRunnable();
    const inlined = kind === "into" && granularity === "line" ? this.#inlinedAt(hart) : undefined;
    if (inlined !== undefined) {
      this.#enterInlined(hart, inlined);
      return;
    }
    const step = new Step(this, { hart, kind, granularity });
    if (!step.possible) {
      step.dispose();
      throw new UserError(
        `Hart ${id} cannot step out: its caller is not known. Step by instruction, or continue.`,
      );
    }
    this.#begin();
    this.#step = { step, hart };
    this.#alone = alone ? hart.id : undefined;
    this.#run(alone ? ALONE_LIMIT : undefined);
  }

  freeze(id: number, frozen: boolean): void {
    this.hart(id).frozen = frozen;
  }

  /** Console input of the guest. */
  input(bytes: Uint8Array): void {
    this.machine.input(bytes);
    this.#runner.wake();
  }

  requireRunnable(): void {
    this.requireStop();
    if (this.#state === "ended") throw new UserError("The program has exited.");
    if (this.machine.harts.every((hart) => hart.frozen)) {
      throw new UserError("All harts are frozen: thaw one first.");
    }
  }

  #steppable(id: number): Hart {
    const hart = this.hart(id);
    if (hart.state === "stopped") throw new UserError(`Hart ${id} has not been started.`);
    if (hart.frozen) throw new UserError(`Hart ${id} is frozen: thaw it first.`);
    return hart;
  }

  /** How many levels stay hidden when the nearest hidden one is entered; undefined: none is to be entered. */
  #inlinedAt(hart: Hart): number | undefined {
    const hidden = this.hiddenAt(hart);
    if (hidden === 0) return undefined;
    const innermost: StackFrame[] = [];
    for (const frame of this.inspector.stack(hart)) {
      if (innermost.push(frame) === hidden + 1) break;
    }
    // Outermost of the hidden ones first; who stands in code without sources may enter any.
    const anywhere = !this.enters(innermost.at(-1)?.location?.path ?? "");
    for (let left = hidden - 1; left >= 0; left -= 1) {
      if (anywhere || this.enters(innermost[left]?.location?.path ?? "")) return left;
    }
    return undefined;
  }

  /** The inlined function begins where the hart stands already: nothing needs to run. */
  #enterInlined(hart: Hart, hidden: number): void {
    this.#begin();
    this.#environment.defer(() => {
      if (this.#state !== "running") return;
      this.finished(hart, hidden);
      this.#halt(this.#reasons, hart.id);
    });
  }

  #begin(): void {
    this.requireRunnable();
    const focus = this.#stop?.focus;
    const hart = focus === undefined ? undefined : this.machine.harts[focus];
    this.#resumedAt = hart && { hart, instructions: hart.instructions };
    this.#stop = undefined;
    this.#reasons = [];
    this.#alone = undefined;
    this.#pauseAt = undefined;
    this.#state = "running";
    this.stacks.clear();
    this.resumed.emit(undefined);
  }

  #run(limit?: number): void {
    const left = this.#instructionsLeft;
    const began = this.machine.time;
    const only = this.#alone === undefined ? undefined : [this.#alone];
    const most = Math.min(limit ?? Number.POSITIVE_INFINITY, left ?? Number.POSITIVE_INFINITY);
    this.#spent = () => this.machine.time - began;
    this.#runner.start({ only, limit: most === Number.POSITIVE_INFINITY ? undefined : most });
  }
  #spent: () => number = () => 0;

  // The end of a run

  #ended(end: RunEnd): void {
    if (this.#instructionsLeft !== undefined) this.#instructionsLeft -= this.#spent();
    const stepping = this.#step;
    const focus = stepping?.hart.id ?? this.#alone ?? this.#resumedAt?.hart.id ?? 0;
    const alone = this.#alone;
    this.#endStep();
    switch (end.kind) {
      case "exit":
        this.#exit(end.code);
        return;
      case "stop":
        break;
      case "pause":
        this.report({ hart: this.#pauseAt ?? focus, cause: { kind: "pause" } });
        break;
      case "wedged":
        this.report({ hart: end.hart, cause: { kind: "wedged", reason: end.reason } });
        break;
      case "idle":
        this.#limit(focus, "idle alone", aloneIdle(focus));
        break;
      case "limit":
        this.#limit(focus, "limit reached", this.#limitText(alone, focus));
        break;
    }
    this.#halt(this.#reasons, focus, stepping !== undefined);
  }

  /** Stops for no reason of the guest's: said where there is room for a sentence. */
  #limit(hart: number, label: string, text: string): void {
    this.print(`${text.charAt(0).toUpperCase()}${text.slice(1)}.\n`);
    this.report({ hart, cause: { kind: "limit", label, text } });
  }

  #limitText(alone: number | undefined, focus: number): string {
    if (this.#instructionsLeft !== undefined && this.#instructionsLeft <= 0) {
      this.#instructionsLeft = undefined;
      return "the instruction limit (maxInstructions) is reached";
    }
    return alone === undefined
      ? "the instruction limit is reached"
      : `hart ${focus} has not come to the next line in ${ALONE_LIMIT.toLocaleString("en")} instructions alone: it may wait for a hart that stands still`;
  }

  #halt(reasons: readonly Reason[], focus: number, stepping = false): void {
    this.#flush();
    this.#state = "stopped";
    this.stacks.clear();
    this.#reasons = [];
    const done = reasons.find(({ cause }) => cause.kind === "step");
    const first = reasons.find(({ hart }) => hart !== undefined);
    // A step that something else ended leaves the user where they were; otherwise show what happened.
    const interrupted = stepping && !done;
    const shown = done?.hart ?? (interrupted ? focus : (first?.hart ?? focus));
    this.#stop = { reasons, focus: shown, interrupted };
    this.stopped.emit(this.#stop);
  }

  #exit(code: number): void {
    this.#flush();
    this.#state = "ended";
    this.stacks.clear();
    this.exited.emit(code);
  }

  #failed(error: unknown): void {
    const focus = this.#resumedAt?.hart.id ?? 0;
    this.#endStep();
    this.failed.emit(error);
    const reason = "the debugger failed while the machine ran; see its log";
    this.#halt([{ hart: focus, cause: { kind: "wedged", reason } }], focus);
  }

  #resting(): void {
    this.print("All harts wait and no timer is armed: only console input can go on.\n");
  }

  #endStep(): void {
    this.#step?.step.dispose();
    this.#step = undefined;
  }

  /** Guest output goes out in pieces as large as a slice makes them. */
  #flush(): void {
    if (this.#guestText === "") return;
    const text = this.#guestText;
    this.#guestText = "";
    this.output.emit({ from: "guest", text });
  }
}

/** What kernels call the function that their assembly jumps to, outside of any module. */
const MAIN_NAMES = ["kernel_main", "kmain", "rust_main", "boot_main", "start_kernel", "main"];

function mainFunction(symbols: SymbolFile): FunctionInfo | undefined {
  for (const name of MAIN_NAMES) {
    const found = symbols
      .functionsNamed(name)
      .find((fn) => fn.declaration && fn.name.split("::").length <= 2);
    if (found) return found;
  }
  return undefined;
}

const aloneIdle = (hart: number): string =>
  `hart ${hart} waits for an interrupt and no timer is armed: alone it cannot go on`;
