/** Who gets in: tokens, origins, paths; and what a message may be. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { DapClient } from "../../daemon/src/server/client.ts";
import { startFixtureServer } from "./support.ts";

type Server = Awaited<ReturnType<typeof startFixtureServer>>;
let server: Server;
beforeAll(async () => {
  server = await startFixtureServer();
});
afterAll(() => server.close());

/** The HTTP status that an upgrade is answered with: 101 when it is granted. */
function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url}${path}`, { headers });
    socket.on("open", () => {
      resolve(101);
      socket.close();
    });
    socket.on("unexpected-response", (message, response) => {
      resolve(response.statusCode ?? 0);
      message.destroy();
    });
    socket.on("error", reject);
  });
}

describe("access", () => {
  const right = () => ({ authorization: `Bearer ${server.token}` });
  const flipped = () => {
    const last = server.token.endsWith("A") ? "B" : "A";
    return server.token.slice(0, -1) + last;
  };
  const rows: [name: string, path: () => string, headers: () => Record<string, string>, number][] =
    [
      ["the right token", () => "/dap", right, 101],
      ["the right token on /lsp", () => "/lsp", right, 101],
      ["the token in the query", () => `/dap?token=${server.token}`, () => ({}), 101],
      ["no token", () => "/dap", () => ({}), 401],
      ["no token on /lsp", () => "/lsp", () => ({}), 401],
      ["an empty token", () => "/dap", () => ({ authorization: "Bearer " }), 401],
      ["a wrong token", () => "/dap", () => ({ authorization: "Bearer wrong" }), 401],
      ["one character off", () => "/dap", () => ({ authorization: `Bearer ${flipped()}` }), 401],
      ["a longer token", () => "/dap", () => ({ authorization: `Bearer ${server.token}x` }), 401],
      ["another scheme", () => "/dap", () => ({ authorization: `Basic ${server.token}` }), 401],
      [
        "a wrong header beside a right query",
        () => `/dap?token=${server.token}`,
        () => ({ authorization: "Bearer wrong" }),
        401,
      ],
      ["a wrong query token", () => "/dap?token=%00", () => ({}), 401],
      ["an unknown path, unauthorised", () => "/secret", () => ({}), 401],
      ["an unknown path", () => "/secret", right, 404],
      ["the root", () => "/", right, 404],
      ["a name of Object's", () => "/constructor", right, 404],
      ["a web page", () => "/dap", () => ({ ...right(), origin: "https://example.org" }), 403],
      ["a local web page", () => "/dap", () => ({ ...right(), origin: "http://127.0.0.1:1" }), 403],
      ["a sandboxed page", () => "/dap", () => ({ ...right(), origin: "null" }), 403],
      [
        "a look-alike origin",
        () => "/dap",
        () => ({ ...right(), origin: "https://vscode-webview.example.org" }),
        403,
      ],
      ["a page without a token", () => "/dap", () => ({ origin: "https://example.org" }), 401],
      ["a webview", () => "/dap", () => ({ ...right(), origin: "vscode-webview://0a1b" }), 101],
      [
        "the workbench",
        () => "/dap",
        () => ({ ...right(), origin: "vscode-file://vscode-app" }),
        101,
      ],
      [
        "its own origin",
        () => "/dap",
        () => ({ ...right(), origin: `http://127.0.0.1:${server.port}` }),
        101,
      ],
    ];
  it.each(rows)("%s", async (_name, path, headers, expected) => {
    expect(await upgrade(path(), headers())).toBe(expected);
  });

  it("plain HTTP learns nothing without the token", async () => {
    const get = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        request({ port: server.port, host: "127.0.0.1", path: "/dap", headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on("error", reject)
          .end();
      });
    expect(await get({})).toBe(401);
    expect(await get(right())).toBe(426);
  });

  it("starts with a token of its own each time", async () => {
    const other = await startFixtureServer();
    expect(other.token).not.toBe(server.token);
    expect(other.token.length).toBeGreaterThanOrEqual(43);
    await other.close();
  });
});

describe("messages", () => {
  const cases: [name: string, payload: string | Buffer, code: number, reason: RegExp][] = [
    ["over-long text", "x".repeat(8 * 1024 * 1024 + 1), 1009, /longer than 8388608 bytes/],
    ["over-long by far", "x".repeat(40 * 1024 * 1024), 1009, /longer than 8388608 bytes/],
    ["binary", Buffer.from("{}"), 1003, /JSON text, not binary/],
  ];
  it.each(cases)("%s closes that connection alone", async (_name, payload, code, reason) => {
    const other = await DapClient.connect(server.url, server.token);
    const socket = new WebSocket(`${server.url}/dap`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    const closed = new Promise<[number, Buffer]>((resolve) =>
      socket.once("close", (...args) => resolve(args)),
    );
    // The daemon may cut the connection before the whole message is out.
    socket.on("error", () => {});
    socket.once("open", () => socket.send(payload, () => {}));
    const [gotCode, gotReason] = await closed;
    expect(gotCode).toBe(code);
    expect(gotReason.toString()).toMatch(reason);
    expect(await other.request("echo", { text: "still here" })).toBe("still here");
    other.close();
  });

  it("takes a message just under the limit", async () => {
    const client = await DapClient.connect(server.url, server.token);
    const text = "x".repeat(8 * 1024 * 1024 - 200);
    expect(await client.request("echo", { text })).toBe(text);
    client.close();
  });
});
