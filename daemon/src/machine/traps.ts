/**
 * Takes traps on behalf of everything that raises them: listeners, the accounting of a run's limit,
 * and the guest whose handler cannot be entered.
 */
import { address, hex } from "../base/brand.ts";
import type { Listener, Privilege, TrapEvent } from "./api.ts";
import type { RunControl } from "./control.ts";
import { Flow } from "./engine/host.ts";
import type { HartView } from "./hart.ts";
import type { Contexts } from "./privileged/context.ts";
import { type Core, F64, MACHINE, SUPERVISOR } from "./privileged/core.ts";
import { causeName, enterTrap, handlerOf, targetOf } from "./privileged/trap.ts";
import { bigintOf, Word64 } from "./word64.ts";

export class Traps {
  readonly listeners = new Set<Listener<TrapEvent>>();
  readonly #contexts: Contexts;
  readonly #control: RunControl;
  /** M-mode code is the guest's; otherwise the built-in firmware stands there and hands traps on. */
  readonly #machineCode: boolean;
  #harts: readonly HartView[] = [];

  constructor(contexts: Contexts, control: RunControl, machineCode: boolean) {
    this.#contexts = contexts;
    this.#control = control;
    this.#machineCode = machineCode;
  }

  attach(harts: readonly HartView[]): void {
    this.#harts = harts;
  }

  /** An exception of the current instruction. Answers Flow.trap, trapLeave or stop. */
  raise(core: Core, cause: number, tvalLow: number, tvalHigh: number): Flow {
    const to = targetOf(core, false, cause, this.#machineCode);
    if (to === core.privilege && this.#atHandler(core, to, cause)) {
      this.#control.wedged = this.#describeWedge(core, to, cause);
      return Flow.stop;
    }
    return this.#enter(core, to, false, cause, tvalLow, tvalHigh) ? Flow.trapLeave : Flow.trap;
  }

  /** Between instructions, outside of the engine. */
  interrupt(core: Core, cause: number): void {
    const to = targetOf(core, true, cause, this.#machineCode);
    this.#enter(core, to, true, cause, 0, 0);
  }

  /** True when the run must be left. */
  #enter(
    core: Core,
    to: number,
    interrupt: boolean,
    cause: number,
    tvalLow: number,
    tvalHigh: number,
  ): boolean {
    const control = this.#control;
    const from = core.privilege;
    if (this.listeners.size === 0) {
      enterTrap(this.#contexts, core, to, interrupt, cause, tvalLow, tvalHigh);
    } else {
      core.pc(pc);
      const struck = address(pc.bigint);
      enterTrap(this.#contexts, core, to, interrupt, cause, tvalLow, tvalHigh);
      const event: TrapEvent = {
        hart: this.#harts[core.id]!,
        interrupt,
        cause,
        tval: bigintOf(tvalLow, tvalHigh),
        pc: struck,
        from: privilegeName(from),
        to: privilegeName(to),
      };
      for (const listener of [...this.listeners]) {
        if (listener(event)) control.stop = true;
      }
    }
    control.traps += 1;
    return control.stop || control.traps >= control.trapLimit;
  }

  /** The handler's own first instruction faults: it would do so for ever. */
  #atHandler(core: Core, to: number, cause: number): boolean {
    handlerOf(core, to, false, cause, handler);
    core.pc(pc);
    return pc.low === handler.low && pc.high === handler.high;
  }

  #describeWedge(core: Core, to: number, cause: number): string {
    const supervisor = to === SUPERVISOR;
    const vector = supervisor ? "stvec" : "mtvec";
    core.read(supervisor ? F64.scause : F64.mcause, pc);
    const first = pc.high < 0 ? `interrupt ${pc.low}` : causeName(pc.low);
    core.read(supervisor ? F64.sepc : F64.mepc, pc);
    return `${causeName(cause)} at ${hex(handler.bigint)}, where ${vector} points: the trap handler cannot be entered (trap before: ${first} at ${hex(pc.bigint)})`;
  }
}

const pc = new Word64();
const handler = new Word64();

export const privilegeName = (privilege: number): Privilege =>
  privilege === MACHINE ? "M" : privilege === SUPERVISOR ? "S" : "U";
