/**
 * What the inner loop leaves to the host, one slow path for each operation and from the same rows:
 * memory that no TLB entry covers, CSRs, SYSTEM instructions, decoding, straddling instructions.
 */
import type { Statement } from "../../isa/ir.ts";
import { Emitter, Temporaries } from "./emit.ts";
import { Flow, STOPPED, TRAPPED, TRAPPED_LEAVE } from "./host.ts";
import {
  emitLoad,
  emitReserve,
  emitStoreReserved,
  lookUp,
  pushPc,
  SlotBinding,
  type State,
  stores,
} from "./interpreter.ts";
import { FLOAT, GUARDED_ENTRIES, HART, HARTS, PAGE_SOURCE, SLOT } from "./layout.ts";
import {
  HOOKED,
  ILLEGAL,
  OPERATION,
  type Operation,
  UNDECODED,
  writesFloat,
} from "./operations.ts";
import type { Code } from "./wasm.ts";

/** What slow paths answer besides a Flow: this plus the operation to execute at the same slot. */
export const DISPATCH = 16;

/** Causes of misaligned atomics (privileged manual, table of mcause). */
const LOAD_MISALIGNED = 4;
const STORE_MISALIGNED = 6;

/** Functions that the host side supplies, and how many i32 they take; all answer an i32. */
export const imports = {
  /** The fetch TLB missed: (hart, low, high) to the decoded page's memory offset, or an answer of `fetch`. */
  enter: 3,
  /** Decodes the slot (hart, slot). */
  decode: 2,
  /** The second half of a straddling instruction is unknown or has changed (hart): 0, or an answer of `fetch`. */
  straddle: 1,
  load: 4,
  store: 5,
  commit: 1,
  csr: 2,
  system: 2,
  illegal: 2,
  exception: 4,
  hook: 1,
  /** Computes an operation's result in software (hart, operation): a Flow. */
  float: 2,
} as const;
export type Import = keyof typeof imports;
export type Imports = { readonly [name in Import]: (...values: number[]) => number };
/** Function indices of the imports. */
export type Calls = { readonly [name in Import]: number };

/** Statements for which the inner loop may leave an instruction to its slow path. */
const leaving: ReadonlySet<Statement["kind"]> = new Set([
  "load",
  "store",
  "amo",
  "reserve",
  "storeReserved",
  "host",
  "floatUnit",
  "exact",
]);

/** In the entries of the guarded TLB. */
const GUARDED_FIRST = HART.guardedTlb + 12;
const GUARDED_END = HART.guardedTlb + 14;

export const pushIndex = (code: Code, hart: number): Code =>
  code.get(hart).i32(HARTS).op("i32.sub").i32(16).op("i32.shr_u");

/** Pushes the halves of an i64 local. */
export const pushHalves = (code: Code, value: number): Code =>
  code.get(value).op("i32.wrap_i64").get(value).i64(32n).op("i64.shr_u", "i32.wrap_i64");

/** Carries out one operation at `HART.slot` with the host's help; answers a Flow. */
export class SlowPath {
  readonly #code: Code;
  readonly #calls: Calls;
  readonly #temporaries: Temporaries;
  readonly #state: State;
  readonly #address: number;
  readonly #offset: number;
  readonly #entry: number;
  readonly #context: number;
  /** i32: the store needs nobody's attention. */
  readonly #plain: number;

  constructor(code: Code, calls: Calls) {
    this.#code = code;
    this.#calls = calls;
    this.#temporaries = new Temporaries(code);
    this.#state = { hart: 0, slot: code.local("i32"), pcBase: code.local("i64") };
    this.#address = code.local("i64");
    this.#offset = code.local("i32");
    this.#entry = code.local("i32");
    this.#context = code.local("i64");
    this.#plain = code.local("i32");
  }

  emit(operation: Operation | undefined, number: number): void {
    const { hart, slot, pcBase } = this.#state;
    const code = this.#code;
    code.get(hart).access("i32.load", HART.slot).set(slot);
    code.get(hart).access("i64.load", HART.pcBase).set(pcBase);
    if (operation !== undefined) this.#row(operation, number);
    else if (number === UNDECODED) this.#decode();
    else if (number === ILLEGAL) this.#hostCall("illegal");
    else code.op("unreachable");
  }

  #decode(): void {
    const { hart, slot } = this.#state;
    const code = this.#code;
    pushIndex(code, hart).get(slot).call(this.#calls.decode).op("drop");
    code.get(slot).access("i32.load16_u", SLOT.op).i32(~HOOKED).op("i32.and");
    code.i32(DISPATCH).op("i32.add");
  }

  #hostCall(name: "csr" | "system" | "illegal"): void {
    const { hart, slot } = this.#state;
    pushIndex(this.#code, hart).get(slot).access("i32.load", SLOT.raw).call(this.#calls[name]);
  }

  #row(operation: Operation, number: number): void {
    const { semantics } = operation.row;
    if (!semantics.some(({ kind }) => leaving.has(kind))) {
      this.#code.op("unreachable");
      return;
    }
    if (semantics.some(({ kind }) => kind === "exact")) {
      pushIndex(this.#code, this.#state.hart).i32(number).call(this.#calls.float);
      return;
    }
    const emitter = new Emitter(
      this.#code,
      this.#temporaries,
      new SlotBinding(this.#state, operation.length),
    );
    for (const statement of semantics) {
      if (this.#statement(emitter, statement, operation)) return;
    }
  }

  /** Emits a statement; true when nothing comes after it, and a Flow is on the stack. */
  #statement(emitter: Emitter, statement: Statement, operation: Operation): boolean {
    const code = this.#code;
    const address = this.#address;
    const offset = this.#offset;
    const { length } = operation;
    switch (statement.kind) {
      case "floatUnit":
        code.get(this.#state.hart).access("i32.load", HART.fcsr);
        code.i32(FLOAT.state).op("i32.and", "i32.eqz").if();
        this.#hostCall("illegal");
        code.op("return").end();
        return false;
      case "let":
        emitter.push(statement.value);
        emitter.assign(statement.variable);
        return false;
      case "write":
        emitter.write(() => emitter.push(statement.value));
        this.#retire(operation);
        return true;
      case "load":
        emitter.push(statement.address);
        code.set(address);
        this.#translate("load", statement.width);
        emitter.write(() => emitLoad(code.get(offset), statement.width, statement.extension));
        this.#retire(operation);
        return true;
      case "store":
        emitter.push(statement.address);
        code.set(address);
        this.#translateStore(statement.width, 0);
        code.get(offset);
        emitter.push(statement.value);
        code.access(stores[statement.width], 0);
        this.#commit(length);
        return true;
      case "amo":
        this.#aligned(emitter, statement.width, STORE_MISALIGNED);
        this.#translateStore(statement.width, 1);
        emitLoad(code.get(offset), statement.width, "sign");
        emitter.assign(statement.old);
        code.get(offset);
        emitter.push(statement.updated);
        code.access(stores[statement.width], 0);
        emitter.write(() =>
          emitter.push({ kind: "variable", type: "i64", variable: statement.old }),
        );
        this.#commit(length);
        return true;
      case "reserve":
        this.#aligned(emitter, statement.width, LOAD_MISALIGNED);
        this.#translate("load", statement.width);
        emitReserve(emitter, this.#state.hart, offset, statement.width);
        code.i32(Flow.next);
        return true;
      case "storeReserved":
        this.#storeReserved(emitter, statement.width, length);
        return true;
      case "host":
        this.#setNextPc(length);
        this.#hostCall(statement.call);
        return true;
      default:
        return false;
    }
  }

  /** A float register has changed: so has the state of the float unit. */
  #retire({ row }: Operation): void {
    const code = this.#code;
    if (writesFloat(row)) {
      const { hart } = this.#state;
      code.get(hart).get(hart).access("i32.load", HART.fcsr).i32(FLOAT.state).op("i32.or");
      code.access("i32.store", HART.fcsr);
    }
    code.i32(Flow.next);
  }

  /** Without a reservation nothing is translated; a store that fails is no store and not committed. */
  #storeReserved(emitter: Emitter, width: 4 | 8, length: number): void {
    const code = this.#code;
    const { hart } = this.#state;
    this.#aligned(emitter, width, STORE_MISALIGNED);
    code.get(hart).access("i32.load", HART.reservation).op("i32.eqz").if();
    emitter.write(() => code.i64(1n));
    code.i32(Flow.next).op("return").end();
    this.#translateStore(width, 0);
    const failed = emitStoreReserved(emitter, hart, this.#offset, width);
    code.get(failed).op("i32.eqz");
    code.if("i32");
    this.#commit(length);
    code.else().i32(Flow.next).end();
  }

  /** Answers the Flow of a misaligned address unless rs1 is aligned. */
  #aligned(emitter: Emitter, width: number, cause: number): void {
    const code = this.#code;
    emitter.operand("rs1");
    code
      .tee(this.#address)
      .op("i32.wrap_i64")
      .i32(width - 1)
      .op("i32.and")
      .if();
    pushIndex(code, this.#state.hart).i32(cause);
    pushHalves(code, this.#address).call(this.#calls.exception).op("return").end();
  }

  /** Has the host translate `#address` to `#offset`; answers the Flow when there is none. */
  #translate(kind: "load" | "store", width: number, readToo?: number): void {
    const code = this.#code;
    pushIndex(code, this.#state.hart);
    pushHalves(code, this.#address).i32(width);
    if (readToo !== undefined) code.i32(readToo);
    code.call(this.#calls[kind]).set(this.#offset);
    emitRefusals(code, this.#offset);
  }

  /** The same for a store; the host is not asked where the page is known and no guarded byte touched. */
  #translateStore(width: number, readToo: number): void {
    const code = this.#code;
    const { hart } = this.#state;
    const entry = this.#entry;
    const offset = this.#offset;
    code.get(hart).access("i64.load", HART.context).set(this.#context);
    const locals = { hart, entry, context: this.#context };
    lookUp(code, HART.guardedTlb, this.#address, width, locals, GUARDED_ENTRIES);
    code.op("i32.eqz").tee(this.#plain).if();
    code.get(this.#address).op("i32.wrap_i64").i32(0xfff).op("i32.and").tee(offset);
    code.get(entry).access("i32.load16_u", GUARDED_END).op("i32.ge_u");
    code.get(offset).i32(width).op("i32.add");
    code.get(entry).access("i32.load16_u", GUARDED_FIRST).op("i32.le_u", "i32.or");
    code.set(this.#plain);
    code.get(this.#address).op("i32.wrap_i64");
    code
      .get(entry)
      .access("i32.load", HART.guardedTlb + 8)
      .op("i32.add")
      .set(offset);
    code.end();
    code.get(this.#plain).op("i32.eqz").if();
    this.#translate("store", width, readToo);
    code.end();
  }

  #setNextPc(length: number): void {
    const code = this.#code;
    code.get(this.#state.hart);
    pushPc(code, this.#state);
    code.i64(BigInt(length)).op("i64.add").access("i64.store", HART.pc);
  }

  #commit(length: number): void {
    const code = this.#code;
    code.get(this.#plain).if("i32");
    code.i32(Flow.next).else();
    this.#setNextPc(length);
    pushIndex(code, this.#state.hart).call(this.#calls.commit).end();
  }
}

/** Returns the Flow that belongs to TRAPPED, STOPPED or TRAPPED_LEAVE, if `answer` is one of them. */
function emitRefusals(code: Code, answer: number): void {
  const flows = [
    [TRAPPED, Flow.trap],
    [STOPPED, Flow.stop],
    [TRAPPED_LEAVE, Flow.trapLeave],
  ] as const;
  code.get(answer).i32(TRAPPED_LEAVE).op("i32.ge_u").if();
  for (const [refusal, flow] of flows) {
    code.get(answer).i32(refusal).op("i32.eq").if();
    code.i32(flow).op("return").end();
  }
  code.end();
}

/**
 * A straddling instruction (hart, operation): if the page that follows in virtual memory still
 * holds the half that was decoded, execute it. Else the host decodes it again first.
 */
export function emitStraddle(code: Code, calls: Calls): void {
  const state: State = { hart: 0, slot: code.local("i32"), pcBase: code.local("i64") };
  const { hart, slot, pcBase } = state;
  const second = code.local("i64");
  const entry = code.local("i32");
  const context = code.local("i64");
  const answer = code.local("i32");
  code.get(hart).access("i32.load", HART.slot).set(slot);
  code.get(hart).access("i64.load", HART.pcBase).set(pcBase);
  code.get(hart).access("i64.load", HART.context).set(context);
  pushPc(code, state);
  code.i64(2n).op("i64.add").set(second);
  const stale = code.block();
  code.get(1).i32(OPERATION).op("i32.and", "i32.eqz").brIf(stale);
  lookUp(code, HART.fetchTlb, second, 1, { hart, entry, context });
  code.brIf(stale);
  code
    .get(entry)
    .access("i32.load", HART.fetchTlb + 8)
    .access("i32.load", PAGE_SOURCE);
  code
    .access("i32.load16_u", 0)
    .get(slot)
    .access("i32.load16_u", SLOT.raw + 2);
  code.op("i32.ne").brIf(stale);
  code.get(1).i32(OPERATION).op("i32.and").i32(DISPATCH).op("i32.add", "return");
  code.end();
  pushIndex(code, hart).call(calls.straddle).set(answer);
  emitRefusals(code, answer);
  code.get(slot).access("i32.load16_u", SLOT.op).i32(OPERATION).op("i32.and");
  code.i32(DISPATCH).op("i32.add");
}
