/** What is known without a session: of kernels that a client names, and of profiles in its editor. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectFacts } from "../../daemon/src/cli/inspect/facts.ts";
import { MACHINE_DEFAULTS } from "../../daemon/src/debugger/target.ts";
import { writtenHover } from "../../daemon/src/lsp/code.ts";
import { ClientKernels } from "../../daemon/src/lsp/kernels.ts";
import { isLaunch, launchDiagnostics } from "../../daemon/src/lsp/launches.ts";
import { writtenLenses, writtenTitle } from "../../daemon/src/lsp/lenses.ts";
import { isProfile, profileDiagnostics, rangeOf } from "../../daemon/src/lsp/profiles.ts";
import { createEnvironment } from "../../daemon/src/server/environment.ts";
import { layoutOf } from "../../daemon/src/server/layout.ts";
import type { DaemonProcess } from "../../daemon/src/server/spawn.ts";
import { scratch } from "../scratch.ts";
import { root, startDaemon } from "../server/support.ts";
import { Editor } from "./editor.ts";

const LOOK = { timeout: 30_000 };

describe("looks at kernels", () => {
  const knowledge = { code: { functions: [], wakers: [] }, profile: undefined, findings: [] };
  const make = () => {
    const looked: (string | undefined)[] = [];
    const answers: (() => void)[] = [];
    let changes = 0;
    const kernels = new ClientKernels(
      {
        inspect: ({ program }) => {
          looked.push(program);
          return new Promise((resolve) => answers.push(() => resolve(knowledge)));
        },
      },
      () => {
        changes += 1;
      },
    );
    const answer = async () => {
      answers.shift()?.();
      await new Promise(setImmediate);
    };
    return { kernels, looked, answer, changes: () => changes };
  };

  it("are not made while no file is open, and once when one is", async () => {
    const { answer, changes, kernels, looked } = make();
    kernels.set([{ program: "a" }, { program: "b" }], false);
    expect(looked).toEqual([]);
    kernels.need();
    kernels.need();
    expect(looked).toEqual(["a"]);
    await answer();
    await answer();
    kernels.need();
    expect(looked).toEqual(["a", "b"]);
    expect(changes()).toBe(1);
    expect(kernels.known.map(({ kernel }) => kernel.program)).toEqual(["a", "b"]);
  });

  it("are made anew when files have changed; what was looked at before is not told", async () => {
    const { answer, changes, kernels, looked } = make();
    kernels.set([{ program: "a" }], true);
    kernels.set([{ program: "b" }], true);
    await answer();
    expect([looked, changes()]).toEqual([["a", "b"], 0]);
    await answer();
    expect(kernels.known.map(({ kernel }) => kernel.program)).toEqual(["b"]);
    kernels.set([], false);
    expect([kernels.known, changes()]).toEqual([[], 2]);
    kernels.dispose();
    kernels.need();
    expect(looked).toEqual(["a", "b"]);
  });
});

describe("the kernel in the box", () => {
  const path = join(root, "kernel/src/workload/ring.rs");
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n");
  let daemon: DaemonProcess;
  let editor: Editor;
  beforeAll(async () => {
    daemon = await startDaemon();
    editor = await Editor.open(daemon);
  });
  afterAll(async () => {
    editor.close();
    daemon.process.stdin?.end();
    await daemon.ended;
  });

  it("says in its sources what `asyncos inspect` does: lenses, hovers, outline, wakers", async () => {
    const facts = await collectFacts(createEnvironment(layoutOf(root)), {
      ...MACHINE_DEFAULTS,
      program: undefined,
      profile: undefined,
      symbolFiles: [],
    });
    const pass = facts.coroutines.find(({ name }) => name === "ring::pass")!;
    expect(pass.awaits).toHaveLength(1);
    const title = `async fn, ${pass.size} bytes, 1 await`;
    const line = lines.findIndex((each) => /\basync fn pass\b/.test(each));

    editor.edit(path, text);
    expect(await editor.lenses(path)).toEqual([]);
    editor.notify("asyncos/kernels", { kernels: [{}] });
    await expect.poll(() => editor.lenses(path), LOOK).toContain(`${line} ${title}`);
    expect(editor.refreshes).toHaveLength(1);
    expect(await editor.hover(path, line)).toBe(
      `\`ring::pass\`: async fn, a coroutine of ${pass.size} bytes. It waits at line ${pass.awaits[0]}.`,
    );
    const textDocument = { uri: pathToFileURL(path).href };
    const { result } = await editor.request("textDocument/documentSymbol", { textDocument });
    expect(result).toContainEqual(
      expect.objectContaining({
        name: "pass",
        detail: title,
      }),
    );
    const mailbox = join(root, "kernel/src/future/mailbox.rs");
    const source = readFileSync(mailbox, "utf8");
    editor.edit(mailbox, source);
    const at = source.split("\n").findIndex((each) => each.includes(".wake();"));
    const wakers = await editor.request("textDocument/implementation", {
      textDocument: { uri: pathToFileURL(mailbox).href },
      position: { line: at, character: source.split("\n")[at]!.indexOf("wake") },
    });
    expect((wakers.result as unknown[]).length).toBeGreaterThan(0);
  }, 60_000);

  it("a profile in the editor: what does not fit its kernel, and where", async () => {
    const file = join(scratch(), "mine.asyncos-profile.json");
    const bundled = readFileSync(join(root, "daemon/profiles/asyncos.json"), "utf8");
    const wrong = bundled.replace('"type": "executor::task::Task"', '"type": "executor::Nothing"');
    expect(wrong).not.toBe(bundled);
    writeFileSync(file, wrong);
    editor.edit(file, wrong);
    editor.notify("asyncos/kernels", { kernels: [{ profile: file }] });
    const uri = pathToFileURL(file).href;
    await expect.poll(() => editor.diagnostics.get(uri)?.length ?? 0, LOOK).toBeGreaterThan(0);
    const [first] = editor.diagnostics.get(uri)!;
    expect(first!.message).toContain("no type is named `executor::Nothing`");
    expect(wrong.split("\n")[first!.range.start.line]).toContain("executor::Nothing");
  }, 60_000);

  it("what cannot be read is an empty answer, and others are told of", async () => {
    editor.notify("asyncos/kernels", { kernels: [{ program: "/nowhere/kernel.elf" }, {}] });
    await expect
      .poll(() => editor.lenses(path), LOOK)
      .toContainEqual(expect.stringMatching(/bytes/));
    editor.notify("asyncos/kernels", { kernels: 7 });
    await expect.poll(() => editor.lenses(path), LOOK).toEqual([]);
  }, 60_000);
});

describe("titles", () => {
  const symbol = { path: "/a.rs", line: 2, name: "x::f", form: "async fn" };
  const lines = ["", "async fn f() {"];
  it.each([
    [{ ...symbol, size: 96, awaits: [3, 4] }, "async fn, 96 bytes, 2 awaits", "at the lines 3, 4"],
    [{ ...symbol, size: 1, awaits: [] }, "async fn, 1 byte, never waits", "never waits"],
    [symbol, undefined, undefined],
  ])("%j", (written, title, hover) => {
    expect(writtenTitle(written)).toBe(title);
    const told = writtenHover([written], lines, 1)?.contents as { value: string } | undefined;
    if (hover === undefined) expect(told).toBeUndefined();
    else expect(told?.value).toContain(hover);
    expect(writtenHover([written], lines, 0)).toBeNull();
  });

  it("of a function that lives the counts are shown, and nothing else", () => {
    const written = { ...symbol, size: 96, awaits: [3] };
    const counts = { ready: 0, running: 0, waiting: 1, done: 0 };
    expect(writtenLenses([written], [{ ...symbol, counts }], lines)).toEqual([]);
    const none = { ...counts, waiting: 0 };
    expect(writtenLenses([written], [{ ...symbol, counts: none }], lines)).toHaveLength(1);
  });
});

describe("launch configurations", () => {
  const text = `{
  // "program": "kernel.elf" in a comment is none
  "configurations": [
    { "type": "asyncos", "program": "\${workspaceFolder}/build/kernel.elf" },
    { "type": "asyncos", "program": "other.elf" }
  ]
}`;
  const code = { functions: [], wakers: [] };
  const finding = { place: "bitmaps[0].word", problem: "it is no word" };
  it.each([
    [undefined, [], undefined, /^No profile matches kernel.elf/],
    ["x", [finding], undefined, /in one place: bitmaps\[0\]\.word: it is no word$/],
    ["x", [finding, finding], undefined, /in 2 places, first bitmaps/],
    ["x", [], undefined, undefined],
    // Told in that file.
    ["x", [finding], "/k/mine.asyncos-profile.json", undefined],
  ])("profile %s, %j", (profile, findings, own, message) => {
    const kernel = { program: "/k/build/kernel.elf", profile: own };
    const told = launchDiagnostics(text, [{ kernel, knowledge: { code, profile, findings } }]);
    expect(told.map((each) => each.message)).toEqual(
      message ? [expect.stringMatching(message)] : [],
    );
    for (const { range } of told) {
      const { end, start } = range;
      expect(start.line).toBe(3);
      expect(text.split("\n")[start.line]!.slice(start.character, end.character)).toBe(
        "kernel.elf",
      );
    }
  });
  it.each([
    ["file:///w/.vscode/launch.json", true],
    ["file:///w/launch.json", false],
  ])("%s", (uri, expected) => expect(isLaunch(uri)).toBe(expected));
});

describe("profiles", () => {
  it.each([
    ["/k/asyncos-profile.json", true],
    ["/k/mine.asyncos-profile.json", true],
    ["/k/my-asyncos-profile.json", false],
    ["/k/profile.json", false],
  ])("%s", (path, expected) => expect(isProfile(path)).toBe(expected));

  const text = `{
  "name": "x",
  "executors": [
    { "tasks": "a[0]: {", "queues": { "in": "q" } },
    { "tasks": "b" }
  ],
  "tasks": 7
}`;
  it.each([
    ["name", 1, '"name"'],
    ["executors[0].queues.in", 3, '"in"'],
    ["executors[1].tasks", 4, '"tasks"'],
    ["tasks", 6, '"tasks"'],
    ["executors[1]", 4, "{"],
    ["executors[7].tasks", 2, '"executors"'],
    ["nothing", 0, "{"],
    ["", 0, "{"],
  ])("place %s", (place, line, shown) => {
    const { end, start } = rangeOf(text, place);
    expect(start.line).toBe(line);
    const [found] = [text.split("\n")[start.line]!.slice(start.character, end.character)];
    expect(found).toBe(shown);
  });

  it("what is no profile is an error at its place, and nothing else is said", () => {
    const told = profileDiagnostics(text, [{ place: "name", problem: "not told" }]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ severity: 1, source: "AsyncOS" });
    expect(profileDiagnostics("{", [])).toMatchObject([{ severity: 1 }]);
    expect(profileDiagnostics("", [])[0]!.range.start).toEqual({ line: 0, character: 0 });
  });
});
