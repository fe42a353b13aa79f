/** What a stop shows and lets change: locals, expressions, registers, memory, code, threads. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KERNEL, open } from "../symbols/images.ts";
import { type Body, Client, lineOf, sources } from "./support.ts";

const RING = "src/workload/ring.rs";
const at = lineOf(RING, "seen[token.number] += 1");

let client: Client;
let threadId: number;
let frameId: number;

const evaluate = async (expression: string, context = "watch"): Promise<Body> =>
  client.request("evaluate", { expression, frameId, context });

beforeAll(async () => {
  client = new Client();
  await client.launch({ append: "workload=ring" }, (c) =>
    c.request("setBreakpoints", {
      source: { path: join(sources, RING) },
      breakpoints: [{ line: at, condition: "seen[2] == 7" }],
    }),
  );
  ({ threadId } = await client.stopped());
  frameId = (await client.frames(threadId))[0].id;
});
afterAll(() => client.close());

describe("values", () => {
  it("shows the locals of a coroutine that runs", async () => {
    const locals = await client.locals(frameId);
    expect(locals).toMatchObject({ rounds: "50" });
    expect(Object.keys(locals)).toEqual(expect.arrayContaining(["inbox", "outbox", "seen"]));
  });

  it("evaluates expressions, with the names of scheduling", async () => {
    expect((await evaluate("seen[2]")).result).toBe("7");
    expect((await evaluate("rounds * 2 + 1")).result).toBe("101");
    expect((await evaluate("hart")).result).toBe(String(threadId - 1));
    expect(Number((await evaluate("coroutine")).result)).toBeGreaterThan(0);
    await expect(evaluate("nonsense")).rejects.toThrow("nonsense");
    await expect(evaluate("1 +")).rejects.toThrow("column");
    await expect(evaluate("")).rejects.toThrow();
  });

  it("pages the elements of an array", async () => {
    const array = await evaluate("seen");
    expect(array.indexedVariables).toBe(4);
    const page = async (start: number, count: number): Promise<string[]> => {
      const { variables } = await client.request("variables", {
        variablesReference: array.variablesReference,
        filter: "indexed",
        start,
        count,
      });
      return variables.map(({ name }: Body) => name);
    };
    expect(await page(1, 2)).toEqual(["[1]", "[2]"]);
    expect(await page(3, 5)).toEqual(["[3]"]);
    expect(await page(4, 5)).toEqual([]);
  });

  it("writes variables and registers", async () => {
    const array = await evaluate("seen");
    const set = (name: string, value: string, variablesReference: number) =>
      client.request("setVariable", { variablesReference, name, value });
    const old = (await evaluate("seen[2]")).result;
    expect((await set("[2]", "7", array.variablesReference)).value).toBe("7");
    expect((await evaluate("seen[2]")).result).toBe("7");
    const written = await client.event("memory");
    expect(written.body).toEqual({
      memoryReference: (await evaluate("seen[2]")).memoryReference,
      offset: 0,
      count: 8,
    });
    await set("[2]", old, (await evaluate("seen")).variablesReference);
    await expect(set("[9]", "7", array.variablesReference)).rejects.toThrow("no [9]");
    await expect(set("[2]", "seven", array.variablesReference)).rejects.toThrow();

    const { scopes } = await client.request("scopes", { frameId });
    const registers = scopes[1].variablesReference;
    const t6 = async (): Promise<string> =>
      (await client.request("variables", { variablesReference: registers })).variables.find(
        ({ name }: Body) => name === "t6",
      ).value;
    const before = await t6();
    await set("t6", "-2", registers);
    expect(await t6()).toBe("0xfffffffffffffffe");
    await set("t6", before, registers);
    await expect(set("t6", "many", registers)).rejects.toThrow('"many" is not a whole number');
    await expect(set("pc", "0", registers)).rejects.toThrow("cannot be changed");
  });

  it("sets what an expression stands for", async () => {
    const set = (expression: string, value: string) =>
      client.request("setExpression", { expression, value, frameId });
    const { result } = await evaluate("seen[2]");
    expect(await set("seen[2]", "12")).toMatchObject({ value: "12", type: "usize" });
    expect((await evaluate("seen[2]")).result).toBe("12");
    await set("seen[2]", result);
    await expect(set("seen[2] + 1", "3")).rejects.toThrow("cannot be changed");
    await expect(set("no_such", "3")).rejects.toThrow("no_such");
  });

  it.each([
    [".", ".pin", 0],
    [".un", ".unpin", 0],
    ["", "rounds", 0],
    ["rounds > ro", "rounds", 9],
    ["cor", "coroutine", 0],
    ["$s", "$sp", 0],
    ["1 + $s", "$sp", 4],
    ["EXECU", "executor::EXECUTOR", 0],
    ["executor::EX", "executor::EXECUTOR", 0],
    ["executor::EXECUTOR.ta", "tasks", 19],
    ["outbox.", "0", 7],
  ])("offers, after `%s`, `%s`", async (text, label, start) => {
    const { targets } = await client.request("completions", {
      text,
      column: text.length + 1,
      frameId,
    });
    const found = targets.find((each: Body) => each.label === label);
    expect(found ?? targets).toMatchObject({ start: start + 1, length: text.length - start });
  });

  it("offers nothing where nothing can be known", async () => {
    for (const text of ["no_such.", "ring::nowhere::A", "rounds.", "(", "1."]) {
      const { targets } = await client.request("completions", { text, column: text.length + 1 });
      expect(targets.filter(({ type }: Body) => type !== "keyword").length, text).toBeLessThan(
        text === "(" ? 20 : 1,
      );
    }
  });

  it("shows control registers as the hart has them", async () => {
    const { scopes } = await client.request("scopes", { frameId });
    expect(scopes.map(({ name }: Body) => name)).toEqual([
      "Locals",
      "Registers",
      "Float registers",
      "CSRs",
    ]);
    const { variables } = await client.request("variables", {
      variablesReference: scopes[3].variablesReference,
    });
    const floats = await client.request("variables", {
      variablesReference: scopes[2].variablesReference,
    });
    expect(floats.variables).toHaveLength(32);
    expect(floats.variables[10]).toMatchObject({ name: "fa0", value: "0 (0x0)", type: "f64" });
    const csr = new Map(variables.map(({ name, value }: Body) => [name, value]));
    // Sv39: mode 8 in the top four bits.
    expect(csr.get("satp")).toMatch(/^0x8[0-9a-f]{15} \(MODE=Sv39, PPN=0x[0-9a-f]+\)$/);
  });

  it("tells a frame or reference of an earlier stop apart", async () => {
    await expect(client.request("scopes", { frameId: 987_654 })).rejects.toThrow("earlier stop");
    await expect(client.request("variables", { variablesReference: 987_654 })).rejects.toThrow(
      "earlier stop",
    );
  });
});

describe("memory and code", () => {
  it("reads what it wrote, and says what cannot be read", async () => {
    const { memoryReference } = await evaluate("seen");
    const read = () => client.request("readMemory", { memoryReference, count: 8 });
    const before = (await read()).data;
    const data = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).toString("base64");
    expect(await client.request("writeMemory", { memoryReference, data })).toEqual({
      bytesWritten: 8,
    });
    expect((await read()).data).toBe(data);
    expect((await evaluate("seen[0]")).result).toBe(String(0x0807060504030201n));
    await client.request("writeMemory", { memoryReference, data: before });
    // Values are others, the stacks are not: an editor keeps its focus.
    const told = (event: string) => client.events.filter((each) => each.event === event);
    expect(told("invalidated").at(-1)?.body).toEqual({ areas: ["variables"] });
    expect(told("memory").at(-1)?.body).toEqual({ memoryReference, offset: 0, count: 8 });

    const nowhere = { memoryReference: "0x10", count: 32 };
    expect(await client.request("readMemory", nowhere)).toEqual({
      address: "0x10",
      unreadableBytes: 32,
    });
    await expect(client.request("writeMemory", { ...nowhere, data })).rejects.toThrow("0x10");
    await expect(client.request("writeMemory", { memoryReference, data: "*" })).rejects.toThrow(
      "base64",
    );
    await expect(
      client.request("readMemory", { memoryReference: "here", count: 1 }),
    ).rejects.toThrow('"here" is not an address');
  });

  it("tells of other stacks when a stack was written to", async () => {
    client.events.length = 0;
    const frames = await client.frames(threadId);
    const { scopes } = await client.request("scopes", { frameId: frames[0].id });
    const { variables } = await client.request("variables", {
      variablesReference: scopes[1].variablesReference,
    });
    const { memoryReference } = variables.find(({ name }: Body) => name === "sp");
    const count = 1024;
    const { data } = await client.request("readMemory", { memoryReference, count });
    const zeros = Buffer.alloc(count).toString("base64");
    await client.request("writeMemory", { memoryReference, data: zeros });
    expect((await client.event("invalidated")).body).toEqual({ areas: ["all"] });
    expect((await client.frames(threadId)).length).toBeLessThan(frames.length);
    await client.request("writeMemory", { memoryReference, data });
    expect((await client.event("invalidated")).body).toEqual({ areas: ["all"] });
    expect((await client.frames(threadId)).length).toBe(frames.length);
  });

  it("disassembles around the pc, both ways, in step with the instructions", async () => {
    const [frame] = await client.frames(threadId);
    const memoryReference = frame.instructionPointerReference;
    const list = async (instructionOffset: number, instructionCount: number): Promise<Body[]> =>
      (
        await client.request("disassemble", {
          memoryReference,
          instructionOffset,
          instructionCount,
        })
      ).instructions;
    const around = await list(-20, 50);
    expect(around).toHaveLength(50);
    expect(around[20].address).toBe(memoryReference);
    for (const [index, { address, instructionBytes }] of around.entries()) {
      const next = around[index + 1];
      if (!next) continue;
      const length = instructionBytes.split(" ").length;
      expect(BigInt(next.address)).toBe(BigInt(address) + BigInt(length));
    }
    expect(await list(-20, 5)).toMatchObject(
      around.slice(0, 5).map(({ address }) => ({ address })),
    );
    expect((await list(10, 3))[0].address).toBe(around[30].address);
    expect(around.some(({ location, line }) => location && line === at)).toBe(true);
    // From the head of the kernel into what is not code, and where nothing is mapped.
    const wide = await list(-10_000, 3);
    expect(wide).toHaveLength(3);
    const { instructions } = await client.request("disassemble", {
      memoryReference: "0x0",
      instructionOffset: -3,
      instructionCount: 6,
    });
    expect(instructions).toHaveLength(6);
    expect(instructions.every(({ instruction }: Body) => instruction === "??")).toBe(true);
  });
});

describe("threads and sources", () => {
  it("lists harts first, then threads that no hart runs", async () => {
    const { threads } = await client.request("threads");
    expect(threads.slice(0, 4).map(({ id }: Body) => id)).toEqual([1, 2, 3, 4]);
    expect(threads[threadId - 1].name).toMatch(
      /^hart \d: running, thread .*coroutine \d+ ring::pass/,
    );
    const rest = threads.slice(4);
    expect(rest.length).toBeGreaterThan(0);
    for (const { id } of rest) {
      expect(id).toBeGreaterThanOrEqual(10_000);
      const { stackFrames, totalFrames } = await client.request("stackTrace", { threadId: id });
      expect(totalFrames).toBe(stackFrames.length);
      expect(totalFrames).toBeGreaterThan(0);
    }
    await expect(client.request("stackTrace", { threadId: 77 })).rejects.toThrow("no thread 77");
  });

  it("pages a stack", async () => {
    const all = await client.request("stackTrace", { threadId });
    const part = await client.request("stackTrace", { threadId, startFrame: 2, levels: 3 });
    expect(part.totalFrames).toBe(all.totalFrames);
    expect(part.stackFrames.map(({ name }: Body) => name)).toEqual(
      all.stackFrames.slice(2, 5).map(({ name }: Body) => name),
    );
  });

  it("pins a coroutine among the threads, with its await stack", async () => {
    const { coroutines } = await client.request("asyncos/coroutines", { filter: "state:waiting" });
    const { id } = coroutines.find(({ name }: Body) => name === "ring::pass");
    await client.request("evaluate", { expression: `.pin ${id}`, context: "repl" });
    expect(await client.stopped()).toMatchObject({ reason: "focus", preserveFocusHint: true });
    const { threads } = await client.request("threads");
    expect(threads.at(-1)).toMatchObject({ id: 1_000_000 + id });
    const frames = await client.frames(1_000_000 + id);
    expect(frames.at(-1)).toMatchObject({ presentationHint: "label", name: "spawned at" });
    const pass = frames.find(({ name }) => name === "ring::pass");
    expect(pass.line).toBe(lineOf(RING, "inbox.receive().await"));
    expect(await client.locals(pass.id)).toMatchObject({ rounds: "50" });
    const { result } = await client.request("evaluate", {
      expression: "rounds + 1",
      frameId: pass.id,
    });
    expect(result).toBe("51");
    await client.request("evaluate", { expression: `.unpin ${id}`, context: "repl" });
    const row = coroutines.find((coroutine: Body) => coroutine.id === id);
    expect(row.spawnedAt).toEqual({
      path: join(sources, RING),
      line: lineOf(RING, "handles.push(executor::spawn("),
    });
  });

  it("says where it looked for a source that is not here", async () => {
    const { sources: list } = await client.request("loadedSources");
    expect(list.some(({ path }: Body) => path === join(sources, RING))).toBe(true);
    const missing = list.find(({ sourceReference }: Body) => sourceReference);
    await expect(client.request("source", { source: missing, sourceReference: 0 })).rejects.toThrow(
      /is not on this host. Looked for:\n {2}\/.*\n.*sourceMap/,
    );
  });
});

describe("data breakpoints", () => {
  it("stops at the write, with old and new value", async () => {
    const { dataId, description } = await client.request("dataBreakpointInfo", {
      name: "seen",
      frameId,
    });
    expect(description).toMatch(/^seen \(32 bytes at 0x/);
    const { breakpoints } = await client.request("setDataBreakpoints", {
      breakpoints: [{ dataId, accessType: "write" }],
    });
    expect(breakpoints).toMatchObject([{ verified: true }]);
    await client.request("setBreakpoints", {
      source: { path: join(sources, RING) },
      breakpoints: [],
    });
    const stop = await client.go("continue", { threadId });
    expect(stop.reason).toBe("data breakpoint");
    expect(stop.hitBreakpointIds).toEqual([breakpoints[0].id]);
    expect(stop.description).toBe("Seen written");
    expect(stop.text).toMatch(/^Seen.* written: 0x[0-9a-f]+ -> 0x[0-9a-f]+$/i);
    await client.request("setDataBreakpoints", { breakpoints: [] });
  });

  it("refuses what is not in memory, and ids it did not give", async () => {
    const { stackFrames } = await client.request("stackTrace", { threadId });
    const info = await client.request("dataBreakpointInfo", {
      name: "1 + 1",
      frameId: stackFrames[0].id,
    });
    expect(info).toEqual({ dataId: null, description: "1 + 1 is not in memory." });
    await expect(
      client.request("setDataBreakpoints", { breakpoints: [{ dataId: "x" }] }),
    ).rejects.toThrow("not an id");
  });
});

describe("CSRs, modules and processes", () => {
  it("CSRs open into fields with what they mean", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring", stopOnEntry: true });
    const { threadId } = await client.stopped();
    const [frame] = await client.frames(threadId);
    const { scopes } = await client.request("scopes", { frameId: frame.id });
    const { variablesReference } = scopes.find(({ name }: Body) => name === "CSRs");
    const { variables } = await client.request("variables", { variablesReference });
    const satp = variables.find(({ name }: Body) => name === "satp");
    const fields = await client.request("variables", {
      variablesReference: satp.variablesReference,
    });
    const raw = BigInt(satp.value.split(" ")[0]);
    expect(fields.variables.map(({ name, value }: Body) => [name, value.split(" ")[0]])).toEqual([
      ["MODE", String(raw >> 60n)],
      ["ASID", `0x${((raw >> 44n) & 0xffffn).toString(16)}`],
      ["PPN", `0x${(raw & 0xfff_ffff_ffffn).toString(16)}`],
    ]);
    const { modules } = await client.request("modules");
    const [kernel] = (await client.request("asyncos/modules")).modules;
    expect(modules[0].addressRange).toBe(`${kernel.ranges[0].start} - ${kernel.ranges.at(-1).end}`);
    expect(kernel).toMatchObject({ name: "asyncos-kernel.elf", user: false, processes: [] });
    // Where the linker script puts the kernel, and executable first.
    expect(kernel.ranges[0]).toMatchObject({ start: "0x80200000", flags: "r-x" });
    expect(await client.request("asyncos/processes")).toEqual({ processes: [] });
    client.close();
  });
});

/** The first instruction of an async fn's body. */
const bodyOf = (name: string): bigint => {
  const [body] = open(KERNEL!).functionsNamed(`${name}::{async_fn#0}`);
  return body!.entry;
};

describe("where an async fn begins", () => {
  it("stops where its arguments are in their places, and guesses none before", async () => {
    const PRIORITIES = "src/workload/priorities.rs";
    const line = lineOf(PRIORITIES, "async fn alarm(");
    const fresh = new Client();
    try {
      await fresh.launch({ append: "workload=priorities" }, (c) =>
        c.request("setBreakpoints", {
          source: { path: join(sources, PRIORITIES) },
          breakpoints: [{ line }],
        }),
      );
      const stop = await fresh.stopped();
      const [frame] = await fresh.frames(stop.threadId);
      expect(frame).toMatchObject({ name: "priorities::alarm (async)", line });
      // An `Arc<AtomicBool>` that nobody has set.
      expect(await fresh.locals(frame.id)).toEqual({ stop: "0" });

      // At its entry a register holds the coroutine, and the argument's slot in it holds nothing yet.
      await fresh.request("setInstructionBreakpoints", {
        breakpoints: [{ instructionReference: `0x${bodyOf("priorities::alarm").toString(16)}` }],
      });
      await fresh.request("continue", { threadId: stop.threadId });
      const second = await fresh.stopped();
      const [entry] = await fresh.frames(second.threadId);
      expect(entry).toMatchObject({ name: "priorities::alarm (async)", line });
      expect(await fresh.locals(entry.id)).toEqual({ stop: "<optimised out>" });
    } finally {
      await fresh.close();
    }
  });
});
