/** The bridge answers every request, also when the daemon goes away. */
import { describe, expect, test } from "vitest";
import type { JsonSocket } from "../../extension/src/base/json-socket.ts";
import { Bridge } from "../../extension/src/debug/bridge.ts";

function setUp() {
  const sent: unknown[] = [];
  const delivered: unknown[] = [];
  let message: (message: unknown) => void = () => {};
  let close: (reason: string, peer: boolean) => void = () => {};
  const socket: JsonSocket = {
    send: (each) => sent.push(each),
    close: () => close("connection closed (1005)", false),
    onMessage: (listener) => {
      message = listener;
    },
    onClose: (listener) => {
      close = listener;
    },
  };
  const bridge = new Bridge(socket, (each) => delivered.push(each));
  return {
    bridge,
    sent,
    delivered,
    receive: (each: unknown) => message(each),
    lose: (reason: string, peer = false) => close(reason, peer),
  };
}

const request = (seq: number, command: string) => ({ seq, type: "request", command });
const response = (request_seq: number) => ({ seq: 9, type: "response", request_seq });

test("messages pass both ways unchanged", () => {
  const { bridge, sent, delivered, receive } = setUp();
  bridge.handle(request(1, "threads"));
  receive(response(1));
  expect(sent).toEqual([request(1, "threads")]);
  expect(delivered).toEqual([response(1)]);
});

test("a lost connection fails what is open, says why and ends the session", () => {
  const { bridge, delivered, receive, lose } = setUp();
  bridge.handle(request(1, "threads"));
  bridge.handle(request(2, "stackTrace"));
  receive(response(1));
  delivered.length = 0;
  lose("connection closed (1006)");
  expect(delivered).toMatchObject([
    { type: "response", request_seq: 2, command: "stackTrace", success: false },
    { type: "event", event: "output" },
    { type: "event", event: "terminated" },
  ]);
  expect(delivered[0]).toHaveProperty("message", expect.stringContaining("1006"));
});

test("a reason that the daemon gave is not repeated in the console", () => {
  const { bridge, delivered, lose } = setUp();
  bridge.handle(request(1, "launch"));
  lose("the session failed", true);
  expect(delivered).toMatchObject([
    { type: "response", request_seq: 1, success: false },
    { type: "event", event: "terminated" },
  ]);
});

test("requests after that fail at once, but leaving succeeds", () => {
  const { bridge, sent, delivered, lose } = setUp();
  lose("gone");
  delivered.length = 0;
  bridge.handle(request(3, "threads"));
  bridge.handle(request(4, "disconnect"));
  expect(sent).toEqual([]);
  expect(delivered).toMatchObject([
    { request_seq: 3, success: false },
    { request_seq: 4, success: true },
  ]);
});

test("a connection that closes while the session ends is no failure", () => {
  const { bridge, delivered, lose } = setUp();
  bridge.handle(request(1, "disconnect"));
  lose("connection closed (1000)");
  expect(delivered).toMatchObject([
    { type: "response", request_seq: 1, success: true },
    { type: "event", event: "terminated" },
  ]);
});

test("nothing is delivered after the end", () => {
  const { bridge, delivered } = setUp();
  bridge.handle(request(1, "threads"));
  bridge.dispose();
  expect(delivered).toEqual([]);
});

describe("stacks that are asked for twice", () => {
  const stack = (seq: number, threadId: number, startFrame = 0) => ({
    ...request(seq, "stackTrace"),
    arguments: { threadId, startFrame },
  });
  const order = (delivered: readonly unknown[]) =>
    delivered.map((each) => (each as { request_seq?: number }).request_seq);

  test("who asked first is answered last", () => {
    const { bridge, delivered, receive } = setUp();
    bridge.handle(stack(1, 1));
    bridge.handle(stack(2, 2));
    bridge.handle(stack(3, 1));
    for (const seq of [1, 2, 3]) receive(response(seq));
    expect(order(delivered)).toEqual([2, 3, 1]);
  });

  test("one after the other, and the frames below, come as they came", () => {
    const { bridge, delivered, receive } = setUp();
    bridge.handle(stack(1, 1));
    receive(response(1));
    bridge.handle(stack(2, 1));
    bridge.handle(stack(3, 1, 1));
    receive(response(3));
    receive(response(2));
    expect(order(delivered)).toEqual([1, 3, 2]);
  });

  test("a stop is told once more where its first frame is replaced, and not for ever", () => {
    const { bridge, delivered, receive } = setUp();
    const body = { threadId: 1, reason: "exception", allThreadsStopped: true };
    receive({ seq: 4, type: "event", event: "stopped", body });
    const told = () =>
      delivered.splice(0).map((each) => {
        const { event, request_seq } = each as { event?: string; request_seq?: number };
        return event ?? request_seq;
      });
    const ask = (seq: number, threadId: number) => {
      bridge.handle(stack(seq, threadId));
      receive(response(seq));
      return told();
    };
    expect(told()).toEqual(["stopped"]);
    expect(ask(1, 1)).toEqual([1]);
    expect(ask(2, 2)).toEqual([2]);
    expect(ask(3, 2)).toEqual([3]);
    bridge.handle(stack(4, 1));
    receive(response(4));
    expect(delivered[1]).toMatchObject({
      event: "stopped",
      body: { threadId: 1, reason: "exception", allThreadsStopped: false, again: true },
    });
    expect(told()).toEqual([4, "stopped"]);
    expect(ask(5, 1)).toEqual([5]);
    expect(ask(6, 1)).toEqual([6, "stopped"]);
    expect(ask(7, 1)).toEqual([7]);
    expect(ask(8, 1)).toEqual([8]);
  });

  test("what was held back is not lost with the connection", () => {
    const { bridge, delivered, receive, lose } = setUp();
    bridge.handle(stack(1, 1));
    bridge.handle(stack(2, 1));
    receive(response(1));
    lose("connection closed (1006)");
    expect(delivered.slice(0, 2)).toMatchObject([response(1), { request_seq: 2, success: false }]);
  });
});
