/**
 * An encoder for WebAssembly binary modules: just what generated code needs. Functions are written
 * as a flat list of instructions; labels are values, so nobody counts block depths.
 * Source: WebAssembly core specification, section 5 (binary format).
 */
import { assert } from "../../base/errors.ts";

export const ValueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
export type ValueType = keyof typeof ValueType;

/** Instructions without immediates. */
export const Op = {
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_s": 0x48,
  "i32.lt_u": 0x49,
  "i32.gt_s": 0x4a,
  "i32.gt_u": 0x4b,
  "i32.le_s": 0x4c,
  "i32.le_u": 0x4d,
  "i32.ge_s": 0x4e,
  "i32.ge_u": 0x4f,
  "i64.eqz": 0x50,
  "i64.eq": 0x51,
  "i64.ne": 0x52,
  "i64.lt_s": 0x53,
  "i64.lt_u": 0x54,
  "i64.gt_s": 0x55,
  "i64.gt_u": 0x56,
  "i64.le_s": 0x57,
  "i64.le_u": 0x58,
  "i64.ge_s": 0x59,
  "i64.ge_u": 0x5a,
  "i32.clz": 0x67,
  "i32.ctz": 0x68,
  "i32.popcnt": 0x69,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.div_s": 0x6d,
  "i32.div_u": 0x6e,
  "i32.rem_s": 0x6f,
  "i32.rem_u": 0x70,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.xor": 0x73,
  "i32.shl": 0x74,
  "i32.shr_s": 0x75,
  "i32.shr_u": 0x76,
  "i32.rotl": 0x77,
  "i32.rotr": 0x78,
  "i64.clz": 0x79,
  "i64.ctz": 0x7a,
  "i64.popcnt": 0x7b,
  "i64.add": 0x7c,
  "i64.sub": 0x7d,
  "i64.mul": 0x7e,
  "i64.div_s": 0x7f,
  "i64.div_u": 0x80,
  "i64.rem_s": 0x81,
  "i64.rem_u": 0x82,
  "i64.and": 0x83,
  "i64.or": 0x84,
  "i64.xor": 0x85,
  "i64.shl": 0x86,
  "i64.shr_s": 0x87,
  "i64.shr_u": 0x88,
  "i64.rotl": 0x89,
  "i64.rotr": 0x8a,
  "f32.eq": 0x5b,
  "f32.ne": 0x5c,
  "f32.lt": 0x5d,
  "f32.gt": 0x5e,
  "f32.le": 0x5f,
  "f32.ge": 0x60,
  "f64.eq": 0x61,
  "f64.ne": 0x62,
  "f64.lt": 0x63,
  "f64.gt": 0x64,
  "f64.le": 0x65,
  "f64.ge": 0x66,
  "f32.abs": 0x8b,
  "f32.neg": 0x8c,
  "f32.trunc": 0x8f,
  "f32.nearest": 0x90,
  "f32.sqrt": 0x91,
  "f32.add": 0x92,
  "f32.sub": 0x93,
  "f32.mul": 0x94,
  "f32.div": 0x95,
  "f32.min": 0x96,
  "f32.max": 0x97,
  "f64.abs": 0x99,
  "f64.neg": 0x9a,
  "f64.trunc": 0x9d,
  "f64.nearest": 0x9e,
  "f64.sqrt": 0x9f,
  "f64.add": 0xa0,
  "f64.sub": 0xa1,
  "f64.mul": 0xa2,
  "f64.div": 0xa3,
  "f64.min": 0xa4,
  "f64.max": 0xa5,
  "i32.wrap_i64": 0xa7,
  "i32.trunc_f32_s": 0xa8,
  "i32.trunc_f32_u": 0xa9,
  "i32.trunc_f64_s": 0xaa,
  "i32.trunc_f64_u": 0xab,
  "i64.extend_i32_s": 0xac,
  "i64.extend_i32_u": 0xad,
  "i64.trunc_f32_s": 0xae,
  "i64.trunc_f32_u": 0xaf,
  "i64.trunc_f64_s": 0xb0,
  "i64.trunc_f64_u": 0xb1,
  "f32.convert_i32_s": 0xb2,
  "f32.convert_i32_u": 0xb3,
  "f32.convert_i64_s": 0xb4,
  "f32.convert_i64_u": 0xb5,
  "f32.demote_f64": 0xb6,
  "f64.convert_i32_s": 0xb7,
  "f64.convert_i32_u": 0xb8,
  "f64.convert_i64_s": 0xb9,
  "f64.convert_i64_u": 0xba,
  "f64.promote_f32": 0xbb,
  "i32.reinterpret_f32": 0xbc,
  "i64.reinterpret_f64": 0xbd,
  "f32.reinterpret_i32": 0xbe,
  "f64.reinterpret_i64": 0xbf,
  "i32.extend8_s": 0xc0,
  "i32.extend16_s": 0xc1,
  "i64.extend8_s": 0xc2,
  "i64.extend16_s": 0xc3,
  "i64.extend32_s": 0xc4,
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
} as const;
export type Op = keyof typeof Op;

/** Loads and stores: opcode, and the alignment hint's exponent. */
export const Access = {
  "i32.load": [0x28, 2],
  "i64.load": [0x29, 3],
  "i32.load8_s": [0x2c, 0],
  "i32.load8_u": [0x2d, 0],
  "i32.load16_s": [0x2e, 1],
  "i32.load16_u": [0x2f, 1],
  "i64.load8_s": [0x30, 0],
  "i64.load8_u": [0x31, 0],
  "i64.load16_s": [0x32, 1],
  "i64.load16_u": [0x33, 1],
  "i64.load32_s": [0x34, 2],
  "i64.load32_u": [0x35, 2],
  "i32.store": [0x36, 2],
  "i64.store": [0x37, 3],
  "i32.store8": [0x3a, 0],
  "i32.store16": [0x3b, 1],
  "i64.store8": [0x3c, 0],
  "i64.store16": [0x3d, 1],
  "i64.store32": [0x3e, 2],
} as const;
export type Access = keyof typeof Access;

/** A growing run of bytes. */
class Bytes {
  #data = new Uint8Array(64);
  #length = 0;

  /** What has been written; valid until more is. */
  get written(): Uint8Array {
    return this.#data.subarray(0, this.#length);
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#data[this.#length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    this.#reserve(values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  /** LEB128, as an unsigned 32-bit number. */
  unsigned(value: number): this {
    value >>>= 0;
    while (value >= 0x80) {
      this.byte((value & 0x7f) | 0x80);
      value >>>= 7;
    }
    return this.byte(value);
  }

  /** LEB128 of a signed 32-bit number. */
  signed(value: number): this {
    while (value < -0x40 || value >= 0x40) {
      this.byte((value & 0x7f) | 0x80);
      value >>= 7;
    }
    return this.byte(value & 0x7f);
  }

  /** LEB128 of a signed 64-bit number. */
  signedWide(value: bigint): this {
    while (value < -0x40n || value >= 0x40n) {
      this.byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    return this.byte(Number(value & 0x7fn));
  }

  name(text: string): this {
    return this.sized(new TextEncoder().encode(text));
  }

  /** The number of bytes, then the bytes. */
  sized(values: Uint8Array): this {
    return this.unsigned(values.length).bytes(values);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#data.length, this.#length + more));
    grown.set(this.written);
    this.#data = grown;
  }
}

/** A place that `br` can go to: the start of a loop or the end of a block. */
export interface Label {
  readonly depth: number;
}

/** The body of one function under construction. Parameters are the first locals. */
export class Code {
  readonly #bytes = new Bytes();
  readonly #locals: ValueType[] = [];
  readonly #parameters: number;
  #depth = 0;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** A new local variable, zero at entry. */
  local(type: ValueType): number {
    return this.#parameters + this.#locals.push(type) - 1;
  }

  op(...ops: readonly Op[]): this {
    for (const op of ops) this.#bytes.byte(Op[op]);
    return this;
  }

  i32(value: number): this {
    this.#bytes.byte(0x41).signed(value | 0);
    return this;
  }

  i64(value: bigint): this {
    this.#bytes.byte(0x42).signedWide(BigInt.asIntN(64, value));
    return this;
  }

  f32(value: number): this {
    this.#bytes.byte(0x43).bytes(new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  f64(value: number): this {
    this.#bytes.byte(0x44).bytes(new Uint8Array(new Float64Array([value]).buffer));
    return this;
  }

  get(local: number): this {
    return this.#index(0x20, local);
  }

  set(local: number): this {
    return this.#index(0x21, local);
  }

  tee(local: number): this {
    return this.#index(0x22, local);
  }

  /** A load or store at the address on the stack plus `offset`; `align` lowers the natural hint. */
  access(access: Access, offset: number): this {
    const [opcode, align] = Access[access];
    this.#bytes.byte(opcode).unsigned(align).unsigned(offset);
    return this;
  }

  block(): Label {
    return this.#open(0x02, undefined);
  }

  loop(): Label {
    return this.#open(0x03, undefined);
  }

  /** Begins the branch taken when the i32 on the stack is not zero. */
  if(result?: ValueType): Label {
    return this.#open(0x04, result);
  }

  else(): this {
    this.#bytes.byte(0x05);
    return this;
  }

  end(): this {
    assert(this.#depth > 0, "end closes an open block");
    this.#depth -= 1;
    this.#bytes.byte(0x0b);
    return this;
  }

  br(label: Label): this {
    return this.#index(0x0c, this.#depth - label.depth);
  }

  brIf(label: Label): this {
    return this.#index(0x0d, this.#depth - label.depth);
  }

  call(index: number): this {
    return this.#index(0x10, index);
  }

  /** Calls the function at the table index on the stack (table 0). */
  callIndirect(signature: Signature): this {
    this.#index(0x11, signature.index);
    this.#bytes.byte(0);
    return this;
  }

  /** Goes to the label that the i32 on the stack numbers, to `otherwise` when there is none. */
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.#index(0x0e, labels.length);
    for (const { depth } of [...labels, otherwise]) this.#bytes.unsigned(this.#depth - depth);
    return this;
  }

  encode(): Uint8Array {
    assert(this.#depth === 0, "every block is closed");
    const body = new Bytes().unsigned(this.#locals.length);
    for (const type of this.#locals) body.unsigned(1).byte(ValueType[type]);
    return body.bytes(this.#bytes.written).byte(0x0b).written;
  }

  #index(opcode: number, value: number): this {
    this.#bytes.byte(opcode).unsigned(value);
    return this;
  }

  #open(opcode: number, result: ValueType | undefined): Label {
    this.#bytes.byte(opcode).byte(result === undefined ? 0x40 : ValueType[result]);
    this.#depth += 1;
    return { depth: this.#depth };
  }
}

/** The type of a function, as an index into the module's types. */
export interface Signature {
  readonly index: number;
  readonly parameters: readonly ValueType[];
}

/**
 * A module with imported functions, one imported memory, at most one table that holds its own
 * functions, and exported functions. Imports come before definitions.
 */
export class ModuleBuilder {
  readonly #types: Uint8Array[] = [];
  readonly #imports: Uint8Array[] = [];
  readonly #functions: { readonly type: number; body: Code | undefined }[] = [];
  readonly #exports: Uint8Array[] = [];
  #imported = 0;
  #table: readonly number[] = [];

  signature(parameters: readonly ValueType[], results: readonly ValueType[]): Signature {
    const encoded = new Bytes().byte(0x60);
    for (const list of [parameters, results]) {
      encoded.unsigned(list.length);
      for (const type of list) encoded.byte(ValueType[type]);
    }
    return { index: this.#types.push(encoded.written) - 1, parameters };
  }

  importMemory(module: string, field: string): void {
    // A memory with a maximum, of at least one page and at most all.
    const limits = new Bytes().byte(0x02).byte(0x01).unsigned(1).unsigned(0x1_0000);
    this.#imports.push(new Bytes().name(module).name(field).bytes(limits.written).written);
  }

  importFunction(module: string, field: string, signature: Signature): number {
    assert(this.#functions.length === 0, "imports come before definitions");
    const encoded = new Bytes().name(module).name(field).byte(0x00).unsigned(signature.index);
    this.#imports.push(encoded.written);
    return this.#imported++;
  }

  /** Reserves an index, so that functions can call each other before they are defined. */
  declare(signature: Signature): number {
    return this.#imported + this.#functions.push({ type: signature.index, body: undefined }) - 1;
  }

  define(index: number, signature: Signature, build: (code: Code) => void): void {
    const entry = this.#functions[index - this.#imported];
    assert(entry !== undefined && entry.body === undefined, "a function is defined once");
    entry.body = new Code(signature.parameters.length);
    build(entry.body);
  }

  export(field: string, index: number): void {
    this.#exports.push(new Bytes().name(field).byte(0x00).unsigned(index).written);
  }

  /** The functions that `call_indirect` reaches, by table index. */
  table(functions: readonly number[]): void {
    this.#table = functions;
  }

  encode(): Uint8Array {
    const out = new Bytes().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const types = this.#functions.map(({ type }) => new Bytes().unsigned(type).written);
    const bodies = this.#functions.map(({ body }) => {
      assert(body !== undefined, "every declared function is defined");
      return new Bytes().sized(body.encode()).written;
    });
    section(out, 1, this.#types);
    section(out, 2, this.#imports);
    section(out, 3, types);
    const size = this.#table.length;
    if (size > 0) {
      const limits = new Bytes().byte(0x70).byte(0x01).unsigned(size).unsigned(size);
      section(out, 4, [limits.written]);
    }
    section(out, 7, this.#exports);
    if (size > 0) {
      const elements = new Bytes().bytes([0x00, 0x41, 0x00, 0x0b]).unsigned(size);
      for (const index of this.#table) elements.unsigned(index);
      section(out, 9, [elements.written]);
    }
    section(out, 10, bodies);
    return out.written;
  }
}

/** A section that is a vector of already encoded entries. */
function section(out: Bytes, id: number, entries: readonly Uint8Array[]): void {
  if (entries.length === 0) return;
  const content = new Bytes().unsigned(entries.length);
  for (const entry of entries) content.bytes(entry);
  out.byte(id).sized(content.written);
}
