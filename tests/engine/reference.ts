/**
 * What instructions compute, written down a second time from the manual and in another number
 * system (unbounded integers), for the tests to compare with.
 */
const M64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const word = (value: bigint): bigint => BigInt.asIntN(32, value);
const bit = (condition: boolean): bigint => (condition ? 1n : 0n);

/** The manual's table "Semantics for division by zero and division overflow". */
function divide(a: bigint, b: bigint, bits: number, isSigned: boolean): bigint {
  if (b === 0n) return -1n;
  if (isSigned && a === -(2n ** BigInt(bits - 1)) && b === -1n) return a;
  return a / b;
}
function remainder(a: bigint, b: bigint, bits: number, isSigned: boolean): bigint {
  if (b === 0n) return a;
  if (isSigned && a === -(2n ** BigInt(bits - 1)) && b === -1n) return 0n;
  return a % b;
}

type Function = (a: bigint, b: bigint) => bigint;
const uword = (value: bigint): bigint => BigInt.asUintN(32, value);

/** Register-register instructions: unsigned 64-bit operands to a result of any sign. */
const registers: Record<string, Function> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  sll: (a, b) => a << (b & 63n),
  slt: (a, b) => bit(signed(a) < signed(b)),
  sltu: (a, b) => bit(a < b),
  xor: (a, b) => a ^ b,
  srl: (a, b) => a >> (b & 63n),
  sra: (a, b) => signed(a) >> (b & 63n),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  addw: (a, b) => word(a + b),
  subw: (a, b) => word(a - b),
  sllw: (a, b) => word(a << (b & 31n)),
  srlw: (a, b) => word(uword(a) >> (b & 31n)),
  sraw: (a, b) => word(a) >> (b & 31n),
  mul: (a, b) => a * b,
  mulh: (a, b) => (signed(a) * signed(b)) >> 64n,
  mulhsu: (a, b) => (signed(a) * b) >> 64n,
  mulhu: (a, b) => (a * b) >> 64n,
  div: (a, b) => divide(signed(a), signed(b), 64, true),
  divu: (a, b) => divide(a, b, 64, false),
  rem: (a, b) => remainder(signed(a), signed(b), 64, true),
  remu: (a, b) => remainder(a, b, 64, false),
  mulw: (a, b) => word(a * b),
  divw: (a, b) => word(divide(word(a), word(b), 32, true)),
  divuw: (a, b) => word(divide(uword(a), uword(b), 32, false)),
  remw: (a, b) => word(remainder(word(a), word(b), 32, true)),
  remuw: (a, b) => word(remainder(uword(a), uword(b), 32, false)),
};

/** Register-immediate ones; the immediate comes sign-extended. */
const immediates: Record<string, Function> = {
  addi: (a, i) => a + i,
  slti: (a, i) => bit(signed(a) < i),
  sltiu: (a, i) => bit(a < M64(i)),
  xori: (a, i) => a ^ M64(i),
  ori: (a, i) => a | M64(i),
  andi: (a, i) => a & M64(i),
  addiw: (a, i) => word(a + i),
};
const shifts: Record<string, Function> = {
  slli: (a, i) => a << i,
  srli: (a, i) => a >> i,
  srai: (a, i) => signed(a) >> i,
  slliw: (a, i) => word(a << i),
  srliw: (a, i) => word(uword(a) >> i),
  sraiw: (a, i) => word(a) >> i,
};

const branches: Record<string, (a: bigint, b: bigint) => boolean> = {
  beq: (a, b) => a === b,
  bne: (a, b) => a !== b,
  blt: (a, b) => signed(a) < signed(b),
  bge: (a, b) => signed(a) >= signed(b),
  bltu: (a, b) => a < b,
  bgeu: (a, b) => a >= b,
};

const pick = (condition: boolean, yes: bigint, no: bigint): bigint => (condition ? yes : no);

/** Old and register value of the access's width, both sign-extended, to the new value. */
const atomics: Record<string, (old: bigint, value: bigint, bits: number) => bigint> = {
  amoswap: (_, value) => value,
  amoadd: (old, value) => old + value,
  amoxor: (old, value) => old ^ value,
  amoor: (old, value) => old | value,
  amoand: (old, value) => old & value,
  amomin: (old, value) => pick(old < value, old, value),
  amomax: (old, value) => pick(old > value, old, value),
  amominu: (old, value, bits) =>
    BigInt.asUintN(bits, old) < BigInt.asUintN(bits, value) ? old : value,
  amomaxu: (old, value, bits) =>
    BigInt.asUintN(bits, old) > BigInt.asUintN(bits, value) ? old : value,
};

export const reference = { registers, immediates, shifts, branches, atomics };
export const unsigned64 = M64;

/** Values at whose neighbourhood arithmetic goes wrong. */
export const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  31n,
  63n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_7fff_ffffn,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
];
