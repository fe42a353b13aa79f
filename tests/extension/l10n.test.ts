/** What the extension's code says is there in every language, and nothing bypasses it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import chinese from "../../extension/l10n/bundle.l10n.zh-cn.json" with { type: "json" };
import manifest from "../../extension/package.json" with { type: "json" };
import { literalsOf, look, sourcesIn, userErrors } from "./spoken.ts";

const root = join(import.meta.dirname, "../..");
const translated: Readonly<Record<string, string>> = chinese;
/** What looks up does so for others. */
const LOOKING_UP = ["base/heard.ts", "base/words.ts"];
const sources = sourcesIn(join(root, "extension/src")).filter(
  ({ path }) => !LOOKING_UP.includes(path),
);
const { keys, problems } = look(sources);
const folder = join(root, "daemon/profiles");
const profiles = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => readFileSync(join(folder, name), "utf8"));

/** What is shown as it stands in every language. */
const AS_IT_STANDS = [
  // Written into a user's launch.json, and names of what it starts.
  "AsyncOS: bundled kernel",
  "{0}, workload {1}",
  "AsyncOS: my kernel",
  // A register, examples, a font.
  "pc",
  "pc {0}",
  // Typed into a terminal.
  "cargo build",
  "0x80200000, $sp, executor::EXECUTOR",
  "state:waiting prio:<3",
  "{0}px {1}",
  // Told to the daemon and to the browser.
  "Bearer {0}",
  "default-src 'none'; style-src {0} 'nonce-{1}'; script-src 'nonce-{2}'",
  // Bugs of ours.
  "assertion failed: {0} is asked here",
];

test("nothing that people see bypasses the bundle", () => {
  const bypassing = problems.filter(
    (problem) => !AS_IT_STANDS.some((text) => problem.endsWith(`: not looked up: ${text}`)),
  );
  expect(bypassing).toEqual([]);
});

test("the check of literals sees what it should", () => {
  const check = (text: string) => look([{ path: "x.ts", text }]).problems;
  expect(check('const f = () => t("No coroutine");')).toEqual([]);
  expect(check('t("too early");')).toEqual(["x.ts:1: looked up before the language is known"]);
  expect(check("const f = (x) => t(x);")).toEqual(["x.ts:1: looks up what is no literal"]);
  for (const bypassing of [
    'const row = { label: "Hart" };',
    "const row = { label: `Hart ${id}` };",
    'throw new Error("No session runs.");',
    'element.textContent = "Nothing";',
    "const text = `${many} coroutines of it`;",
    'const f = () => t("{0} waits", `for ${what} there`);',
    "const page = html`<b>Filter</b>`;",
    'const page = html`<input aria-label="Filter">`;',
  ]) {
    expect(check(bypassing), bypassing).toHaveLength(1);
  }
});

test("the manifest says where the bundle is", () => {
  expect(manifest.l10n).toBe("./l10n");
});

test("every text is translated", () => {
  expect([...keys].filter((key) => !Object.hasOwn(translated, key))).toEqual([]);
});

test("every error of a session is translated", () => {
  const session = sourcesIn(join(root, "daemon/src")).filter(({ path }) =>
    /^(dap|debugger|awareness|inspect)\//.test(path),
  );
  const errors = userErrors(session);
  expect(errors.size).toBeGreaterThan(80);
  expect([...errors].filter((text) => !Object.hasOwn(translated, text))).toEqual([]);
});

test("what the bundled profiles say in words is translated", () => {
  const words = (value: unknown, member = ""): string[] => {
    if (typeof value === "string") return /^(what|meaning|mode|names)$/.test(member) ? [value] : [];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, inner]) =>
      words(inner, member === "names" || Array.isArray(value) ? member : name),
    );
  };
  const said = profiles.flatMap((text) => words(JSON.parse(text)));
  expect(said.length).toBeGreaterThan(10);
  expect(said.filter((text) => !Object.hasOwn(translated, text))).toEqual([]);
});

test("every other translation is of something that the daemon or a profile says", () => {
  const daemon = sourcesIn(join(root, "daemon/src"));
  const said = new Set([...literalsOf(daemon), ...userErrors(daemon)]);
  const heard = Object.keys(translated).filter((key) => !keys.has(key));
  const unsaid = heard.filter(
    (key) => !said.has(key) && !profiles.join("\n").includes(JSON.stringify(key).slice(1, -1)),
  );
  expect(unsaid).toEqual([]);
  expect(heard.length).toBeGreaterThan(20);
});

const placeholders = (text: string) => [...new Set(text.match(/\{\d+\}/g))].sort();
/** What a translation keeps as it is. */
const code = (text: string) =>
  (text.match(/`[^`]*`|\b[a-z]+:<?\d+\b|F5|https?:\S+|ui\.perfetto\.dev/g) ?? []).sort();

test.each(Object.entries(translated))("%s: %s", (key, text) => {
  expect(placeholders(text)).toEqual(placeholders(key));
  expect(code(text)).toEqual(code(key));
  expect(text).toMatch(/\p{Script=Han}|[、，：；]/u);
  // As in a text written by hand: full-width marks between Chinese characters.
  expect(text).not.toMatch(/\p{Script=Han}[,;:?!]|\p{Script=Han}\.(?![.\w])/u);
});
