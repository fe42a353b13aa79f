/** The prebuilt image belongs to the sources beside it, and needs nothing that the machine lacks. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { IMAGE, manifestProblems, sources } from "../../kernel/manifest.mjs";

it("is built from these sources", () => {
  expect(sources()).toContain("src/main.rs");
  expect(manifestProblems()).toEqual([]);
});

it("starts at 0x8020_0000 and carries no path of the machine that built it", () => {
  const bytes = readFileSync(IMAGE);
  const symbols = openSymbols(bytes, "asyncos-kernel.elf");
  expect(symbols.entry).toBe(0x8020_0000n);
  expect(symbols.gaps).toEqual([]);
  const foreign = symbols.sourceFiles().filter((path) => !path.startsWith("/asyncos/"));
  expect(foreign).toEqual([]);
  expect(bytes.includes("/home/") || bytes.includes("/root/")).toBe(false);
});
