/** Kernel and user programs in one session: breakpoints in both, user coroutines with their stacks. */
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type Body, Client, lineOf, sources } from "./support.ts";

const NESTED = "user/programs/src/bin/nested.rs";
const APPEND = "workload=run program=nested";

let client: Client;
afterEach(() => client.close());

const breakAt = (file: string, text: string) =>
  client.request("setBreakpoints", {
    source: { path: join(sources, file) },
    breakpoints: [{ line: lineOf(file, text) }],
  });

it("stops in a user coroutine, with its locals, and shows another that waits", async () => {
  client = new Client();
  await client.launch({ append: APPEND, harts: 2 }, () => breakAt(NESTED, "shared.gate.set();"));
  const { threadId } = await client.stopped();
  expect(await client.where(threadId)).toMatch(/^nested\.rs:\d+ nested::main \(async\)/);
  const [frame] = await client.frames(threadId);
  expect(Object.keys(await client.locals(frame.id))).toContain("shared");

  const { coroutines, total } = await client.request("asyncos/coroutines", {
    filter: "process:1 state:waiting",
  });
  expect(total).toBe(4);
  const said = [...client.console.matchAll(/coroutine=(\d+) fn=nested::inner .*word=("\w+")/g)];
  expect(said).toHaveLength(4);
  for (const [, id, word] of said) {
    expect(coroutines.map((one: Body) => one.id)).toContain(`1:${id}`);
    const pinned = await client.request("asyncos/pin", { coroutine: `1:${id}`, pinned: true });
    const frames = await client.frames(pinned.threadId);
    const inner = frames.find(({ name }) => name.includes("nested::inner"))!;
    expect(inner.line).toBe(lineOf(NESTED, "shared.gate.wait().await;"));
    expect(frames.some(({ name }) => name.includes("nested::outer"))).toBe(true);
    expect((await client.locals(inner.id)).word).toBe(word);
  }
});

it("reads and watches the memory of a coroutine in its own process, whatever the hart in focus runs", async () => {
  client = new Client();
  const filterOptions = [{ filterId: "pending", condition: "process == 2" }];
  await client.launch({ append: "workload=run program=ring processes=2", harts: 2 }, () =>
    client.request("setExceptionBreakpoints", { filters: [], filterOptions }),
  );
  // Both have some that wait, each with what it holds.
  let coroutines: Body[] = [];
  for (
    const waits = (process: number) => coroutines.filter(({ id }) => id.startsWith(`${process}:`));
    ;
  ) {
    const { threadId } = await client.stopped();
    const filter = "process:1,2 state:waiting pass";
    ({ coroutines } = await client.request("asyncos/coroutines", { filter }));
    if (waits(1).length > 2 && waits(2).length > 2) break;
    await client.request("continue", { threadId });
  }
  let read = 0;
  /** By process: places in memory by the addresses that its code uses. */
  const found = new Map<string, Map<string, number>>();
  for (const { id } of coroutines) {
    const [process] = String(id).split(":") as [string];
    const { frames } = await client.request("asyncos/awaitStack", { coroutine: id });
    for (const { variablesReference } of frames.filter((each: Body) => each.variablesReference)) {
      const { variables } = await client.request("variables", { variablesReference });
      for (const { memoryReference, name, type, value } of variables) {
        if (memoryReference === undefined) continue;
        const [place, whose] = memoryReference.split("@");
        expect(whose, name).toBe(process);
        if (type === "usize") {
          const { data } = await client.request("readMemory", { memoryReference, count: 8 });
          expect(String(Buffer.from(data, "base64").readBigUInt64LE()), name).toBe(value);
          read++;
        }
        const { dataId } = await client.request("dataBreakpointInfo", { variablesReference, name });
        const places = found.get(process) ?? new Map<string, number>();
        found.set(process, places.set(place, JSON.parse(dataId)[0]));
      }
    }
  }
  expect([...found.keys()].sort()).toEqual(["1", "2"]);
  expect(read).toBeGreaterThan(0);
  const [first, second] = [...found.values()] as [Map<string, number>, Map<string, number>];
  // Both run the same program: the same address is another place in each.
  const same = [...first.keys()].filter((place) => second.has(place));
  expect(same.length).toBeGreaterThan(0);
  for (const place of same) expect(first.get(place)).not.toBe(second.get(place));
  // What the ELF asks for is mapped, with its rights; the programs' code is not the kernel's.
  const { modules } = await client.request("asyncos/modules");
  const program = modules.find(({ name }: Body) => name === "ring.elf");
  expect(program.ranges.length).toBeGreaterThan(1);
  for (const process of [1, 2]) {
    const { ranges, total } = await client.request("asyncos/addressSpace", { process });
    expect(total).toBe(ranges.length);
    for (const segment of program.ranges) {
      const start = BigInt(segment.start);
      const mapped = ranges.find(
        (range: Body) => BigInt(range.start) <= start && start < BigInt(range.end),
      );
      expect(mapped, segment.start).toMatchObject({ flags: segment.flags, user: true });
    }
    expect(ranges.some(({ user }: Body) => !user)).toBe(true);
  }
  await expect(
    client.request("readMemory", { memoryReference: "0x10@77", count: 8 }),
  ).rejects.toThrow("no process 77");
});

it("stops in the kernel for a system call, and in the program that made it", async () => {
  client = new Client();
  await client.launch({ append: APPEND, harts: 1 }, async () => {
    await breakAt("src/syscall/text.rs", 'println!("{text}");');
    await breakAt(NESTED, "shared.here.send(number);");
  });
  const where: string[] = [];
  for (let stop = 0; stop < 5; stop++) {
    const { threadId } = await client.stopped();
    where.push((await client.where(threadId)).replace(/:\d+/, ""));
    await client.request("continue", { threadId });
  }
  expect(where.map((place) => place.split(" ")[0])).toEqual([
    "text.rs",
    "text.rs",
    "nested.rs",
    "text.rs",
    "text.rs",
  ]);
});

it("stops in the code that all share, whoever runs it: the kernel, or a program", async () => {
  client = new Client();
  const shared = "scheduler/src/image/queues.rs";
  await client.launch({ append: "workload=run program=hello", harts: 1 }, () =>
    breakAt(shared, "node.previous.store(list.last"),
  );
  const priorities = new Map<string, Set<string>>();
  // The kernel's coroutines of a start and of the disk, then the program's.
  for (let stop = 0; stop < 400 && !priorities.has("user"); stop++) {
    const { threadId } = await client.stopped();
    const frames = await client.frames(threadId);
    expect(frames[0].source.name).toBe("queues.rs");
    const callers = frames.map(({ source }) => source?.path ?? "").join();
    expect(frames.map(({ name }) => name).join()).toContain("executor::make_ready");
    const whose = callers.includes("user/runtime/src/executor") ? "user" : "kernel";
    const seen = priorities.get(whose) ?? new Set();
    priorities.set(whose, seen.add((await client.locals(frames[0].id)).priority!));
    await client.request("continue", { threadId });
  }
  expect([...priorities.keys()]).toEqual(["kernel", "user"]);
  // Of the workload's first coroutine, and of `main`.
  expect(priorities.get("kernel")).toContain("0");
  expect([...priorities.get("user")!]).toEqual(["4"]);
});

it.each(["kernel", "programs"])("stops %s alone in the code that all share", async (mode) => {
  client = new Client();
  const shared = "scheduler/src/image/queues.rs";
  const line = lineOf(shared, "node.previous.store(list.last");
  await client.launch({ append: "workload=run program=hello", harts: 2 }, async () => {
    const { breakpoints } = await client.request("setBreakpoints", {
      source: { path: join(sources, shared) },
      breakpoints: [{ line, mode }],
    });
    expect(breakpoints).toHaveLength(1);
  });
  for (let stop = 0; stop < 6; stop++) {
    const { threadId } = await client.stopped();
    const { harts } = await client.request("asyncos/harts");
    const { privilege } = harts.find(({ id }: Body) => id === threadId - 1);
    expect(privilege === "U").toBe(mode === "programs");
    await client.request("continue", { threadId });
  }
});

it("steps over an await in a user coroutine", async () => {
  client = new Client();
  const hello = "user/programs/src/bin/hello.rs";
  await client.launch({ append: "workload=run program=hello", harts: 2 }, () =>
    breakAt(hello, "let ball = inbox.receive().await;"),
  );
  const { threadId } = await client.stopped();
  await client.request("setBreakpoints", {
    source: { path: join(sources, hello) },
    breakpoints: [],
  });
  const { threadId: after } = await client.go("next", { threadId });
  expect(await client.where(after)).toMatch(/^hello\.rs:\d+ hello::player \(async\)/);
  const [frame] = await client.frames(after);
  expect(frame.line).toBe(lineOf(hello, "outbox.send(ball + 1);"));
});

it("goes with a system call into the kernel and back, with one stack through both", async () => {
  client = new Client();
  const files = "user/programs/src/bin/files.rs";
  const disk = "src/file/disk.rs";
  await client.launch({ append: "workload=run program=files", harts: 1 }, async () => {
    await breakAt(files, "file.write(piece).await?;");
    await breakAt(disk, "self.file.write_at(place.position, bytes).await?;");
  });
  const { threadId } = await client.stopped();
  expect(await client.where(threadId)).toMatch(/^files\.rs:\d+ files::one_file \(async\)/);
  await client.request("setBreakpoints", {
    source: { path: join(sources, files) },
    breakpoints: [],
  });
  // Another coroutine of the program may come to its write first.
  const stop = await client.go("continue", { threadId });
  expect(await client.where(stop.threadId)).toMatch(/^disk\.rs:\d+ .*DiskFile::write \(async\)/);

  const { coroutines } = await client.request("asyncos/coroutines", {
    filter: "process:1 state:waiting",
  });
  const calls = coroutines.filter((one: Body) => one.waitsFor?.what === "Write");
  const { coroutines: kernels } = await client.request("asyncos/coroutines", {
    filter: "process:0",
  });
  // Others may be on their way.
  const called = calls.filter((one: Body) =>
    kernels.some(({ id, polls }: Body) => id === one.waitsFor.coroutine && polls > 0),
  );
  expect(called.length).toBeGreaterThan(0);
  for (const { id, waitsFor } of called) {
    const { frames } = await client.request("asyncos/awaitStack", { coroutine: id });
    const names = frames.map(({ name }: Body) => name);
    const label = names.indexOf(`system call Write: coroutine ${waitsFor.coroutine} of the kernel`);
    const at = (text: string) => names.findIndex((name: string) => name.includes(text));
    // Innermost first: the kernel's part of the way, then the program's.
    expect(at("files::write_file")).toBeGreaterThanOrEqual(0);
    expect(at("files::write_file")).toBeLessThan(label);
    expect(label).toBeLessThan(names.indexOf("File::write"));
    expect(names.indexOf("File::write")).toBeLessThan(at("files::one_file"));
    const own = frames.find(({ name }: Body) => name.includes("files::one_file"));
    expect(own.line).toBe(lineOf(files, "file.write(piece).await?;"));
  }
});
