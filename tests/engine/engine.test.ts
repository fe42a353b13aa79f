// What the engine promises its host: exact budgets, host calls at exact places, hooks, code that
// changes, pages that are mapped anew, and a bounded pool of decoded code.
import { describe, expect, test } from "vitest";
import { encode } from "../../daemon/src/isa/decode.ts";
import type { Operands } from "../../daemon/src/isa/formats.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { Flow, STOPPED, TRAPPED, TRAPPED_LEAVE } from "../../daemon/src/machine/engine/host.ts";
import { HART, hartBase, RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { BareMachine } from "./bare-machine.ts";

const BASE = BigInt(RAM_BASE);
type Line = readonly [mnemonic: string, operands?: Operands];

function machineWith(lines: readonly Line[], offset = 0, machine = new BareMachine()) {
  machine.code(offset, ...lines.map(([mnemonic, operands]) => encode(mnemonic, operands)));
  machine.setPc(offset);
  return machine;
}
const at = (machine: BareMachine, hart = 0): number => Number(machine.pc(hart) - BASE);
const retired = (machine: BareMachine, hart = 0): number => machine.engine.currentInstret(hart);
const add = (rd: number, imm: number): Line => ["addi", { rd, rs1: rd, imm }];
const named = (machine: BareMachine, name: string) =>
  machine.calls.filter((call) => call.name === name);

describe("budget", () => {
  const loop: readonly Line[] = [add(5, 1), ["c.addi", { rd: 6, imm: 1 }], ["c.j", { imm: -6 }]];

  test.each([0, 1, 2, 3, 4, 299, 300, 301])("%i instructions", (budget) => {
    const machine = machineWith(loop);
    expect(machine.engine.run(0, budget)).toBe(Exit.budget);
    expect(retired(machine)).toBe(budget);
    expect(at(machine)).toBe([0, 4, 6][budget % 3]);
    expect(machine.x(5)).toBe(BigInt(Math.ceil(budget / 3)));
  });

  test("more than V8 lets one call run", () => {
    const machine = machineWith(loop);
    expect(machine.engine.run(0, 3_000_001)).toBe(Exit.budget);
    expect(retired(machine)).toBe(3_000_001);
    expect(machine.x(5)).toBe(1_000_001n);
  });

  test("harts count by themselves", () => {
    const machine = machineWith(loop, 0, new BareMachine({ harts: 2 }));
    machine.setPc(0, 1);
    machine.engine.run(0, 3);
    machine.engine.run(1, 5);
    expect([retired(machine, 0), retired(machine, 1)]).toEqual([3, 5]);
    expect([machine.x(5, 0), machine.x(5, 1)]).toEqual([1n, 2n]);
  });

  test("a host that shortens the run ends it behind the current instruction", () => {
    const machine = machineWith([add(5, 1), ["ld", { rd: 6, rs1: 7 }], add(5, 1), add(5, 1)]);
    machine.setX(7, BASE + 0x1000n);
    const { load } = machine;
    machine.load = (hart, low, high, size) => {
      const block = hartBase(hart);
      const left = machine.engine.words[(block + HART.budget) >>> 2]!;
      machine.engine.quads[(block + HART.instret) >>> 3]! -= BigInt(left - 1);
      machine.engine.words[(block + HART.budget) >>> 2] = 1;
      return load.call(machine, hart, low, high, size);
    };
    expect(machine.engine.run(0, 3_000_000)).toBe(Exit.budget);
    expect(retired(machine)).toBe(2);
    expect(at(machine)).toBe(8);
  });
});

describe("host calls", () => {
  const program: readonly Line[] = [add(5, 1), ["csrrw", { csr: 0x340 }], add(5, 1), add(5, 1)];

  test.each([
    ["next", Flow.next, Exit.budget, 12, 3],
    ["leave", Flow.leave, Exit.leave, 8, 2],
    ["stop", Flow.stop, Exit.stop, 4, 1],
  ] as const)("%s", (_, flow, exit, pc, count) => {
    const machine = machineWith(program);
    machine.csr = () => flow;
    expect(machine.engine.run(0, 3)).toBe(exit);
    expect([at(machine), retired(machine)]).toEqual([pc, count]);
  });

  test.each([
    ["jump", Flow.jump, Exit.budget, 0x204, 3],
    ["leave after a jump", Flow.leave, Exit.leave, 0x200, 2],
    ["trap", Flow.trap, Exit.budget, 0x208, 3],
    ["trap, then leave", Flow.trapLeave, Exit.leave, 0x200, 1],
  ] as const)("%s", (_, flow, exit, pc, count) => {
    const machine = machineWith(program);
    machineWith([add(6, 1), add(6, 1), add(6, 1)], 0x200, machine);
    machine.setPc(0);
    machine.csr = () => {
      expect(at(machine)).toBe(4);
      machine.setPc(0x200);
      return flow;
    };
    expect(machine.engine.run(0, 3)).toBe(exit);
    expect([at(machine), retired(machine)]).toEqual([pc, count]);
  });

  test.each([
    ["load", ["ld", { rd: 6, rs1: 7 }]],
    ["store", ["sd", { rs1: 7, rs2: 6 }]],
    ["store", ["amoadd.d", { rd: 6, rs1: 7, rs2: 6 }]],
    ["load", ["lr.d", { rd: 6, rs1: 7 }]],
    ["fetch", ["jalr", { rs1: 7 }]],
  ] as const)("%s refused (%o)", (name, line) => {
    for (const [answer, exit, pc, more] of [
      [TRAPPED, Exit.budget, 0x204, 1],
      [TRAPPED_LEAVE, Exit.leave, 0x200, 0],
      [STOPPED, Exit.stop, name === "fetch" ? 0x1000 : 4, 0],
    ] as const) {
      const machine = machineWith([add(5, 1), line]);
      machineWith([add(5, 1), add(5, 1)], 0x200, machine);
      machine.setPc(0);
      machine.setX(6, 0x66n);
      machine.setX(7, BASE + 0x1000n);
      machine.engine.run(0, 1);
      const before = name === "fetch" ? 2 : 1;
      const answers = () => {
        expect(at(machine)).toBe(name === "fetch" ? 0x1000 : 4);
        expect(retired(machine)).toBe(before);
        if (answer !== STOPPED) machine.setPc(0x200);
        return answer;
      };
      machine[name] = answers;
      expect(machine.engine.run(0, before)).toBe(exit);
      expect(machine.x(6)).toBe(0x66n);
      expect([at(machine), retired(machine)]).toEqual([pc, before + more]);
    }
  });

  test("commit leaves behind the store, after it", () => {
    const machine = machineWith([["sd", { rs1: 7, rs2: 6 }], add(5, 1)]);
    machine.setX(6, 0x66n);
    machine.setX(7, BASE + 0x1000n);
    machine.commit = () => {
      expect(machine.engine.view.getBigUint64(machine.engine.ramBase + 0x1000, true)).toBe(0x66n);
      expect(retired(machine)).toBe(0);
      return Flow.leave;
    };
    expect(machine.engine.run(0, 5)).toBe(Exit.leave);
    expect([at(machine), retired(machine)]).toEqual([4, 1]);
  });

  test("an error thrown by the host comes through, and the engine stays usable", () => {
    const machine = machineWith(program);
    machine.csr = () => {
      throw new Error("from the host");
    };
    expect(() => machine.engine.run(0, 3)).toThrow("from the host");
    expect([at(machine), retired(machine)]).toEqual([4, 1]);
    machine.setPc(0);
    machine.csr = () => Flow.next;
    expect(machine.engine.run(0, 3)).toBe(Exit.budget);
  });
});

describe("hooks", () => {
  const loop: readonly Line[] = [add(5, 1), ["c.addi", { rd: 6, imm: 1 }], ["c.j", { imm: -6 }]];

  test("are called before the instruction, each time", () => {
    for (const early of [true, false]) {
      const machine = machineWith(loop);
      if (early) machine.engine.hookSlot(4, true);
      else machine.engine.run(0, 3);
      machine.engine.hookSlot(4, true);
      machine.engine.hookSlot(4, true);
      machine.engine.run(0, 9);
      const start = early ? 0 : 3;
      const hooks = named(machine, "hook").map(({ pc, instret }) => [Number(pc - BASE), instret]);
      expect(hooks).toEqual([1, 4, 7].map((count) => [4, start + count]));
      machine.calls.length = 0;
      machine.engine.hookSlot(4, false);
      machine.engine.run(0, 9);
      expect(named(machine, "hook")).toEqual([]);
    }
  });

  test("may stop the run before the instruction", () => {
    const machine = machineWith(loop);
    machine.engine.hookSlot(4, true);
    machine.onHook = () => Flow.stop;
    expect(machine.engine.run(0, 9)).toBe(Exit.stop);
    expect([at(machine), retired(machine), machine.x(6)]).toEqual([4, 1, 0n]);
    machine.onHook = () => Flow.next;
    expect(machine.engine.run(0, 2)).toBe(Exit.budget);
    expect([at(machine), retired(machine), machine.x(6)]).toEqual([0, 3, 1n]);
  });

  test("are not asked when the budget is used up in front of them", () => {
    const machine = machineWith(loop);
    machine.engine.hookSlot(4, true);
    machine.engine.run(0, 1);
    expect(named(machine, "hook")).toEqual([]);
  });

  test("stay when the code beneath them changes", () => {
    const machine = machineWith(loop);
    machine.engine.hookSlot(4, true);
    machine.engine.run(0, 3);
    machine.code(4, encode("c.addi", { rd: 6, imm: 5 }));
    machine.engine.run(0, 3);
    expect(named(machine, "hook").length).toBe(2);
    expect(machine.x(6)).toBe(6n);
  });

  test("work on instructions that need the host, and on illegal ones", () => {
    const machine = machineWith([
      ["csrrw", { csr: 0x340 }],
      ["ld", { rd: 6, rs1: 7 }],
    ]);
    machine.setX(7, BASE + 0x1000n);
    machine.code(8, 0);
    for (const offset of [0, 4, 8]) machine.engine.hookSlot(offset, true);
    expect(machine.engine.run(0, 9)).toBe(Exit.stop);
    expect(machine.calls.map(({ name }) => name)).toEqual([
      "fetch",
      "hook",
      "csr",
      "hook",
      "load",
      "hook",
      "illegal",
    ]);
  });
});

describe("code that changes", () => {
  const sub = encode("addi", { rd: 5, rs1: 5, imm: -1 });

  test("by a store of the same page, without fence.i", () => {
    const machine = machineWith([
      ["sw", { rs1: 7, rs2: 6 }],
      add(5, 1),
      ["addi", { rd: 6, rs1: 8 }],
      ["jal", { imm: -12 }],
    ]);
    machine.setX(6, BigInt(encode("addi", { rd: 5, rs1: 5, imm: 100 })));
    machine.setX(8, BigInt(sub));
    machine.setX(7, BASE + 4n);
    machine.engine.run(0, 2);
    expect(machine.x(5)).toBe(100n);
    machine.engine.run(0, 4);
    expect(machine.x(5)).toBe(99n);
    machine.engine.run(0, 4);
    expect(machine.x(5)).toBe(98n);
  });

  test("the second half of an instruction alone", () => {
    const machine = machineWith([add(5, 1), ["sh", { rs1: 7, rs2: 6 }], ["jal", { imm: -8 }]]);
    machine.setX(6, BigInt(encode("addi", { rd: 5, rs1: 5, imm: 64 }) >>> 16));
    machine.setX(7, BASE + 2n);
    machine.engine.run(0, 6);
    expect(machine.x(5)).toBe(65n);
  });

  test("by another hart that had the page for data before it was code", () => {
    const machine = machineWith(
      [add(5, 1), ["jal", { imm: -4 }]],
      0x2000,
      new BareMachine({ harts: 2 }),
    );
    machineWith([["sw", { rs1: 7, rs2: 6 }]], 0, machine);
    machine.setX(7, BASE + 0x2100n, 1);
    machine.setX(6, BigInt(sub), 1);
    machine.setPc(0, 1);
    machine.engine.run(1, 1);
    machine.setPc(0x2000);
    machine.engine.run(0, 4);
    expect(machine.x(5)).toBe(2n);
    expect(machine.engine.hasCode(0x2000)).toBe(true);
    machine.setX(7, BASE + 0x2000n, 1);
    machine.setPc(0, 1);
    machine.engine.run(1, 1);
    machine.engine.run(0, 2);
    expect(machine.x(5)).toBe(1n);
  });

  test("a page that is only written any more becomes data again", () => {
    const machine = machineWith([add(5, 1), ["jal", { imm: -4 }]], 0x2000);
    machineWith(
      [
        ["sd", { rs1: 7, rs2: 6, imm: 64 }],
        ["jal", { imm: -4 }],
      ],
      0,
      machine,
    );
    machine.setX(7, BASE + 0x2000n);
    machine.setPc(0x2000);
    machine.engine.run(0, 4);
    expect(machine.engine.hasCode(0x2000)).toBe(true);
    machine.setPc(0);
    machine.engine.run(0, 20_000);
    expect(machine.engine.hasCode(0x2000)).toBe(false);
    expect(named(machine, "store").length).toBeLessThan(5000);
    machine.setPc(0x2000);
    machine.engine.run(0, 4);
    expect(machine.x(5)).toBe(4n);
    expect(machine.engine.hasCode(0x2000)).toBe(true);
    machine.setPc(0x2000);
    machine.code(0x2000, sub);
    machine.engine.run(0, 1);
    expect(machine.x(5)).toBe(3n);
  });

  test("a range over several pages", () => {
    const machine = machineWith([add(5, 1)], 0x1ffc);
    machineWith([add(5, 1)], 0x2000, machine);
    machine.setPc(0x1ffc);
    machine.engine.run(0, 2);
    const { view, ramBase } = machine.engine;
    view.setUint32(ramBase + 0x1ffc, sub, true);
    view.setUint32(ramBase + 0x2000, sub, true);
    machine.engine.invalidateCode(0, 0x8000);
    machine.setPc(0x1ffc);
    machine.engine.run(0, 2);
    expect(machine.x(5)).toBe(0n);
  });
});

describe("an instruction across two pages", () => {
  const first = 0x1ffe;
  const page = (offset: number): number => (RAM_BASE + offset) / 4096;

  test("executes, again and again, and goes on behind", () => {
    const machine = machineWith([add(5, 1), add(6, 1), ["jal", { imm: -8 }]], first);
    machine.engine.run(0, 30);
    expect([machine.x(5), machine.x(6), at(machine)]).toEqual([10n, 10n, first]);
    expect(named(machine, "fetch").length).toBe(2);
  });

  test("takes its second half from where the next page is mapped now", () => {
    const machine = machineWith([add(5, 1)], first);
    const other = encode("addi", { rd: 5, rs1: 5, imm: 64 });
    machine.engine.view.setUint16(machine.engine.ramBase + 0x5000, other >>> 16, true);
    machine.engine.run(0, 1);
    machine.pages.set(page(0x2000), 5);
    machine.engine.flush(0);
    machine.setPc(first);
    machine.engine.run(0, 1);
    expect(machine.x(5)).toBe(65n);
  });

  test("notices a store to its second half", () => {
    const machine = machineWith([add(5, 1)], first);
    machineWith([["sh", { rs1: 7, rs2: 6 }]], 0, machine);
    machine.setX(7, BASE + 0x2000n);
    machine.setX(6, BigInt(encode("addi", { rd: 5, rs1: 5, imm: 64 }) >>> 16));
    for (const start of [first, 0, first]) {
      machine.setPc(start);
      machine.engine.run(0, 1);
    }
    expect(machine.x(5)).toBe(65n);
  });

  test("with a zero second half, which is no sign of anything", () => {
    const machine = machineWith([["addi"]], first);
    machine.engine.run(0, 1);
    expect(at(machine)).toBe(0x2002);
  });

  test("whose second page cannot be fetched", () => {
    const machine = machineWith([add(5, 1)], first);
    machine.pages.set(page(0x2000), -page(0));
    const { fetch } = machine;
    const asked: unknown[] = [];
    machine.fetch = (hart, low, high) => {
      asked.push([(low >>> 0) - RAM_BASE, at(machine), retired(machine)]);
      return fetch.call(machine, hart, low, high);
    };
    expect(machine.engine.run(0, 1)).toBe(Exit.stop);
    expect([at(machine), retired(machine)]).toEqual([first, 0]);
    expect(asked).toEqual([
      [first, first, 0],
      [0x2000, first, 0],
    ]);
  });

  test("hooked", () => {
    const machine = machineWith([add(5, 1), ["jal", { imm: -4 }]], first);
    machine.engine.hookSlot(first, true);
    machine.engine.run(0, 4);
    expect(named(machine, "hook").map(({ instret }) => instret)).toEqual([0, 2]);
    expect(machine.x(5)).toBe(2n);
  });
});

describe("pages", () => {
  test("code runs on into whatever page comes next in virtual memory", () => {
    const machine = machineWith([add(5, 1)], 0x1ffc);
    machineWith([add(5, 10)], 0x2000, machine);
    machineWith([add(5, 100)], 0x7000, machine);
    for (const [target, sum] of [
      [2, 11n],
      [7, 112n],
    ] as const) {
      machine.pages.set(RAM_BASE / 4096 + 2, target);
      machine.engine.flushPage(0, (RAM_BASE + 0x2000) | 0, 0);
      machine.setPc(0x1ffc);
      machine.engine.run(0, 2);
      expect(machine.x(5)).toBe(sum);
      expect(at(machine)).toBe(0x2004);
    }
  });

  test("TLB entries count only under the context that filled them", () => {
    const machine = machineWith([
      ["ld", { rd: 5, rs1: 7 }],
      ["jal", { imm: -4 }],
    ]);
    machine.setX(7, BASE + 0x1000n);
    const context = (value: bigint) => {
      machine.engine.quads[(hartBase(0) + HART.context) >>> 3] = value;
      machine.calls.length = 0;
      machine.engine.run(0, 4);
      return machine.calls.map(({ name }) => name);
    };
    expect(context(0n)).toEqual(["fetch", "load"]);
    expect(context(0n)).toEqual([]);
    expect(context(7n)).toEqual(["fetch", "load"]);
    expect(context(7n)).toEqual([]);
  });

  test("are forgotten one by one, by kind and by target", () => {
    const machine = machineWith([
      ["ld", { rd: 5, rs1: 7 }],
      ["sd", { rs1: 7, rs2: 5 }],
      ["jal", { imm: -8 }],
    ]);
    machine.setX(7, BASE + 0x3000n);
    const low = (RAM_BASE + 0x3000) | 0;
    const { engine } = machine;
    const calledAfter = (forget: () => void) => {
      forget();
      machine.calls.length = 0;
      engine.run(0, 6);
      return machine.calls.map(({ name }) => name).join(" ");
    };
    expect(calledAfter(() => {})).toBe("fetch load store commit");
    expect(calledAfter(() => {})).toBe("");
    expect(calledAfter(() => engine.flushPage(0, low, 0))).toBe("load store commit");
    expect(calledAfter(() => engine.flushPage(0, low, 1))).toBe("");
    expect(calledAfter(() => engine.flushLoads(0))).toBe("load");
    expect(calledAfter(() => engine.flushStores(0))).toBe("store commit");
    expect(calledAfter(() => engine.flushFetches(0))).toBe("fetch");
    expect(calledAfter(() => engine.evictLoad(0, 0x3ff8))).toBe("load");
    expect(calledAfter(() => engine.evictStore(0, 0x3000))).toBe("store commit");
    expect(calledAfter(() => engine.evictStore(0, 0x4000))).toBe("");
    expect(calledAfter(() => engine.flush(0))).toBe("fetch load store commit");
  });

  test("of a guarded page ask for the stores that touch a guarded byte", () => {
    const machine = new BareMachine();
    const { engine } = machine;
    const low = (RAM_BASE + 0x3000) | 0;
    const guard = (first: number, end: number) =>
      engine.fillGuarded(0, low, 0, 0x3000, first | (end << 16));
    const asked = (mnemonic: string, at: number): string => {
      machine.code(0, encode(mnemonic, { rs1: 7, rs2: 5 }));
      machine.setX(7, BASE + 0x3000n + BigInt(at));
      // Before, so that the code's page is known.
      machine.setPc(0);
      engine.run(0, 1);
      machine.calls.length = 0;
      engine.flushStores(0);
      guard(0x10, 0x18);
      machine.setPc(0);
      engine.run(0, 1);
      return machine.calls.map(({ name }) => name).join(" ");
    };
    const rows: [mnemonic: string, first: number, last: number][] = [
      ["sb", 0x10, 0x17],
      ["sh", 0x0f, 0x17],
      ["sw", 0x0d, 0x17],
      ["sd", 0x09, 0x17],
    ];
    for (const [mnemonic, first, last] of rows) {
      const touching = [0, first - 1, first, last, last + 1, 0xff0].map((at) =>
        asked(mnemonic, at),
      );
      expect(touching).toEqual(["", "", "store commit", "store commit", "", ""]);
    }
    expect(["amoadd.d", "amoor.w"].map((row) => asked(row, 0x10))).toEqual(
      Array(2).fill("store commit"),
    );
    expect(["amoadd.d", "amoor.w"].map((row) => asked(row, 0x18))).toEqual(Array(2).fill(""));
    expect(asked("sd", 0xffc)).toBe("store commit");
  });

  test("decoded pages are bounded: code over more of them still runs, and hooks stay", () => {
    const machine = new BareMachine({ decodedPages: 4, harts: 2 });
    const pages = 10;
    for (let page = 0; page < pages; page++) {
      const away = page === pages - 1 ? -(pages - 1) * 4096 : 4096;
      // The addition straddles the page's end: two pages are needed at once.
      machineWith([["jal", { rd: 0, imm: 0xffe }]], page * 8192, machine);
      machineWith(
        [add(5, 1), ["jal", { imm: away === 4096 ? 8192 - 0x1002 : -(page * 8192) - 0x1002 }]],
        page * 8192 + 0xffe,
        machine,
      );
    }
    machine.engine.hookSlot(0xffe, true);
    machine.setPc(0, 0);
    machine.setPc(0, 1);
    for (let round = 0; round < 6; round++) {
      machine.engine.run(0, 3 * pages - 1);
      machine.engine.run(1, 3 * pages + 1);
    }
    machine.engine.run(0, 6);
    expect([machine.x(5, 0), machine.x(5, 1)]).toEqual([BigInt(6 * pages), BigInt(6 * pages + 2)]);
    expect(named(machine, "hook").length).toBe(13);
    const decoded = Array.from({ length: 2 * pages }, (_, page) =>
      machine.engine.hasCode(page * 4096),
    );
    expect(decoded.filter(Boolean).length).toBe(4);
  });
});

describe("digest", () => {
  test("depends on every byte and on where it is, and is the same for the same RAM", () => {
    const { engine } = new BareMachine();
    const seen = new Map<string, string>([[engine.digest(), "nothing"]]);
    for (const offset of [0, 1, 7, 8, 4095, 4096, 0xf_ffff]) {
      for (const value of [1, 2, 0x80]) {
        engine.bytes[engine.ramBase + offset] = value;
        const what = `${value} at ${offset}`;
        expect(seen.get(engine.digest()), what).toBeUndefined();
        seen.set(engine.digest(), what);
        expect(engine.digest()).toMatch(/^[0-9a-f]{16}$/);
      }
      engine.bytes[engine.ramBase + offset] = 0;
      expect(seen.get(engine.digest())).toBe("nothing");
    }
    const other = new BareMachine({ harts: 3, decodedPages: 8 }).engine;
    for (const { bytes, ramBase } of [engine, other]) bytes[ramBase + 12345] = 7;
    expect(other.digest()).toBe(engine.digest());
  });
});
