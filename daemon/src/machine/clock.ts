/**
 * Machine time, and the guest's clock that follows it.
 *
 * Machine time counts retired instructions of all harts. The guest's clock is machine time plus the
 * time that was skipped while every hart waited. `time` (mtime) ticks at 10 MHz as on QEMU `virt`,
 * one tick for every ten instructions: the machine is one of 100 MIPS in its own eyes.
 */
import type { Engine } from "./engine/api.ts";

export const TIMEBASE_HZ = 10_000_000;
export const INSTRUCTIONS_PER_TICK = 10;

export interface ClockState {
  readonly retired: number;
  readonly skipped: number;
}

export class Clock {
  readonly #engine: Engine;
  /** Retired by all harts before the engine run that is under way, if any. */
  #retired = 0;
  #skipped = 0;
  #running = -1;
  #runStart = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Instructions retired by all harts; exact inside host calls too. */
  get time(): number {
    if (this.#running < 0) return this.#retired;
    return this.#retired + this.#engine.currentInstret(this.#running) - this.#runStart;
  }

  /** The guest's clock in instructions: machine time and what was skipped. */
  get now(): number {
    return this.time + this.#skipped;
  }

  get ticks(): number {
    return Math.floor(this.now / INSTRUCTIONS_PER_TICK);
  }

  /** Instructions skipped so far. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The hart inside the engine, or -1. */
  get running(): number {
    return this.#running;
  }

  /** Brackets an engine run; `leave` answers how many instructions retired in it. */
  enter(hart: number): void {
    this.#runStart = this.#engine.currentInstret(hart);
    this.#running = hart;
  }

  leave(): number {
    const retired = this.#engine.currentInstret(this.#running) - this.#runStart;
    this.#running = -1;
    this.#retired += retired;
    return retired;
  }

  save(): ClockState {
    return { retired: this.time, skipped: this.#skipped };
  }

  /** Between runs; the harts' own counts are restored by themselves. */
  restore({ retired, skipped }: ClockState): void {
    this.#retired = retired;
    this.#skipped = skipped;
  }

  /** Nobody has work before this value of `now`: time jumps there. */
  skipTo(now: number): void {
    this.#skipped += Math.max(0, now - this.now);
  }
}
