/**
 * One step of the user: hooks at every place where it may end, put before the machine runs at full
 * speed, and taken away at the stop. A step by line belongs to its frame (whose canonical frame
 * address no other thread shares), and once an async frame has suspended, to its coroutine: it ends
 * on whichever hart either of them goes on.
 */
import { type Address, address } from "../base/brand.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Module, StackFrame } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import { departures, successorsAt } from "./flow.ts";
import type { Halting } from "./halting.ts";
import { endOfStep, type Level, type StepKind } from "./levels.ts";
import { cfaAt, levelOf, levelsAt, type Statement, type Statements, Turns } from "./statements.ts";

export interface StepOrder {
  readonly hart: Hart;
  readonly kind: StepKind;
  readonly granularity: "line" | "instruction";
}

export interface StepHost extends Halting {
  readonly statements: Statements;
  /** Whether a step goes into code of this source: not where it could not be shown. */
  enters(path: string): boolean;
  /** How many innermost inlined levels are hidden where this hart stands. */
  hiddenAt(hart: Hart): number;
  /** The step ends here, with so many levels hidden; reports the reason. */
  finished(hart: Hart, hidden: number, text?: string): void;
}

/** The logical frames of one machine frame, innermost first. */
interface Physical {
  readonly frames: readonly StackFrame[];
  /** Outermost first; empty where there is no line information. */
  readonly levels: readonly Level[];
  readonly cfa: number | undefined;
  readonly module: Module | undefined;
}

const isAsync = ({ asyncLine }: Level): boolean => asyncLine !== undefined;

const MAX_FRAMES = 200;
/** A callee's frame is at most this far below its caller's stack pointer: one kernel stack. */
const STACK_REACH = 0x10000;

export class Step {
  readonly #host: StepHost;
  readonly #order: StepOrder;
  readonly #hooks: Disposable[] = [];
  /** The coroutine that the step follows, where it began in an async body. */
  readonly #coroutine: number | undefined;
  #suspended = false;

  constructor(host: StepHost, order: StepOrder) {
    this.#host = host;
    this.#order = order;
    this.#coroutine = host.awareness.current(order.hart).coroutine;
    const stack = physicalFrames(host.inspector.stack(order.hart));
    const [here] = stack;
    const lines = here?.levels.some(({ line }) => line > 0);
    if (order.granularity === "line" && lines) this.#byLine(stack);
    else if (order.kind === "out") this.#untilReturn(stack, 0);
    else this.#byInstruction();
  }

  /** Whether there is anywhere this step could end. */
  get possible(): boolean {
    return this.#hooks.length > 0;
  }

  dispose(): void {
    for (const hook of this.#hooks.splice(0)) hook.dispose();
  }

  #hook(at: Address, listener: (hart: Hart) => boolean): void {
    this.#hooks.push(this.#host.machine.hook(at, listener));
  }

  #finish(hart: Hart, hidden = 0, text?: string): true {
    this.#host.finished(hart, hidden, text);
    return true;
  }

  // By line

  #byLine(stack: readonly Physical[]): void {
    const here = stack[0]!;
    const hidden = this.#host.hiddenAt(this.#order.hart);
    const shown = here.levels.slice(0, Math.max(1, here.levels.length - hidden));
    this.#endsIn(here, shown, this.#order.kind);
    if (this.#order.kind === "into") this.#calls(here, shown);
    if (!shown.some(isAsync)) {
      this.#untilReturn(stack, 0);
      return;
    }
    const bodies = stack.filter(({ levels }) => levels.some(isAsync));
    for (const body of bodies.slice(1)) this.#endsIn(body, body.levels, "over");
    this.#untilSuspended(stack, stack.indexOf(bodies.at(-1)!));
  }

  /** Hooks every statement of a frame's function at which the step ends. */
  #endsIn(frame: Physical, shown: readonly Level[], kind: StepKind): void {
    const enters = this.#enters(shown);
    const turns = new Turns();
    for (const statement of this.#statements(frame)) {
      const end = endOfStep(kind, shown, statement.levels, enters);
      const repeated = turns.repeats(statement, end ?? 0);
      if (end === undefined || repeated) continue;
      this.#hook(statement.address, (hart) =>
        this.#inFrame(hart, frame, statement)
          ? this.#finish(hart, statement.levels.length - end)
          : false,
      );
    }
  }

  /** Who steps in code without sources steps into code without sources. */
  #enters(shown: readonly Level[]): (level: Level) => boolean {
    const from = shown.at(-1)?.path;
    return from !== undefined && this.#host.enters(from)
      ? ({ path }) => this.#host.enters(path)
      : () => true;
  }

  #statements({ frames, module }: Physical): readonly Statement[] {
    const fn = frames[0]?.logical?.function;
    return module && fn ? this.#host.statements.of(module, fn) : [];
  }

  #inFrame(hart: Hart, frame: Physical, statement: Statement): boolean {
    if (this.#suspended) {
      return this.#host.awareness.current(hart).coroutine === this.#coroutine;
    }
    if (!frame.module!.owns(hart, statement.address)) return false;
    const cfa = cfaAt(hart, statement.cfa);
    // Without a rule the hart is all there is to go by.
    return cfa === undefined ? hart.id === this.#order.hart.id : cfa === frame.cfa;
  }

  /** Stepping into: calls out of the line, wherever their registers send them. */
  #calls(here: Physical, shown: readonly Level[]): void {
    const from = shown.at(-1)!;
    const enters = this.#enters(shown);
    for (const statement of this.#statements(here)) {
      const level = statement.levels[shown.length - 1];
      const onLine = level?.copy === from.copy && (level.line === from.line || level.line === 0);
      // Calls out of inlined functions that are entered themselves are theirs.
      if (!onLine || statement.levels.slice(shown.length).some(enters)) continue;
      for (const at of departures(this.#order.hart, statement.address, statement.high)) {
        this.#hook(at, (hart) => {
          if (this.#inFrame(hart, here, statement)) this.#follow(hart, at, here.module!, enters);
          return false;
        });
      }
    }
  }

  /** The hart is about to leave by a call: ends the step where the callee's body begins, if it has lines. */
  #follow(hart: Hart, at: Address, from: Module, enters: (level: Level) => boolean): void {
    const target = successorsAt(hart, at)?.next[0];
    if (target === undefined) return;
    const module = this.#host.inspector.modules.at(hart, target) ?? from;
    const local = address(target - module.bias);
    const callee = module.symbols.functionAt(local);
    if (!callee || callee.entry !== local) return;
    const body = module.symbols.afterPrologue(callee);
    const levels = levelsAt(module, address(body + module.bias));
    if (!levels[0] || levels[0].line === 0 || !enters(levels[0])) return;
    const top = hart.xNumber(2);
    this.#hook(address(body + module.bias), (entered) => {
      const below = top - entered.xNumber(2);
      const same = entered.id === hart.id && below >= 0 && below < STACK_REACH;
      return same ? this.#finish(entered, levels.length - 1) : false;
    });
  }

  /**
   * The return of a frame to the nearest caller that has source to show, or at least lines; into code
   * of no line it is the next statement there that ends the step.
   */
  #untilReturn(stack: readonly Physical[], index: number): void {
    const enters = this.#enters(stack[0]!.levels);
    const outer = stack.slice(index + 1);
    const shown = outer.findIndex(({ levels }) => levels.some(enters));
    const lines = outer.findIndex(({ levels }) => levels.some(({ line }) => line > 0));
    const to = index + 1 + Math.max(0, shown < 0 ? lines : shown);
    const [callee, caller] = [stack[to - 1], stack[to]];
    if (callee?.cfa === undefined || !caller) return;
    const back = caller.frames[0]!.pc;
    const there = caller.module ? levelsAt(caller.module, back) : [];
    const count = shownLevels(caller.levels, there, enters);
    if (there.length > 0 && there[count - 1]!.line === 0) {
      this.#atAnyLine(caller, enters);
      this.#untilReturn(stack, to);
      return;
    }
    this.#hook(back, (hart) =>
      hart.xNumber(2) === callee.cfa ? this.#finish(hart, there.length - count) : false,
    );
  }

  #atAnyLine(frame: Physical, enters: (level: Level) => boolean): void {
    for (const statement of this.#statements(frame)) {
      const count = shownLevels(frame.levels, statement.levels, enters);
      if (statement.levels[count - 1]!.line === 0) continue;
      this.#hook(statement.address, (hart) =>
        this.#inFrame(hart, frame, statement)
          ? this.#finish(hart, statement.levels.length - count)
          : false,
      );
    }
  }

  /** An async frame that returns has suspended or is done; only events tell which. */
  #untilSuspended(stack: readonly Physical[], index: number): void {
    const { awareness } = this.#host;
    const follows = this.#coroutine !== undefined && awareness.available.get("complete") === true;
    if (!follows) {
      this.#untilReturn(stack, index);
      return;
    }
    const [body, caller] = [stack[index]!, stack[index + 1]];
    if (body.cfa !== undefined && caller !== undefined) {
      this.#hook(caller.frames[0]!.pc, (hart) => {
        if (hart.xNumber(2) === body.cfa) this.#suspended = true;
        return false;
      });
    }
    const where = this.#host.inspector.condition(`coroutine == ${this.#coroutine}`, ["coroutine"]);
    const completed = awareness.listen(
      ["complete"],
      (event) => {
        const hart = event.hart === undefined ? undefined : this.#host.machine.harts[event.hart];
        return hart ? this.#finish(hart, 0, `coroutine ${this.#coroutine} completed`) : false;
      },
      where,
    );
    this.#hooks.push(completed);
  }

  // By instruction

  #byInstruction(): void {
    const { hart, kind } = this.#order;
    const began = hart.instructions;
    const successors = successorsAt(hart, hart.pc);
    this.#hooks.push(
      this.#host.machine.onTrap((trap) =>
        trap.hart.id === hart.id && trap.hart.instructions === began
          ? this.#finish(trap.hart, 0, trap.interrupt ? "interrupt taken" : "trap taken")
          : false,
      ),
    );
    if (!successors) return;
    const over = kind === "over" && successors.call !== undefined;
    const after = address(hart.pc + BigInt(successors.length));
    const stackPointer = hart.xNumber(2);
    for (const at of new Set(over ? [after] : successors.next)) {
      this.#hook(at, (arrived) => {
        if (arrived.id !== hart.id || arrived.instructions === began) return false;
        return over && arrived.xNumber(2) !== stackPointer ? false : this.#finish(arrived);
      });
    }
  }
}

/**
 * How many levels of a place in a caller are shown: those that made the call (what begins after it
 * stays hidden), without the innermost ones that have no source to show.
 */
function shownLevels(
  calling: readonly Level[],
  there: readonly Level[],
  enters: (level: Level) => boolean,
): number {
  const different = there.findIndex(({ copy }, index) => copy !== calling[index]?.copy);
  const most = different < 0 ? there.length : Math.max(1, different);
  let shown = most;
  while (shown > 1 && !enters(there[shown - 1]!)) shown -= 1;
  return shown === 1 && !(there[0] && enters(there[0])) ? most : shown;
}

/** Groups the logical frames of a stack by the machine frame that they share. */
function physicalFrames(stack: Iterable<StackFrame>): readonly Physical[] {
  const groups: StackFrame[][] = [];
  let count = 0;
  for (const frame of stack) {
    if (++count > MAX_FRAMES) break;
    const last = groups.at(-1);
    if (last && last[0]!.registers === frame.registers) last.push(frame);
    else groups.push([frame]);
  }
  return groups.map((frames) => {
    const { cfa, module } = frames[0]!;
    const levels = frames.flatMap(({ logical }) => (logical ? [levelOf(logical)] : [])).reverse();
    return {
      frames,
      levels,
      cfa: cfa === undefined ? undefined : Number(BigInt.asIntN(64, cfa)),
      module,
    };
  });
}
