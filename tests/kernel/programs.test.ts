/**
 * User programs that await system calls: what each prints and leaves on the disk, by what it is for,
 * under a few interleavings (`PROGRAM_SEEDS=50` for more), and the same lines on QEMU.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it, test } from "vitest";
import type { MachineOptions } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { EXPECTED, isExpected } from "../../kernel/expected.mjs";
import { boot } from "../../kernel/qemu.mjs";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";
import { check, hasTools, readFiles } from "./support/volume.ts";

const SEEDS = Number(process.env.PROGRAM_SEEDS ?? 2);
const LIMIT = 1_000_000_000;
const image = kernelImage();
const disk = kernelDisk();

/** Turns of any length on any number of harts, chosen by the seed. */
const options = (
  seed: number,
): Pick<MachineOptions, "harts" | "schedule" | "seed" | "quantum"> => ({
  harts: [2, 4, 1, 8][seed % 4]!,
  schedule: seed % 2 === 0 ? "pct" : "random",
  seed,
  quantum: [1000, 100, 5000][seed % 3]!,
});
const interleavings = Array.from({ length: SEEDS }, (_, index) => options(index + 1));

/** A machine with a program on its way, and what the console has said. */
function start(program: string, chosen: ReturnType<typeof options>) {
  const append = `workload=run program=${program}`;
  const machine = createMachine({ memory: 128, append, disk, ...chosen }, image);
  const decoder = new TextDecoder();
  let text = "";
  machine.console.on((bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  const type = (keys: string): void => machine.input(new TextEncoder().encode(keys));
  return { machine, type, console: () => text };
}

/** Runs it to its good end; its own lines. */
function linesOf(started: ReturnType<typeof start>): readonly string[] {
  const outcome = started.machine.run({ instructions: LIMIT });
  const lines = started.console().split(/\r?\n/);
  expect(outcome, started.console()).toEqual({ kind: "exit", code: 0 });
  return lines.filter((line) => line !== "" && !/^\[(boot|kernel)\]/.test(line));
}

const run = (program: string, chosen: ReturnType<typeof options>): readonly string[] =>
  linesOf(start(program, chosen));

const byte = (number: number, at: number): number =>
  (number * 31 + at * 7 + Math.floor(at / 251)) & 0xff;

it.each(interleavings)(
  "bytes come through a row of processes: $harts harts, seed $seed",
  (chosen) => {
    let sum = 0;
    for (let at = 0; at < 100 * 512; at++) sum += byte(0, at) ^ 0x55;
    expect(run("pipes", chosen)).toEqual([`pipes: bytes=${100 * 512} sum=${sum}`]);
  },
);

const why = hasTools ? "" : " (skipped: no e2fsprogs here)";

describe.skipIf(!hasTools)(`what e2fsprogs find on the disk${why}`, () => {
  it.each(interleavings)("files of several processes: $harts harts, seed $seed", (chosen) => {
    const started = start("files processes=3", chosen);
    const lines = linesOf(started);
    const kept = [1, 2, 3].map((process) => `files-${process}/0`);
    expect([...lines].sort()).toEqual(
      kept.map((path) => `files: files=4 bytes=${4 * 12_000} kept=/${path}`),
    );
    const volume = started.machine.changedDisk()!;
    expect(check(volume)).toMatchObject({ status: 0 });
    const found = readFiles(volume, [...kept, "files-1/1", "files-3/3"]);
    const expected = Uint8Array.from({ length: 12_000 }, (_, at) => byte(0, at));
    for (const path of kept) expect(Buffer.compare(found.get(path)!, expected), path).toBe(0);
    expect([found.get("files-1/1"), found.get("files-3/3")]).toEqual([undefined, undefined]);
  });

  it.each(interleavings)(
    "calls that make no sense do no harm: $harts harts, seed $seed",
    (chosen) => {
      const started = start("calls processes=2", chosen);
      // The second to come finds the first one's folder, and says so.
      const lines = linesOf(started);
      expect(lines.filter((line) => line.includes("panic"))).toEqual([]);
      expect(lines).toContain("calls: made=3000 cancelled=128 too_many=2");
      expect(check(started.machine.changedDisk()!)).toMatchObject({ status: 0 });
    },
  );
});

it.each(interleavings)("children end as they should: $harts harts, seed $seed", (chosen) => {
  const lines = run("parent", chosen);
  expect(lines).toHaveLength(3);
  for (const expected of [
    /^panic at user\/programs\/src\/bin\/parent\.rs:\d+: as it should$/,
    /^\[process\] \d \(parent\) killed: load page fault at 0x1\w+, address 0x80200000$/,
    /^parent: children=5 refused=3$/,
  ]) {
    expect(lines.filter((line) => expected.test(line))).toHaveLength(1);
  }
});

it.each(interleavings)("nobody gets at what is not its own: $harts harts, seed $seed", (chosen) => {
  const killed = (fault: string, ...addresses: readonly number[]): string[] =>
    addresses.map((address) => `${fault} page fault, address 0x${address.toString(16)}`);
  const lines = run("peek", chosen);
  const told = lines.map((line) =>
    line.replace(/^\[process\] \d+ \(peek\) killed: (.*) at 0x\w+, /, "$1, "),
  );
  expect(told).toEqual([
    ...killed("load", 0x8700_1000, 0x8700_2000),
    ...killed("store", 0x8700_2000),
    // The serial line, and what would be the next process's page if all were in a row.
    ...killed("load", 0x1000_0000, 0x30_0000_2000),
    // The scheduler's code, the bitmaps of the system, and the program's own code.
    ...killed("store", 0x20_0000_0000, 0x30_0000_0000, 0x10_0000_0000),
    // Heap and the process's own page, which are data.
    ...killed("instruction", 0x34_0000_0000, 0x30_0000_1000),
    "peek: killed=10 apart=2",
  ]);
});

it.each(interleavings)("sleeps, and what comes first: $harts harts, seed $seed", (chosen) => {
  expect(run("timers", chosen)).toEqual(["timers: sleeps=24 late=5 first=2 given_up=100"]);
});

/** What a terminal shows of it: a character that is taken back is gone. */
function shown(text: string): string {
  const characters: string[] = [];
  for (const character of text.replaceAll("\b \b", "\b")) {
    if (character === "\b") characters.pop();
    else characters.push(character);
  }
  return characters.join("");
}

describe("what is typed comes to the program line by line", () => {
  const rows = [
    ["all at once", "one\rtwo\r\x04"],
    ["edited", "onn\x7fe\rxyz\x15two\r\x04"],
    ["with another line end", "one\ntwo\n\x04"],
  ] as const;
  it.each(rows)("%s", (_, keys) => {
    const started = start("echo", options(1));
    started.type(keys);
    expect(shown(linesOf(started).join("\n")).split("\n")).toEqual([
      "echo: type lines; control and D end them",
      ...["one", "one", "two", "two"],
      "echo: lines=2 bytes=8",
    ]);
  });

  it("key by key, with the machine asleep in between", () => {
    const started = start("echo", options(3));
    expect(started.machine.run({ instructions: LIMIT }).kind).toBe("idle");
    for (const key of "hi\r\x04") {
      started.type(key);
      const { kind } = started.machine.run({ instructions: LIMIT });
      expect(kind).toBe(key === "\x04" ? "exit" : "idle");
    }
    expect(started.console()).toContain("hi\nhi\necho: lines=1 bytes=3\n");
  });

  it("more at once than the kernel keeps: nothing is lost", () => {
    const words = Array.from({ length: 300 }, (_, index) => `line ${index} of many`);
    const started = start("echo", options(2));
    started.type(`${words.join("\r")}\r\x04`);
    const lines = linesOf(started);
    expect(lines.slice(1, -1)).toEqual(words.flatMap((word) => [word, word]));
    expect(lines.at(-1)).toBe(`echo: lines=300 bytes=${words.join("\n").length + 1}`);
  });

  it("a line longer than there is room for ends where the room does", () => {
    const started = start("echo", options(2));
    started.type(`${"x".repeat(400)}\r\x04`);
    expect(linesOf(started).at(-1)).toBe("echo: lines=1 bytes=256");
  });
});

const installed = spawnSync("qemu-system-riscv64", ["--version"]).status === 0;

describe(`on QEMU with OpenSBI${installed ? "" : " (skipped: no qemu-system-riscv64 here)"}`, () => {
  const rows = EXPECTED.filter(({ says }) => says !== undefined);
  test.skipIf(!installed).each(rows)("$append", { timeout: 90_000 }, async (row) => {
    const { append, memory, typed } = row;
    const there = await boot({ harts: 4, append, memory, typed });
    expect(there.timedOut).toBe(false);
    expect(isExpected(there.console, row), there.console).toBe(true);
  });
});
