/** The Content-Length framing: well-formed streams however they are cut, and what is refused. */
import { describe, expect, it } from "vitest";
import { FrameReader, frame, MAX_HEADER_BYTES } from "../../daemon/src/server/framing.ts";

/** Feeds the stream in pieces of `step` bytes; the bodies, or the error's message. */
function read(stream: string | Buffer, step: number): string[] | string {
  const bytes = Buffer.from(stream as string);
  const reader = new FrameReader(1000);
  const bodies: string[] = [];
  try {
    for (let at = 0; at < bytes.length; at += step) {
      bodies.push(...reader.feed(bytes.subarray(at, at + step)));
    }
  } catch (error) {
    return (error as Error).message;
  }
  return reader.clean ? bodies : [...bodies, "(unfinished)"];
}

describe("framing", () => {
  const rows: [stream: string, expected: string[] | RegExp][] = [
    ["", []],
    ["Content-Length: 2\r\n\r\n{}", ["{}"]],
    ["Content-Length: 0\r\n\r\n", [""]],
    ["content-length:2\r\n\r\n{}", ["{}"]],
    ["Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", ["{}"]],
    ["Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", ["{}"]],
    ["Content-Length: 2\r\n\r\n{}Content-Length: 3\r\n\r\n[1]", ["{}", "[1]"]],
    [frame("ünïcödé 波"), ["ünïcödé 波"]],
    ["Content-Length: 5\r\n\r\n{}", ["(unfinished)"]],
    ["Content-Len", ["(unfinished)"]],
    ["Content-Length: 1000\r\n\r\n", ["(unfinished)"]],
    ["Content-Length: 1001\r\n\r\n", /1001 bytes announced, the limit is 1000/],
    ["Content-Length: 99999999999999999999\r\n\r\n", /not a length/],
    ["Content-Length: -1\r\n\r\n", /not a length: "-1"/],
    ["Content-Length: 1e3\r\n\r\n", /not a length: "1e3"/],
    ["Content-Length: \r\n\r\n", /not a length: ""/],
    ["Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", /not a length: "3"/],
    ["Content-Type: x\r\n\r\n{}", /Content-Length is missing/],
    ['{"seq":1}\r\n\r\n', /Content-Length is missing/],
    ["hello there\r\n\r\n", /not a header line: "hello there"/],
    ["x".repeat(MAX_HEADER_BYTES), /longer than 4096 bytes/],
  ];
  it.each(rows)("%j", (stream, expected) => {
    for (const step of [1, 3, 7, 4096]) {
      const got = read(stream, step);
      if (expected instanceof RegExp) expect(got).toMatch(expected);
      else expect(got).toEqual(expected);
    }
  });

  it("stays broken", () => {
    const reader = new FrameReader();
    expect(() => [...reader.feed(Buffer.from("bad\r\n\r\n"))]).toThrow(/not a header line/);
    expect(() => [...reader.feed(Buffer.from(frame("{}")))]).toThrow(/not a header line/);
    expect(reader.clean).toBe(false);
  });
});
