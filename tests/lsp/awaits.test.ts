/** Marks at `.await` lines over the daemon's /lsp, fed by sessions' stops. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { awaitLabel } from "../../daemon/src/lsp/awaits.ts";
import { DapClient } from "../../daemon/src/server/client.ts";
import { startFixtureServer } from "../server/support.ts";
import { Editor } from "./editor.ts";

type Server = Awaited<ReturnType<typeof startFixtureServer>>;
let server: Server;
beforeAll(async () => {
  server = await startFixtureServer();
});
afterAll(() => server.close());

const path = "/src/ring.rs";
const text = "async fn pass() {\n    first().await;\n    second().await;  \n}\n";
const at = (line: number, count: number, coroutines: number[]) => ({
  path,
  line,
  name: "ring::pass",
  count,
  coroutines,
});
const connect = () => DapClient.connect(server.url, server.token);

it.each([
  [at(2, 1, [7]), "1 here: 7"],
  [at(2, 3, [7, 8, 9]), "3 here: 7, 8, 9"],
  [at(2, 4, [7, 8, 9, 10]), "4 here: 7, 8, 9, ..."],
  [at(2, 100, [7, 8]), "100 here: 7, 8, ..."],
])("label of %j", (input, expected) => expect(awaitLabel(input)).toBe(expected));

it("come with a stop, end of line, add up over sessions, and go with them", async () => {
  const editor = await Editor.open(server);
  editor.edit(path, text);
  const [one, two] = await Promise.all([connect(), connect()]);
  await one.request("annotate", { functions: [], awaits: [at(3, 1, [4]), at(2, 2, [5, 6])] });
  expect(await editor.hints(path)).toEqual(["1:18 2 here: 5, 6", "2:19 1 here: 4"]);
  expect(await editor.hints(path, 2, 3)).toEqual(["2:19 1 here: 4"]);
  expect(await editor.hover(path, 2)).toBe(
    "Coroutine 4 is suspended at this `.await` in `ring::pass`.",
  );
  expect(await editor.hover(path, 0)).toBeUndefined();
  await two.request("annotate", { functions: [], awaits: [at(3, 20, [9])] });
  expect(await editor.hints(path, 2, 3)).toEqual(["2:19 21 here: 4, 9, ..."]);
  expect(await editor.hover(path, 2)).toBe(
    "Coroutines 4, 9 and 19 more are suspended at this `.await` in `ring::pass`.",
  );
  await one.request("annotate", {});
  expect(await editor.hints(path)).toEqual(["2:19 20 here: 9, ..."]);
  const closed = two.closed();
  two.close();
  await closed;
  await expect.poll(() => editor.hints(path)).toEqual([]);
  one.close();
  editor.close();
});

it("are asked for again once when they changed in an open file, and not for others", async () => {
  const editor = await Editor.open(server);
  editor.edit(path, text);
  const session = await connect();
  await session.request("annotate", { functions: [], awaits: [at(2, 1, [1])] });
  await expect.poll(() => editor.hintRefreshes.length).toBe(1);
  // One at a time: these two wait for the answer.
  await session.request("annotate", { functions: [], awaits: [at(2, 2, [1, 2])] });
  await session.request("annotate", { functions: [], awaits: [at(2, 3, [1, 2, 3])] });
  await editor.hints(path);
  expect(editor.hintRefreshes.length).toBe(1);
  editor.send({ id: editor.hintRefreshes[0], result: null });
  await expect.poll(() => editor.hintRefreshes.length).toBe(2);
  editor.send({ id: editor.hintRefreshes[1], result: null });
  await session.request("annotate", {
    functions: [],
    awaits: [at(2, 3, [1, 2, 3]), { ...at(1, 1, [4]), path: "/src/other.rs" }],
  });
  await editor.hints(path);
  expect(editor.hintRefreshes.length).toBe(2);
  expect(editor.refreshes.length).toBe(0);
  session.close();
  editor.close();
});
