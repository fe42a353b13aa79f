/** Parallel stacks: the forest holds exactly the stacks that the Call Stack shows one by one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Body, Client } from "./support.ts";

let client: Client;
let all: Body;

const ask = (args?: object): Promise<Body> => client.request("asyncos/parallelStacks", args);
const line = ({ name, line, note }: Body): string => `${name}:${line ?? "?"}:${note ?? ""}`;

/** From a box to the outermost frame, innermost first. */
function stackOf({ boxes }: Body, box: Body): string[] {
  const frames: string[] = [];
  for (let at = box; at; at = boxes[at.parent]) frames.push(...at.frames.map(line));
  return frames;
}

const sum = (boxes: Body[], of: (box: Body) => number): number =>
  boxes.reduce((total, box) => total + of(box), 0);
const here = (box: Body): number =>
  box.coroutines ? box.coroutines.ready + box.coroutines.waiting + box.coroutines.unknown : 0;

beforeAll(async () => {
  client = new Client();
  await client.launch({ append: "workload=storm coroutines=600" }, (c) =>
    c.request("setFunctionBreakpoints", { breakpoints: [{ name: "workload::storm::witness" }] }),
  );
  await client.stopped();
  all = await ask();
});
afterAll(() => client.close());

describe("asyncos/parallelStacks", () => {
  it("has the stack of each hart, thread and coroutine, shared from the outermost frame on", async () => {
    const { threads } = await client.request("asyncos/threads");
    const waiting = threads.filter(({ hart }: Body) => hart === undefined);
    expect(all.total).toEqual({ harts: 4, threads: waiting.length, coroutines: 600 });
    expect(all.found).toEqual(all.total);
    let seen = 0;
    for (const box of all.boxes) {
      for (const { threadId } of [...box.harts, ...box.threads]) {
        const { stackFrames } = await client.request("stackTrace", { threadId });
        const names = stackFrames.map(({ name }: Body) => name.replace(/ \[.*/, ""));
        expect(stackOf(all, box).map((frame) => frame.replace(/:[^:]*:[^:]*$/, ""))).toEqual(names);
        seen++;
      }
      for (const coroutine of box.coroutines?.ids ?? []) {
        const { frames } = await client.request("asyncos/awaitStack", { coroutine });
        const chain = frames.filter(({ label }: Body) => !label);
        expect(stackOf(all, box).map((frame) => frame.replace(/:[^:]*$/, ""))).toEqual(
          chain.map(({ name, line }: Body) => `${name}:${line ?? "?"}`),
        );
        seen++;
      }
    }
    expect(seen).toBe(4 + waiting.length + 3 * 8);
  });

  it("counts: what goes through a box ends in it or in a box above it", () => {
    const { boxes } = all;
    for (const box of boxes) {
      const above = boxes.filter(({ parent }: Body) => parent === box.id);
      expect(box.frames.length).toBeGreaterThan(0);
      expect(box.through.harts).toBe(box.harts.length + sum(above, ({ through }) => through.harts));
      expect(box.through.threads).toBe(
        box.threads.length + sum(above, ({ through }) => through.threads),
      );
      expect(box.through.coroutines).toBe(
        here(box) + sum(above, ({ through }) => through.coroutines),
      );
      // One box above would be the same box; parents come first.
      expect(above.length === 1 && box.harts.length + box.threads.length + here(box) === 0).toBe(
        false,
      );
      expect(box.parent ?? -1).toBeLessThan(box.id);
    }
  });

  it("answers only the kinds asked for, and what the filter lets through", async () => {
    const harts = await ask({ kinds: ["hart"] });
    expect(harts.total).toEqual({ harts: 4, threads: 0, coroutines: 0 });
    const found = await ask({ filter: "wait_for_EVENT" });
    expect(found.found).toEqual({ harts: 0, threads: 0, coroutines: 200 });
    expect(found.total).toEqual(all.total);
    expect(found.boxes).toHaveLength(1);
    expect((await ask({ filter: "hart 2" })).found.harts).toBe(1);
    expect((await ask({ filter: "no such frame" })).boxes).toEqual([]);
  });

  it("says what its limit leaves out, and refuses what makes no sense", async () => {
    const few = await ask({ kinds: ["coroutine"], limit: 2, samples: 3 });
    expect(few.boxes).toHaveLength(2);
    expect(few.notShown).toEqual({ stacks: 1, coroutines: 200, threads: 0 });
    expect(few.boxes[0].coroutines.ids).toHaveLength(3);
    await expect(ask({ limit: 0 })).rejects.toThrow('"limit"');
    await expect(ask({ kinds: ["process"] })).rejects.toThrow('"kinds.0"');
  });

  it("comes in the same order at the next stop", async () => {
    await client.go("asyncos/stepHart", { threadId: 1, granularity: "instruction" });
    const roots = ({ boxes }: Body) =>
      boxes
        .filter(({ parent }: Body) => parent === undefined)
        .map(({ frames }: Body) => line(frames.at(-1)));
    expect(roots(await ask())).toEqual(roots(all));
  });
});
