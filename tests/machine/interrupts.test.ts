// PLIC, UART interrupts and the clocks of devices: by their registers, and through the machine.
import { describe, expect, test } from "vitest";
import { Alarms } from "../../daemon/src/machine/devices/alarms.ts";
import type { Device } from "../../daemon/src/machine/devices/device.ts";
import { Plic } from "../../daemon/src/machine/devices/plic.ts";
import { RTC_EPOCH, Rtc } from "../../daemon/src/machine/devices/rtc.ts";
import { Uart } from "../../daemon/src/machine/devices/uart.ts";
import { Word64 } from "../../daemon/src/machine/word64.ts";
import { finish, guest } from "./support/guest.ts";

const word = new Word64();
const read = (device: Device, offset: number, size: 1 | 4 = 4): number => {
  expect(device.load(offset, size, word)).toBe(true);
  return word.low >>> 0;
};
const write = (device: Device, offset: number, value: number, size: 1 | 4 = 4): void => {
  word.set(value, 0);
  expect(device.store(offset, size, word)).toBe(true);
};

describe("alarms", () => {
  test("ring in time's order, those of one time in the order they were made", () => {
    const log: string[] = [];
    const moves: number[] = [];
    const alarms: Alarms = new Alarms(() => moves.push(alarms.next));
    const [a, b, c] = ["a", "b", "c"].map((name) => alarms.create(() => log.push(name)));
    c!.due = 5;
    b!.due = 9;
    a!.due = 9;
    alarms.ring(4);
    expect(log).toEqual([]);
    alarms.ring(9);
    expect(log).toEqual(["c", "a", "b"]);
    expect(alarms.next).toBe(Number.POSITIVE_INFINITY);
    expect(moves).toEqual([5, 9, Number.POSITIVE_INFINITY]);
  });
  test("one that sets itself anew rings again when it is due", () => {
    let count = 0;
    const alarms = new Alarms(() => {});
    const alarm = alarms.create(() => {
      count += 1;
      if (count < 3) alarm.due = 10 * (count + 1);
    });
    alarm.due = 10;
    alarms.ring(25);
    expect([count, alarm.saved]).toEqual([2, 30]);
  });
});

describe("PLIC", () => {
  const make = () => {
    const plic = new Plic(4, () => {});
    const outputs = () => [0, 1, 2, 3].map((context) => (plic.output(context) ? 1 : 0)).join("");
    return { plic, outputs };
  };
  const claim = (context: number) => 0x20_0004 + 0x1000 * context;

  test("a source reaches the contexts that enable it, above their threshold", () => {
    const { plic, outputs } = make();
    plic.setLine(10, true);
    expect(outputs()).toBe("0000");
    write(plic, 4 * 10, 3);
    write(plic, 0x2080, 1 << 10);
    write(plic, 0x2180, 1 << 10);
    expect(outputs()).toBe("0101");
    write(plic, 0x20_1000, 3);
    expect(outputs()).toBe("0001");
    expect(read(plic, 0x1000)).toBe(1 << 10);
  });
  test("a claim takes the highest priority, then the lowest number; completion lets it come again", () => {
    const { plic, outputs } = make();
    write(plic, 0x2080, 0b1110);
    for (const [source, priority] of [
      [1, 2],
      [2, 5],
      [3, 5],
    ] as const) {
      write(plic, 4 * source, priority);
      plic.setLine(source, true);
    }
    const claims = [1, 2, 3, 4].map(() => read(plic, claim(1)));
    expect(claims).toEqual([2, 3, 1, 0]);
    expect(outputs()).toBe("0000");
    write(plic, claim(0), 3); // any context completes
    expect(outputs()).toBe("0100");
    expect(read(plic, claim(1))).toBe(3);
    plic.setLine(3, false);
    write(plic, claim(1), 3);
    expect(outputs()).toBe("0000");
  });
  test("a line that goes down before it was claimed is pending no more", () => {
    const { plic } = make();
    plic.setLine(40, true);
    expect(read(plic, 0x1004)).toBe(1 << 8);
    plic.setLine(40, false);
    expect(read(plic, 0x1004)).toBe(0);
  });
  const warl: [offset: number, written: number, read: number][] = [
    [0, 7, 0], // source 0 does not exist
    [4, 0xff, 7],
    [4 * 95, 5, 5],
    [0x1000, 0xffff_ffff, 0],
    [0x2000, 0xffff_ffff, 0xffff_fffe],
    [0x200c, 1, 0], // beyond source 95
    [0x2200, 1, 0], // beyond context 3
    [0x20_0000, 7, 7],
    [0x20_0000, 8, 0],
    [0x20_4000, 1, 0],
  ];
  test.each(warl)("register %i: %i reads back as %i", (offset, written, expected) => {
    const { plic } = make();
    write(plic, offset, written);
    expect(read(plic, offset)).toBe(expected);
  });
  test("takes words alone, and goes on from a saved state", () => {
    const { plic, outputs } = make();
    expect(plic.load(4, 1, word)).toBe(false);
    expect(plic.store(4, 8, word)).toBe(false);
    write(plic, 4, 1);
    write(plic, 0x2000, 2);
    plic.setLine(1, true);
    const other = make();
    other.plic.restore(plic.save());
    expect([outputs(), other.outputs()]).toEqual(["1000", "1000"]);
    expect(other.plic.save()).toEqual(plic.save());
  });
});

describe("UART interrupts", () => {
  const make = (input = "") => {
    const queue = [...input].map((letter) => letter.charCodeAt(0));
    const alarms = new Alarms(() => {});
    const state = { now: 0, line: false };
    const uart = new Uart({
      put: () => {},
      available: () => queue.length,
      take: () => queue.shift() ?? -1,
      now: () => state.now,
      interrupt: (up) => {
        state.line = up;
      },
      alarms,
    });
    const wait = (instructions: number) => {
      state.now += instructions;
      alarms.ring(state.now);
    };
    const type = (text: string) => {
      queue.push(...[...text].map((letter) => letter.charCodeAt(0)));
      uart.inputChanged();
    };
    return { uart, state, wait, type };
  };
  test("one byte without FIFOs; reading it takes the line down", () => {
    const { uart, state, type } = make();
    write(uart, 1, 1, 1);
    expect(state.line).toBe(false);
    type("x");
    expect([state.line, read(uart, 2, 1)]).toEqual([true, 4]);
    expect(read(uart, 0, 1)).toBe(0x78);
    expect([state.line, read(uart, 2, 1)]).toEqual([false, 1]);
  });
  test("with FIFOs the trigger level, or four characters' time", () => {
    const { uart, state, type, wait } = make();
    write(uart, 2, 0x81, 1); // 8 bytes
    write(uart, 1, 1, 1);
    type("abc");
    expect([state.line, read(uart, 5, 1)]).toEqual([false, 0x61]);
    wait(34_699);
    expect(state.line).toBe(false);
    wait(1);
    expect([state.line, read(uart, 2, 1)]).toEqual([true, 0xcc]);
    read(uart, 0, 1);
    expect(state.line).toBe(false); // the timeout begins anew
    wait(40_000);
    expect(read(uart, 2, 1)).toBe(0xcc);
    type("defghi");
    expect(read(uart, 2, 1)).toBe(0xcc);
    for (let n = 0; n < 2; n++) read(uart, 0, 1);
    expect([state.line, read(uart, 2, 1)]).toEqual([false, 0xc1]);
    type("jk");
    expect([state.line, read(uart, 2, 1)]).toEqual([true, 0xc4]);
  });
  test("transmitter empty comes at once, and again after each byte", () => {
    const { uart, state } = make();
    write(uart, 1, 2, 1);
    expect(state.line).toBe(true);
    expect([read(uart, 2, 1), state.line]).toEqual([2, false]);
    write(uart, 0, 0x41, 1);
    expect(state.line).toBe(true);
    write(uart, 1, 0, 1);
    expect(state.line).toBe(false);
  });
  test("loop-back receives what was sent", () => {
    const { uart } = make();
    write(uart, 2, 1, 1);
    write(uart, 4, 0x10, 1);
    write(uart, 0, 0x55, 1);
    write(uart, 0, 0xaa, 1);
    expect([read(uart, 0, 1), read(uart, 0, 1), read(uart, 5, 1)]).toEqual([0x55, 0xaa, 0x60]);
  });
});

describe("RTC", () => {
  const make = () => {
    const alarms = new Alarms(() => {});
    const state = { now: 0, line: false };
    const rtc = new Rtc({
      now: () => state.now,
      interrupt: (up) => {
        state.line = up;
      },
      alarms,
    });
    const time = () => BigInt(read(rtc, 0)) | (BigInt(read(rtc, 4)) << 32n);
    return { rtc, state, time, alarms };
  };
  test("counts ten nanoseconds for each instruction from its epoch on", () => {
    const { state, time } = make();
    expect(time()).toBe(RTC_EPOCH);
    state.now = 1_000_000_000;
    expect(time()).toBe(RTC_EPOCH + 10_000_000_000n);
  });
  test("is set by halves", () => {
    const { rtc, time, state } = make();
    write(rtc, 4, 0x1234);
    write(rtc, 0, 0x89ab_cdef);
    state.now = 1;
    expect(time().toString(16)).toBe("123489abcdf9");
  });
  test("an alarm rings once, when it is enabled", () => {
    const { rtc, state, time, alarms } = make();
    const at = time() + 995n;
    write(rtc, 0x10, 1);
    write(rtc, 0x0c, Number(at >> 32n));
    write(rtc, 0x08, Number(at & 0xffff_ffffn));
    expect([read(rtc, 0x18), alarms.next]).toEqual([1, 100]);
    state.now = 100;
    alarms.ring(100);
    expect([state.line, read(rtc, 0x18)]).toEqual([true, 0]);
    write(rtc, 0x1c, 1);
    expect(state.line).toBe(false);
    write(rtc, 0x08, 0); // long over
    expect(state.line).toBe(true);
  });
});

describe("through the machine", () => {
  /** A supervisor that prints each byte it is interrupted for, until a full stop. */
  const echo = `
    la t0, handler
    csrw stvec, t0
    li s1, 0xc000000
    li t1, 1
    sw t1, 40(s1)            # priority of source 10
    li s2, 0xc002080
    li t1, 0x400
    sw t1, 0(s2)             # enabled for S of hart 0
    li s3, 0xc201000
    sw x0, 0(s3)
    li s4, 0x10000000
    li t1, 1
    sb t1, 1(s4)             # received data
    li t1, 0x200
    csrw sie, t1
    csrrsi x0, sstatus, 2
    sleep:
    wfi
    j sleep
    .org 512
    handler:
    lw t0, 4(s3)
    lbu a0, 0(s4)
    sb a0, 0(s4)
    sw t0, 4(s3)
    li t1, 46
    bne a0, t1, back
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
    back:
    sret`;
  test("input interrupts a waiting supervisor", () => {
    const { machine, output } = guest(echo);
    expect(finish(machine)).toEqual({ kind: "idle" });
    machine.input(new TextEncoder().encode("to be"));
    expect(finish(machine)).toEqual({ kind: "idle" });
    expect(output()).toBe("to be");
    machine.input(new TextEncoder().encode(" done."));
    expect(finish(machine)).toEqual({ kind: "exit", code: 0 });
    expect(output()).toBe("to be done.");
  });
  test("the same at any place of a restored run", () => {
    const { machine, output } = guest(echo);
    finish(machine);
    const snapshot = machine.snapshot();
    const ends = [1, 2].map(() => {
      machine.restore(snapshot);
      machine.input(new TextEncoder().encode("x"));
      machine.run({ instructions: 7 });
      finish(machine);
      return machine.stateHash();
    });
    expect(ends[0]).toBe(ends[1]);
    expect(output()).toBe("xx");
  });
  test("a wire and software are or-ed in SEIP, and software changes its own alone", () => {
    const { machine } = guest(
      `li s1, 0xc000000
       li t1, 1
       sw t1, 40(s1)
       li s2, 0xc002080
       li t1, 0x400
       sw t1, 0(s2)
       li s4, 0x10000000
       li t1, 2
       sb t1, 1(s4)             # transmitter empty: the line is up
       csrr a0, mip
       li t1, 2
       csrs mip, t1
       sb x0, 1(s4)             # and down
       csrr a1, mip
       li t1, 0x200
       csrs mip, t1
       csrr a2, mip
       li t1, 2
       sb t1, 1(s4)
       li t1, 0x200
       csrc mip, t1
       csrr a3, mip
       li t0, 0x100000
       li t1, 0x5555
       sw t1, 0(t0)`,
      { machineCode: true },
    );
    expect(finish(machine)).toEqual({ kind: "exit", code: 0 });
    const registers = [10, 11, 12, 13].map((index) => machine.harts[0]!.x(index));
    expect(registers).toEqual([0x200n, 0x2n, 0x202n, 0x202n]);
  });
});
