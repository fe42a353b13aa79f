/** Machines by name: left running by one client, found by the next. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DapClient } from "../../daemon/src/server/client.ts";
import { layoutOf } from "../../daemon/src/server/layout.ts";
import { type RunningServer, startServer } from "../../daemon/src/server/server.ts";
import { root } from "./support.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ layout: layoutOf(root), port: 0, log: () => {} });
});
afterAll(() => server.close());

// The kernel's workload that never ends.
const SPIN = { append: "workload=spin", harts: 2 };

const connect = () => DapClient.connect(server.url, server.token);

async function launch(args: object): Promise<DapClient> {
  const client = await connect();
  await client.request("initialize", { adapterID: "asyncos" });
  await client.request("launch", args);
  await client.event("initialized");
  await client.request("configurationDone");
  return client;
}

async function attach(machine: string): Promise<DapClient> {
  const client = await connect();
  await client.request("initialize", { adapterID: "asyncos" });
  await client.request("attach", { machine });
  await client.event("initialized");
  await client.request("configurationDone");
  return client;
}

async function detach(client: DapClient, args: object = { terminateDebuggee: false }) {
  const closed = client.closed();
  await client.request("disconnect", args);
  expect((await closed).code).toBe(1000);
}

const end = (client: DapClient) => detach(client, { terminateDebuggee: true });
const timeOf = async (client: DapClient) => Number((await client.request("asyncos/machine")).time);

it("a machine that is left runs on, and shows where it is to the next client", async () => {
  const first = await launch({ ...SPIN, machine: "spinner" });
  expect((await first.request("asyncos/machine")).name).toBe("spinner");
  await first.request("pause", { threadId: 1 });
  await first.stopped();
  const before = await timeOf(first);
  await detach(first);
  const second = await attach("spinner");
  await second.request("pause", { threadId: 2 });
  expect(await second.stopped()).toMatchObject({ reason: "pause" });
  expect(await timeOf(second)).toBeGreaterThan(before);
  const { threads } = await second.request("threads");
  expect(threads.length).toBeGreaterThanOrEqual(2);
  const { stackFrames } = await second.request("stackTrace", { threadId: 1 });
  expect(stackFrames.length).toBeGreaterThan(0);
  // Its messages are numbered on, whoever sends them.
  const numbers = second.received.map((message) => message.seq);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  await end(second);
});

it("breakpoints go with the client that set them, and the next sets its own", async () => {
  const first = await launch({
    append: "workload=storm rounds=100000",
    stopOnEntry: true,
    machine: "b",
  });
  await first.stopped();
  const filters = { filters: ["wake"] };
  await first.request("setExceptionBreakpoints", filters);
  await first.request("continue", { threadId: 1 });
  expect((await first.stopped()).reason).toBe("exception");
  await detach(first, { terminateDebuggee: false, suspendDebuggee: true });
  const second = await attach("b");
  expect(await second.stopped()).toMatchObject({ allThreadsStopped: true });
  const stood = await timeOf(second);
  await second.request("setExceptionBreakpoints", filters);
  await second.request("continue", { threadId: 1 });
  expect((await second.stopped()).reason).toBe("exception");
  expect(await timeOf(second)).toBeGreaterThan(stood);
  await end(second);
});

it("a step that is under way, a frozen hart: none of it stays behind", async () => {
  const first = await launch({ ...SPIN, stopOnEntry: true, machine: "stepper" });
  const { threadId } = await first.stopped();
  await first.request("asyncos/runHart", { threadId });
  await first.request("asyncos/freeze", { threadIds: [2] });
  await detach(first);
  const second = await attach("stepper");
  await second.request("pause", { threadId: 1 });
  await second.stopped();
  const { harts } = await second.request("asyncos/harts");
  expect(harts.map((hart: { frozen: boolean }) => hart.frozen)).toEqual([false, false]);
  await end(second);
});

/** As a network does it: nobody says good-bye. */
async function lose(client: DapClient): Promise<void> {
  const gone = client.closed();
  client.close();
  await gone;
}

/** Attaches once the daemon has noticed that the client before is gone. */
async function attachLater(machine: string): Promise<DapClient> {
  let client: DapClient | undefined;
  await expect
    .poll(async () => {
      client = await attach(machine).catch(() => undefined);
      return client !== undefined;
    })
    .toBe(true);
  return client!;
}

it("a named machine outlives the lost connections of who launched it and of who attached", async () => {
  const first = await launch({ ...SPIN, machine: "sturdy" });
  await first.request("pause", { threadId: 1 });
  await first.stopped();
  const before = await timeOf(first);
  await lose(first);
  const second = await attachLater("sturdy");
  await lose(second);
  const third = await attachLater("sturdy");
  await third.request("pause", { threadId: 1 });
  await third.stopped();
  expect(await timeOf(third)).toBeGreaterThan(before);
  await end(third);
});

it("a named machine whose client says that it goes ends all the same", async () => {
  const first = await launch({ ...SPIN, machine: "obedient" });
  await detach(first, {});
  await expect(attach("obedient")).rejects.toThrow('There is no machine "obedient"');
});

it("a client that has launched without a name and is lost takes its machine with it", async () => {
  const first = await launch(SPIN);
  const { name } = await first.request("asyncos/machine");
  await lose(first);
  await expect
    .poll(() => attach(name).then(String, (error: Error) => error.message))
    .toContain(`There is no machine "${name}"`);
});

it("what the client sends before it has come over is answered over there, in order", async () => {
  const first = await launch({ ...SPIN, machine: "eager" });
  await detach(first);
  const client = await connect();
  const answers = await Promise.all([
    client.requestRaw("initialize", { adapterID: "asyncos", linesStartAt1: false }),
    client.requestRaw("attach", { machine: "eager" }),
    client.requestRaw("setExceptionBreakpoints", { filters: [] }),
    client.requestRaw("configurationDone"),
    client.requestRaw("pause", { threadId: 1 }),
  ]);
  expect(answers.map(({ success }) => success)).toEqual([true, true, true, true, true]);
  await client.stopped();
  const order = client.received.flatMap((message) =>
    message.type === "response" ? [(message as unknown as { command: string }).command] : [],
  );
  expect(order.slice(0, 2)).toEqual(["initialize", "attach"]);
  await end(client);
});

it("what the guest printed meanwhile is shown", async () => {
  const first = await launch({ ...SPIN, stopOnEntry: true, machine: "talker" });
  await first.stopped();
  await detach(first);
  await expect
    .poll(async () => {
      const next = await attach("talker");
      const text = next.output();
      await detach(next, {});
      return text;
    })
    .toContain("[kernel]");
  await end(await attach("talker"));
});

it("a machine whose guest ends by itself is gone", async () => {
  const first = await launch({ append: "workload=ring", stopOnEntry: true, machine: "short" });
  await first.stopped();
  await detach(first);
  await expect
    .poll(async () => {
      try {
        await detach(await attach("short"));
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    })
    .toContain('There is no machine "short"');
});

describe("errors say what to do", () => {
  it("another client has it; names are listed; a failed attach spoils nothing", async () => {
    const first = await launch({ ...SPIN, machine: "mine" });
    const other = await connect();
    await other.request("initialize", { adapterID: "asyncos" });
    const refused = (machine?: string) => other.request("attach", { machine });
    await expect(refused("mine")).rejects.toThrow(/"mine" is being debugged by another client/);
    await expect(refused("nine")).rejects.toThrow(
      'There is no machine "nine". There are: mine (being debugged).',
    );
    await expect(refused()).rejects.toThrow("`attach` needs `machine`, a name. There are: mine");
    await detach(first);
    await refused("mine");
    await other.event("initialized");
    await end(other);
  });

  it("a name that is taken, a name that is none", async () => {
    const first = await launch({ ...SPIN, machine: "same" });
    const second = await connect();
    await second.request("initialize", { adapterID: "asyncos" });
    await expect(second.request("launch", { ...SPIN, machine: "same" })).rejects.toThrow(
      'There is a machine "same" already',
    );
    await expect(second.request("launch", { ...SPIN, machine: "a b" })).rejects.toThrow(
      'Launch option "machine" must be a name',
    );
    // It can still be launched under another one.
    await second.request("launch", { ...SPIN, machine: "other" });
    await second.event("initialized");
    await end(second);
    await end(first);
  });

  it("without a name one is chosen, and no two are the same", async () => {
    const [first, second] = await Promise.all([launch(SPIN), launch(SPIN)]);
    const names = await Promise.all(
      [first, second].map(async (client) => (await client.request("asyncos/machine")).name),
    );
    expect(names.sort()).toEqual(["asyncos-kernel.elf", "asyncos-kernel.elf-2"]);
    await end(first);
    await end(second);
  });

  it("none runs", async () => {
    const client = await connect();
    await expect(client.request("attach", { machine: "x" })).rejects.toThrow(
      'There is no machine "x"; none runs here: use `launch`.',
    );
    client.close();
  });
});
