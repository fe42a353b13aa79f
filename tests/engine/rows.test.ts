// Every row of the instruction tables, executed: tables with expectations of their own, and values
// from a reference written separately. The last test names rows that none of the others reached.
import { afterAll, expect, test } from "vitest";
import { encode } from "../../daemon/src/isa/decode.ts";
import type { Operands } from "../../daemon/src/isa/formats.ts";
import { compressed, instructions } from "../../daemon/src/isa/rows.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { generator } from "../isa/random.ts";
import { BareMachine } from "./bare-machine.ts";
import { edges, reference, unsigned64 } from "./reference.ts";

const machine = new BareMachine();
const { engine } = machine;
const BASE = BigInt(RAM_BASE);
const reached = new Set<string>();

/** Puts one instruction at an offset. */
function place(mnemonic: string, operands: Operands, offset = 0x100): number {
  reached.add(mnemonic);
  return machine.code(offset, encode(mnemonic, operands));
}

/** Executes the instruction at an offset, which is to retire; the offset of the next one. */
function step(offset = 0x100): number {
  machine.calls.length = 0;
  machine.setPc(offset);
  const before = engine.currentInstret(0);
  expect(engine.run(0, 1)).toBe(Exit.budget);
  expect(engine.currentInstret(0)).toBe(before + 1);
  return Number(machine.pc() - BASE);
}

const random = generator(0x20_26);
const values = [...edges, ...Array.from({ length: 10 }, () => random.quad())];
const [RD, RS1, RS2] = [10, 11, 12];

test.each(Object.entries(reference.registers))("%s", (mnemonic, compute) => {
  const next = place(mnemonic, { rd: RD, rs1: RS1, rs2: RS2 });
  for (const a of values) {
    for (const b of values) {
      machine.setX(RS1, a);
      machine.setX(RS2, b);
      expect(step()).toBe(next);
      const expected = unsigned64(compute(a, b));
      expect(machine.x(RD), `${mnemonic} 0x${a.toString(16)}, 0x${b.toString(16)}`).toBe(expected);
    }
  }
});

test.each([
  ...Object.entries(reference.immediates).map(
    ([mnemonic, compute]) => [mnemonic, compute, [-2048, -1, 0, 1, 5, 2047]] as const,
  ),
  ...Object.entries(reference.shifts).map(
    ([mnemonic, compute]) =>
      [mnemonic, compute, /[^.u]w$/.test(mnemonic) ? [0, 1, 31] : [0, 1, 31, 32, 63]] as const,
  ),
])("%s", (mnemonic, compute, immediates) => {
  for (const imm of immediates) {
    const next = place(mnemonic, { rd: RD, rs1: RS1, imm });
    for (const a of values) {
      machine.setX(RS1, a);
      expect(step()).toBe(next);
      expect(machine.x(RD), `${mnemonic} 0x${a.toString(16)}, ${imm}`).toBe(
        unsigned64(compute(a, BigInt(imm))),
      );
    }
  }
});

test.each(Object.entries(reference.unary))("%s", (mnemonic, compute) => {
  const next = place(mnemonic, { rd: RD, rs1: RS1 });
  for (const a of [...values, 0x0001_0200_8000_ff00n, 0x8000n, 0x80n]) {
    machine.setX(RS1, a);
    expect(step()).toBe(next);
    expect(machine.x(RD), `${mnemonic} 0x${a.toString(16)}`).toBe(unsigned64(compute(a)));
  }
});

/** The manual's table of division by zero and overflow, as bit patterns. */
const MIN64 = 2n ** 63n;
const ONES = 2n ** 64n - 1n;
test.each([
  ["div", 7n, 0n, ONES],
  ["divu", 7n, 0n, ONES],
  ["rem", 7n, 0n, 7n],
  ["remu", 7n, 0n, 7n],
  ["div", MIN64, ONES, MIN64],
  ["rem", MIN64, ONES, 0n],
  ["divw", 7n, 0n, ONES],
  ["divuw", 0xffff_ffff_8000_0000n, 0x1_0000_0000n, ONES],
  ["remuw", 0x8000_0000n, 0n, 0xffff_ffff_8000_0000n],
  ["divw", 0x8000_0000n, ONES, 0xffff_ffff_8000_0000n],
  ["remw", 0x8000_0000n, ONES, 0n],
  ["mulh", MIN64, MIN64, 2n ** 62n],
  ["mulhu", ONES, ONES, ONES - 1n],
  ["mulhsu", ONES, ONES, ONES],
] as const)("%s of 0x%s and 0x%s", (mnemonic, a, b, expected) => {
  place(mnemonic, { rd: RD, rs1: RS1, rs2: RS2 });
  machine.setX(RS1, a);
  machine.setX(RS2, b);
  step();
  expect(machine.x(RD)).toBe(expected);
});

test("x0 is never written", () => {
  place("addi", { rd: 0, rs1: 0, imm: 5 });
  step();
  expect(machine.x(0)).toBe(0n);
  place("lw", { rd: 0, rs1: RS1 });
  machine.setX(RS1, BASE + 0x100n);
  step();
  expect(machine.x(0)).toBe(0n);
});

test.each([
  ["lui", 0x12345000, 0x12345000n],
  ["lui", -0x80000000, 0xffff_ffff_8000_0000n],
  ["auipc", 0x1000, BASE + 0x1100n],
  ["auipc", -0x80000000, 0x100n],
] as const)("%s 0x%x", (mnemonic, imm, expected) => {
  place(mnemonic, { rd: RD, imm });
  step();
  expect(machine.x(RD)).toBe(expected);
});

/** Near and far, forwards and backwards; from 0x8000, with pages on both sides. */
const distances = [8, -8, 2046, 4092, -4096, 0x7fe];
test.each(Object.entries(reference.branches))("%s", (mnemonic, taken) => {
  for (const imm of distances) {
    const next = place(mnemonic, { rs1: RS1, rs2: RS2, imm }, 0x8000);
    for (const a of edges) {
      for (const b of [0n, 1n, a, 2n ** 63n]) {
        machine.setX(RS1, a);
        machine.setX(RS2, b);
        expect(step(0x8000)).toBe(taken(a, b) ? 0x8000 + imm : next);
      }
    }
  }
});

test.each([8, -8, 0x7fe, 0xffe, 0x1000, -0x8000, 0x7fffe])("jal by %i", (imm) => {
  place("jal", { rd: 1, imm }, 0x8000);
  expect(step(0x8000)).toBe(0x8000 + imm);
  expect(machine.x(1)).toBe(BASE + 0x8004n);
});

test.each([
  [RD, RS1, 0x2001n, 3, 0x2004],
  [RD, RS1, 0x2000n, -2048, 0x1800],
  [RS1, RS1, 0x2000n, 8, 0x2008],
  [0, RS1, 0x2000n, 0, 0x2000],
])("jalr rd=%i rs1=%i to 0x%x%+i", (rd, rs1, base, imm, target) => {
  place("jalr", { rd, rs1, imm });
  machine.setX(rs1, BASE + base);
  expect(step()).toBe(target);
  if (rd !== 0) expect(machine.x(rd)).toBe(BASE + 0x104n);
  machine.setX(rs1, BASE);
});

const bytes = [0x80, 0x91, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7];
test.each([
  ["lb", 0xffff_ffff_ffff_ff80n],
  ["lbu", 0x80n],
  ["lh", 0xffff_ffff_ffff_9180n],
  ["lhu", 0x9180n],
  ["lw", 0xffff_ffff_b3a2_9180n],
  ["lwu", 0xb3a2_9180n],
  ["ld", 0xf7e6_d5c4_b3a2_9180n],
])("%s, aligned and not, at first and when the page is known", (mnemonic, expected) => {
  for (const [page, offset] of [
    [0x4000, 0],
    [0x4000, 3],
    [0x5000, 0xff8],
  ] as const) {
    engine.bytes.set(bytes, engine.ramBase + page + offset);
    place(mnemonic, { rd: RD, rs1: RS1, imm: -8 });
    machine.setX(RS1, BASE + BigInt(page + offset + 8));
    engine.flush(0);
    for (let round = 0; round < 2; round++) {
      machine.setX(RD, 0n);
      step();
      expect(machine.x(RD)).toBe(expected);
      expect(machine.calls.filter(({ name }) => name === "load").length).toBe(1 - round);
    }
  }
});

test.each([
  ["sb", 1],
  ["sh", 2],
  ["sw", 4],
  ["sd", 8],
])("%s, aligned and not, at first and when the page is known", (mnemonic, size) => {
  for (const offset of [0x6000, 0x6003, 0x6ff8]) {
    place(mnemonic, { rs1: RS1, rs2: RS2, imm: 8 });
    machine.setX(RS1, BASE + BigInt(offset - 8));
    engine.flush(0);
    for (let round = 0; round < 2; round++) {
      const at = engine.ramBase + offset;
      engine.bytes.fill(0x55, at, at + 8);
      machine.setX(RS2, 0xf7e6_d5c4_b3a2_9180n);
      step();
      const expected = [...bytes.slice(0, size), ...Array(8 - size).fill(0x55)];
      expect([...engine.bytes.subarray(at, at + 8)]).toEqual(expected);
      const asked = machine.calls.map(({ name }) => name).filter((name) => name !== "fetch");
      expect(asked).toEqual(round === 0 ? ["store", "commit"] : []);
    }
  }
});

test.each(
  Object.entries(reference.atomics).flatMap(([name, compute]) => [
    [`${name}.w`, 32, compute] as const,
    [`${name}.d`, 64, compute] as const,
  ]),
)("%s", (mnemonic, bits, compute) => {
  const at = engine.ramBase + 0x7000;
  place(mnemonic, { rd: RD, rs1: RS1, rs2: RS2 });
  machine.setX(RS1, BASE + 0x7000n);
  engine.flush(0);
  for (const memory of values) {
    for (const value of edges) {
      engine.view.setBigUint64(at, memory, true);
      machine.setX(RS2, value);
      step();
      const old = BigInt.asIntN(bits, memory);
      const updated = BigInt.asUintN(bits, compute(old, BigInt.asIntN(bits, value), bits));
      const what = `${mnemonic} 0x${memory.toString(16)}, 0x${value.toString(16)}`;
      expect(machine.x(RD), what).toBe(unsigned64(old));
      const above = (memory >> BigInt(bits)) << BigInt(bits);
      expect(engine.view.getBigUint64(at, true), what).toBe(updated | above);
    }
  }
});

test("an atomic's rd may be its address or its value", () => {
  const at = engine.ramBase + 0x7000;
  for (const rd of [RS1, RS2]) {
    place("amoadd.d", { rd, rs1: RS1, rs2: RS2 });
    engine.view.setBigUint64(at, 40n, true);
    machine.setX(RS1, BASE + 0x7000n);
    machine.setX(RS2, 2n);
    step();
    expect(machine.x(rd)).toBe(40n);
    expect(engine.view.getBigUint64(at, true)).toBe(42n);
  }
});

test.each([
  ["lr.w", "sc.w", 4],
  ["lr.d", "sc.d", 8],
] as const)("%s and %s", (reserve, store, size) => {
  const at = engine.ramBase + 0x7000;
  const lr = () => {
    place(reserve, { rd: RD, rs1: RS1 });
    step();
  };
  const sc = () => {
    place(store, { rd: RD, rs1: RS1, rs2: RS2 });
    step();
    return machine.x(RD);
  };
  for (const known of [false, true]) {
    if (!known) engine.flush(0);
    machine.setX(RS1, BASE + 0x7000n);
    machine.setX(RS2, 0x1_2345_6789n);
    engine.view.setBigUint64(at, ONES, true);
    lr();
    expect(machine.x(RD)).toBe(ONES);
    expect(sc(), "reserved").toBe(0n);
    const expected = size === 4 ? 0xffff_ffff_2345_6789n : 0x1_2345_6789n;
    expect(engine.view.getBigUint64(at, true)).toBe(expected);
    machine.setX(RS2, 1n);
    expect(sc(), "sc ends the reservation").toBe(1n);
    engine.flush(0);
    expect(sc(), "not reserved, and the page unknown").toBe(1n);
    expect(machine.calls.map(({ name }) => name)).toEqual(["fetch"]);
    lr();
    machine.setX(RS1, BASE + 0x7008n);
    expect(sc(), "another address").toBe(1n);
    machine.setX(RS1, BASE + 0x7000n);
    expect(sc(), "a failed sc ends it too").toBe(1n);
    expect(engine.view.getBigUint64(at, true)).toBe(expected);
  }
  place(size === 4 ? "lr.d" : "lr.w", { rd: RD, rs1: RS1 });
  step();
  expect(sc(), "reserved with another size").toBe(1n);
});

test.each([
  ["lr.w", 2n, 4],
  ["lr.d", 4n, 4],
  ["sc.w", 1n, 6],
  ["sc.d", 4n, 6],
  ["amoadd.w", 3n, 6],
  ["amomaxu.d", 4n, 6],
] as const)("%s at a misaligned address (+%i) is exception %i", (mnemonic, off, cause) => {
  const address = BASE + 0x7000n + off;
  place(mnemonic, { rd: RD, rs1: RS1 });
  machine.setX(RS1, address);
  machine.calls.length = 0;
  machine.setPc(0x100);
  expect(engine.run(0, 5)).toBe(Exit.stop);
  expect(machine.pc()).toBe(BASE + 0x100n);
  const { name, values: given } = machine.calls.at(-1)!;
  expect([name, ...given]).toEqual(["exception", cause, Number(BigInt.asIntN(32, address)), 0]);
});

test.each(["fence", "fence.i"])("%s goes on", (mnemonic) => {
  expect(place(mnemonic, {})).toBe(step());
  expect(machine.calls).toEqual([]);
});

test.each([
  ["csrrw", { rd: RD, rs1: RS1, csr: 0x340 }, "csr"],
  ["csrrs", { rd: RD, rs1: RS1, csr: 0x340 }, "csr"],
  ["csrrc", { rd: RD, rs1: RS1, csr: 0x340 }, "csr"],
  ["csrrwi", { rd: RD, imm: 3, csr: 0x340 }, "csr"],
  ["csrrsi", { rd: RD, imm: 3, csr: 0x340 }, "csr"],
  ["csrrci", { rd: RD, imm: 3, csr: 0x340 }, "csr"],
  ["wfi", {}, "system"],
  ["mret", {}, "system"],
  ["sret", {}, "system"],
  ["sfence.vma", { rs1: RS1, rs2: RS2 }, "system"],
] as const)("%s is the host's", (mnemonic, operands, name) => {
  const next = place(mnemonic, operands);
  machine.setPc(0x100);
  machine.calls.length = 0;
  expect(step()).toBe(next);
  const [call] = machine.calls;
  expect(call).toMatchObject({ name, values: [encode(mnemonic, operands) | 0] });
  expect(call!.pc).toBe(BASE + 0x100n);
  expect(call!.instret).toBe(engine.currentInstret(0) - 1);
});

test("ecall retires here, ebreak stops before", () => {
  const next = place("ecall", {});
  machine.setPc(0x100);
  expect(engine.run(0, 9)).toBe(Exit.leave);
  expect(machine.pc()).toBe(BASE + BigInt(next));
  for (const mnemonic of ["ebreak", "c.ebreak"]) {
    place(mnemonic, {});
    machine.setPc(0x100);
    const before = engine.currentInstret(0);
    expect(engine.run(0, 9)).toBe(Exit.stop);
    expect(machine.pc()).toBe(BASE + 0x100n);
    expect(engine.currentInstret(0)).toBe(before);
  }
});

test.each([0, 0x8000, 0xffff_ffff, 0x0000_707b])("0x%x is illegal", (word) => {
  machine.code(0x100, word);
  machine.setPc(0x100);
  machine.calls.length = 0;
  expect(engine.run(0, 9)).toBe(Exit.stop);
  expect(machine.calls.at(-1)).toMatchObject({ name: "illegal", values: [word | 0] });
});

/**
 * Compressed instructions by themselves: registers before, and what changes. Expectations from the
 * manual's definitions; s0 = x8, s1 = x9. `pc` is relative to the instruction.
 */
interface State {
  readonly [name: `x${number}`]: bigint;
  readonly pc?: number;
  /** The doubleword at 0x4000. */
  readonly memory?: bigint;
}
const data = BASE + 0x4000n;
const compressedRows: readonly (readonly [string, Operands, State, State])[] = [
  ["c.addi4spn", { rd: 9, imm: 1020 }, { x2: 1000n }, { x9: 2020n }],
  [
    "c.lw",
    { rd: 9, rs1: 8, imm: 4 },
    { x8: data - 4n, memory: 0x8000_0001n },
    { x9: 0xffff_ffff_8000_0001n },
  ],
  ["c.ld", { rd: 9, rs1: 8, imm: 248 }, { x8: data - 248n, memory: ONES }, { x9: ONES }],
  [
    "c.sw",
    { rs1: 8, rs2: 9, imm: 124 },
    { x8: data - 124n, x9: 7n, memory: ONES },
    { memory: 0xffff_ffff_0000_0007n },
  ],
  ["c.sd", { rs1: 8, rs2: 9, imm: 8 }, { x8: data - 8n, x9: 7n, memory: ONES }, { memory: 7n }],
  ["c.nop", { imm: 0 }, {}, {}],
  ["c.addi", { rd: 5, imm: -32 }, { x5: 1n }, { x5: ONES - 30n }],
  ["c.addiw", { rd: 5, imm: 1 }, { x5: 0x7fff_ffffn }, { x5: 0xffff_ffff_8000_0000n }],
  ["c.li", { rd: 5, imm: -1 }, { x5: 0n }, { x5: ONES }],
  ["c.addi16sp", { imm: -512 }, { x2: 1024n }, { x2: 512n }],
  ["c.lui", { rd: 5, imm: -0x20000 }, {}, { x5: ONES - 0x1ffffn }],
  ["c.srli", { rd: 8, imm: 63 }, { x8: ONES }, { x8: 1n }],
  ["c.srai", { rd: 8, imm: 63 }, { x8: MIN64 }, { x8: ONES }],
  ["c.andi", { rd: 8, imm: -2 }, { x8: ONES }, { x8: ONES - 1n }],
  ["c.sub", { rd: 8, rs2: 9 }, { x8: 1n, x9: 2n }, { x8: ONES }],
  ["c.xor", { rd: 8, rs2: 9 }, { x8: 6n, x9: 3n }, { x8: 5n }],
  ["c.or", { rd: 8, rs2: 9 }, { x8: 6n, x9: 3n }, { x8: 7n }],
  ["c.and", { rd: 8, rs2: 9 }, { x8: 6n, x9: 3n }, { x8: 2n }],
  ["c.subw", { rd: 8, rs2: 9 }, { x8: 0x8000_0000n, x9: 1n }, { x8: 0x7fff_ffffn }],
  ["c.addw", { rd: 8, rs2: 9 }, { x8: 0x7fff_ffffn, x9: 1n }, { x8: 0xffff_ffff_8000_0000n }],
  ["c.j", { imm: -2048 }, {}, { pc: -2048 }],
  ["c.j", { imm: 2046 }, {}, { pc: 2046 }],
  ["c.beqz", { rs1: 8, imm: 254 }, { x8: 0n }, { pc: 254 }],
  ["c.beqz", { rs1: 8, imm: -256 }, { x8: 1n }, {}],
  ["c.bnez", { rs1: 8, imm: -256 }, { x8: 1n }, { pc: -256 }],
  ["c.bnez", { rs1: 8, imm: 254 }, { x8: 0n }, {}],
  ["c.slli", { rd: 5, imm: 32 }, { x5: 3n }, { x5: 0x3_0000_0000n }],
  [
    "c.lwsp",
    { rd: 5, imm: 252 },
    { x2: data - 252n, memory: 0x8000_0001n },
    { x5: 0xffff_ffff_8000_0001n },
  ],
  ["c.ldsp", { rd: 5, imm: 504 }, { x2: data - 504n, memory: ONES }, { x5: ONES }],
  ["c.jr", { rs1: 5 }, { x5: BASE + 0x8011n }, { pc: 0x10 }],
  ["c.jalr", { rs1: 1 }, { x1: BASE + 0x9000n }, { pc: 0x1000, x1: BASE + 0x8002n }],
  ["c.mv", { rd: 5, rs1: 31 }, { x31: 9n }, { x5: 9n }],
  ["c.add", { rd: 5, rs2: 31 }, { x5: 1n, x31: 9n }, { x5: 10n }],
  [
    "c.swsp",
    { rs2: 31, imm: 252 },
    { x2: data - 252n, x31: 7n, memory: ONES },
    { memory: 0xffff_ffff_0000_0007n },
  ],
  ["c.sdsp", { rs2: 31, imm: 504 }, { x2: data - 504n, x31: 7n }, { memory: 7n }],
];
test.each(compressedRows)("%s %o", (mnemonic, operands, before, after) => {
  place(mnemonic, operands, 0x8000);
  const expected = new Map<string, bigint>();
  for (let register = 0; register < 32; register++) {
    const name = `x${register}` as const;
    machine.setX(register, before[name] ?? BigInt(register * 0x1111));
    expected.set(name, after[name] ?? machine.x(register));
  }
  const at = engine.ramBase + 0x4000;
  engine.view.setBigUint64(at, before.memory ?? 0n, true);
  expect(step(0x8000) - 0x8000).toBe(after.pc ?? 2);
  for (const [name, value] of expected) {
    expect(machine.x(Number(name.slice(1))), name).toBe(value);
  }
  expect(engine.view.getBigUint64(at, true)).toBe(after.memory ?? before.memory ?? 0n);
});

test("hints retire without effect", () => {
  for (const word of [0x0015, 0x4015, 0x6015, 0x802e, 0x902e, 0x0501, 0x0002, 0x8401]) {
    const before = Array.from({ length: 32 }, (_, register) => machine.x(register));
    machine.code(0x100, word);
    expect(step()).toBe(0x102);
    expect(Array.from({ length: 32 }, (_, register) => machine.x(register))).toEqual(before);
  }
});

afterAll(() => {
  const all = [...instructions, ...compressed].map((row) => row.mnemonic);
  // Those of the float unit have a test file of their own.
  const integer = all.filter((mnemonic) => !/^(c\.)?f(?!ence)/.test(mnemonic));
  expect(integer.filter((mnemonic) => !reached.has(mnemonic))).toEqual([]);
});
