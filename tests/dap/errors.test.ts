/** What goes wrong, by the guest, by the user, by a file: each is told, and the adapter lives on. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../scratch.ts";
import { type Body, Client, kernel, lineOf, sources } from "./support.ts";

const folder = scratch();

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const image = readFileSync(kernel);
const patched = (change: (view: DataView) => void): Uint8Array => {
  const copy = new Uint8Array(image);
  change(new DataView(copy.buffer));
  return copy;
};
/** Fields of the ELF header (System V ABI): e_machine, e_shoff, e_shnum and e_shstrndx. */
const otherMachine = patched((view) => view.setUint16(18, 62, true));
const withoutSections = patched((view) => {
  view.setBigUint64(40, 0n, true);
  view.setUint16(60, 0, true);
  view.setUint16(62, 0, true);
});

describe("a launch that cannot be", () => {
  const client = new Client();
  const check = (what: string, options: () => object, message: RegExp) =>
    it(what, async () => {
      await expect(client.request("launch", options())).rejects.toThrow(message);
    });
  check("missing file", () => ({ program: join(folder, "none.elf") }), /none\.elf.*no such file/);
  check("empty file", () => ({ program: file("empty.elf", "") }), /empty\.elf/);
  check("not an ELF", () => ({ program: file("text.elf", "Hello\n".repeat(99)) }), /text\.elf/);
  check("truncated", () => ({ program: file("cut.elf", image.subarray(0, 5000)) }), /cut\.elf/);
  check(
    "for x86",
    () => ({ program: file("x86.elf", otherMachine) }),
    /x86\.elf.*(RISC-V|machine)/i,
  );
  check("bad JSON", () => ({ profile: file("bad.json", "{") }), /bad\.json/);
  check("no profile", () => ({ profile: file("odd.json", '{"name": 7}') }), /odd\.json.*name/);
  check("missing profile", () => ({ profile: join(folder, "no.json") }), /no\.json.*no such file/);
  check("unknown option", () => ({ harst: 4 }), /no launch option "harst"\. Did you mean "harts"/);
  check("wrong type", () => ({ harts: "four" }), /"harts" must be .* not "four"/);
  check("symbols", () => ({ symbolFiles: [file("s.elf", "x")] }), /s\.elf/);

  it("leaves the session as it was: the next launch runs", async () => {
    await client.launch({ harts: 1, append: "workload=ring" });
    expect((await client.event("exited")).body).toEqual({ exitCode: 0 });
    expect(client.logged).toEqual([]);
    client.close();
  });
});

describe("an ELF without sections", () => {
  it("is debugged by instruction, and says what is missing", async () => {
    const client = new Client();
    await client.launch({ program: file("bare.elf", withoutSections), stopOnEntry: true });
    await client.stopped();
    expect(client.debugConsole).toMatch(/bare\.elf: .*(section|symbol|debug)/i);
    expect(client.debugConsole).toMatch(/No profile matches bare\.elf/);
    const pc = async () => (await client.frames(1))[0].instructionPointerReference;
    const first = await pc();
    const { instructions } = await client.request("disassemble", {
      memoryReference: first,
      instructionCount: 2,
    });
    for (const command of ["next", "stepIn"]) {
      expect((await client.go(command, { threadId: 1 })).reason).toBe("step");
    }
    expect(await pc()).not.toBe(first);
    expect(instructions[0].instruction).not.toBe("??");
    const { breakpoints } = await client.request("setBreakpoints", {
      source: { path: "/x/main.rs" },
      breakpoints: [{ line: 1 }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: false, reason: "failed" });
    expect(breakpoints[0].message).toMatch(/bare\.elf has no code from \/x\/main\.rs/);
    client.close();
  });
});

describe("a guest gone wrong", () => {
  const frames = async (client: Client, threadId: number): Promise<string> =>
    (await client.frames(threadId)).map(({ name, line }: Body) => `${name}:${line}`).join(" < ");

  it("panics: stops there, then ends with its code", async () => {
    const client = new Client();
    await client.launch({ append: "workload=panic" });
    const stop = await client.stopped();
    expect(stop).toMatchObject({ reason: "exception" });
    expect(stop).toMatchObject({ description: "Panic" });
    expect(stop.text).toMatch(/^Panic on hart \d/);
    const line = lineOf("src/workload/faults.rs", 'panic!("on purpose")');
    expect(await frames(client, stop.threadId)).toContain(`faults::panic (closure):${line}`);
    const info = await client.request("exceptionInfo", { threadId: stop.threadId });
    expect(info).toMatchObject({ exceptionId: "panic", breakMode: "always" });
    await client.request("continue", { threadId: 1 });
    expect((await client.event("exited")).body).toEqual({ exitCode: 1 });
    await client.event("terminated");
    expect(client.console).toContain("on purpose");
    await expect(client.request("continue", { threadId: 1 })).rejects.toThrow("has exited");
    client.close();
  });

  it("jumps to nowhere: can be stopped at the trap", async () => {
    const client = new Client();
    await client.launch({ append: "workload=wild" }, (c) =>
      c.request("setExceptionBreakpoints", { filters: ["trap"] }),
    );
    const stop = await client.stopped();
    expect(stop.events[0]).toMatchObject({ kind: "trap" });
    expect((await client.frames(stop.threadId)).length).toBeGreaterThan(0);
    client.close();
  });

  it("spins for ever: pauses within 100 ms", async () => {
    const client = new Client();
    await client.launch({ append: "workload=spin" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const asked = performance.now();
    await client.request("pause", { threadId: 1 });
    const stop = await client.stopped();
    expect(performance.now() - asked).toBeLessThan(100);
    expect(stop).toMatchObject({ reason: "pause", description: "Paused" });
    const stacks = await Promise.all([1, 2, 3, 4].map((id) => frames(client, id)));
    expect(stacks.join("\n")).toContain("faults::spin");
    client.close();
  });
});

describe("requests out of place", () => {
  it("before launch", async () => {
    const client = new Client();
    for (const command of ["continue", "stackTrace", "asyncos/harts", "evaluate"]) {
      await expect(client.request(command, { threadId: 1, expression: "1" })).rejects.toThrow(
        "send `launch` first",
      );
    }
    expect(await client.request("threads")).toEqual({ threads: [] });
    await expect(client.request("bogus")).rejects.toThrow('"bogus" is not supported');
    await expect(client.request("constructor")).rejects.toThrow("not supported");
    await expect(client.request("stackTrace", { threadId: "x" })).rejects.toThrow();
    await expect(client.request("attach", {})).rejects.toThrow("No other machine runs here");
    client.close();
  });

  it("while running: harts, events, machine and console input only", async () => {
    const client = new Client();
    await client.launch({ append: "workload=spin" });
    for (const command of ["asyncos/harts", "asyncos/events", "asyncos/machine", "threads"]) {
      await client.request(command);
    }
    await client.request("evaluate", { expression: ".input hello", context: "repl" });
    for (const command of ["asyncos/threads", "asyncos/coroutines", "asyncos/bitmaps", "next"]) {
      await expect(client.request(command, { threadId: 1 })).rejects.toThrow("is running: pause");
    }
    await expect(client.request("evaluate", { expression: "1" })).rejects.toThrow("is running");
    await client.request("terminate");
    await client.event("terminated");
    await client.request("disconnect");
    client.close();
  });

  it("restarts with the breakpoints that are set", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring" }, (c) =>
      c.request("setFunctionBreakpoints", { breakpoints: [{ name: "ring::pass" }] }),
    );
    await client.stopped();
    const first = await client.request("asyncos/machine");
    await client.go("continue", { threadId: 1 });
    await client.request("restart");
    await client.stopped();
    expect(await client.request("asyncos/machine")).toEqual(first);
    expect(client.logged).toEqual([]);
    client.close();
  });
});

describe("breakpoints", () => {
  const RING = join(sources, "src/workload/ring.rs");
  const line = lineOf("src/workload/ring.rs", "seen[token.number] += 1");

  it("are pending before launch, and take hold with it", async () => {
    const client = new Client();
    await client.request("initialize", {});
    const { breakpoints } = await client.request("setBreakpoints", {
      source: { path: RING },
      breakpoints: [{ line }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: false, reason: "pending" });
    await client.request("launch", { append: "workload=ring" });
    const changed = await client.event("breakpoint");
    expect(changed.body).toMatchObject({
      reason: "changed",
      breakpoint: { id: breakpoints[0].id, verified: true, line },
    });
    await client.request("configurationDone");
    expect((await client.stopped()).hitBreakpointIds).toEqual([breakpoints[0].id]);
    client.close();
  });

  it("count hits, log, move to code, and are told apart when they stop together", async () => {
    const client = new Client();
    let set: Body[] = [];
    await client.launch({ append: "workload=ring coroutines=4 rounds=4" }, async (c) => {
      ({ breakpoints: set } = await c.request("setBreakpoints", {
        source: { path: RING },
        breakpoints: [
          { line, hitCondition: "% 20" },
          { line, logMessage: "coroutine {coroutine}: \\{{rounds}\\}" },
          { line: line - 1 },
          { line: 1, condition: "1 ==" },
          { line, condition: "nonsense == 1" },
          { line: 99_999 },
        ],
      }));
    });
    expect(set.map(({ verified }) => verified)).toEqual([true, true, true, false, true, false]);
    expect(set[2].line).toBe(line);
    expect(set[3].message).toContain("column");
    expect(set[5].message).toContain("No code was generated for line 99999");
    await client.request("setBreakpoints", {
      source: { path: RING },
      breakpoints: [
        { line, hitCondition: "% 20" },
        { line, logMessage: "coroutine {coroutine}: \\{{rounds}\\}" },
        { line, condition: "nonsense == 1" },
      ],
    });
    let stops = 0;
    for (;;) {
      const event = await client.event("stopped", "exited");
      if (event.event === "exited") break;
      stops += 1;
      expect(event.body.hitBreakpointIds).toContain(set[0].id);
      await client.request("continue", { threadId: 1 });
    }
    // 4 tokens, 4 places, 4 rounds: the kernel prints as many hops.
    expect(client.console).toContain("hops=64");
    const logged = client.debugConsole.match(/^coroutine [2-5]: \{4\}$/gm) ?? [];
    expect(logged).toHaveLength(64);
    expect(stops).toBe(3);
    expect(client.debugConsole).toMatch(/`nonsense == 1` cannot be told .*nonsense/);
    client.close();
  });

  it("stop in inlined code, as the function that was inlined", async () => {
    const client = new Client();
    const sleep = lineOf("src/future/sleep.rs", "timer::milliseconds");
    await client.launch({ append: "workload=panic" }, (c) =>
      c.request("setBreakpoints", {
        source: { path: join(sources, "src/future/sleep.rs") },
        breakpoints: [{ line: sleep }],
      }),
    );
    const names: string[] = [];
    for (let n = 0; n < 2; n += 1) {
      const { threadId } = await client.stopped();
      const [inner, outer] = await client.frames(threadId);
      expect(inner).toMatchObject({ line: sleep, name: "sleep::sleep" });
      names.push(outer.name);
      await client.request("continue", { threadId });
    }
    expect(names).toEqual(["faults::outer (async)", "faults::inner (async)"]);
    client.close();
  });

  it("are set at an instruction, and refused where none can be", async () => {
    const client = new Client();
    await client.launch({ append: "workload=ring", stopOnEntry: true });
    await client.stopped();
    const [frame] = await client.frames(1);
    const { instructions } = await client.request("disassemble", {
      memoryReference: frame.instructionPointerReference,
      instructionCount: 6,
    });
    const { breakpoints } = await client.request("setInstructionBreakpoints", {
      breakpoints: [
        { instructionReference: instructions[3].address },
        { instructionReference: instructions[3].address, offset: 1 },
      ],
    });
    expect(breakpoints).toMatchObject([{ verified: true }, { verified: false }]);
    expect(breakpoints[1].message).toContain("odd");
    const stop = await client.go("continue", { threadId: 1 });
    expect(stop).toMatchObject({ reason: "instruction breakpoint" });
    expect((await client.frames(1))[0].instructionPointerReference).toBe(instructions[3].address);
    client.close();
  });
});
