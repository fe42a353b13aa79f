/** What the manifest says is there in every language, and says the same. */
import { expect, test } from "vitest";
import manifest from "../../extension/package.json" with { type: "json" };
import english from "../../extension/package.nls.json" with { type: "json" };
import chinese from "../../extension/package.nls.zh-cn.json" with { type: "json" };

const texts: Record<string, string> = english;
const translated: Record<string, string> = chinese;

/** Members of the manifest that VS Code shows to people. */
const SHOWN =
  /^(title|label|description|markdownDescription|enumDescriptions|contents|altText|markdown)$/;

/** Every string of a JSON value, with the name of the member that it is in. */
function strings(value: unknown, member = ""): [string, string][] {
  if (typeof value === "string") return [[member, value]];
  if (Array.isArray(value)) return value.flatMap((item) => strings(item, member));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => strings(inner, name));
}

const used = strings(manifest).flatMap(([, text]) => /^%(.+)%$/.exec(text)?.[1] ?? []);

/** Names of products are the same in all languages. */
const PRODUCTS = ["AsyncOS"];

test("every text that the manifest shows is a key", () => {
  const shown = strings([manifest.description, manifest.capabilities, manifest.contributes]);
  const views = Object.values(manifest.contributes.views).flat();
  const literal = [
    ...shown.filter(([member]) => SHOWN.test(member)).map(([, text]) => text),
    ...views.map(({ name }) => name),
  ].filter((text) => !/^%.+%$/.test(text));
  expect(literal.filter((text) => !PRODUCTS.includes(text))).toEqual([]);
});

test("every key has a text in every language, and every text is used", () => {
  expect(Object.keys(texts).sort()).toEqual([...new Set(used)].sort());
  expect(Object.keys(translated).sort()).toEqual(Object.keys(texts).sort());
});

/** What a translation keeps as it is: code, commands behind links, placeholders, icons. */
const kept = (text: string) =>
  [...text.matchAll(/`[^`]*`|\]\([^)]*\)|\{\d+\}|\$\([\w-]+\)/g)].map(([part]) => part).sort();

test.each(Object.keys(texts))("%s keeps code and links, and is translated", (key) => {
  expect(kept(translated[key]!)).toEqual(kept(texts[key]!));
  expect(translated[key]).toMatch(/\p{Script=Han}/u);
});
