/** `asyncos run` as users meet it: consoles, statistics, determinism, exit codes and errors. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asyncos, fileWith, guest, root } from "./support.ts";

const kernel = join(root, "kernel/prebuilt/asyncos-kernel.elf");

interface Statistics {
  readonly instructions: number;
  readonly seconds: number;
  readonly mips: number;
  readonly exit: number | null;
  readonly outcome: string;
  readonly events: Readonly<Record<string, number>>;
  readonly stateHash: string;
}

async function statistics(...args: string[]): Promise<Statistics> {
  const { stdout, code, stderr } = await asyncos(["run", "--stats", ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
}

describe("the bundled kernel", () => {
  it("runs to its end and counts what happened", async () => {
    const { stdout, code } = await asyncos(["run", "--harts", "4", "--stats"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[kernel\] done: /m);
    const stats: Statistics = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
    expect(stats).toMatchObject({ exit: 0, outcome: "exit" });
    expect(stats.stateHash).toMatch(/^[0-9a-f]{16}$/);
    expect(stats.instructions).toBeGreaterThan(100_000);
    expect(stats.mips).toBeCloseTo(stats.instructions / stats.seconds / 1e6, -1);
    for (const kind of ["wake", "bitmap", "poll", "thread.switch"]) {
      expect(stats.events[kind], kind).toBeGreaterThan(0);
    }
  });

  it.each([1, 2, 8])("runs on %i harts", async (harts) => {
    const stats = await statistics("--harts", `${harts}`);
    expect(stats.exit).toBe(0);
  });

  it("a seed is an interleaving", async () => {
    const random = (seed: number) => statistics("--schedule", "random", "--seed", `${seed}`);
    const [first, again, other] = await Promise.all([random(7), random(7), random(8)]);
    expect({ ...again, seconds: 0, mips: 0 }).toEqual({ ...first, seconds: 0, mips: 0 });
    expect(other.stateHash).not.toBe(first.stateHash);
  });

  it("under priorities too", async () => {
    const pct = (...args: string[]) => statistics("--schedule", "pct", ...args);
    const [first, again, deep, short] = await Promise.all([
      pct("--seed", "3"),
      pct("--seed", "3", "--pct-depth", "3", "--pct-length", "100000"),
      pct("--seed", "3", "--pct-depth", "8"),
      pct("--seed", "3", "--pct-length", "5000"),
    ]);
    expect(again.stateHash).toBe(first.stateHash);
    expect(new Set([first, deep, short].map(({ stateHash }) => stateHash)).size).toBe(3);
  });

  it("counting events changes nothing in the run", async () => {
    const counted = await asyncos(["run", "--max-instructions", "1000000", "--stats"]);
    const plain = await asyncos(["run", "--max-instructions", "1000000"]);
    expect(counted.stdout.startsWith(plain.stdout)).toBe(true);
  });

  it("as JSON lines", async () => {
    const { stdout } = await asyncos(["run", "--json", "--stats"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1).outcome).toBe("exit");
    const console = lines.slice(0, -1).map((line) => line.console);
    expect(console.some((line) => line.startsWith("[kernel] done: "))).toBe(true);
  });

  it("refuses what it does not know, and its exit code is ours", async () => {
    const { stdout, code } = await asyncos(["run", "--append", "workload=none-such"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/workload=none-such/);
  });
});

const SHUTDOWN = `
  li a7, 0x53525354   # SBI system reset
  li a6, 0
  li a0, 0
  li a1, 0
  ecall`;
/** Ends through the test finisher at 0x10_0000: code << 16 | 0x3333. */
const exitWith = (code: number) => `
  li t0, 0x100000
  li t1, ${code * 0x1_0000 + 0x3333}
  sw t1, 0(t0)
end:
  j end`;
const ECHO = `
next:
  li a7, 2            # SBI legacy getchar
  ecall
  blt a0, zero, next
  mv s0, a0
  li a7, 1            # SBI legacy putchar
  ecall
  li t0, 113          # q
  bne s0, t0, next
${SHUTDOWN}`;

describe("ends of a run", () => {
  const rows: [name: string, text: string, args: string[], code: number, stderr: RegExp][] = [
    ["shutdown", SHUTDOWN, [], 0, /^$/],
    ["a guest's exit code", exitWith(7), [], 7, /^$/],
    ["waiting for ever", "again:\nwfi\nj again", [], 125, /every hart waits, no timer is armed/],
    ["spinning", "again:\nj again", ["--max-instructions", "100000"], 124, /after 100000 instr/],
    ["nowhere to trap to", "csrrw zero, stvec, zero\n.half 0\n.half 0", [], 126, /stuck on hart 0/],
  ];
  it.each(rows)("%s", async (name, text, args, code, stderr) => {
    const path = fileWith(`${name.replaceAll(/\W/g, "-")}.elf`, guest(text));
    const result = await asyncos(["run", path, ...args]);
    expect(result.stderr).toMatch(stderr);
    expect(result.stderr.split("\n").length).toBeLessThanOrEqual(2);
    expect(result.code).toBe(code);
  });

  it("stdin is the guest's keyboard", async () => {
    const path = fileWith("echo.elf", guest(ECHO));
    const result = await asyncos(["run", path], { input: "hello\nq" });
    expect(result).toEqual({ code: 0, stdout: "hello\nq\n", stderr: "" });
  });

  it("Ctrl-C ends a guest that would not", async () => {
    const path = fileWith("loud.elf", guest(`li a7, 1\nli a0, 65\necall\nagain:\nj again`));
    const result = await asyncos(["run", path], {
      during: (stdout, child) => {
        if (stdout === "A") child.kill("SIGINT");
      },
    });
    expect(result.code).toBe(130);
    expect(result.stdout).toBe("A\n");
    expect(result.stderr).toMatch(/^asyncos: loud\.elf was interrupted after \d+ instructions\n$/);
  });
});

describe("errors are one line that names the thing", () => {
  const image = readFileSync(kernel);
  const patched = (at: number, byte: number) => {
    const copy = Uint8Array.from(image);
    copy[at] = byte;
    return copy;
  };
  const path = (name: string, bytes: string | Uint8Array) => () => fileWith(name, bytes);
  const rows: [name: string, args: () => string[], code: number, stderr: RegExp][] = [
    ["no such file", () => ["run", "/no/such.elf"], 1, /\/no\/such\.elf: there is no such file/],
    ["a folder", () => ["run", root], 1, /is not a file/],
    ["an empty file", () => ["run", path("empty.elf", "")()], 1, /empty\.elf: .*header/],
    ["text", () => ["run", path("text.elf", "hello, world")()], 1, /text\.elf: .*not an ELF/],
    [
      "a truncated ELF",
      () => ["run", path("cut.elf", image.subarray(0, 5000))()],
      1,
      /cut\.elf: .*truncated/,
    ],
    ["another machine", () => ["run", path("x86.elf", patched(18, 62))()], 1, /not for RISC-V/],
    ["32 bits", () => ["run", path("rv32.elf", patched(4, 1))()], 1, /rv32\.elf: .*(32|64)/],
    [
      "a profile that is no file",
      () => ["run", "--profile", "/no.json"],
      1,
      /\/no\.json: there is/,
    ],
    [
      "a profile that is no JSON",
      () => ["run", "--profile", path("bad.json", "{")()],
      1,
      /bad\.json: /,
    ],
    [
      "a profile with a wrong field",
      () => ["run", "--profile", path("odd.json", '{"name": 7}')()],
      1,
      /odd\.json: name/,
    ],
    [
      "an unknown option",
      () => ["run", "--hearts", "4"],
      2,
      /'--hearts' \(Did you mean --harts\?\)/,
    ],
    ["an unknown command", () => ["debugg"], 2, /unknown command 'debugg'/],
    ["too many arguments", () => ["run", "a", "b"], 2, /too many arguments/],
    ["no harts", () => ["run", "--harts", "0"], 2, /--harts: 0 is not an integer from 1 to 8/],
    ["too many harts", () => ["run", "--harts", "9"], 2, /--harts: 9 is not/],
    ["half a hart", () => ["run", "--harts", "1.5"], 2, /--harts.*'1\.5' is invalid/],
    ["too much memory", () => ["run", "--memory", "999999"], 2, /--memory: 999999 is not/],
    ["no quantum", () => ["run", "--quantum", "0"], 2, /--quantum: 0 is not/],
    ["an unknown policy", () => ["run", "--schedule", "fair"], 2, /'fair' is invalid.*round-robin/],
    ["a negative seed", () => ["run", "--seed", "-1"], 2, /--seed/],
    ["a missing value", () => ["run", "--seed"], 2, /argument missing/],
  ];
  it.each(rows)("%s", async (_name, args, code, stderr) => {
    const result = await asyncos(args());
    expect(result.stderr).toMatch(/^asyncos: [^\n]+\n$/);
    expect(result.stderr).toMatch(stderr);
    expect(result.stdout).toBe("");
    expect(result.code).toBe(code);
  });

  it("nobody reads: ends like any filter", async () => {
    const result = await asyncos(["run"], { during: (_text, child) => child.stdout?.destroy() });
    expect([0, 141]).toContain(result.code);
    expect(result.stderr).toBe("");
  });
});
