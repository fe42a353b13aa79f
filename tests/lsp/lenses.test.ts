/** Code lenses over the daemon's /lsp, fed by sessions' stops; what is sent, and what is not. */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lensTitle } from "../../daemon/src/lsp/lenses.ts";
import { DapClient } from "../../daemon/src/server/client.ts";
import { startFixtureServer } from "../server/support.ts";
import { Editor } from "./editor.ts";

type Server = Awaited<ReturnType<typeof startFixtureServer>>;
let server: Server;
beforeAll(async () => {
  server = await startFixtureServer();
});
afterAll(() => server.close());

const counts = (ready: number, running: number, waiting: number, done = 0) => ({
  ready,
  running,
  waiting,
  done,
});
const at = (path: string, line: number, c: ReturnType<typeof counts>) => ({
  path,
  line,
  name: "ring::runner",
  counts: c,
});
const open = (initialize: object = {}, refresh = true) => Editor.open(server, initialize, refresh);
const connect = () => DapClient.connect(server.url, server.token);
/** Resolves once everything sent before was handled and answered. */
const settle = (editor: Editor) => editor.lenses("/nowhere.rs");

describe("titles", () => {
  it.each([
    [counts(3, 1, 8), "12 live: 3 ready, 1 running, 8 waiting"],
    [counts(0, 0, 8), "8 live: 8 waiting"],
    [counts(1, 0, 0, 2), "1 live: 1 ready, 2 done"],
    [counts(0, 0, 0, 2), "0 live: 2 done"],
    [{ ...counts(1, 0, 0), polls: 1 }, "1 live: 1 ready, polled 1 time"],
    [{ ...counts(0, 0, 2), polls: 40 }, "2 live: 2 waiting, polled 40 times"],
    [{ ...counts(0, 0, 2), polls: undefined }, "2 live: 2 waiting"],
    [counts(0, 0, 0), undefined],
  ])("%j", (input, expected) => expect(lensTitle(input)).toBe(expected));
});

describe("lenses", () => {
  it("come with a stop, add up over sessions, and go when sessions run or end", async () => {
    const editor = await open();
    const path = "/src/ring.rs";
    editor.edit(path);
    const [one, two] = await Promise.all([connect(), connect()]);
    await one.request("annotate", {
      functions: [
        at(path, 9, counts(1, 1, 0)),
        at(path, 4, counts(0, 0, 2)),
        at(path, 9, counts(0, 0, 1)),
      ],
    });
    expect(await editor.lenses(path)).toEqual([
      "3 2 live: 2 waiting",
      "8 3 live: 1 ready, 1 running, 1 waiting",
    ]);
    await two.request("annotate", { functions: [at(path, 9, counts(0, 0, 5))] });
    expect(await editor.lenses(path)).toContain("8 8 live: 1 ready, 1 running, 6 waiting");
    await one.request("annotate", {});
    expect(await editor.lenses(path)).toEqual(["8 5 live: 5 waiting"]);
    const closed = two.closed();
    two.close();
    await closed;
    await expect.poll(() => editor.lenses(path)).toEqual([]);
    one.close();
    editor.close();
  });

  it("refreshes are sent for open files that changed alone, one at a time", async () => {
    const editor = await open();
    const session = await connect();
    const stop = (path: string, waiting: number) =>
      session.request("annotate", { functions: [at(path, 1, counts(0, 0, waiting))] });
    await stop("/src/a.rs", 1);
    await settle(editor);
    expect(editor.refreshes, "nothing is open").toHaveLength(0);

    editor.edit("/src/a.rs");
    await settle(editor);
    await stop("/src/a.rs", 1);
    await settle(editor);
    expect(editor.refreshes, "the same again").toHaveLength(0);

    for (const waiting of [2, 3, 4]) await stop("/src/a.rs", waiting);
    await settle(editor);
    expect(editor.refreshes, "the first is not answered yet").toHaveLength(1);
    editor.send({ id: editor.refreshes[0], result: null });
    await expect.poll(() => editor.refreshes.length).toBe(2);
    editor.send({ id: editor.refreshes[1], result: null });
    await settle(editor);
    expect(editor.refreshes, "nothing more to say").toHaveLength(2);

    editor.notify("textDocument/didClose", {
      textDocument: { uri: pathToFileURL("/src/a.rs").href },
    });
    await settle(editor);
    await stop("/src/a.rs", 9);
    await settle(editor);
    expect(editor.refreshes, "closed").toHaveLength(2);
    session.close();
    editor.close();
  });

  it("are clickable where the client has a command for it", async () => {
    const session = await connect();
    await session.request("annotate", { functions: [at("/src/c.rs", 2, counts(1, 0, 0))] });
    const lens = async (initializationOptions: object) => {
      const editor = await open({ initializationOptions });
      const uri = pathToFileURL("/src/c.rs").href;
      const answer = await editor.request("textDocument/codeLens", { textDocument: { uri } });
      editor.close();
      return (answer.result as { command: object }[])[0]!.command;
    };
    expect(await lens({})).toEqual({ title: "1 live: 1 ready", command: "" });
    expect(await lens({ showCoroutines: "x.show" })).toEqual({
      title: "1 live: 1 ready",
      command: "x.show",
      arguments: ["ring::runner"],
    });
    session.close();
  });

  it("stand at the fn where a signature has several lines, and follow edits", async () => {
    const editor = await open();
    const session = await connect();
    const path = "/src/d.rs";
    const text = "use x;\n\npub async fn runner(\n    a: u8,\n) {\n    a.await\n}\n";
    editor.edit(path, text);
    await session.request("annotate", { functions: [at(path, 5, counts(0, 0, 1))] });
    expect(await editor.lenses(path)).toEqual(["2 1 live: 1 waiting"]);
    const uri = pathToFileURL(path).href;
    editor.notify("textDocument/didChange", {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: text.replace("runner", "other") }],
    });
    expect(await editor.lenses(path)).toEqual(["4 1 live: 1 waiting"]);
    session.close();
    editor.close();
  });

  it("a client that cannot refresh is not asked to", async () => {
    const editor = await open({}, false);
    editor.edit("/src/b.rs");
    const session = await connect();
    await settle(editor);
    await session.request("annotate", { functions: [at("/src/b.rs", 1, counts(1, 0, 0))] });
    await settle(editor);
    expect(editor.refreshes).toHaveLength(0);
    session.close();
    editor.close();
  });

  it("survives text that is no message, and an exit", async () => {
    const editor = await open();
    for (const text of ["{", "7", "null", '{"jsonrpc":"2.0"}', "[]"]) editor.sendText(text);
    expect(await editor.lenses("/src/x.rs")).toEqual([]);
    editor.notify("exit", {});
    const next = await open();
    expect(await next.lenses("/src/x.rs")).toEqual([]);
    next.close();
    editor.close();
  });
});
