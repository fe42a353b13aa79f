/** Outlines, implementations of wakers, and values of the selected coroutine, over the daemon's /lsp. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wakerImplementations, wordAt } from "../../daemon/src/lsp/code.ts";
import { valueHover } from "../../daemon/src/lsp/values.ts";
import { DapClient } from "../../daemon/src/server/client.ts";
import type { DaemonProcess } from "../../daemon/src/server/spawn.ts";
import { root, startDaemon } from "../server/support.ts";
import { Editor } from "./editor.ts";

const path = join(root, "kernel/src/workload/ring.rs");
const text = readFileSync(path, "utf8");
const lines = text.split("\n");
const lineOf = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));

/** Told after the stop, when nothing else is to be done. */
const SOON = { timeout: 15_000 };

let daemon: DaemonProcess;
let session: DapClient;
let editor: Editor;
beforeAll(async () => {
  daemon = await startDaemon();
  editor = await Editor.open(daemon);
  editor.edit(path, text);
  session = await DapClient.connect(daemon.url, daemon.token);
  await session.request("initialize", { adapterID: "asyncos", pathFormat: "path" });
  const launched = session.request("launch", { harts: 2, append: "workload=ring" });
  await session.event("initialized");
  const filterOptions = [{ filterId: "wake", condition: "coroutine > 2" }];
  await session.request("setExceptionBreakpoints", { filters: [], filterOptions });
  await session.request("configurationDone");
  await launched;
  await session.stopped();
});
afterAll(async () => {
  editor.close();
  daemon.process.stdin?.end();
  await daemon.ended;
});

const textDocument = { uri: pathToFileURL(path).href };

interface Outlined {
  readonly name: string;
  readonly detail: string;
  readonly range: { readonly start: { readonly line: number } };
}

it("outlines have the async fns of a file as its text has them, with how many live", async () => {
  const symbols = async () =>
    (await editor.request("textDocument/documentSymbol", { textDocument })).result as Outlined[];
  await expect.poll(async () => (await symbols()).length, SOON).toBeGreaterThan(0);
  const written = lines.flatMap((line, at) => {
    const name = /\basync fn (\w+)/.exec(line)?.[1];
    return name === undefined ? [] : [[name, at]];
  });
  const found = (await symbols()).map(({ name, range }) => [name, range.start.line]);
  expect(found).toEqual(expect.arrayContaining(written));
  const pass = (await symbols()).find(({ name }) => name === "pass");
  expect(pass?.detail).toMatch(/^\d+ live: /);
});

it("a waker's call leads to what each kind of waker does", async () => {
  const mailbox = join(root, "kernel/src/future/mailbox.rs");
  const source = readFileSync(mailbox, "utf8");
  editor.edit(mailbox, source);
  const line = source.split("\n").findIndex((each) => each.includes(".wake();"));
  const character = source.split("\n")[line]!.indexOf("wake");
  const ask = async () =>
    (
      await editor.request("textDocument/implementation", {
        textDocument: { uri: pathToFileURL(mailbox).href },
        position: { line, character },
      })
    ).result as { uri: string; range: Outlined["range"] }[];
  await expect.poll(async () => (await ask()).length, SOON).toBeGreaterThan(0);
  for (const { range, uri } of await ask()) {
    const there = readFileSync(new URL(uri), "utf8").split("\n")[range.start.line];
    expect(there).toMatch(/fn wake\(/);
  }
  expect((await ask()).map(({ uri }) => uri.split("/").at(-1))).toContain("task.rs");
});

it("a hover tells what a variable holds in the selected coroutine, and no other", async () => {
  const { coroutines } = await session.request<{ coroutines: { id: number; name: string }[] }>(
    "asyncos/coroutines",
    { filter: "state:waiting pass" },
  );
  const [first, second] = coroutines;
  const at = { line: lineOf(/rounds/), character: lines[lineOf(/rounds/)]!.indexOf("rounds") };
  const within = lines.findIndex(
    (line, index) => index > lineOf(/async fn pass/) && /\brounds\b/.test(line),
  );
  const position = { line: within, character: lines[within]!.indexOf("rounds") };
  const hover = async (where = position) => {
    const { result } = await editor.request("textDocument/hover", {
      textDocument,
      position: where,
    });
    return (result as { contents: { value: string } } | null)?.contents.value;
  };
  expect(await hover()).toBeUndefined();
  for (const { id } of [first!, second!]) {
    await session.request("asyncos/select", { coroutine: id });
    await expect.poll(hover, SOON).toContain(`in coroutine ${id} \`ring::pass\``);
    const { frames } = await session.request<{
      frames: { name: string; variablesReference: number }[];
    }>("asyncos/awaitStack", { coroutine: id });
    const frame = frames.find(({ name }) => name === "ring::pass")!;
    const { variables } = await session.request<{ variables: { name: string; value: string }[] }>(
      "variables",
      { variablesReference: frame.variablesReference },
    );
    const value = variables.find(({ name }) => name === "rounds")!.value;
    expect(await hover()).toContain(`= ${value}\n`);
  }
  expect(at.line).toBeGreaterThan(0);
  await session.request("asyncos/select", { coroutine: null });
  await expect.poll(hover, SOON).toBeUndefined();
});

it("words and functions are told apart", () => {
  expect(wordAt("waker.wake_by_ref()", 7)).toBe("wake_by_ref");
  expect(wordAt("a + b", 2)).toBeUndefined();
  const wakers = [
    { path: "/k/task.rs", line: 3, name: "Task::wake" },
    { path: "/k/task.rs", line: 9, name: "Task::wake_by_ref" },
  ];
  const uriOf = (file: string) => `file://${file}`;
  const found = (word: string) =>
    wakerImplementations(word, wakers, uriOf).map(({ range }) => range.start.line);
  expect([found("wake"), found("Waker"), found("walk")]).toEqual([[2], [2, 8], []]);

  const value = { name: "x", text: "1", type: "u8" };
  const frame = (name: string, file = "/k/a.rs") => ({
    path: file,
    line: 1,
    name,
    values: [value],
  });
  const hover = (name: string, file?: string) =>
    valueHover(
      [{ coroutine: "3:1", name: "f", frames: [frame(name, file)] }],
      "/k/a.rs",
      ["async fn pass() {", "  x"],
      { line: 1, character: 2 },
    );
  expect(hover("ring::pass (async)")).not.toBeNull();
  expect(hover("ring::passing")).toBeNull();
  expect(hover("ring::pass", "/k/b.rs")).toBeNull();
});
