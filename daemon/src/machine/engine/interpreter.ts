/**
 * The interpreter's inner loop, generated from the rows: one case for each operation, nothing but
 * what stays within RAM that the TLBs know. Whatever needs the host leaves the loop with an event,
 * and `driver.ts` carries it out, so that no call disturbs the loop's registers.
 */
import type { Expression, OperandName, RoundingState, Statement, Width } from "../../isa/ir.ts";
import { Emitter, type OperandBinding, Temporaries } from "./emit.ts";
import { FLOAT, HART, ROUNDING, SLOT, SLOT_SIZE, TLB_ENTRIES } from "./layout.ts";
import { type Operation, operations, PAGE_END, writesFloat } from "./operations.ts";
import type { Access, Code, Label } from "./wasm.ts";

/** Why the loop was left. The slot is the instruction that has not been executed. */
export const Event = {
  budget: 0,
  /** A jump has retired to a page that the fetch TLB does not know: go on at `HART.pc`. */
  enter: 1,
  /** Plus the operation of the slot: it needs the host. */
  slow: 16,
} as const;

/** Locals that hold the state of the run, in the loop as in the slow paths. */
export interface State {
  readonly hart: number;
  readonly slot: number;
  readonly pcBase: number;
}

const registerFields = {
  rs1: SLOT.rs1,
  rs2: SLOT.rs2,
  fs1: SLOT.rs1,
  fs2: SLOT.rs2,
  fs3: SLOT.rs3,
} as const;

/** Operands come from the fields of the current slot. */
export class SlotBinding implements OperandBinding {
  readonly #state: State;
  readonly #length: number;

  constructor(state: State, length: number) {
    this.#state = state;
    this.#length = length;
  }

  push(code: Code, name: OperandName): void {
    const { hart, slot } = this.#state;
    switch (name) {
      case "rs1":
      case "rs2":
      case "fs1":
      case "fs2":
      case "fs3":
        code.get(hart).get(slot).access("i32.load16_u", registerFields[name]).op("i32.add");
        code.access("i64.load", HART.x);
        return;
      case "imm":
        code.get(slot).access("i64.load32_s", SLOT.imm);
        return;
      case "pc":
        pushPc(code, this.#state);
        return;
      case "link":
        pushPc(code, this.#state);
        code.i64(BigInt(this.#length)).op("i64.add");
        return;
    }
  }

  pushRounding(code: Code, is: RoundingState): void {
    const { hart, slot } = this.#state;
    code.get(hart).access("i32.load", HART.fcsr);
    if (is === "zero") code.i32(ROUNDING.ready).op("i32.and");
    code.get(slot).access("i32.load16_u", SLOT.rounding);
    switch (is) {
      case "nearest":
        code.op("i32.and").i32(ROUNDING.ready).op("i32.eq");
        return;
      case "zero":
        code
          .op("i32.or")
          .i32(ROUNDING.ready | ROUNDING.towardZero)
          .op("i32.eq");
        return;
      case "valid":
        code.op("i32.and").i32(~FLOAT.inexact).op("i32.and").i32(FLOAT.state).op("i32.eq");
        return;
    }
  }

  write(code: Code, value: () => void): void {
    const { hart, slot } = this.#state;
    code.get(hart).get(slot).access("i32.load16_u", SLOT.rd).op("i32.add");
    value();
    code.access("i64.store", HART.x);
  }
}

export function pushPc(code: Code, { pcBase, slot }: State): void {
  code.get(pcBase).get(slot).i32(3).op("i32.shr_u", "i64.extend_i32_u", "i64.add");
}

const loads: { readonly [width in Width]: { sign: Access; zero: Access } } = {
  1: { sign: "i64.load8_s", zero: "i64.load8_u" },
  2: { sign: "i64.load16_s", zero: "i64.load16_u" },
  4: { sign: "i64.load32_s", zero: "i64.load32_u" },
  8: { sign: "i64.load", zero: "i64.load" },
};
/** Replaces the memory offset on the stack by the value there. */
export function emitLoad(code: Code, width: Width, extension: "sign" | "zero" | "ones"): void {
  code.access(loads[width][extension === "sign" ? "sign" : "zero"], 0);
  if (extension === "ones") code.i64(-1n << BigInt(8 * width)).op("i64.or");
}
export const stores: { readonly [width in Width]: Access } = {
  1: "i64.store8",
  2: "i64.store16",
  4: "i64.store32",
  8: "i64.store",
};

/**
 * Looks the page of a virtual address up in a TLB. Leaves the offset of the entry in `entry`, and on
 * the stack an i32 that is not zero when the entry is another page's. The page compared is that of
 * the access's last byte while the entry is chosen by the first: an access across pages misses.
 */
export function lookUp(
  code: Code,
  tlb: number,
  address: number,
  width: number,
  locals: { readonly hart: number; readonly entry: number; readonly context: number },
  entries = TLB_ENTRIES,
): void {
  code.get(address).op("i32.wrap_i64").i32(8).op("i32.shr_u");
  code.i32((entries - 1) * 16).op("i32.and");
  code.get(locals.hart).op("i32.add").tee(locals.entry).access("i64.load", tlb);
  code.get(address);
  if (width > 1) code.i64(BigInt(width - 1)).op("i64.add");
  code.i64(-4096n).op("i64.and").get(locals.context).op("i64.or", "i64.ne");
}

/** The address on the stack (i64) becomes slot and pcBase, by the decoded page in a fetch TLB entry. */
export function enterPage(code: Code, target: number, entry: number, state: State): void {
  const { slot, pcBase } = state;
  code
    .get(entry)
    .access("i32.load", HART.fetchTlb + 8)
    .tee(slot);
  code.get(target).op("i32.wrap_i64").i32(0xffe).op("i32.and").i32(3).op("i32.shl", "i32.add");
  code.get(target).i64(-4096n).op("i64.and");
  code.get(slot).i32(3).op("i32.shr_u", "i64.extend_i32_u", "i64.sub").set(pcBase);
  code.set(slot);
}

const HART_LOCAL = 0;
const SLOT_LOCAL = 1;
const BUDGET = 2;
const PC_BASE = 3;
const OP = 4;
/** Parameters of the loop: hart block, slot, budget, pcBase, operation to begin with. Result: the event. */
export const loopParameters = ["i32", "i32", "i32", "i64", "i32"] as const;

class Loop {
  readonly #code: Code;
  readonly #state: State = { hart: HART_LOCAL, slot: SLOT_LOCAL, pcBase: PC_BASE };
  readonly #temporaries: Temporaries;
  readonly #event: number;
  readonly #target: number;
  readonly #context: number;
  readonly #entry: number;
  readonly #address: number;
  readonly #exit: Label;
  readonly #next: Label;
  readonly #far: Label;

  constructor(code: Code) {
    this.#code = code;
    this.#temporaries = new Temporaries(code);
    this.#event = code.local("i32");
    this.#target = code.local("i64");
    this.#context = code.local("i64");
    this.#entry = code.local("i32");
    this.#address = code.local("i64");
    code.get(HART_LOCAL).access("i64.load", HART.context).set(this.#context);
    this.#exit = code.block();
    this.#next = code.loop();
    code.i32(Event.budget).set(this.#event);
    code.get(BUDGET).op("i32.eqz").brIf(this.#exit);
    code.get(BUDGET).i32(1).op("i32.sub").set(BUDGET);
    this.#far = code.block();
    this.#cases();
    code.end();
    this.#goFar();
    code.end();
    code.op("unreachable").end();
    this.#spill();
  }

  #cases(): void {
    const code = this.#code;
    const flagged = code.block();
    const labels = operations.map(() => code.block());
    code.get(OP).brTable([...labels].reverse(), flagged);
    operations.forEach((operation, number) => {
      code.end();
      this.#temporaries.reset();
      if (operation !== undefined) this.#case(operation, number);
      else if (number === PAGE_END) this.#pageEnd();
      else this.#slow(number);
    });
    code.end();
    code.get(OP).i32(Event.slow).op("i32.add").set(this.#event).br(this.#exit);
  }

  #case(operation: Operation, number: number): void {
    const { row, length } = operation;
    if (row.semantics.some(({ kind }) => kind === "host")) {
      this.#slow(number);
      return;
    }
    const emitter = new Emitter(
      this.#code,
      this.#temporaries,
      new SlotBinding(this.#state, length),
    );
    emitter.prepare(row.semantics);
    let open = true;
    for (const statement of row.semantics) {
      open = this.#statement(emitter, statement, operation, number);
    }
    if (open) this.#advance(length);
  }

  /** Emits a statement; false when nothing can come after it. */
  #statement(
    emitter: Emitter,
    statement: Statement,
    operation: Operation,
    number: number,
  ): boolean {
    const code = this.#code;
    switch (statement.kind) {
      case "let":
        emitter.push(statement.value);
        emitter.assign(statement.variable);
        return true;
      case "write":
        emitter.write(() => emitter.push(statement.value));
        return true;
      case "branch":
        return this.#branch(emitter, statement.condition, operation.near);
      case "jump":
        emitter.push(statement.target);
        code.set(this.#target).br(this.#far);
        return false;
      case "load":
        emitter.push(statement.address);
        code.set(this.#address);
        this.#translate(HART.loadTlb, statement.width, number);
        emitter.write(() => {
          this.#pushOffset(HART.loadTlb);
          emitLoad(code, statement.width, statement.extension);
        });
        return true;
      case "store":
        emitter.push(statement.address);
        code.set(this.#address);
        this.#translate(HART.storeTlb, statement.width, number);
        this.#pushOffset(HART.storeTlb);
        emitter.push(statement.value);
        code.access(stores[statement.width], 0);
        return true;
      case "amo": {
        const offset = this.#atomic(emitter, HART.storeTlb, statement.width, number);
        emitLoad(code.get(offset), statement.width, "sign");
        emitter.assign(statement.old);
        code.get(offset);
        emitter.push(statement.updated);
        code.access(stores[statement.width], 0);
        emitter.write(() => emitter.push(useOf(statement.old)));
        return true;
      }
      case "reserve": {
        const offset = this.#atomic(emitter, HART.loadTlb, statement.width, number);
        emitReserve(emitter, HART_LOCAL, offset, statement.width);
        return true;
      }
      case "storeReserved": {
        const offset = this.#atomic(emitter, HART.storeTlb, statement.width, number);
        emitStoreReserved(emitter, HART_LOCAL, offset, statement.width);
        return true;
      }
      case "floatUnit":
        this.#floatUnit(operation, number);
        return true;
      case "exact":
        emitter.push(statement.when);
        code.op("i32.eqz").if();
        this.#slow(number);
        code.end();
        return true;
      case "host":
        return false;
    }
  }

  #floatUnit({ row }: Operation, number: number): void {
    const code = this.#code;
    code.get(HART_LOCAL).access("i32.load", HART.fcsr).i32(FLOAT.state).op("i32.and");
    if (writesFloat(row)) code.i32(FLOAT.state).op("i32.ne").if();
    else code.op("i32.eqz").if();
    this.#slow(number);
    code.end();
  }

  #branch(emitter: Emitter, condition: Expression | undefined, near: boolean): boolean {
    const code = this.#code;
    if (condition !== undefined) {
      emitter.push(condition);
      code.if();
    }
    if (near) {
      code.get(SLOT_LOCAL).get(SLOT_LOCAL).access("i32.load", SLOT.imm).op("i32.add");
      this.#goTo();
    } else {
      pushPc(code, this.#state);
      code.get(SLOT_LOCAL).access("i64.load32_s", SLOT.imm).op("i64.add");
      code.set(this.#target).br(this.#far);
    }
    if (condition === undefined) return false;
    code.end();
    return true;
  }

  /** Leaves with the slow event when the TLB does not know the page of `#address`. */
  #translate(tlb: number, width: Width, number: number): void {
    lookUp(this.#code, tlb, this.#address, width, {
      hart: HART_LOCAL,
      entry: this.#entry,
      context: this.#context,
    });
    this.#code.if();
    this.#slow(number);
    this.#code.end();
  }

  /** Translates rs1 for an atomic access, aligned; the memory offset's local. */
  #atomic(emitter: Emitter, tlb: number, width: Width, number: number): number {
    const code = this.#code;
    const offset = this.#temporaries.take("i32");
    emitter.operand("rs1");
    code
      .tee(this.#address)
      .op("i32.wrap_i64")
      .i32(width - 1)
      .op("i32.and")
      .if();
    this.#slow(number);
    code.end();
    this.#translate(tlb, 1, number);
    this.#pushOffset(tlb);
    code.set(offset);
    return offset;
  }

  #pushOffset(tlb: number): void {
    this.#code.get(this.#address).op("i32.wrap_i64");
    this.#code
      .get(this.#entry)
      .access("i32.load", tlb + 8)
      .op("i32.add");
  }

  #advance(length: number): void {
    this.#code
      .get(SLOT_LOCAL)
      .i32((length / 2) * SLOT_SIZE)
      .op("i32.add");
    this.#goTo();
  }

  /** Goes on at the slot on the stack. */
  #goTo(): void {
    this.#code.tee(SLOT_LOCAL).access("i32.load16_u", SLOT.op).set(OP).br(this.#next);
  }

  #slow(number: number): void {
    this.#code
      .i32(Event.slow + number)
      .set(this.#event)
      .br(this.#exit);
  }

  /** The marker is no instruction: it gives its count back. */
  #pageEnd(): void {
    const code = this.#code;
    code.get(BUDGET).i32(1).op("i32.add").set(BUDGET);
    pushPc(code, this.#state);
    code.set(this.#target).br(this.#far);
  }

  #goFar(): void {
    const code = this.#code;
    lookUp(code, HART.fetchTlb, this.#target, 1, {
      hart: HART_LOCAL,
      entry: this.#entry,
      context: this.#context,
    });
    code.if();
    code.get(HART_LOCAL).get(this.#target).access("i64.store", HART.pc);
    code.i32(Event.enter).set(this.#event).br(this.#exit);
    code.end();
    enterPage(code, this.#target, this.#entry, this.#state);
    code.get(SLOT_LOCAL).access("i32.load16_u", SLOT.op).set(OP).br(this.#next);
  }

  /** An instruction that needs the host has not retired: its count is given back. */
  #spill(): void {
    const code = this.#code;
    code.get(HART_LOCAL).get(SLOT_LOCAL).access("i32.store", HART.slot);
    code.get(HART_LOCAL).get(PC_BASE).access("i64.store", HART.pcBase);
    code.get(HART_LOCAL).get(BUDGET);
    code.get(this.#event).i32(Event.slow).op("i32.ge_u", "i32.add");
    code.access("i32.store", HART.budget);
    code.get(this.#event);
  }
}

const useOf = (name: { readonly type: "i64" }): Expression<"i64"> => ({
  kind: "variable",
  type: "i64",
  variable: name,
});

/** rd = the value at `offset`, which is reserved from now on. */
export function emitReserve(emitter: Emitter, hart: number, offset: number, width: 4 | 8): void {
  const { code } = emitter;
  const value = emitter.temporaries.take("i64");
  emitLoad(code.get(offset), width, "sign");
  code.set(value);
  code.get(hart).get(offset).access("i32.store", HART.reservation);
  code.get(hart).i32(width).access("i32.store", HART.reservationSize);
  emitter.write(() => code.get(value));
}

/**
 * Stores rs2 if `offset` (not 0) is what is reserved; rd = 0, or 1 when it is not. Ends the
 * reservation. Answers the local of what was written to rd, as an i32.
 */
export function emitStoreReserved(
  emitter: Emitter,
  hart: number,
  offset: number,
  width: 4 | 8,
): number {
  const { code } = emitter;
  const failed = emitter.temporaries.take("i32");
  code.get(hart).access("i32.load", HART.reservation).get(offset).op("i32.ne");
  code.get(hart).access("i32.load", HART.reservationSize).i32(width).op("i32.ne", "i32.or");
  code.tee(failed).op("i32.eqz").if();
  code.get(offset);
  emitter.operand("rs2");
  code.access(stores[width], 0).end();
  code.get(hart).i32(0).access("i32.store", HART.reservation);
  emitter.write(() => code.get(failed).op("i64.extend_i32_u"));
  return failed;
}

/** Emits the body of the loop function, whose parameters are `loopParameters`. */
export function emitLoop(code: Code): void {
  new Loop(code);
}
