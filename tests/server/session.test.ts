/** Sessions apart from each other: deaths, backpressure, ends. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { DapClient } from "../../daemon/src/server/client.ts";
import { startFixtureServer } from "./support.ts";

type Server = Awaited<ReturnType<typeof startFixtureServer>>;
let server: Server;
beforeAll(async () => {
  server = await startFixtureServer();
});
afterAll(() => server.close());

const connect = () => DapClient.connect(server.url, server.token);

const deaths: [how: string, reason: RegExp][] = [
  ["throw", /planted failure/],
  ["exit", /ended with code 7/],
];
it.each(deaths)("a worker that dies by %s ends its session alone", async (how, reason) => {
  const [victim, other] = await Promise.all([connect(), connect()]);
  const closed = victim.closed();
  const answer = victim.requestRaw(how).catch((error: Error) => error.message);
  const output = await victim.event("output");
  expect(output.body).toMatchObject({ category: "important" });
  expect(output.body.output).toMatch(reason);
  await victim.event("terminated");
  expect(await closed).toMatchObject({ code: 1011, reason: expect.stringMatching(reason) });
  expect(await answer).toMatch(reason);
  expect(server.logged.join("\n")).toMatch(reason);
  expect(await other.request("echo", { text: "alive" })).toBe("alive");
  const next = await connect();
  expect(await next.request("echo", { text: "too" })).toBe("too");
  other.close();
  next.close();
});

it("numbers the messages of a lost session on", async () => {
  const client = await connect();
  await client.request("echo", {});
  client.requestRaw("throw").catch(() => {});
  await client.event("terminated");
  expect(client.received.map((message) => message.seq)).toEqual([1, 2, 3]);
});

it("a session that never answers is ended by its client's leaving", async () => {
  const stuck = await connect();
  stuck.requestRaw("spin").catch(() => {});
  const closed = stuck.closed();
  stuck.close();
  await closed;
  const other = await connect();
  expect(await other.request("echo", { text: "free" })).toBe("free");
  other.close();
});

it("closes after the answer to disconnect", async () => {
  const client = await connect();
  const closed = client.closed();
  const answer = await client.requestRaw("disconnect");
  expect(answer.command).toBe("disconnect");
  expect((await closed).code).toBe(1000);
});

it("holds a session back while its client does not read", async () => {
  const socket = new WebSocket(`${server.url}/dap`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  await new Promise((resolve) => socket.once("open", resolve));
  let received = 0;
  socket.on("message", (data) => {
    received += (data as Buffer).length;
  });
  const send = (seq: number, command: string) =>
    socket.send(JSON.stringify({ seq, type: "request", command }));
  send(1, "flood");
  socket.pause();
  // Nobody reads: the pipe fills, then the window, and the worker rests. It would otherwise pour
  // out hundreds of MB in this time.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  socket.resume();
  await new Promise<void>((resolve) => setTimeout(resolve, 20));
  const afterPause = received;
  expect(afterPause).toBeLessThan(64 * 1024 * 1024);
  // It flows again once the client reads.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(received).toBeGreaterThan(afterPause);
  socket.terminate();
});

it("refuses the seventeenth session and serves again when one left", async () => {
  const clients = await Promise.all(Array.from({ length: 16 }, connect));
  await Promise.all(clients.map((client) => client.request("echo", { text: "" })));
  const extra = await connect();
  expect(await extra.closed()).toMatchObject({ code: 1013, reason: "too many sessions" });
  const left = clients[0]!.closed();
  clients[0]!.close();
  await left;
  const again = await connect();
  expect(await again.request("echo", { text: "ok" })).toBe("ok");
  for (const client of [...clients.slice(1), again]) client.close();
});
