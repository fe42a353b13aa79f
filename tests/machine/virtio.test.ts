// Virtio devices behind their registers (virtio 1.2, 2.7, 4.2, 5.2 to 5.4), well and badly driven.
import { describe, expect, test } from "vitest";
import { Block } from "../../daemon/src/machine/devices/virtio/block.ts";
import { VirtioConsole } from "../../daemon/src/machine/devices/virtio/console.ts";
import { Disk, imageOfBytes } from "../../daemon/src/machine/devices/virtio/disk.ts";
import { Entropy } from "../../daemon/src/machine/devices/virtio/entropy.ts";
import { LATENCY } from "../../daemon/src/machine/devices/virtio/transport.ts";
import { BUFFERS, type Buffer, Driver, RAM, Register } from "./support/virtio.ts";

const SECTORS = 20;
const original = Uint8Array.from({ length: 512 * SECTORS - 100 }, (_, at) => (at * 7) >>> 3);

function blockDriver(): Driver {
  const driver = new Driver(new Block(new Disk(imageOfBytes(original.slice()))));
  driver.start(1, 1 << 9);
  return driver;
}

const HEADER = BUFFERS;
const DATA = BUFFERS + 0x100;
const STATUS = BUFFERS + 0x80;

function header(driver: Driver, type: number, sector: bigint): void {
  driver.view.setUint32(HEADER, type, true);
  driver.view.setUint32(HEADER + 4, 0, true);
  driver.view.setBigUint64(HEADER + 8, sector, true);
}

/** Type, sector, size and direction of the data: the status byte and how much was written. */
function request(driver: Driver, type: number, sector: bigint, size: number, writable: boolean) {
  header(driver, type, sector);
  driver.ram[STATUS] = 0xff;
  const data: Buffer[] = size > 0 ? [{ at: DATA, size, writable }] : [];
  const written = driver.request([
    { at: HEADER, size: 16 },
    ...data,
    { at: STATUS, size: 1, writable: true },
  ]);
  return { status: driver.ram[STATUS], written };
}

describe("transport", () => {
  test("says what it is, and what an empty slot is", () => {
    const driver = blockDriver();
    const named = [Register.magic, Register.version, Register.device].map((at) => driver.read(at));
    expect(named).toEqual([0x7472_6976, 2, 2]);
    expect(driver.read(Register.queueNumMax)).toBe(1024);
    expect(driver.read(0x100)).toBe(SECTORS);
    expect([driver.read(0x114, 2), driver.read(0x10c, 1)]).toEqual([512, 254]);
    const empty = new Driver(undefined);
    expect([empty.read(Register.magic), empty.read(Register.device)]).toEqual([0x7472_6976, 0]);
    empty.start();
    expect(empty.read(Register.status)).toBe(0);
  });
  const features: [what: string, low: number, high: number, accepted: boolean][] = [
    ["version 1 alone", 0, 1, true],
    ["what is offered", 1 << 9, 1, true],
    ["without version 1", 1 << 9, 0, false],
    ["what is not offered", 1 << 28, 1, false],
    ["nor in the second word", 0, 3, false],
  ];
  test.each(features)("features: %s", (_, low, high, accepted) => {
    const driver = new Driver(new Entropy(1));
    const block = new Driver(new Block(new Disk(imageOfBytes(original))));
    for (const one of low === 1 << 9 ? [block] : [driver, block]) {
      one.write(Register.status, 3);
      for (const [select, bits] of [
        [0, low],
        [1, high],
      ] as const) {
        one.write(Register.driverFeaturesSel, select);
        one.write(Register.driverFeatures, bits);
      }
      one.write(Register.status, 11);
      expect(one.read(Register.status)).toBe(accepted ? 11 : 3);
    }
  });
  test("requests are served after the latency, with an interrupt unless it is not wanted", () => {
    const driver = blockDriver();
    header(driver, 0, 0n);
    driver.describe(0, RAM + HEADER, 16, 1, 1);
    driver.describe(1, RAM + DATA, 512, 3, 2);
    driver.describe(2, RAM + STATUS, 1, 2, 0);
    driver.offer(0);
    driver.now = 1000;
    driver.write(Register.notify, 0);
    expect(driver.alarms.next).toBe(1000 + LATENCY);
    driver.alarms.ring(999 + LATENCY);
    expect(driver.used().index).toBe(0);
    driver.wait();
    expect([driver.used().index, driver.line]).toEqual([1, true]);
    expect(driver.read(Register.interruptStatus)).toBe(1);
    driver.write(Register.interruptAck, 1);
    expect(driver.line).toBe(false);
    driver.view.setUint16(0x2000, 1, true);
    driver.offer(0);
    driver.write(Register.notify, 0);
    driver.wait();
    expect([driver.used().index, driver.line]).toEqual([2, false]);
  });
  test("a reset forgets queues, features and what was under way", () => {
    const driver = blockDriver();
    driver.write(Register.notify, 0);
    driver.write(Register.status, 0);
    expect(driver.alarms.next).toBe(Number.POSITIVE_INFINITY);
    expect([driver.read(Register.status), driver.read(Register.queueReady)]).toEqual([0, 0]);
  });
  test("goes on from a saved state in another machine", () => {
    const driver = blockDriver();
    driver.ram.fill(0x77, DATA, DATA + 512);
    request(driver, 1, 3n, 512, false);
    header(driver, 0, 3n);
    driver.describe(1, RAM + DATA + 0x800, 512, 3, 2);
    driver.offer(0);
    driver.write(Register.notify, 0);
    const other = new Driver(new Block(new Disk(imageOfBytes(original))));
    other.ram.set(driver.ram);
    other.transport.restore(driver.transport.save());
    for (const one of [driver, other]) one.wait();
    expect(other.ram).toEqual(driver.ram);
    expect(other.ram[DATA + 0x800]).toBe(0x77);
    expect(other.transport.save()).toEqual(driver.transport.save());
  });
});

describe("block", () => {
  test("reads what the image holds, zeros behind its end", () => {
    const driver = blockDriver();
    expect(request(driver, 0, 18n, 1024, true)).toEqual({ status: 0, written: 1025 });
    const expected = new Uint8Array(1024);
    expected.set(original.subarray(18 * 512));
    expect(driver.ram.slice(DATA, DATA + 1024)).toEqual(expected);
  });
  test("writes to a copy: the image stays as it was", () => {
    const bytes = original.slice();
    const driver = new Driver(new Block(new Disk(imageOfBytes(bytes))));
    driver.start(1);
    driver.ram.fill(0xaa, DATA, DATA + 1024);
    expect(request(driver, 1, 7n, 1024, false)).toEqual({ status: 0, written: 1 });
    driver.ram.fill(0, DATA, DATA + 2048);
    request(driver, 0, 6n, 2048, true);
    const read = driver.ram.slice(DATA, DATA + 2048);
    const expected = original.slice(6 * 512, 10 * 512);
    expected.fill(0xaa, 512, 1536);
    expect(read).toEqual(expected);
    expect(bytes).toEqual(original);
  });
  test("a saved state keeps its blocks whatever is written later", () => {
    const driver = blockDriver();
    request(driver, 1, 0n, 512, false);
    const saved = driver.transport.save();
    driver.ram.fill(9, DATA, DATA + 512);
    request(driver, 1, 0n, 512, false);
    expect((saved.changes as ReadonlyMap<number, Uint8Array>).get(0)![0]).toBe(0);
  });
  const rows: [
    what: string,
    type: number,
    sector: bigint,
    size: number,
    writable: boolean,
    status: number,
  ][] = [
    ["flush", 4, 0n, 0, false, 0],
    ["the last sector", 0, 19n, 512, true, 0],
    ["beyond the end", 0, 20n, 512, true, 1],
    ["across the end", 1, 19n, 1024, false, 1],
    ["far beyond the end", 0, 0xffff_ffff_ffff_ffffn, 512, true, 1],
    ["half a sector", 0, 0n, 256, true, 1],
    ["discard", 11, 0n, 16, false, 2],
    ["unknown", 99, 0n, 0, false, 2],
  ];
  test.each(rows)("%s", (_, type, sector, size, writable, status) => {
    const driver = blockDriver();
    expect(request(driver, type, sector, size, writable).status).toBe(status);
    expect(driver.needsReset).toBe(false);
  });
  test("tells its name", () => {
    const driver = blockDriver();
    expect(request(driver, 8, 0n, 20, true)).toEqual({ status: 0, written: 21 });
    expect(Buffer.from(driver.ram.subarray(DATA, DATA + 20)).toString()).toBe(
      `asyncos-disk${"\0".repeat(8)}`,
    );
  });
  test("buffers may be cut anywhere", () => {
    const driver = blockDriver();
    header(driver, 0, 2n);
    driver.request([
      { at: HEADER, size: 3 },
      { at: HEADER + 3, size: 13 },
      { at: DATA, size: 500, writable: true },
      { at: DATA + 500, size: 13, writable: true },
    ]);
    expect(driver.ram.slice(DATA, DATA + 513)).toEqual(
      Uint8Array.from([...original.subarray(1024, 1536), 0]),
    );
  });
});

describe("entropy", () => {
  const bytes = (seed: number): Uint8Array => {
    const driver = new Driver(new Entropy(seed));
    driver.start();
    expect(driver.request([{ at: DATA, size: 64, writable: true }])).toBe(64);
    return driver.ram.slice(DATA, DATA + 64);
  };
  test("the same for the same seed, and other for another", () => {
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
    expect(new Set(bytes(1)).size).toBeGreaterThan(40);
  });
});

describe("console", () => {
  test("prints, and receives once something was typed", () => {
    const typed: number[] = [];
    const printed: number[] = [];
    const device = new VirtioConsole({
      put: (byte) => printed.push(byte),
      available: () => typed.length,
      take: () => typed.shift() ?? -1,
    });
    const driver = new Driver(device);
    driver.start(2);
    driver.ram.set([72, 105], DATA);
    driver.request([{ at: DATA, size: 2 }], 1);
    expect(printed).toEqual([72, 105]);
    const receive = new Driver(device);
    receive.start(2);
    expect(receive.request([{ at: DATA, size: 8, writable: true }], 0)).toBe(0);
    expect(receive.used().index).toBe(0);
    typed.push(1, 2, 3);
    receive.transport.kick(0);
    receive.wait();
    expect([receive.used().index, receive.used().written]).toEqual([1, 3]);
    expect([...receive.ram.slice(DATA, DATA + 4)]).toEqual([1, 2, 3, 0]);
  });
});

describe("drivers that break the rules get DEVICE_NEEDS_RESET", () => {
  const rows: [what: string, spoil: (driver: Driver) => void][] = [
    ["a loop of descriptors", (driver) => driver.describe(1, RAM + DATA, 16, 1, 0)],
    ["a next descriptor beyond the table", (driver) => driver.describe(0, RAM + HEADER, 16, 1, 8)],
    ["a head beyond the table", (driver) => driver.offer(999)],
    ["a buffer outside of RAM", (driver) => driver.describe(1, 0x1000, 512, 3, 2)],
    ["a buffer that ends outside", (driver) => driver.describe(1, RAM + DATA, 0xffff_ffff, 3, 2)],
    ["an address of 64 bits", (driver) => driver.describe(1, 2 ** 63, 512, 3, 2)],
    ["readable behind writable", (driver) => driver.describe(2, RAM + STATUS, 1, 0, 0)],
    ["no header", (driver) => driver.describe(0, RAM + HEADER, 15, 1, 1)],
    ["no status", (driver) => driver.describe(0, RAM + HEADER, 16, 0, 0)],
    ["more requests than the ring holds", (driver) => driver.view.setUint16(0x2002, 500, true)],
  ];
  test.each(rows)("%s", (_, spoil) => {
    const driver = blockDriver();
    header(driver, 0, 0n);
    driver.describe(0, RAM + HEADER, 16, 1, 1);
    driver.describe(1, RAM + DATA, 512, 3, 2);
    driver.describe(2, RAM + STATUS, 1, 2, 0);
    if (!/head beyond/.test(_)) driver.offer(0);
    spoil(driver);
    driver.write(Register.notify, 0);
    driver.wait();
    expect(driver.needsReset).toBe(true);
    expect(driver.read(Register.interruptStatus) & 2).toBe(2);
    driver.write(Register.notify, 0);
    expect(driver.alarms.next).toBe(Number.POSITIVE_INFINITY);
    driver.write(Register.status, 0);
    expect([driver.needsReset, driver.line]).toEqual([false, false]);
  });
  test.each([
    [0x80, 0x5000_0000],
    [0x90, 0],
    [0xa0, 0xffff_fff0],
  ])("a ring at a wrong place: register %i is %i", (register, value) => {
    const driver = blockDriver();
    driver.write(Register.queueReady, 0);
    const places = { 128: RAM + 0x1000, 144: RAM + 0x2000, 160: RAM + 0x3000, [register]: value };
    for (const [at, place] of Object.entries(places)) driver.write(Number(at), place);
    driver.write(Register.queueNum, 8);
    driver.write(Register.queueReady, 1);
    header(driver, 4, 0n);
    driver.describe(0, RAM + HEADER, 16, 1, 1);
    driver.describe(1, RAM + STATUS, 1, 2, 0);
    driver.offer(0);
    driver.write(Register.notify, 0);
    driver.wait();
    expect(driver.needsReset).toBe(true);
  });
});
