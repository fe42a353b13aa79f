/** Memory as text. */
import { expect, test } from "vitest";
import { bytesOf, dump } from "../../extension/src/memory/dump.ts";

test("sixteen bytes a line, as numbers and characters; the last line may be shorter", () => {
  const bytes = new TextEncoder().encode("AsyncOS\n kernel, 18");
  expect(dump(0x8020_0000n, bytes)).toBe(
    [
      "0x80200000  41 73 79 6e 63 4f 53 0a  20 6b 65 72 6e 65 6c 2c  |AsyncOS. kernel,|",
      "0x80200010  20 31 38                                          | 18|",
    ].join("\n"),
  );
  expect(dump(0n, new Uint8Array())).toBe("");
});

test("bytes come in base 64", () => {
  expect([...bytesOf(Buffer.from([0, 255, 7]).toString("base64"))]).toEqual([0, 255, 7]);
});
