/** What the bundled kernel's image says, against its own sources and against GDB. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Address, address } from "../../daemon/src/base/brand.ts";
import type { EvaluationContext } from "../../daemon/src/symbols/api.ts";
import { logicalName } from "../../daemon/src/symbols/names.ts";
import { KERNEL, open } from "./images.ts";

const SOURCE_PREFIX = "/asyncos/kernel/";
const SCOPES = 60;

/** The text of a line of the kernel's own sources, by the path that the compiler recorded. */
function sourceLine(path: string, line: number): string {
  const relative = path.slice(SOURCE_PREFIX.length);
  const file = fileURLToPath(new URL(`../../kernel/${relative}`, import.meta.url));
  return readFileSync(file, "utf8").split("\n")[line - 1] ?? "";
}

/** A line and what stands before it back to the last blank line or closing brace. */
function signature(path: string, line: number): string {
  let text = sourceLine(path, line);
  for (let above = line - 1; above > 0; above--) {
    const before = sourceLine(path, above);
    if (/^\s*}?\s*$/.test(before)) break;
    text = `${before}\n${text}`;
  }
  return text;
}

const isOurs = (path: string) => path.startsWith(SOURCE_PREFIX);
const exists = (path: string) =>
  existsSync(
    fileURLToPath(new URL(`../../kernel/${path.slice(SOURCE_PREFIX.length)}`, import.meta.url)),
  );

const gdb = (() => {
  try {
    execFileSync("gdb-multiarch", ["--version"]);
    return (args: readonly string[]) =>
      execFileSync("gdb-multiarch", ["-batch", "-nx", ...args], {
        maxBuffer: 1 << 28,
        stdio: ["ignore", "pipe", "ignore"],
      }).toString();
  } catch {
    return undefined;
  }
})();

/** Lines of sources that the image was not built from prove nothing; another test says that they differ. */
const { manifestProblems } = (await import(
  new URL("../../kernel/manifest.mjs", import.meta.url).href
)) as { manifestProblems: () => readonly string[] };
const isStale = manifestProblems().length > 0;
const fresh = test.skipIf(isStale);
const why = isStale ? " (skipped: the image is not of these sources)" : "";

describe.skipIf(KERNEL === undefined)("the bundled kernel", () => {
  const symbols = open(KERNEL!);

  test("has nothing unreadable", () => {
    symbols.coroutineTypes();
    for (const path of symbols.sourceFiles()) symbols.declarationsIn(path);
    expect(symbols.gaps).toEqual([]);
  });

  fresh(`its coroutines wait where the sources say .await${why}`, () => {
    let awaits = 0;
    for (const type of symbols.coroutineTypes()) {
      const { variants = [], discriminant } = type.variants ?? {};
      expect(discriminant?.name, type.name).toBe("__state");
      expect(variants.slice(0, 3).map(({ name }) => name)).toEqual([
        "Unresumed",
        "Returned",
        "Panicked",
      ]);
      const values = variants.map((variant) => variant.values);
      expect(values).toEqual(variants.map((_, index) => [BigInt(index)]));
      for (const { declaration, type: state } of variants.slice(3)) {
        if (declaration === undefined || !isOurs(declaration.path) || !exists(declaration.path))
          continue;
        const { path, line } = declaration;
        expect(sourceLine(path, line), `${type.name} at ${path}:${line}`).toContain(".await");
        expect(
          state.kind === "struct" && state.members.some(({ name }) => name === "__awaitee"),
        ).toBe(true);
        awaits++;
      }
    }
    expect(awaits).toBeGreaterThan(10);
  });

  fresh(`its declarations stand where the sources have them${why}`, () => {
    let functions = 0;
    for (const path of symbols.sourceFiles().filter((each) => isOurs(each) && exists(each))) {
      for (const { name, location, async, environments } of symbols.declarationsIn(path)) {
        const text = sourceLine(path, location.line);
        const { name: logical, form } = logicalName(name);
        if (async && form !== "async block") {
          expect(signature(location.path, location.line), name).toMatch(/\basync fn\b/);
          expect(environments.length, name).toBeGreaterThan(0);
        }
        const last = logical.split("::").at(-1)!;
        // What a macro or a derive makes has no `fn` of its own.
        if (!/\bfn\b/.test(text) || last.startsWith("{")) continue;
        expect(text, name).toContain(last);
        functions++;
      }
    }
    expect(functions).toBeGreaterThan(50);
  });

  test("a breakpoint on an .await finds code of that line in its coroutine", () => {
    let found = 0;
    for (const type of symbols.coroutineTypes()) {
      for (const { declaration } of type.variants?.variants.slice(3) ?? []) {
        if (declaration === undefined || !isOurs(declaration.path)) continue;
        const entry = symbols.addressesOfLine(declaration.path, declaration.line);
        if (entry?.line !== declaration.line) continue;
        for (const at of entry.addresses) {
          const frames = symbols.framesAt(at);
          const places = frames.map(({ location }) => `${location?.path}:${location?.line}`);
          expect(places).toContain(`${declaration.path}:${declaration.line}`);
        }
        found++;
      }
    }
    expect(found).toBeGreaterThan(10);
  });

  test("vtables of futures lead to coroutines and their poll functions", () => {
    const futures = symbols.vtables().filter(({ trait }) => trait.endsWith("::Future"));
    expect(futures.length).toBeGreaterThan(3);
    for (const { address: at, concrete, methods, size } of futures) {
      expect(symbols.vtableAt(at)?.concrete).toBe(concrete);
      expect(size).toBe(32);
      if (concrete.kind !== "struct" || concrete.environment === undefined) continue;
      const body = symbols.functionAt(methods[0]!);
      expect(logicalName(body?.name ?? "").name).toBe(logicalName(concrete.name).name);
    }
  });

  test("names that users type find functions", () => {
    const raw = symbols.functionsNamed("raw_waker::wake");
    expect(raw.length).toBeGreaterThan(0);
    for (const { name } of raw) expect(name).toMatch(/^alloc::task::raw_waker::wake</);
    const names = symbols.functionsNamed("run").map(({ name }) => logicalName(name).name);
    expect(names.every((name) => /::run(<.*>)?$/.test(name))).toBe(true);
    expect(symbols.functionsNamed("no::such::function")).toEqual([]);
    for (const fn of raw) expect(symbols.afterPrologue(fn)).toBeGreaterThan(fn.entry);
  });

  test.skipIf(!gdb)(
    `variables in scope agree with GDB${gdb ? "" : " (skipped: no gdb-multiarch)"}`,
    () => {
      const code = symbols.segments.find(({ flags }) => flags.execute)!;
      const step = BigInt(Math.floor(code.size / SCOPES / 2) * 2);
      const addresses: Address[] = [];
      for (let at = code.virtual; at < code.virtual + BigInt(code.size); at = address(at + step)) {
        if (symbols.framesAt(at).length > 0) addresses.push(at);
      }
      const questions = addresses.flatMap((at) => [
        "-ex",
        `echo @@${at}\\n`,
        "-ex",
        `info scope *${at}`,
      ]);
      const answers = gdb!([...questions, KERNEL!])
        .split("@@")
        .slice(1);
      expect(answers.length).toBe(addresses.length);
      let located = 0;
      for (const answer of answers) {
        const at = address(BigInt(answer.split("\n")[0]!));
        const frame = symbols.framesAt(at)[0]!;
        const ours = frame.variables();
        for (const [, name, what] of answer.matchAll(/^Symbol (\S+) is (.*)$/gm)) {
          if (/optimized out|a function at|a register at/.test(what!)) continue;
          const same = ours.filter((variable) => variable.name === name);
          expect(same.length, `${name} at ${at.toString(16)} in ${frame.name}`).toBeGreaterThan(0);
          const register = /^a variable in \$(\w+), /.exec(what!)?.[1];
          if (register !== undefined && same.length === 1) {
            expect(symbols.evaluate(same[0]!.location, context)).toEqual({
              kind: "register",
              register: REGISTERS.indexOf(register),
            });
            located++;
          }
        }
      }
      expect(located).toBeGreaterThan(0);
    },
  );
});

const REGISTERS =
  "zero ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6".split(
    " ",
  );

const context: EvaluationContext = {
  register: () => undefined,
  memory: () => undefined,
  cfa: undefined,
};
