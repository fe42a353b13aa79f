import { describe, expect, test } from "vitest";
import { Aclint } from "../../daemon/src/machine/devices/aclint.ts";
import { Alarms } from "../../daemon/src/machine/devices/alarms.ts";
import { Bus } from "../../daemon/src/machine/devices/bus.ts";
import type { AccessSize, Device } from "../../daemon/src/machine/devices/device.ts";
import { Finisher } from "../../daemon/src/machine/devices/finisher.ts";
import { Uart } from "../../daemon/src/machine/devices/uart.ts";
import { Word64 } from "../../daemon/src/machine/word64.ts";
import { finish, guest, nextTrap } from "./support/guest.ts";

const word = new Word64();

/** The value, or undefined when the device refuses. */
function load(device: Device | Bus, offset: number, size: AccessSize): bigint | undefined {
  return device.load(offset, size, word) ? word.bigint : undefined;
}

function store(device: Device | Bus, offset: number, size: AccessSize, value: bigint): boolean {
  word.set(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  return device.store(offset, size, word);
}

describe("UART", () => {
  const make = (input = "") => {
    const queue = [...input].map((letter) => letter.charCodeAt(0));
    const output: number[] = [];
    const interrupts: boolean[] = [];
    const alarms = new Alarms(() => {});
    const uart = new Uart({
      now: () => 0,
      interrupt: (up) => interrupts.push(up),
      alarms,
      put: (byte) => output.push(byte),
      available: () => queue.length,
      take: () => queue.shift() ?? -1,
    });
    return { uart, output };
  };
  // Each step: `register=value` writes, `register?value` reads and expects. 16550 data sheet, table of registers.
  const rows: [what: string, input: string, steps: string, output: string][] = [
    ["transmits", "", "0=48 0=69 5?60", "Hi"],
    ["receives", "ab", "5?61 0?61 5?61 0?62 5?60 0?0", ""],
    ["divisor latch behind DLAB", "x", "3=80 0=34 1=12 0?34 1?12 3=3 1?0 0?78 3?3", ""],
    ["scratch", "", "7?0 7=a5 7?a5", ""],
    ["interrupt enable has four bits", "", "1=ff 1?f", ""],
    ["nothing to report", "", "2?1 1=1 2?1", ""],
    ["received data comes first", "x", "1=3 2?4 2?4 0?78 2?2 2?1", ""],
    ["transmitter empty is told once", "", "1=2 2?2 2?1 0=41 2?2 2?1", "A"],
    ["FIFOs show in IIR", "", "2=7 2?c1 2=0 2?1", ""],
    ["line and modem control", "", "3=1b 3?1b 4?8 4=1f 4?1f 6?f0", ""],
    ["modem status", "", "6?b0", ""],
    ["status registers cannot be written", "", "5=0 5?60 6=0 6?b0", ""],
  ];
  test.each(rows)("%s", (_, input, steps, expected) => {
    const { uart, output } = make(input);
    for (const step of steps.split(" ")) {
      const [, register, kind, value] = /^(\d)([=?])(\w+)$/.exec(step)!;
      if (kind === "=") store(uart, Number(register), 1, BigInt(`0x${value}`));
      else expect([step, load(uart, Number(register), 1)]).toEqual([step, BigInt(`0x${value}`)]);
    }
    expect(String.fromCharCode(...output)).toBe(expected);
  });
});

describe("ACLINT", () => {
  const make = (ticks = 0) => {
    const log: string[] = [];
    const aclint = new Aclint(2, {
      ticks: () => ticks,
      changed: () => log.push("changed"),
      ipi: (hart) => log.push(`ipi ${hart}`),
    });
    return { aclint, log };
  };
  test("software interrupts are one bit each", () => {
    const { aclint, log } = make();
    store(aclint, 4, 4, 0xffff_ffffn);
    store(aclint, 4, 4, 1n);
    expect(load(aclint, 4, 4)).toBe(1n);
    expect([aclint.softwarePending(0), aclint.softwarePending(1)]).toEqual([false, true]);
    store(aclint, 4, 4, 2n);
    expect(load(aclint, 4, 4)).toBe(0n);
    expect(log).toEqual(["ipi 1", "changed", "changed"]);
  });
  test("comparators take words and halves, and begin at never", () => {
    const { aclint } = make();
    expect(load(aclint, 0x4008, 8)).toBe(0xffff_ffff_ffff_ffffn);
    store(aclint, 0x4008, 8, 0x1122_3344_5566_7788n);
    expect(load(aclint, 0x4008, 4)).toBe(0x5566_7788n);
    expect(load(aclint, 0x400c, 4)).toBe(0x1122_3344n);
    store(aclint, 0x400c, 4, 0n);
    expect(load(aclint, 0x4008, 8)).toBe(0x5566_7788n);
    expect(aclint.untilTimer(1)).toBe(0x5566_7788);
    expect(load(aclint, 0x4000, 8)).toBe(0xffff_ffff_ffff_ffffn);
  });
  test("mtime is the clock's", () => {
    const { aclint } = make(0x12_3456_789a);
    expect(load(aclint, 0xbff8, 8)).toBe(0x12_3456_789an);
    expect(load(aclint, 0xbff8, 4)).toBe(0x3456_789an);
    expect(load(aclint, 0xbffc, 4)).toBe(0x12n);
  });
  test("sizes that it refuses, and places where nothing is", () => {
    const { aclint } = make();
    expect(load(aclint, 0, 1)).toBeUndefined();
    expect(load(aclint, 0, 8)).toBeUndefined();
    expect(load(aclint, 0x4000, 2)).toBeUndefined();
    expect(load(aclint, 8, 4)).toBe(0n);
    expect(load(aclint, 0x4010, 8)).toBe(0n);
    expect(store(aclint, 0x4010, 8, 1n)).toBe(true);
  });
});

describe("finisher", () => {
  const rows: [size: AccessSize, value: bigint, exit: number | undefined][] = [
    [4, 0x5555n, 0],
    [4, 0x7777n, 0],
    [4, 0x0003_3333n, 3],
    [4, 0xffff_3333n, 65535],
    [2, 0x5555n, 0],
    [4, 0x1234n, undefined],
  ];
  test.each(rows)("%s bytes %s: %s", (size, value, exit) => {
    let code: number | undefined;
    const finisher = new Finisher((given) => {
      code = given;
    });
    expect(store(finisher, 0, size, value)).toBe(true);
    expect(code).toBe(exit);
  });
  test("a guest ends with the code of its store", () => {
    const { machine } = guest("li t0, 0x100000\n li t1, 0x53333\n sw t1, 0(t0)\n nop");
    expect(finish(machine)).toEqual({ kind: "exit", code: 5 });
  });
});

describe("bus", () => {
  const device = (name: string): Device => ({
    name,
    load: (offset, _size, value) => {
      value.set(offset, 0);
      return true;
    },
    store: () => true,
    save: () => ({}),
    restore: () => {},
  });
  test("overlapping regions are refused by name", () => {
    const bus = new Bus();
    bus.map(0x1000, 0x100, device("one"));
    expect(() => bus.map(0x10ff, 1, device("two"))).toThrow("two at 0x10ff does not overlap one");
    bus.map(0x1100, 0x100, device("three"));
    expect(load(bus, 0x1108, 8)).toBe(8n);
  });
  test("gaps, misaligned accesses and the end of a region", () => {
    const bus = new Bus();
    bus.map(0x1000, 0x10, device("one"));
    expect(load(bus, 0xfff, 1)).toBeUndefined();
    expect(load(bus, 0x1002, 4)).toBeUndefined();
    expect(load(bus, 0x100c, 4)).toBe(12n);
    expect(load(bus, 0x1010, 1)).toBeUndefined();
  });
});

describe("through the machine", () => {
  test("UART output and polled input", () => {
    const { machine, output } = guest(
      `li t0, 0x10000000
       wait:
       lbu t1, 5(t0)
       andi t1, t1, 1
       beqz t1, wait
       lbu a0, 0(t0)
       addi a0, a0, 1
       sb a0, 0(t0)
       j wait`,
    );
    machine.run({ instructions: 100 });
    machine.input(new TextEncoder().encode("HAL"));
    machine.run({ instructions: 100 });
    expect(output()).toBe("IBM");
  });
  const faults: [instruction: string, cause: number][] = [
    ["lw t1, 0(t0)", 5],
    ["sw t1, 0(t0)", 7],
    ["amoadd.w t1, t1, (t0)", 7],
  ];
  test.each(faults)("nobody at an address: %s", (instruction, cause) => {
    const { machine } = guest(`li t0, 0x50000000\n ${instruction}`, { machineCode: true });
    const trap = nextTrap(machine)!;
    expect([trap.cause, trap.tval]).toEqual([cause, 0x5000_0000n]);
  });
  test("devices take no atomics, no misaligned and no crossing accesses", () => {
    const causeOf = (text: string) => nextTrap(guest(text, { machineCode: true }).machine)?.cause;
    expect(causeOf("li t0, 0x2004000\n amoadd.d t1, t1, (t0)")).toBe(7);
    expect(causeOf("li t0, 0x2004001\n lw t1, 0(t0)")).toBe(5);
    expect(causeOf("li t0, 0x2004ffc\n sd t1, 0(t0)")).toBe(7);
    expect(causeOf("li t0, 0x7ffffffc\n ld t1, 0(t0)")).toBe(5);
  });
});
