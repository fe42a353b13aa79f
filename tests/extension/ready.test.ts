/** The ready line: exactly what the daemon prints is taken, anything else is a log line. */
import { expect, test } from "vitest";
import { parseReadyLine } from "../../extension/src/daemon/ready.ts";

const good = { url: "ws://127.0.0.1:4000", port: 4000, token: "abc", pid: 17 };
const endpoint = { url: "ws://127.0.0.1:4000", token: "abc", pid: 17 };

test.each([
  ["a whole line", JSON.stringify(good), endpoint],
  ["a trailing slash", JSON.stringify({ ...good, url: `${good.url}/` }), endpoint],
  ["fields of later versions", JSON.stringify({ ...good, version: "2" }), endpoint],
  ["text", "listening", undefined],
  ["nothing", "", undefined],
  ["null", "null", undefined],
  ["an array", "[]", undefined],
  ["a cut line", JSON.stringify(good).slice(0, -1), undefined],
  ["no token", JSON.stringify({ ...good, token: undefined }), undefined],
  ["an empty token", JSON.stringify({ ...good, token: "" }), undefined],
  ["a url with a path", JSON.stringify({ ...good, url: "ws://127.0.0.1:1/dap" }), undefined],
  ["another scheme", JSON.stringify({ ...good, url: "http://127.0.0.1:1" }), undefined],
  ["a pid of text", JSON.stringify({ ...good, pid: "17" }), undefined],
  ["a pid of zero", JSON.stringify({ ...good, pid: 0 }), undefined],
])("%s", (_name, line, expected) => {
  expect(parseReadyLine(line)).toEqual(expected);
});
