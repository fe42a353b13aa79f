// Float instructions in the engine: every row executed, by the engine's own IEEE operations and by
// exact arithmetic alike; boxing of singles; the state of the float unit.
import { afterAll, describe, expect, test } from "vitest";
import { encode } from "../../daemon/src/isa/decode.ts";
import type { Operands } from "../../daemon/src/isa/formats.ts";
import type { SoftFloat, Statement } from "../../daemon/src/isa/ir.ts";
import { compressed, instructions } from "../../daemon/src/isa/rows.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { FLOAT, RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { generator } from "../isa/random.ts";
import { BareMachine } from "./bare-machine.ts";
import { randomDouble, randomInteger, randomSingle } from "./numbers.ts";

const machine = new BareMachine();
const { engine } = machine;
const BASE = BigInt(RAM_BASE);
const DATA = 0x4000;
const DIRTY = FLOAT.state;
const CLEAN = 2 << FLOAT.stateShift;
const OFF = 0;
const reached = new Set<string>();
const floats = instructions.filter(({ format }) =>
  Object.keys(format.fields).some((name) => name.startsWith("f")),
);

const view = new DataView(new ArrayBuffer(8));
const bits64 = (value: number): bigint => {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};
const value64 = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
/** A single as a register holds it. */
const boxed = (value: number): bigint => {
  view.setFloat32(0, value);
  return box(BigInt(view.getUint32(0)));
};
const box = (single: bigint): bigint => 0xffff_ffff_0000_0000n | single;
const hex = (value: bigint): string => `0x${value.toString(16)}`;

function place(mnemonic: string, operands: Operands): number {
  reached.add(mnemonic);
  return machine.code(0x100, encode(mnemonic, operands));
}
function step(): number {
  machine.calls.length = 0;
  machine.setPc(0x100);
  expect(engine.run(0, 1)).toBe(Exit.budget);
  return Number(machine.pc() - BASE);
}
/** The instruction is handed to the host as illegal. */
function refused(): boolean {
  machine.calls.length = 0;
  machine.setPc(0x100);
  return engine.run(0, 1) === Exit.stop && machine.calls.at(-1)?.name === "illegal";
}

const FD = 10;
const [FS1, FS2, FS3] = [11, 12, 13];
const [RD, RS1] = [10, 11];
const operandsOf = (mnemonic: string, rm: number): Operands => {
  const { fields } = floats.find((row) => row.mnemonic === mnemonic)!.format;
  const all = { fd: FD, fs1: FS1, fs2: FS2, fs3: FS3, rd: RD, rs1: RS1, rm, imm: 0 };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in fields));
};
function setSources(a: bigint, b = 0n, c = 0n): void {
  machine.setF(FS1, a);
  machine.setX(RS1, a);
  machine.setF(FS2, b);
  machine.setF(FS3, c);
}
const resultOf = (mnemonic: string): bigint =>
  "fd" in operandsOf(mnemonic, 0) ? machine.f(FD) : machine.x(RD);

const [INF, NAN] = [Number.POSITIVE_INFINITY, 0x7ff8_0000_0000_0000n];
const NAN32 = 0xffff_ffff_7fc0_0000n;
const x = 1;
const v = 16;
/** By hand. Sources are bits of registers; flags as in fflags. */
const table: readonly (readonly [string, readonly bigint[], bigint, number])[] = [
  ["fadd.d", [bits64(1), bits64(2)], bits64(3), 0],
  ["fadd.d", [bits64(0.1), bits64(0.2)], bits64(0.1 + 0.2), x],
  ["fsub.d", [bits64(1), bits64(2)], bits64(-1), 0],
  ["fmul.d", [bits64(3), bits64(-2)], bits64(-6), 0],
  ["fmul.d", [bits64(0), bits64(-2)], bits64(-0), 0],
  ["fdiv.d", [bits64(1), bits64(3)], bits64(1 / 3), x],
  ["fdiv.d", [bits64(1), bits64(0)], bits64(INF), 8],
  ["fsqrt.d", [bits64(9)], bits64(3), 0],
  ["fsqrt.d", [bits64(-9)], NAN, v],
  ["fadd.s", [boxed(1), boxed(2 ** -30)], boxed(1), x],
  ["fsub.s", [boxed(1), boxed(0.5)], boxed(0.5), 0],
  ["fmul.s", [boxed(2 ** 100), boxed(2 ** 100)], boxed(INF), 4 | x],
  ["fdiv.s", [boxed(2), boxed(3)], boxed(2 / 3), x],
  ["fsqrt.s", [boxed(2)], boxed(Math.SQRT2), x],
  // What is no single counts as a NaN.
  ["fadd.s", [boxed(1), bits64(1)], NAN32, 0],
  ["fsgnj.s", [bits64(1), boxed(-1)], 0xffff_ffff_ffc0_0000n, 0],
  ["fclass.s", [0x3f80_0000n], 1n << 9n, 0],
  ["fcvt.w.s", [0x3f80_0000n], 0x7fff_ffffn, v],
  ["fmadd.d", [bits64(2), bits64(3), bits64(4)], bits64(10), 0],
  ["fmsub.d", [bits64(2), bits64(3), bits64(4)], bits64(2), 0],
  ["fnmsub.d", [bits64(2), bits64(3), bits64(4)], bits64(-2), 0],
  ["fnmadd.d", [bits64(2), bits64(3), bits64(4)], bits64(-10), 0],
  ["fmadd.s", [boxed(2), boxed(3), boxed(4)], boxed(10), 0],
  ["fmsub.s", [boxed(2), boxed(3), boxed(4)], boxed(2), 0],
  ["fnmsub.s", [boxed(2), boxed(3), boxed(4)], boxed(-2), 0],
  ["fnmadd.s", [boxed(2), boxed(3), boxed(4)], boxed(-10), 0],
  ["fsgnj.d", [bits64(1), bits64(-0)], bits64(-1), 0],
  ["fsgnjn.d", [bits64(1), bits64(-0)], bits64(1), 0],
  ["fsgnjx.d", [bits64(-1), bits64(-0)], bits64(1), 0],
  ["fsgnj.s", [boxed(-1), boxed(2)], boxed(1), 0],
  ["fsgnjn.s", [boxed(1), boxed(2)], boxed(-1), 0],
  ["fsgnjx.s", [boxed(1), boxed(-2)], boxed(-1), 0],
  ["fmin.d", [bits64(0), bits64(-0)], bits64(-0), 0],
  ["fmax.d", [bits64(-0), bits64(0)], bits64(0), 0],
  ["fmin.d", [NAN, bits64(7)], bits64(7), 0],
  ["fmax.d", [0x7ff0_0000_0000_0001n, bits64(7)], bits64(7), v],
  ["fmin.s", [boxed(3), boxed(2)], boxed(2), 0],
  ["fmax.s", [boxed(3), bits64(2)], boxed(3), 0],
  ["feq.d", [bits64(0), bits64(-0)], 1n, 0],
  ["feq.d", [NAN, NAN], 0n, 0],
  ["flt.d", [bits64(-INF), bits64(0)], 1n, 0],
  ["flt.d", [NAN, bits64(0)], 0n, v],
  ["fle.d", [bits64(1), bits64(1)], 1n, 0],
  ["feq.s", [boxed(1), boxed(1)], 1n, 0],
  ["flt.s", [boxed(1), boxed(1)], 0n, 0],
  ["fle.s", [boxed(2), boxed(1)], 0n, 0],
  ["fclass.d", [bits64(-INF)], 1n << 0n, 0],
  ["fclass.d", [bits64(-1)], 1n << 1n, 0],
  ["fclass.d", [bits64(-5e-324)], 1n << 2n, 0],
  ["fclass.d", [bits64(-0)], 1n << 3n, 0],
  ["fclass.d", [bits64(0)], 1n << 4n, 0],
  ["fclass.d", [bits64(5e-324)], 1n << 5n, 0],
  ["fclass.d", [bits64(2 ** -1022)], 1n << 6n, 0],
  ["fclass.d", [bits64(INF)], 1n << 7n, 0],
  ["fclass.d", [0xfff0_0000_0000_0001n], 1n << 8n, 0],
  ["fclass.d", [NAN], 1n << 9n, 0],
  ["fclass.s", [boxed(-(2 ** -127))], 1n << 2n, 0],
  ["fclass.s", [boxed(2 ** -126)], 1n << 6n, 0],
  ["fcvt.w.d", [bits64(-2.5)], 0xffff_ffff_ffff_fffen, x],
  ["fcvt.wu.d", [bits64(2 ** 32 - 1)], 0xffff_ffff_ffff_ffffn, 0],
  ["fcvt.l.d", [bits64(-(2 ** 63))], 1n << 63n, 0],
  ["fcvt.lu.d", [bits64(-1)], 0n, v],
  ["fcvt.w.s", [boxed(INF)], 0x7fff_ffffn, v],
  ["fcvt.wu.s", [boxed(1.5)], 2n, x],
  ["fcvt.l.s", [boxed(-7)], 0xffff_ffff_ffff_fff9n, 0],
  ["fcvt.lu.s", [boxed(2 ** 63)], 1n << 63n, 0],
  ["fcvt.d.w", [0x1_ffff_ffffn], bits64(-1), 0],
  ["fcvt.d.wu", [0x1_ffff_ffffn], bits64(2 ** 32 - 1), 0],
  ["fcvt.d.l", [2n ** 53n + 1n], bits64(2 ** 53), x],
  ["fcvt.d.lu", [2n ** 64n - 1n], bits64(2 ** 64), x],
  ["fcvt.s.w", [2n ** 24n + 1n], boxed(2 ** 24), x],
  ["fcvt.s.wu", [2n ** 32n - 1n], boxed(2 ** 32), x],
  ["fcvt.s.l", [2n ** 64n - 3n], boxed(-3), 0],
  ["fcvt.s.lu", [1n << 63n], boxed(2 ** 63), 0],
  ["fcvt.s.d", [bits64(1 / 3)], boxed(1 / 3), x],
  ["fcvt.d.s", [boxed(2 ** -149)], bits64(2 ** -149), 0],
  ["fcvt.d.s", [bits64(1)], NAN, 0],
  ["fmv.x.d", [NAN], NAN, 0],
  ["fmv.x.w", [0x1234_5678_8000_0000n], 0xffff_ffff_8000_0000n, 0],
  ["fmv.d.x", [0x1234n], 0x1234n, 0],
  ["fmv.w.x", [0x1234_5678_8000_0000n], 0xffff_ffff_8000_0000n, 0],
];
test.each(table)("%s of %s is %s, flags %i", (mnemonic, [a, b, c], expected, flags) => {
  const next = place(mnemonic, operandsOf(mnemonic, 0));
  // Exactly, and where inexactness has nothing more to tell by the engine's own operations.
  for (const before of [0, FLOAT.inexact]) {
    setSources(a!, b, c);
    machine.setFcsr(DIRTY | before);
    expect(step()).toBe(next);
    expect(hex(resultOf(mnemonic))).toBe(hex(expected));
    expect(machine.fcsr()).toBe(DIRTY | before | flags);
  }
});

describe("the engine's own operations agree with exact arithmetic", () => {
  const seed = 0xf2;
  const ROUNDS = 4000;
  type Row = (typeof floats)[number];
  const isExact = (statement: Statement) => statement.kind === "exact";
  const computed = floats.filter(({ semantics }) => semantics.some(isExact));

  function agree(row: Row, sources: () => readonly [bigint, bigint, bigint]): void {
    const { mnemonic, semantics } = row;
    const { otherwise } = semantics.find(isExact) as { otherwise: SoftFloat };
    const rm = /^fcvt\.[wl]/.test(mnemonic) ? 1 : 0;
    place(mnemonic, operandsOf(mnemonic, rm));
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b, c] = sources();
      setSources(a, b, c);
      machine.setFcsr(DIRTY | FLOAT.inexact);
      machine.setPc(0x100);
      engine.run(0, 1);
      const { bits, flags } = otherwise(a, b, c, rm);
      const own = `${hex(resultOf(mnemonic))} ${machine.fcsr() & FLOAT.flags}`;
      const expected = `${hex(BigInt.asUintN(64, bits))} ${flags | FLOAT.inexact}`;
      const what = `seed ${seed}, round ${round}: ${[a, b, c].map(hex)}`;
      if (own !== expected) expect(own, what).toBe(expected);
    }
  }

  test.each(computed.map((row) => [row.mnemonic, row] as const))("%s", (mnemonic, row) => {
    const random = generator(seed);
    const source = () => {
      if ("rs1" in row.format.fields) return randomInteger(random);
      return mnemonic.endsWith(".s") ? box(randomSingle(random)) : randomDouble(random);
    };
    agree(row, () => [source(), source(), source()]);
  });

  const fused = computed.filter(({ format }) => "fs3" in format.fields);
  test.each(fused.map((row) => [row.mnemonic, row] as const))("%s: ties", (mnemonic, row) => {
    const random = generator(seed);
    const [register, precision] = mnemonic.endsWith(".s") ? [boxed, 24] : [bits64, 53];
    const sign = () => random.pick([-1, 1]);
    agree(row, () => {
      // The product is in the middle between two numbers, or almost; a far smaller one decides.
      const bit = 1 + random.below(precision - 1);
      const off = random.below(8) === 0 ? 2 : 1;
      return [
        register(sign() * (1 + 2 ** -bit)),
        register(sign() * (1 + off * 2 ** (bit - precision))),
        register(sign() * 2 ** -(precision + random.below(2 * precision))),
      ];
    });
  });

  const fusedDoubles = fused.filter(({ mnemonic }) => mnemonic.endsWith(".d"));
  test.each(fusedDoubles.map((row) => [row.mnemonic, row] as const))("%s: ranges", (_, row) => {
    const random = generator(seed);
    const number = (exponent: number) =>
      (BigInt(random.below(2)) << 63n) |
      (BigInt(Math.min(Math.max(1023 + exponent, 0), 2046)) << 52n) |
      (random.quad() >> 12n);
    agree(row, () => {
      // Product and addend are of similar size, from where it underflows to where it overflows.
      const [left, right] = [random.below(1100) - 550, random.below(1100) - 550];
      const [a, b] = [number(left), number(right)];
      const addend = number(left + right + random.below(120) - 60);
      // Often nothing but the product's error is left.
      const opposite = bits64(value64(a) * value64(b)) ^ (BigInt(random.below(2)) << 63n);
      return [a, b, random.below(2) === 0 ? addend : opposite];
    });
  });
});

const memoryRows = [
  ["flw", "fsw", 4],
  ["fld", "fsd", 8],
] as const;
test.each(memoryRows)("%s and %s", (load, store, size) => {
  const at = engine.ramBase + DATA;
  for (const known of [false, true]) {
    if (!known) engine.flush(0);
    machine.setX(RS1, BASE + BigInt(DATA) - 8n);
    engine.view.setBigUint64(at, 0x8877_6655_c433_2211n, true);
    machine.setFcsr(DIRTY);
    place(load, { fd: FD, rs1: RS1, imm: 8 });
    step();
    expect(hex(machine.f(FD))).toBe(size === 4 ? "0xffffffffc4332211" : "0x88776655c4332211");
    machine.setF(FS2, 0x1234_5678_9abc_def0n);
    place(store, { fs2: FS2, rs1: RS1, imm: 8 });
    step();
    const stored = size === 4 ? 0x8877_6655_9abc_def0n : 0x1234_5678_9abc_def0n;
    expect(engine.view.getBigUint64(at, true)).toBe(stored);
  }
});

test.each([
  ["c.fld", { fd: 9, rs1: 8, imm: 248 }, 8, 248n],
  ["c.fldsp", { fd: 9, imm: 504 }, 2, 504n],
  ["c.fsd", { fs2: 9, rs1: 8, imm: 248 }, 8, 248n],
  ["c.fsdsp", { fs2: 9, imm: 504 }, 2, 504n],
] as const)("%s", (mnemonic, operands, pointer, offset) => {
  const at = engine.ramBase + DATA;
  machine.setX(pointer, BASE + BigInt(DATA) - offset);
  machine.setFcsr(DIRTY);
  machine.setF(9, 0x99n);
  engine.view.setBigUint64(at, 0x77n, true);
  const loads = "fd" in operands;
  place(mnemonic, operands);
  expect(step()).toBe(0x102);
  expect(loads ? machine.f(9) : engine.view.getBigUint64(at, true)).toBe(loads ? 0x77n : 0x99n);
});

describe("the float unit", () => {
  const one = bits64(1);
  const ready = (state: number, mnemonic: string, rm = 0) => {
    place(mnemonic, operandsOf(mnemonic, rm));
    setSources(one, one, one);
    machine.setX(RS1, BASE + BigInt(DATA));
    machine.setF(FD, 0x55n);
    machine.setFcsr(state);
  };

  test.each(floats.map(({ mnemonic }) => mnemonic))("%s is illegal while it is off", (mnemonic) => {
    ready(OFF | FLOAT.inexact, mnemonic);
    expect(refused()).toBe(true);
    expect([machine.fcsr(), machine.f(FD)]).toEqual([OFF | FLOAT.inexact, 0x55n]);
  });

  test.each(floats.map(({ mnemonic }) => mnemonic))(
    "%s leaves a clean one dirty if it writes fd",
    (mnemonic) => {
      ready(CLEAN | FLOAT.inexact, mnemonic);
      step();
      const writes = "fd" in operandsOf(mnemonic, 0);
      expect(machine.fcsr() & FLOAT.state).toBe(writes ? DIRTY : CLEAN);
      if (writes) expect(machine.f(FD)).not.toBe(0x55n);
    },
  );

  test("a load that is refused changes nothing", () => {
    ready(CLEAN, "fld");
    machine.setX(RS1, 0n);
    machine.setPc(0x100);
    expect(engine.run(0, 1)).toBe(Exit.stop);
    expect([machine.fcsr(), machine.f(FD)]).toEqual([CLEAN, 0x55n]);
  });

  const rounding = floats.filter(({ format }) => "rm" in format.fields);
  test.each(rounding.map(({ mnemonic }) => mnemonic))(
    "%s in a reserved dynamic mode",
    (mnemonic) => {
      for (const mode of [5, 6, 7]) {
        ready(DIRTY | FLOAT.inexact | (mode << FLOAT.modeShift), mnemonic, 7);
        expect(refused()).toBe(true);
        expect(machine.f(FD)).toBe(0x55n);
        ready(DIRTY | (mode << FLOAT.modeShift), mnemonic, 0);
        expect(refused()).toBe(false);
      }
    },
  );

  test("rounds as the instruction or fcsr says", () => {
    // To nearest 1/3 is rounded down and 1/5 up.
    for (const [divisor, roundedUp] of [
      [3, [false, false, false, true, false]],
      [5, [true, false, false, true, true]],
    ] as const) {
      const below = bits64(1 / divisor) - (roundedUp[0] ? 1n : 0n);
      for (const [mode, up] of roundedUp.entries()) {
        for (const dynamic of [false, true]) {
          const state = DIRTY | FLOAT.inexact | (dynamic ? mode << FLOAT.modeShift : 0);
          ready(state, "fdiv.d", dynamic ? 7 : mode);
          setSources(one, bits64(divisor));
          step();
          expect(machine.f(FD), `1/${divisor}, mode ${mode}`).toBe(up ? below + 1n : below);
        }
      }
    }
  });
});

afterAll(() => {
  const all = [...floats, ...compressed.filter(({ of }) => /^f[ls]d/.test(of))];
  expect(all.map(({ mnemonic }) => mnemonic).filter((mnemonic) => !reached.has(mnemonic))).toEqual(
    [],
  );
});
