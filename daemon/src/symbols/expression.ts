/**
 * DWARF expressions (DWARF 5, 2.5 and 2.6): where a value is, from the registers and the memory of a
 * stopped frame. What is not known makes the result unavailable, with the reason; nothing is guessed.
 */
import { address as toAddress } from "../base/brand.ts";
import { FormatError } from "../base/errors.ts";
import type { EvaluationContext, Place } from "./api.ts";
import { At, Ate, Tag } from "./constants.ts";
import {
  binary,
  type Element,
  GENERIC,
  type Kind,
  littleEndian,
  signed,
  toBytes,
  Unavailable,
  unavailable,
} from "./expression-values.ts";
import { Op } from "./operations.ts";
import type { InfoOffset } from "./positions.ts";
import { Reader } from "./reader.ts";
import type { Unit } from "./unit.ts";

const MAX_STEPS = 10_000;
const MAX_STACK = 256;
const MAX_PIECES = 256;
const MAX_NESTING = 4;

export interface Expression {
  readonly bytes: Uint8Array;
  /** Of the function, for DW_OP_fbreg. */
  readonly frameBase: Uint8Array | undefined;
  /** For operations that index the unit's tables or name its types. */
  readonly unit: Unit | undefined;
}

/** The place that an expression describes. Never throws. */
export function evaluatePlace(expression: Expression, context: EvaluationContext): Place {
  return guarded(() => new Machine(expression, context, 0).place());
}

/**
 * The number that an expression leaves, as call frame information and frame bases mean it; `initial` is on
 * the stack at the start. Undefined when it cannot be known.
 */
export function evaluateNumber(
  expression: Expression,
  context: EvaluationContext,
  initial?: bigint,
): bigint | undefined {
  let result: bigint | undefined;
  guarded(() => {
    result = new Machine(expression, context, 0, initial).number();
    return { kind: "unavailable", reason: "" };
  });
  return result;
}

function guarded(run: () => Place): Place {
  try {
    return run();
  } catch (error) {
    if (error instanceof Unavailable) return { kind: "unavailable", reason: error.message };
    if (error instanceof FormatError) {
      return { kind: "unavailable", reason: `malformed location: ${error.message}` };
    }
    throw error;
  }
}

class Machine {
  readonly #expression: Expression;
  readonly #context: EvaluationContext;
  readonly #nesting: number;
  readonly #reader: Reader;
  readonly #stack: Element[] = [];
  readonly #pieces: { size: number; place: Place }[] = [];
  /** Set by operations that are a whole location. */
  #simple: Place | undefined;

  constructor(
    expression: Expression,
    context: EvaluationContext,
    nesting: number,
    initial?: bigint,
  ) {
    if (nesting > MAX_NESTING) unavailable("expressions nested too deep");
    this.#expression = expression;
    this.#context = context;
    this.#nesting = nesting;
    const source = expression.unit?.dwarf.info.source ?? "DWARF";
    this.#reader = new Reader(source, "expression", expression.bytes);
    if (initial !== undefined) this.#push(initial);
  }

  place(): Place {
    this.#run();
    if (this.#pieces.length > 0) {
      if (this.#simple !== undefined || this.#stack.length > 0) this.#endPiece(0);
      return { kind: "pieces", pieces: this.#pieces };
    }
    return this.#current();
  }

  number(): bigint {
    this.#run();
    if (this.#pieces.length > 0) unavailable("a value in pieces where a number is needed");
    const simple = this.#simple;
    if (simple?.kind === "register") return this.#register(simple.register);
    if (simple !== undefined) return littleEndian(simple.kind === "value" ? simple.bytes : EMPTY);
    return this.#pop().value;
  }

  #run(): void {
    const reader = this.#reader;
    for (let step = 0; !reader.done; step++) {
      if (step >= MAX_STEPS) unavailable(`more than ${MAX_STEPS} steps`);
      this.#step(reader.u8());
    }
  }

  /** What the operations since the last piece describe. */
  #current(): Place {
    if (this.#simple !== undefined) return this.#simple;
    if (this.#stack.length === 0) return { kind: "unavailable", reason: "optimised out" };
    return { kind: "memory", address: toAddress(this.#pop().value) };
  }

  #endPiece(size: number): void {
    if (this.#pieces.length >= MAX_PIECES) unavailable(`more than ${MAX_PIECES} pieces`);
    this.#pieces.push({ size, place: this.#current() });
    this.#simple = undefined;
  }

  #push(value: bigint, kind: Kind = GENERIC): void {
    if (this.#stack.length >= MAX_STACK) unavailable(`more than ${MAX_STACK} values`);
    this.#stack.push({ value: BigInt.asUintN(kind.size * 8, value), kind });
  }

  #pop(): Element {
    return this.#stack.pop() ?? unavailable("malformed location: a value is missing");
  }

  #pick(depth: number): void {
    const { length } = this.#stack;
    const element = this.#stack[length - 1 - depth];
    if (element === undefined) unavailable("malformed location: a value is missing");
    else this.#push(element.value, element.kind);
  }

  #register(number: number): bigint {
    const value = this.#context.register(number);
    return value ?? unavailable(`register ${number} is not known in this frame`);
  }

  #load(at: bigint, size: number): bigint {
    const target = toAddress(at);
    const bytes = this.#context.memory(target, size);
    return bytes
      ? littleEndian(bytes)
      : unavailable(`memory at 0x${target.toString(16)} is not readable`);
  }

  #step(op: number): void {
    const reader = this.#reader;
    if (op >= Op.lit0 && op < Op.lit0 + 32) this.#push(BigInt(op - Op.lit0));
    else if (op >= Op.reg0 && op < Op.reg0 + 32) {
      this.#simple = { kind: "register", register: op - Op.reg0 };
    } else if (op >= Op.breg0 && op < Op.breg0 + 32) {
      this.#push(this.#register(op - Op.breg0) + reader.slebBig());
    } else if (op >= Op.const1u && op <= Op.consts) this.#push(this.#constant(op));
    else if (op >= Op.dup && op <= Op.rot) this.#shuffle(op);
    else if (op >= Op.abs && op <= Op.xor) this.#arithmetic(op);
    else if (op >= Op.eq && op <= Op.ne) this.#compare(op);
    else if (isTyped(op)) this.#typed(op);
    else this.#other(op);
  }

  #constant(op: number): bigint {
    const reader = this.#reader;
    switch (op) {
      case Op.const1u:
        return BigInt(reader.u8());
      case Op.const1s:
        return BigInt(reader.i8());
      case Op.const2u:
        return BigInt(reader.u16());
      case Op.const2s:
        return BigInt.asIntN(16, BigInt(reader.u16()));
      case Op.const4u:
        return BigInt(reader.u32());
      case Op.const4s:
        return BigInt(reader.i32());
      case Op.const8u:
      case Op.const8s:
        return reader.u64();
      case Op.constu:
        return reader.ulebBig();
      default:
        return reader.slebBig();
    }
  }

  #shuffle(op: number): void {
    switch (op) {
      case Op.dup:
        this.#pick(0);
        break;
      case Op.drop:
        this.#pop();
        break;
      case Op.over:
        this.#pick(1);
        break;
      case Op.pick:
        this.#pick(this.#reader.u8());
        break;
      case Op.swap: {
        const [top, second] = [this.#pop(), this.#pop()];
        this.#stack.push(top, second);
        break;
      }
      case Op.rot: {
        const [top, second, third] = [this.#pop(), this.#pop(), this.#pop()];
        this.#stack.push(top, third, second);
        break;
      }
    }
  }

  #arithmetic(op: number): void {
    const top = this.#pop();
    const alone = this.#unary(op, top);
    if (alone !== undefined) {
      this.#push(alone, top.kind);
      return;
    }
    const left = this.#pop();
    if (left.kind.size !== top.kind.size) unavailable("malformed location: operands of two types");
    this.#push(binary(op, left, top), left.kind);
  }

  /** Operations on the top of the stack alone. */
  #unary(op: number, top: Element): bigint | undefined {
    switch (op) {
      case Op.abs: {
        const value = signed(top);
        return value < 0n ? -value : value;
      }
      case Op.neg:
        return -top.value;
      case Op.not:
        return ~top.value;
      case Op.plusUconst:
        return top.value + this.#reader.ulebBig();
      default:
        return undefined;
    }
  }

  #compare(op: number): void {
    const right = signed(this.#pop());
    const left = signed(this.#pop());
    const holds =
      (op === Op.eq && left === right) ||
      (op === Op.ge && left >= right) ||
      (op === Op.gt && left > right) ||
      (op === Op.le && left <= right) ||
      (op === Op.lt && left < right) ||
      (op === Op.ne && left !== right);
    this.#push(holds ? 1n : 0n);
  }

  #other(op: number): void {
    const reader = this.#reader;
    switch (op) {
      case Op.nop:
        break;
      case Op.addr:
        this.#push(reader.u64());
        break;
      case Op.addrx:
      case Op.constx:
        this.#push(this.#unit().indexedWord(reader.uleb()));
        break;
      case Op.deref:
        this.#push(this.#load(this.#pop().value, 8));
        break;
      case Op.derefSize: {
        const size = reader.u8();
        if (size < 1 || size > 8) unavailable(`malformed location: a load of ${size} bytes`);
        this.#push(this.#load(this.#pop().value, size));
        break;
      }
      case Op.skip:
        this.#jump(true);
        break;
      case Op.bra:
        this.#jump(this.#pop().value !== 0n);
        break;
      case Op.regx:
        this.#simple = { kind: "register", register: reader.uleb() };
        break;
      case Op.bregx:
        this.#push(this.#register(reader.uleb()) + reader.slebBig());
        break;
      case Op.fbreg:
        this.#push(this.#frameBase() + reader.slebBig());
        break;
      case Op.callFrameCfa:
        this.#push(this.#context.cfa ?? unavailable("the frame's address is not known"));
        break;
      case Op.entryValue:
      case Op.gnuEntryValue:
        this.#push(this.#entryValue(reader.block(reader.uleb())));
        break;
      default:
        this.#describe(op);
    }
  }

  /** Operations that say what the location is, and those that cannot be answered. */
  #describe(op: number): void {
    const reader = this.#reader;
    switch (op) {
      case Op.piece:
        this.#endPiece(reader.uleb());
        break;
      case Op.bitPiece: {
        const bits = reader.uleb();
        if (bits % 8 !== 0 || reader.uleb() !== 0) unavailable("pieces of single bits");
        this.#endPiece(bits / 8);
        break;
      }
      case Op.stackValue: {
        const { value, kind } = this.#pop();
        this.#simple = { kind: "value", bytes: toBytes(value, kind.size) };
        break;
      }
      case Op.implicitValue:
        this.#simple = { kind: "value", bytes: reader.block(reader.uleb()).slice() };
        break;
      case Op.implicitPointer:
      case Op.gnuImplicitPointer:
        unavailable("it points to a value that was optimised out");
        break;
      case Op.formTlsAddress:
      case Op.gnuPushTlsAddress:
        unavailable("thread-local storage is the guest's own affair");
        break;
      case Op.gnuParameterRef:
        unavailable("the caller's argument is not known");
        break;
      case Op.call2:
      case Op.call4:
      case Op.callRef:
      case Op.pushObjectAddress:
        unavailable(`operation 0x${op.toString(16)} needs a context that is not here`);
        break;
      default:
        unavailable(`unknown operation 0x${op.toString(16)}`);
    }
  }

  #jump(taken: boolean): void {
    const distance = (this.#reader.u16() << 16) >> 16;
    if (!taken) return;
    const target = this.#reader.position + distance;
    if (target < 0 || target > this.#reader.end) unavailable("malformed location: a jump outside");
    this.#reader.position = target;
  }

  #unit(): Unit {
    return this.#expression.unit ?? unavailable("malformed location: it belongs to no unit");
  }

  #frameBase(): bigint {
    const { frameBase, unit } = this.#expression;
    if (frameBase === undefined) return unavailable("the function has no frame base here");
    const expression = { bytes: frameBase, frameBase: undefined, unit };
    return new Machine(expression, this.#context, this.#nesting + 1).number();
  }

  /** A value as it was when the function was entered: only the caller's registers can tell. */
  #entryValue(bytes: Uint8Array): bigint {
    const context: EvaluationContext = {
      register: (number) => this.#context.entryRegister?.(number),
      memory: () => undefined,
      cfa: undefined,
    };
    const { unit } = this.#expression;
    try {
      return new Machine(
        { bytes, frameBase: undefined, unit },
        context,
        this.#nesting + 1,
      ).number();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return unavailable("its value at the function's entry is no longer known");
    }
  }

  #typed(op: number): void {
    const reader = this.#reader;
    switch (op) {
      case Op.constType:
      case Op.gnuConstType: {
        const kind = this.#kind(reader.uleb());
        this.#push(littleEndian(reader.block(reader.u8())), kind);
        break;
      }
      case Op.regvalType:
      case Op.gnuRegvalType: {
        const value = this.#register(reader.uleb());
        this.#push(value, this.#kind(reader.uleb()));
        break;
      }
      case Op.derefType:
      case Op.gnuDerefType: {
        const size = reader.u8();
        const kind = this.#kind(reader.uleb());
        if (size < 1 || size > 16) unavailable(`malformed location: a load of ${size} bytes`);
        this.#push(this.#load(this.#pop().value, size), kind);
        break;
      }
      default: {
        const kind = this.#kind(reader.uleb());
        const from = this.#pop();
        const converts = op === Op.convert || op === Op.gnuConvert;
        this.#push(converts ? signed(from, from.kind.signed) : from.value, kind);
      }
    }
  }

  /** A base type of the unit by its offset there; 0 is the generic type. */
  #kind(offset: number): Kind {
    if (offset === 0) return GENERIC;
    const unit = this.#unit();
    const die = unit.die((unit.offset + offset) as InfoOffset);
    const size = die.number(At.byteSize) ?? 0;
    const encoding = die.number(At.encoding);
    if (die.tag !== Tag.baseType || encoding === Ate.float || size < 1 || size > 16) {
      return unavailable("arithmetic on a type that is no integer");
    }
    return { size, signed: encoding === Ate.signed || encoding === Ate.signedChar };
  }
}

const EMPTY = new Uint8Array(0);

const isTyped = (op: number) =>
  (op >= Op.constType && op <= Op.reinterpret && op !== 0xa7) ||
  (op >= Op.gnuConstType && op <= Op.gnuReinterpret && op !== 0xf8);

/** Constants need no machine. */
export function constantPlace(value: bigint, size: number): Place {
  return { kind: "value", bytes: toBytes(BigInt.asUintN(size * 8, value), size) };
}
