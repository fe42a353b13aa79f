/** The run loop: turns, interrupts, budgets that end at deadlines, and how a run ends. */
import type { MachineOptions, RunOutcome } from "./api.ts";
import type { Board } from "./board.ts";
import { Activity, type Core, F32 } from "./privileged/core.ts";
import { takable, wakes } from "./privileged/interrupt.ts";
import { Schedule } from "./schedule.ts";

export class Runner {
  readonly schedule: Schedule;
  readonly #board: Board;
  /** The harts of the run under way; undefined: all. */
  #only: readonly number[] | undefined;

  constructor(board: Board, options: MachineOptions) {
    this.#board = board;
    this.schedule = new Schedule(options.schedule, options.quantum, options.seed);
  }

  run(instructions: number, only: readonly number[] | undefined): RunOutcome {
    const { control, cores } = this.#board;
    const ended = this.#ended();
    if (ended !== undefined) return ended;
    this.#only = only;
    control.begin();
    for (let left = instructions; left > 0; ) {
      const hart = this.#turn();
      if (hart < 0) {
        if (!this.#skipTime()) return { kind: "idle" };
        continue;
      }
      left -= this.#segment(cores[hart]!, left);
      const outcome = this.#outcome(hart);
      if (outcome !== undefined) return outcome;
    }
    return { kind: "limit" };
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
    if (schedule.hart >= 0) {
      if (this.#runnable(schedule.hart)) return schedule.hart;
      schedule.end();
    }
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
    if (this.#board.harts[hart]!.frozen) return false;
    return this.#only === undefined || this.#only.includes(hart);
  }

  /**
   * Runs one hart until its turn, its next deadline or the limit ends, or something calls for
   * attention. Answers how much of the limit that took.
   */
  #segment(core: Core, left: number): number {
    const { control, traps, timers, clock } = this.#board;
    const trapsBefore = control.traps;
    control.attention = false;
    const interrupt = takable(core);
    if (interrupt >= 0) {
      control.trapLimit = trapsBefore + left;
      traps.interrupt(core, interrupt);
      return 1;
    }
    const untilDeadline = timers.deadline(core) - clock.now;
    const budget = Math.min(left, this.schedule.left, untilDeadline);
    control.trapLimit = trapsBefore + left - budget + 1;
    const retired = this.#execute(core.id, budget);
    this.schedule.spend(retired);
    return retired + control.traps - trapsBefore;
  }

  #execute(hart: number, budget: number): number {
    const { clock, engine } = this.#board;
    let retired = 0;
    clock.enter(hart);
    try {
      engine.run(hart, budget);
    } finally {
      retired = clock.leave();
    }
    return retired;
  }

  /** To the next timer of a waiting hart; false when none is armed. */
  #skipTime(): boolean {
    const { cores, timers, clock } = this.#board;
    let next = Number.POSITIVE_INFINITY;
    for (const core of cores) {
      if (core.activity !== Activity.waiting || !this.#mayRun(core.id)) continue;
      next = Math.min(next, timers.deadline(core));
    }
    if (next === Number.POSITIVE_INFINITY) return false;
    clock.skipTo(next);
    return true;
  }
}
