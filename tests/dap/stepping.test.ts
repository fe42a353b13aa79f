/** Steps: by line against the kernel's sources, over awaits, into inlined code, of one hart alone. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Body, Client, lineOf, sources } from "./support.ts";

const RING = "src/workload/ring.rs";
const FAULTS = "src/workload/faults.rs";
const ring = (text: string): number => lineOf(RING, text);

const breakAt =
  (file: string, line: number, rest: object = {}) =>
  (client: Client) =>
    client.request("setBreakpoints", {
      source: { path: join(sources, file) },
      breakpoints: [{ line, ...rest }],
    });

const clear = (client: Client, file: string) =>
  client.request("setBreakpoints", { source: { path: join(sources, file) }, breakpoints: [] });

const harts = async (client: Client): Promise<Body[]> =>
  (await client.request("asyncos/harts")).harts;

describe("by line", () => {
  it("follows a coroutine over its awaits, on whichever hart it goes on", async () => {
    const client = new Client();
    const loop = ring("while seen.iter()");
    const condition = "coroutine == 4";
    await client.launch(
      { append: "workload=ring" },
      breakAt(RING, ring("let mut seen ="), { condition }),
    );
    let { threadId } = await client.stopped();
    await clear(client, RING);
    const harts = new Set<number>([threadId]);
    const rounds: number[][] = [];
    for (let steps = 0; rounds.length < 7; steps += 1) {
      expect(steps).toBeLessThan(100);
      const stop = await client.go("next", { threadId });
      expect(stop.reason).toBe("step");
      threadId = stop.threadId;
      harts.add(threadId);
      const [frame] = await client.frames(threadId);
      expect(frame.source.name).toBe("ring.rs");
      expect(frame.name).toContain("pass");
      const { result } = await client.request("evaluate", { expression: "coroutine" });
      expect(result).toBe("4");
      if (frame.line === loop) rounds.push([]);
      else rounds.at(-1)?.push(frame.line);
    }
    // Each round begins with the await, and goes on below it after the token has come.
    const [first, last] = [ring("inbox.receive().await"), ring("None => {}") + 2];
    for (const round of rounds.slice(0, -1)) {
      expect(round[0]).toBe(first);
      expect(round.length).toBeGreaterThan(1);
      for (const line of round.slice(1)) {
        expect(line).toBeGreaterThan(first);
        expect(line).toBeLessThan(last);
      }
    }
    expect(harts.size).toBeGreaterThan(1);
    client.close();
  });

  it("goes through nested awaits: into, over, out", async () => {
    const client = new Client();
    const outer = lineOf(FAULTS, "async fn outer");
    await client.launch({ append: "workload=panic" }, async () => {
      await breakAt(FAULTS, outer + 1)(client);
      await client.request("setExceptionBreakpoints", { filters: [] });
    });
    let { threadId } = await client.stopped();
    await clear(client, FAULTS);
    const where: string[] = [];
    const step = async (command: string) => {
      const stop = await client.go(command, { threadId });
      threadId = stop.threadId;
      where.push(`${command}: ${await client.where(threadId)}`);
    };
    await step("next"); // The sleep is over, its coroutine perhaps on another hart.
    expect(where.at(-1)).toBe(`next: faults.rs:${outer + 2} faults::outer (async)`);
    await step("stepIn");
    expect(where.at(-1)).toMatch(/stepIn: faults.rs:\d+ faults::inner \(async\)/);
    client.close();
  });

  it("goes into calls, and out of them again", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring" }, (c) =>
      c.request("setFunctionBreakpoints", { breakpoints: [{ name: "executor::spawn" }] }),
    );
    const { threadId } = await client.stopped();
    const before = await client.frames(threadId);
    const out = await client.go("stepOut", { threadId });
    expect(out.reason).toBe("step");
    const after = await client.frames(threadId);
    // The caller of what spawn was inlined into or called from.
    const callers = before.map(({ name }: Body) => name);
    expect(callers.slice(1)).toContain(after[0].name);
    expect(after.length).toBeLessThan(before.length);
    client.close();
  });
});

describe("by instruction", () => {
  it("executes exactly one instruction of the hart", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring" }, breakAt(RING, ring("let mut seen =")));
    const { threadId } = await client.stopped();
    await clear(client, RING);
    for (let n = 0; n < 10; n += 1) {
      const before = (await harts(client))[threadId - 1].instructions;
      await client.go("stepIn", { threadId, granularity: "instruction" });
      expect((await harts(client))[threadId - 1].instructions).toBe(before + 1);
    }
    client.close();
  });
});

describe("one hart alone", () => {
  for (const granularity of ["line", "statement", "instruction"]) {
    it(`leaves all others where they are, by ${granularity}`, async () => {
      const client = new Client();
      await client.launch(
        { append: "workload=ring", seed: 3, schedule: "random" },
        breakAt(RING, ring("inbox.receive().await"), { hitCondition: "9" }),
      );
      const { threadId } = await client.stopped();
      await clear(client, RING);
      const before = await harts(client);
      for (let n = 0; n < 3; n += 1) {
        const stop = await client.go("asyncos/stepHart", { threadId, granularity, kind: "into" });
        expect(stop).toMatchObject({ reason: "step", threadId });
      }
      const after = await harts(client);
      for (const hart of after) {
        const was = before[hart.id];
        if (hart.threadId === threadId) expect(hart.instructions).toBeGreaterThan(was.instructions);
        else expect(hart).toMatchObject({ pc: was.pc, instructions: was.instructions });
      }
      client.close();
    });
  }

  it("runs to its next breakpoint while the others stand still", async () => {
    const client = new Client();
    const line = ring("seen[token.number] += 1");
    // Coroutines run on one hart, and the other holds no lock that they need.
    await client.launch({ append: "workload=ring roles=split", harts: 2 }, breakAt(RING, line));
    const { threadId } = await client.stopped();
    const before = await harts(client);
    const stop = await client.go("asyncos/runHart", { threadId });
    expect(stop.threadId).toBe(threadId);
    for (const hart of await harts(client)) {
      if (hart.threadId !== threadId) expect(hart).toEqual(before[hart.id]);
    }
    client.close();
  });

  it("says so when it does not get anywhere", async () => {
    const client = new Client();
    await client.launch({ append: "workload=spin" });
    // The spinning hart never comes to another line.
    let where = "";
    for (let tries = 0; !where.includes("spin"); tries += 1) {
      expect(tries).toBeLessThan(100);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await client.request("pause", { threadId: 1 });
      await client.stopped();
      for (let id = 1; id <= 4; id += 1) {
        where = await client.where(id);
        if (!where.includes("faults::spin")) continue;
        const stop = await client.go("asyncos/stepHart", { threadId: id });
        expect(stop).toMatchObject({ reason: "pause", threadId: id });
        expect(stop.description).toBe("Limit reached");
        expect(stop.text).toMatch(/20,000,000 instructions alone/);
        expect(client.debugConsole).toContain(stop.text);
        client.close();
        return;
      }
      await client.request("continue", { threadId: 1 });
    }
  });

  it("does not run a frozen hart", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring" }, breakAt(RING, ring("let mut seen =")));
    const { threadId } = await client.stopped();
    await clear(client, RING);
    const others = [1, 2, 3, 4].filter((id) => id !== threadId);
    await client.request("asyncos/freeze", { threadIds: others });
    const before = await harts(client);
    expect(before.filter(({ frozen }) => frozen)).toHaveLength(3);
    await client.go("next", { threadId });
    const after = await harts(client);
    for (const id of others) expect(after[id - 1].instructions).toBe(before[id - 1].instructions);
    await expect(client.request("next", { threadId: others[0] })).rejects.toThrow("frozen");
    await client.request("asyncos/thaw", { threadIds: others });
    expect((await harts(client)).some(({ frozen }) => frozen)).toBe(false);
    client.close();
  });
});

describe("interrupted steps", () => {
  it("keeps the focus and says what happened", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring" }, breakAt(RING, ring("let mut seen =")));
    const { threadId } = await client.stopped();
    await clear(client, RING);
    await client.request("setExceptionBreakpoints", {
      filterOptions: [{ filterId: "wake", condition: `hart != ${threadId - 1}` }],
    });
    // Out of a coroutine that waits for a token: somebody else's wake comes first.
    await client.request("stepOut", { threadId });
    const first = await client.event("stopped");
    const last = await client.event("stopped");
    expect(first.body).toMatchObject({ reason: "exception", preserveFocusHint: true });
    expect(first.body.threadId).not.toBe(threadId);
    expect([first.body.allThreadsStopped, last.body.allThreadsStopped]).toEqual([true, false]);
    expect(last.body).toMatchObject({ threadId, reason: "pause" });
    expect(last.body.description).toBe("Step interrupted");
    expect(last.body.text).toMatch(/^Step interrupted: wake of coroutine \d+ .*\(hart \d\)/);
    client.close();
  });
});
