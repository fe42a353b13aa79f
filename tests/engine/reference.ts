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
const less = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const more = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** Of the low `bits`, which are repeated above them. */
const rotateRight = (a: bigint, count: bigint, bits: bigint): bigint => {
  const value = BigInt.asUintN(Number(bits), a);
  return (value | (value << bits)) >> (count & (bits - 1n));
};
/** The 127 bits of the product of polynomials over GF(2). */
function carryLess(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let index = 0n; index < 64n; index++) if ((b >> index) & 1n) product ^= a << index;
  return product;
}

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
  sh1add: (a, b) => a * 2n + b,
  sh2add: (a, b) => a * 4n + b,
  sh3add: (a, b) => a * 8n + b,
  "add.uw": (a, b) => uword(a) + b,
  "sh1add.uw": (a, b) => uword(a) * 2n + b,
  "sh2add.uw": (a, b) => uword(a) * 4n + b,
  "sh3add.uw": (a, b) => uword(a) * 8n + b,
  andn: (a, b) => a & ~b,
  orn: (a, b) => a | ~b,
  xnor: (a, b) => ~(a ^ b),
  min: (a, b) => less(signed(a), signed(b)),
  minu: less,
  max: (a, b) => more(signed(a), signed(b)),
  maxu: more,
  rol: (a, b) => rotateRight(a, -b, 64n),
  ror: (a, b) => rotateRight(a, b, 64n),
  rolw: (a, b) => word(rotateRight(a, -b, 32n)),
  rorw: (a, b) => word(rotateRight(a, b, 32n)),
  clmul: carryLess,
  clmulh: (a, b) => carryLess(a, b) >> 64n,
  clmulr: (a, b) => carryLess(a, b) >> 63n,
  bclr: (a, b) => a & ~(1n << (b & 63n)),
  bext: (a, b) => (a >> (b & 63n)) & 1n,
  binv: (a, b) => a ^ (1n << (b & 63n)),
  bset: (a, b) => a | (1n << (b & 63n)),
};

const binary = (value: bigint, bits: number): string =>
  BigInt.asUintN(bits, value).toString(2).padStart(bits, "0");
/** Length of the run of zeros that begins or ends the digits. */
const zeros = (digits: string, where: "first" | "last"): bigint => {
  const one = where === "first" ? digits.indexOf("1") : [...digits].reverse().indexOf("1");
  return BigInt(one < 0 ? digits.length : one);
};
const ones = (digits: string): bigint => BigInt(digits.replaceAll("0", "").length);
const byBytes = (value: bigint, order: (bytes: string[]) => string[]): bigint =>
  BigInt(`0x${order(value.toString(16).padStart(16, "0").match(/../g)!).join("")}`);

/** One operand. */
const unary: Record<string, (a: bigint) => bigint> = {
  clz: (a) => zeros(binary(a, 64), "first"),
  ctz: (a) => zeros(binary(a, 64), "last"),
  cpop: (a) => ones(binary(a, 64)),
  clzw: (a) => zeros(binary(a, 32), "first"),
  ctzw: (a) => zeros(binary(a, 32), "last"),
  cpopw: (a) => ones(binary(a, 32)),
  "sext.b": (a) => BigInt.asIntN(8, a),
  "sext.h": (a) => BigInt.asIntN(16, a),
  "zext.h": (a) => BigInt.asUintN(16, a),
  "orc.b": (a) => byBytes(a, (bytes) => bytes.map((byte) => (byte === "00" ? "00" : "ff"))),
  rev8: (a) => byBytes(a, (bytes) => bytes.reverse()),
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
  "slli.uw": (a, i) => uword(a) << i,
  rori: (a, i) => rotateRight(a, i, 64n),
  roriw: (a, i) => word(rotateRight(a, i, 32n)),
  bclri: (a, i) => a & ~(1n << i),
  bexti: (a, i) => (a >> i) & 1n,
  binvi: (a, i) => a ^ (1n << i),
  bseti: (a, i) => a | (1n << i),
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

export const reference = { registers, unary, immediates, shifts, branches, atomics };
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
