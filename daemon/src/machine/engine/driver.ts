/**
 * `run`: enters pages, lets the inner loop go, has the slow paths carry out what it leaves, and
 * decides how the run goes on.
 */
import { Exit } from "./api.ts";
import { Flow, STOPPED, TRAPPED_LEAVE } from "./host.ts";
import { Event, enterPage, lookUp, pushPc, type State } from "./interpreter.ts";
import { HART, SLOT, SLOT_SIZE } from "./layout.ts";
import { HOOKED, STRADDLES } from "./operations.ts";
import { type Calls, DISPATCH, pushHalves, pushIndex } from "./slow-path.ts";
import type { Code, Label, Signature } from "./wasm.ts";

/** Parameters of `run`: hart block and budget. Result: an Exit. */
export const runParameters = ["i32", "i32"] as const;
const HART_LOCAL = 0;
const BUDGET = 1;

/** Generated functions that `run` calls: `loop`, `straddle`, and the slow paths through the table. */
export interface Parts {
  readonly loop: number;
  readonly straddle: number;
  readonly slowPath: Signature;
}

class Driver {
  readonly #code: Code;
  readonly #calls: Calls;
  readonly #parts: Parts;
  readonly #state: State;
  readonly #op: number;
  /** What the loop or a slow path answered. */
  readonly #answer: number;

  constructor(code: Code, calls: Calls, parts: Parts) {
    this.#code = code;
    this.#calls = calls;
    this.#parts = parts;
    this.#state = { hart: HART_LOCAL, slot: code.local("i32"), pcBase: code.local("i64") };
    this.#op = code.local("i32");
    this.#answer = code.local("i32");
  }

  emit(): void {
    const code = this.#code;
    const { hart, slot, pcBase } = this.#state;
    code.get(hart).get(BUDGET).access("i32.store", HART.budget);
    this.#account("i64.add");

    const enter = code.loop();
    code.get(hart).access("i32.load", HART.budget).tee(BUDGET).op("i32.eqz").if();
    this.#leave(Exit.budget);
    code.end();
    this.#enter(enter);
    this.#loadOp();

    const next = code.loop();
    code.get(hart).get(slot).get(BUDGET).get(pcBase).get(this.#op);
    code.call(this.#parts.loop).set(this.#answer);
    code.get(hart).access("i32.load", HART.slot).set(slot);
    code.get(hart).access("i64.load", HART.pcBase).set(pcBase);
    this.#loadBudget();
    this.#when(Event.enter, () => code.br(enter));
    this.#when(Event.budget, () => this.#leaveHere(Exit.budget));
    this.#slow(next);
    this.#goOn(enter, next);
    code.end();
    code.end();
    code.op("unreachable");
  }

  /** slot and pcBase for `HART.pc`; goes to `again` when its page cannot be fetched and a trap was taken. */
  #enter(again: Label): void {
    const code = this.#code;
    const { hart, slot, pcBase } = this.#state;
    const target = code.local("i64");
    const entry = code.local("i32");
    const context = code.local("i64");
    code.get(hart).access("i64.load", HART.context).set(context);
    code.get(hart).access("i64.load", HART.pc).set(target);
    lookUp(code, HART.fetchTlb, target, 1, { hart, entry, context });
    code.if();
    code.get(hart).i32(0).access("i32.store", HART.slot);
    code.get(hart).get(target).access("i64.store", HART.pcBase);
    pushHalves(pushIndex(code, hart), target).call(this.#calls.enter).set(this.#answer);
    this.#when(STOPPED, () => this.#leave(Exit.stop));
    this.#when(TRAPPED_LEAVE, () => this.#leave(Exit.leave));
    code.get(this.#answer).i32(TRAPPED_LEAVE).op("i32.ge_u").brIf(again);
    this.#loadBudget();
    code.end();
    enterPage(code, target, entry, this.#state);
    code.get(hart).get(slot).access("i32.store", HART.slot);
    code.get(hart).get(pcBase).access("i64.store", HART.pcBase);
  }

  /** The answer of whatever carries out the operation that the loop left. */
  #slow(next: Label): void {
    const code = this.#code;
    const { hart } = this.#state;
    code.get(this.#answer).i32(Event.slow).op("i32.sub").tee(this.#op);
    code.i32(HOOKED).op("i32.and").if();
    pushIndex(code, hart).call(this.#calls.hook).set(this.#answer);
    code.get(this.#op).i32(~HOOKED).op("i32.and").set(this.#op);
    code.get(this.#answer).op("i32.eqz").brIf(next);
    code.else();
    code.get(this.#op).i32(STRADDLES).op("i32.and").if("i32");
    code.get(hart).get(this.#op).call(this.#parts.straddle);
    code.else();
    code.get(hart).get(this.#op).callIndirect(this.#parts.slowPath);
    code.end().set(this.#answer);
    code.end();
    this.#loadBudget();
  }

  /** The host may have shortened the run. */
  #loadBudget(): void {
    this.#code.get(HART_LOCAL).access("i32.load", HART.budget).set(BUDGET);
  }

  /** How the run goes on after a slow path. */
  #goOn(enter: Label, next: Label): void {
    const code = this.#code;
    const { slot } = this.#state;
    code.get(this.#answer).i32(DISPATCH).op("i32.ge_u").if();
    code.get(this.#answer).i32(DISPATCH).op("i32.sub").set(this.#op).br(next);
    code.end();
    this.#when(Flow.trap, () => code.br(enter));
    this.#when(Flow.trapLeave, () => this.#leave(Exit.leave));
    this.#when(Flow.stop, () => this.#leaveHere(Exit.stop));
    code.get(BUDGET).i32(1).op("i32.sub").set(BUDGET);
    code.get(HART_LOCAL).get(BUDGET).access("i32.store", HART.budget);
    this.#when(Flow.leave, () => this.#leave(Exit.leave));
    this.#when(Flow.jump, () => code.br(enter));
    // A 32-bit encoding has its two lowest bits set; its successor is two slots further.
    code
      .get(slot)
      .i32(2 * SLOT_SIZE)
      .i32(SLOT_SIZE);
    code.get(slot).access("i32.load", SLOT.raw).i32(3).op("i32.and").i32(3).op("i32.eq", "select");
    code.op("i32.add").set(slot);
    this.#loadOp();
    code.br(next);
  }

  #loadOp(): void {
    this.#code.get(this.#state.slot).access("i32.load16_u", SLOT.op).set(this.#op);
  }

  #when(answer: number, then: () => void): void {
    this.#code.get(this.#answer).i32(answer).op("i32.eq").if();
    then();
    this.#code.end();
  }

  #leaveHere(exit: Exit): void {
    this.#code.get(HART_LOCAL);
    pushPc(this.#code, this.#state);
    this.#code.access("i64.store", HART.pc);
    this.#leave(exit);
  }

  #leave(exit: Exit): void {
    const code = this.#code;
    this.#account("i64.sub");
    code.get(HART_LOCAL).i32(0).access("i32.store", HART.budget);
    code.get(HART_LOCAL).i32(0).access("i32.store", HART.slot);
    code.i32(exit).op("return");
  }

  /** `HART.instret` counts the budget in while the hart runs. */
  #account(op: "i64.add" | "i64.sub"): void {
    const code = this.#code;
    code.get(HART_LOCAL).get(HART_LOCAL).access("i64.load", HART.instret);
    code.get(HART_LOCAL).access("i64.load32_u", HART.budget).op(op);
    code.access("i64.store", HART.instret);
  }
}

/** Emits the body of `run`, whose parameters are `runParameters`. */
export function emitRun(code: Code, calls: Calls, parts: Parts): void {
  new Driver(code, calls, parts).emit();
}
