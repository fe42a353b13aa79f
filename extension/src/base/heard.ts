/**
 * What the daemon says, in the user's language. It speaks English only, to scripts as to people; its
 * codes (states, kinds) and its sentences are the keys of the same bundle that ours are. What is in
 * none is shown as it came.
 */
import { spoken, t } from "./words.ts";

/** A text of the daemon's, translated where it is known: as it stands, by its form, or line by line. */
export function heard(text: string): string {
  const { texts } = spoken();
  if (Object.hasOwn(texts, text)) return texts[text]!;
  for (const { key, pattern } of forms(texts)) {
    const found = pattern.exec(text);
    // A reason within a sentence is one itself; a name is not.
    if (found)
      return t(key, ...found.slice(1).map((part) => (/ /.test(part) ? heard(part) : part)));
  }
  return text.includes("\n") ? text.split("\n").map(heard).join("\n") : text;
}

interface Form {
  readonly key: string;
  readonly pattern: RegExp;
}

let compiled: { readonly of: object; readonly forms: readonly Form[] } | undefined;

/** Of the bundle's keys those with values in them; the most telling first. */
function forms(texts: Readonly<Record<string, string>>): readonly Form[] {
  if (compiled?.of === texts) return compiled.forms;
  const forms = Object.keys(texts)
    .filter((key) => /\{0\}/.test(key) && plain(key).length >= LEAST)
    .sort((a, b) => plain(b).length - plain(a).length)
    .map((key) => ({ key, pattern: patternOf(key) }));
  compiled = { of: texts, forms };
  return forms;
}

/** Letters that a form has to have besides its values: with fewer, anything would be one. */
const LEAST = 5;

const plain = (key: string): string => key.replace(/\{\d+\}/g, "");

/** Values are numbered in the order in which they stand, as the daemon's sentences have them. */
function patternOf(key: string): RegExp {
  const source = key
    .split(/\{\d+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("([\\s\\S]*?)");
  return new RegExp(`^${source}$`);
}
