/** The daemon as a process: its ready line, its end with its parent, and DAP on stdin and stdout. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { DapClient } from "../../daemon/src/server/client.ts";
import { FrameReader, frame } from "../../daemon/src/server/framing.ts";
import type { DaemonProcess } from "../../daemon/src/server/spawn.ts";
import { command, startDaemon } from "./support.ts";

const started: DaemonProcess[] = [];
async function start(args: readonly string[] = []): Promise<DaemonProcess> {
  const daemon = await startDaemon(args);
  started.push(daemon);
  return daemon;
}
afterEach(() => {
  for (const daemon of started.splice(0)) daemon.process.kill("SIGKILL");
});

describe("life of the daemon", () => {
  it("says where it is, in one line", async () => {
    const daemon = await start();
    expect(daemon.url).toBe(`ws://127.0.0.1:${daemon.port}`);
    expect(daemon.pid).toBe(daemon.process.pid);
    const client = await DapClient.connect(daemon.url, daemon.token);
    const capabilities = await client.request("initialize", {
      adapterID: "asyncos",
      pathFormat: "path",
    });
    expect(capabilities.supportsConfigurationDoneRequest).toBe(true);
    client.close();
  });

  it("answers what is no DAP message, and the session lives on", async () => {
    const daemon = await start();
    const client = await DapClient.connect(daemon.url, daemon.token);
    const texts = ["", "{", "null", "7", "[]", '{"seq":"x"}', '{"seq":1,"type":"request"}'];
    for (const text of texts) {
      const before = client.received.length;
      client.sendText(text);
      await expect.poll(() => client.received.length).toBeGreaterThan(before);
    }
    const known = await client.request("initialize", { adapterID: "asyncos", pathFormat: "path" });
    expect(known.supportsConfigurationDoneRequest).toBe(true);
    const unknown = await client.requestRaw("asyncos/none-such");
    expect(unknown.success).toBe(false);
    client.close();
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends it and its sessions in order",
    async (signal) => {
      const daemon = await start();
      const client = await DapClient.connect(daemon.url, daemon.token);
      const closed = client.closed();
      daemon.process.kill(signal);
      expect(await closed).toEqual({ code: 1001, reason: "the daemon is shutting down" });
      expect(await daemon.ended).toBe(0);
    },
  );

  it("ends when its stdin does", async () => {
    const daemon = await start();
    daemon.process.stdin?.end();
    expect(await daemon.ended).toBe(0);
  });

  it("ends when the process that it was told of does", async () => {
    const parent = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const daemon = await start(["--parent-pid", `${parent.pid}`]);
    parent.kill("SIGKILL");
    expect(await daemon.ended).toBe(0);
  });

  it("names the port that it cannot have", async () => {
    const daemon = await start();
    const second = startDaemon(["--port", `${daemon.port}`]);
    await expect(second).rejects.toThrow(
      new RegExp(`ended with 1: asyncos: port ${daemon.port} is in use`),
    );
  });
});

/** Runs `asyncos daemon --stdio` on a whole input; what it answered and how it ended. */
async function stdio(input: string) {
  const child = spawn(process.execPath, [command, "daemon", "--stdio"]);
  const reader = new FrameReader();
  // biome-ignore lint/suspicious/noExplicitAny: messages of every kind.
  const messages: any[] = [];
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    for (const text of reader.feed(bytes)) messages.push(JSON.parse(text));
  });
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  child.stdin.on("error", () => {});
  child.stdin.write(input);
  const [code] = await once(child, "close");
  return { messages, stderr, code, clean: reader.clean };
}

const request = (seq: number, command: string, args?: object) =>
  frame(JSON.stringify({ seq, type: "request", command, arguments: args }));
const hello = request(1, "initialize", { adapterID: "asyncos", pathFormat: "path" });
const bye = request(9, "disconnect");

describe("stdio", () => {
  it("serves a session and ends with it", async () => {
    const { messages, stderr, code, clean } = await stdio(hello + bye);
    expect(messages.filter((m) => m.type === "response")).toMatchObject([
      { command: "initialize", request_seq: 1, success: true },
      { command: "disconnect", request_seq: 9, success: true },
    ]);
    expect([stderr, code, clean]).toEqual(["", 0, true]);
  });

  it("lives on after a body that is no JSON", async () => {
    const { messages, code } = await stdio(frame("{") + frame("") + hello + bye);
    const outputs = messages.filter((m) => m.event === "output").map((m) => m.body.output);
    expect(outputs).toHaveLength(2);
    expect(outputs[0]).toMatch(/Malformed DAP message: not JSON/);
    expect(messages.filter((m) => m.type === "response").map((m) => m.success)).toEqual([
      true,
      true,
    ]);
    expect(code).toBe(0);
  });

  it.each([
    ["Content-Length: 9000000\r\n\r\n", /9000000 bytes announced, the limit is 8388608/],
    ["GET / HTTP/1.1\r\n\r\n", /not a header line/],
    ["Content-Length: ten\r\n\r\n", /not a length: "ten"/],
  ])("ends with a reason after %j", async (input, reason) => {
    const { messages, stderr, code } = await stdio(hello + input);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^asyncos: DAP message: header: /);
    expect(stderr).toMatch(reason);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(messages.every((m) => m.type !== undefined)).toBe(true);
  });
});
