/** `asyncos inspect` on the bundled kernel and on ELFs that say less. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Facts } from "../../daemon/src/cli/inspect/facts.ts";
import { asyncos, fileWith, guest, root } from "./support.ts";

async function facts(...args: string[]): Promise<Facts> {
  const { stdout, stderr, code } = await asyncos(["inspect", "--json", ...args]);
  expect([stderr, code]).toEqual(["", 0]);
  return JSON.parse(stdout);
}

/** Lines (from 1) of a kernel source that match. */
function linesOf(source: string, pattern: RegExp): number[] {
  const text = readFileSync(join(root, "kernel", source), "utf8").split("\n");
  return text.flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

describe("the bundled kernel", () => {
  it("coroutines stand where the source has them", async () => {
    const { coroutines, dwarf, entry, wakers } = await facts();
    expect(entry).toBe("0x80200000");
    expect(dwarf.map(({ version }) => version)).toEqual([4]);
    const source = "src/workload/ring.rs";
    const inRing = coroutines.filter(({ declared }) => declared?.path.endsWith(source));
    // DWARF places a coroutine where its body opens.
    const opens = linesOf(source, /\{$/);
    const bodies = linesOf(source, /\basync fn\b/).map((line) => opens.find((at) => at >= line));
    expect(inRing.map(({ declared }) => declared?.line)).toEqual(bodies);
    expect(inRing.flatMap(({ awaits }) => awaits)).toEqual(linesOf(source, /\.await\b/));
    expect(inRing.find(({ name }) => name === "ring::pass")).toMatchObject({
      kind: "async fn",
      dynamic: true,
    });
    const task = wakers.find(({ type }) => type.endsWith("::Task"));
    expect(task?.functions).toEqual(["clone_waker", "wake", "wake_by_ref", "drop_waker"]);
  });

  it("its profile matches, and covers what the tour shows", async () => {
    const { profile, events } = await facts();
    expect(profile).not.toBeNull();
    expect(events.known).toEqual(
      expect.arrayContaining(["wake", "bitmap", "poll", "spawn", "complete", "thread.switch"]),
    );
  });

  it("reads as text", async () => {
    const { stdout } = await asyncos(["inspect"]);
    expect(stdout).toMatch(/asyncos-kernel\.elf: RISC-V ELF, entry 0x80200000/);
    expect(stdout).toMatch(/^ {4}:\d+ +\* +ring::pass +async fn +\d+ bytes +awaits at /m);
  });
});

it("an ELF without debugging information has gaps, not coroutines", async () => {
  const bare = await facts(fileWith("bare.elf", guest("again:\nj again")));
  expect(bare.coroutines).toEqual([]);
  expect(bare.dwarf).toEqual([]);
  expect(bare.profile).toBeNull();
  expect(bare.gaps.join("\n")).toMatch(/\.debug_info/);
});

it("an ELF that does not boot here can be looked at", async () => {
  const low = guest("again:\nj again");
  // Its segment and entry where no RAM is.
  const view = new DataView(low.buffer);
  for (const field of [24, 80, 88]) view.setBigUint64(field, 0x1_0000n, true);
  const user = await facts(fileWith("user.elf", low));
  expect(user.entry).toBe("0x10000");
  expect(user.gaps.join("\n")).toMatch(/does not boot on this machine: .*0x10000/);
});

it("nor does one without an entry", async () => {
  const image = guest("again:\nj again");
  new DataView(image.buffer).setBigUint64(24, 0n, true);
  const { gaps } = await facts(fileWith("library.elf", image));
  expect(gaps.join("\n")).toMatch(/does not boot on this machine: .*entry/);
});

it("a profile that is wrong is an error, not a gap", async () => {
  const profile = fileWith("odd.json", '{"name": 7}');
  const { code, stderr } = await asyncos(["inspect", "--profile", profile]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^asyncos: odd\.json: name/);
});
