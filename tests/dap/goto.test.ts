/** Jump to Cursor: a hart goes on at another line of its function. In C, unoptimised: each line is code of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileC, GCC } from "../gcc.ts";
import { scratch } from "../scratch.ts";
import { type Body, Client, sources } from "./support.ts";

const path = join(import.meta.dirname, "fixtures/sum.c");
const folder = scratch();
const program = join(folder, "sum.elf");

if (GCC) compileC([path], "-g -O0", program);

const at = (text: string): number => {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
};

describe.skipIf(GCC === undefined)("jump to cursor", () => {
  let client: Client;
  const threadId = 1;

  beforeEach(async () => {
    client = new Client();
    await client.launch({ program, harts: 1 }, (c) =>
      c.request("setBreakpoints", {
        source: { path },
        breakpoints: [{ line: at("sum += 1000") }],
      }),
    );
    expect((await client.stopped()).threadId).toBe(threadId);
  });
  afterEach(() => client.close());

  const targets = async (line: number): Promise<Body[]> =>
    (await client.request("gotoTargets", { source: { path }, line })).targets;
  const sum = async (): Promise<string> =>
    (await client.request("evaluate", { expression: "sum" })).result;
  const jump = async (text: string): Promise<Body> => {
    const [target] = await targets(at(text));
    const stop = await client.go("goto", { threadId, targetId: target!.id });
    expect(stop).toMatchObject({ reason: "goto", threadId });
    const [frame] = await client.frames(threadId);
    expect(frame).toMatchObject({
      name: "count",
      line: at(text),
      instructionPointerReference: target!.instructionPointerReference,
    });
    return target!;
  };

  it("does lines once more, and leaves lines out", async () => {
    expect(await sum()).toBe("111");
    await jump("sum += 10;");
    expect(await sum()).toBe("111");
    await client.go("next", { threadId });
    expect(await sum()).toBe("121");
    await jump("other();");
    await client.go("next", { threadId });
    expect(await sum()).toBe("121");
  });

  it("stops at the breakpoint again that it has jumped before", async () => {
    await jump("sum = 1;");
    const stop = await client.go("continue", { threadId });
    expect(stop.reason).toBe("breakpoint");
    expect(await sum()).toBe("111");
  });

  it("offers no other function's lines, and takes no target of an earlier stop", async () => {
    expect(await targets(at("static void other"))).toEqual([]);
    const elsewhere = { path: join(sources, "src/main.rs") };
    const { targets: none } = await client.request("gotoTargets", { source: elsewhere, line: 10 });
    expect(none).toEqual([]);
    const { id } = await jump("sum += 100;");
    const [fresh] = await targets(at("sum = 1;"));
    expect(fresh!.id).not.toBe(id);
    await client.go("next", { threadId });
    await expect(client.request("goto", { threadId, targetId: fresh!.id })).rejects.toThrow(
      `Target ${fresh!.id} is of an earlier stop`,
    );
  });
});
