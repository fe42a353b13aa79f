/** Outlines, and the implementations behind wakers: what the ELFs of sessions say of sources. */
import {
  type DocumentSymbol,
  type Hover,
  type Location,
  MarkupKind,
  type Range,
  SymbolKind,
} from "vscode-languageserver";
import type { AnnotatedFunction, CodePlace, CodeSymbol } from "./annotations.ts";
import { lensTitle, signatureLine, writtenTitle } from "./lenses.ts";

const lineRange = (line: number, length = 0): Range => ({
  start: { line: line - 1, character: 0 },
  end: { line: line - 1, character: length },
});

/** The async fns and blocks of a file and its wakers' methods, with how many coroutines live. */
export function outline(
  symbols: readonly CodeSymbol[],
  live: readonly AnnotatedFunction[],
  lines: readonly string[],
): DocumentSymbol[] {
  return symbols.map((symbol) => {
    const { form, line, name } = symbol;
    const counts = live.find((entry) => entry.line === line)?.counts;
    const at = signatureLine(lines, symbol);
    const range = lineRange(at + 1, lines[at]?.length ?? 0);
    return {
      name: name.split("::").at(-1) || name,
      detail: (counts && lensTitle(counts)) ?? writtenTitle(symbol) ?? form,
      kind: form === "waker" ? SymbolKind.Method : SymbolKind.Function,
      range,
      selectionRange: range,
    };
  });
}

/** What is known of the coroutine whose signature stands in a line, which counts from 0. */
export function writtenHover(
  symbols: readonly CodeSymbol[],
  lines: readonly string[],
  line: number,
): Hover | null {
  const symbol = symbols.find(
    (each) => each.size !== undefined && signatureLine(lines, each) === line,
  );
  if (!symbol) return null;
  const { awaits = [], form, name, size } = symbol;
  const waits =
    awaits.length === 0
      ? "It never waits."
      : awaits.length === 1
        ? `It waits at line ${awaits[0]}.`
        : `It waits at the lines ${awaits.join(", ")}.`;
  const bytes = size === 1 ? "1 byte" : `${size} bytes`;
  const value = `\`${name}\`: ${form}, a coroutine of ${bytes}. ${waits}`;
  return { contents: { kind: MarkupKind.Markdown, value } };
}

/** Words of wakers, which lead to what happens when one is called. */
const WAKER_WORDS = /^(Waker|RawWaker|waker|wake|wake_by_ref)$/;

/** The identifier at a character of a line, as far as there is one. */
export function wordAt(line: string, character: number): string | undefined {
  for (const { 0: word, index } of line.matchAll(/[A-Za-z_]\w*/g)) {
    if (index <= character && character <= index + word.length) return word;
  }
  return undefined;
}

/** Every method that a waker may call, where the word at the cursor is one of a waker's. */
export function wakerImplementations(
  word: string | undefined,
  wakers: readonly CodePlace[],
  uriOf: (path: string) => string,
): Location[] {
  if (word === undefined || !WAKER_WORDS.test(word)) return [];
  const methods = wakers.filter(({ name }) =>
    word === "wake" || word === "wake_by_ref" ? name.endsWith(`::${word}`) : true,
  );
  return methods.map(({ line, path }) => ({ uri: uriOf(path), range: lineRange(line) }));
}
