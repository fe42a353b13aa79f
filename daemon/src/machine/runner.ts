/**
 * The run loop: turns, interrupts, budgets that end at deadlines and where inputs are replayed, and
 * how a run ends.
 */
import type { MachineOptions, RunLimit, RunOutcome } from "./api.ts";
import type { Board } from "./board.ts";
import type { Inputs, Position } from "./journal.ts";
import { Activity, type Core, F32 } from "./privileged/core.ts";
import { takable, wakes } from "./privileged/interrupt.ts";
import { Schedule } from "./schedule.ts";

export class Runner {
  readonly schedule: Schedule;
  /** The harts that may run; undefined: all. */
  only: readonly number[] | undefined;
  readonly #board: Board;
  readonly #inputs: Inputs;

  constructor(board: Board, options: MachineOptions, inputs: Inputs) {
    this.#board = board;
    this.schedule = new Schedule(options);
    this.#inputs = inputs;
  }

  get position(): Position {
    const { clock, control } = this.#board;
    return { step: clock.time + control.traps, inTurn: this.schedule.hart >= 0 };
  }

  /** Whether the machine is at this place, or past it. */
  reached(at: Position): boolean {
    const { clock, control } = this.#board;
    const step = clock.time + control.traps;
    return step > at.step || (step === at.step && (!at.inTurn || this.schedule.hart >= 0));
  }

  run({ instructions, only, to }: RunLimit): RunOutcome {
    const { control, cores } = this.#board;
    const ended = this.#ended();
    if (ended !== undefined) return ended;
    control.begin();
    if (this.#inputs.next === undefined || only !== undefined) this.#confine(only);
    for (let left = instructions; ; ) {
      this.#feed(only);
      if (left <= 0 || this.#isAt(to)) return { kind: "limit" };
      if (this.#ring()) return { kind: "stop", hart: Math.max(0, this.schedule.last) };
      const hart = this.#turn();
      if (hart < 0) {
        if (!this.#skipTime()) return { kind: "idle" };
        continue;
      }
      this.#feed(only);
      if (this.schedule.hart < 0 || this.#isAt(to)) continue;
      left -= this.#segment(cores[hart]!, this.#untilPlace(left, to));
      this.#inputs.settle();
      const outcome = this.#outcome(hart);
      if (outcome !== undefined) return outcome;
    }
  }

  /** Which harts may run has changed: the turn of one that may not is over. */
  chosen(): void {
    const { hart } = this.schedule;
    if (hart >= 0 && !this.#mayRun(hart)) this.schedule.end();
  }

  #confine(only: readonly number[] | undefined): void {
    if (!same(only, this.only)) this.#inputs.add({ kind: "only", harts: only && [...only] });
  }

  /** Where a replay ends, the harts that run are the caller's choice again. */
  #feed(only: readonly number[] | undefined): void {
    if (this.#inputs.feed()) this.#confine(only);
  }

  #isAt(to: Position | undefined): boolean {
    return to !== undefined && this.reached(to);
  }

  /** What is left until the next place where the run has to be looked at. */
  #untilPlace(left: number, to: Position | undefined): number {
    const { next } = this.#inputs;
    if (next === undefined && to === undefined) return left;
    const { step } = this.position;
    return Math.min(left, (next?.step ?? Infinity) - step, (to?.step ?? Infinity) - step);
  }

  /** What devices are to do now; true when a listener wants to stop. */
  #ring(): boolean {
    const { control, clock, peripherals } = this.#board;
    peripherals.alarms.ring(clock.now);
    return control.stop;
  }

  #ended(): RunOutcome | undefined {
    const code = this.#board.exitCode;
    return code === undefined ? undefined : { kind: "exit", code };
  }

  #outcome(hart: number): RunOutcome | undefined {
    const { control } = this.#board;
    if (control.wedged !== undefined) return { kind: "wedged", hart, reason: control.wedged };
    if (control.stop) return { kind: "stop", hart };
    return this.#ended();
  }

  /** Whose turn it is, beginning the next turn when there is none; -1 when every hart waits. */
  #turn(): number {
    const { schedule } = this;
    const { cores, memory } = this.#board;
    if (schedule.hart >= 0) return schedule.hart;
    let runnable = 0;
    for (let hart = 0; hart < cores.length; hart++) {
      if (this.#runnable(hart)) runnable |= 1 << hart;
    }
    const hart = schedule.pick(runnable);
    if (hart < 0) return hart;
    const core = cores[hart]!;
    core.activity = Activity.running;
    core.put(F32.suspended, 0);
    memory.guardReservations(hart);
    return hart;
  }

  #runnable(hart: number): boolean {
    if (!this.#mayRun(hart)) return false;
    const core = this.#board.cores[hart]!;
    const { activity } = core;
    return activity === Activity.running || (activity === Activity.waiting && wakes(core));
  }

  #mayRun(hart: number): boolean {
    if (this.#board.harts[hart]!.held) return false;
    return this.only === undefined || this.only.includes(hart);
  }

  /**
   * Runs one hart until its turn, its next deadline or the limit ends, or something calls for
   * attention. Answers how much of the limit that took.
   */
  #segment(core: Core, left: number): number {
    const { control, traps, timers, clock, peripherals } = this.#board;
    const trapsBefore = control.traps;
    control.attention = false;
    const interrupt = takable(core);
    if (interrupt >= 0) {
      control.trapLimit = trapsBefore + left;
      traps.interrupt(core, interrupt);
      return 1;
    }
    const untilDeadline = Math.min(timers.deadline(core), peripherals.alarms.next) - clock.now;
    const budget = Math.min(left, this.schedule.left, untilDeadline);
    control.trapLimit = trapsBefore + left - budget + 1;
    return this.#execute(core, budget) + control.traps - trapsBefore;
  }

  /** A hart that stops or waits ends its turn, whatever wakes it and when. */
  #execute(core: Core, budget: number): number {
    const { clock, engine, access } = this.#board;
    let retired = 0;
    access.prepare(core.id);
    clock.enter(core.id);
    try {
      engine.run(core.id, budget);
    } finally {
      retired = clock.leave();
      this.schedule.spend(retired);
      if (core.activity !== Activity.running) this.schedule.end();
    }
    return retired;
  }

  /** To the next timer of a waiting hart, or alarm of a device; false when none is armed. */
  #skipTime(): boolean {
    const { cores, timers, clock, peripherals } = this.#board;
    let next = peripherals.alarms.next;
    for (const core of cores) {
      if (core.activity !== Activity.waiting || !this.#mayRun(core.id)) continue;
      next = Math.min(next, timers.deadline(core));
    }
    if (next === Number.POSITIVE_INFINITY) return false;
    clock.skipTo(next);
    return true;
  }
}

function same(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((hart, index) => hart === b[index]);
}
