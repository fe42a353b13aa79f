/** Lenses on the bundled kernel's sources while real sessions stop and run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DapClient } from "../../daemon/src/server/client.ts";
import type { DaemonProcess } from "../../daemon/src/server/spawn.ts";
import { root, startDaemon } from "../server/support.ts";
import { Editor } from "./editor.ts";

let daemon: DaemonProcess;
beforeAll(async () => {
  daemon = await startDaemon();
});
afterAll(async () => {
  daemon.process.stdin?.end();
  await daemon.ended;
});

/** A session that stands at a wake of the ring, where its coroutines live. */
async function stopInRing(): Promise<DapClient> {
  const client = await DapClient.connect(daemon.url, daemon.token);
  await client.request("initialize", { adapterID: "asyncos", pathFormat: "path" });
  const launched = client.request("launch", { harts: 2, append: "workload=ring" });
  await client.event("initialized");
  const filterOptions = [{ filterId: "wake", condition: "coroutine > 2" }];
  await client.request("setExceptionBreakpoints", { filters: [], filterOptions });
  await client.request("configurationDone");
  await launched;
  await client.stopped();
  return client;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly polls: number;
  readonly awaiting?: { readonly line: number };
}

it("say at each async fn what the debugger says of its coroutines", async () => {
  const path = join(root, "kernel/src/workload/ring.rs");
  const text = readFileSync(path, "utf8");
  const line = text.split("\n").findIndex((candidate) => /async fn pass\b/.test(candidate));
  const editor = await Editor.open(daemon);
  editor.edit(path, text);
  expect(await editor.lenses(path)).toEqual([]);

  const session = await stopInRing();
  await expect.poll(() => editor.refreshes.length).toBe(1);
  editor.send({ id: editor.refreshes[0], result: null });
  const { coroutines } = await session.request<{ coroutines: Row[] }>("asyncos/coroutines");
  const passing = coroutines.filter(({ name }) => name === "ring::pass");
  expect(passing.length).toBeGreaterThan(1);
  const states = ["ready", "running", "waiting"]
    .map((state) => [passing.filter((row) => row.state === state).length, state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`);
  const polls = passing.reduce((sum, row) => sum + row.polls, 0);
  const lens = `${line} ${passing.length} live: ${states.join(", ")}, polled ${polls} times`;
  expect(await editor.lenses(path)).toContain(lens);
  const suspended = passing.filter(({ awaiting }) => awaiting !== undefined);
  const receive = text.split("\n").findIndex((candidate) => candidate.includes("receive().await"));
  expect(suspended.map(({ awaiting }) => awaiting?.line)).toEqual(suspended.map(() => receive + 1));
  const ids = suspended.map(({ id }) => id);
  const marks = (await editor.hints(path)).filter((mark) => mark.startsWith(`${receive}:`));
  expect(marks).toEqual([
    `${receive}:${text.split("\n")[receive]!.length} ${ids.length} here: ${ids.slice(0, 3).join(", ")}, ...`,
  ]);
  expect(await editor.hover(path, receive)).toContain("ring::pass");

  const second = await stopInRing();
  const twice = `${line} ${2 * passing.length} live: `;
  await expect
    .poll(async () => (await editor.lenses(path)).some((shown) => shown.startsWith(twice)))
    .toBe(true);

  const closed = second.closed();
  second.close();
  await closed;
  await expect.poll(() => editor.lenses(path)).toContain(lens);
  await session.request("setExceptionBreakpoints", { filters: [] });
  await session.request("continue", { threadId: 1 });
  await session.event("terminated");
  await expect
    .poll(async () => (await editor.lenses(path)).filter((shown) => shown.includes("live")))
    .toEqual([]);
  expect(await editor.hints(path)).toEqual([]);
  session.close();
  editor.close();
});

it("costs a session nothing while no editor shows a source, and is there once one does", async () => {
  const path = join(root, "kernel/src/workload/ring.rs");
  const text = readFileSync(path, "utf8");
  const editor = await Editor.open(daemon);
  // A file without annotations.
  editor.edit(join(root, ".vscode/launch.json"), "{}");
  const session = await stopInRing();
  editor.edit(path, text);
  const live = async () => (await editor.lenses(path)).filter((lens) => lens.includes("live"));
  expect(await live()).toEqual([]);
  await expect.poll(live).not.toEqual([]);
  editor.notify("textDocument/didClose", { textDocument: { uri: pathToFileURL(path).href } });
  await expect.poll(live).toEqual([]);
  session.close();
  editor.close();
});
