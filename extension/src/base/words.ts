/**
 * What people read, in the language that they chose: a text in English is the key of its translation,
 * as in `vscode.l10n`, whose bundle this speaks from. Rows and pages say it too, so it knows no VS Code.
 */

/** A language's tag, and its texts by the English ones; English needs none. */
export interface Language {
  readonly tag: string;
  readonly texts: Readonly<Record<string, string>>;
}

export type Part = string | number;

let language: Language = { tag: "en", texts: {} };

/** Before anything is said: what was said already stays as it is. */
export function speak(next: Language): void {
  language = next;
}

export const spoken = (): Language => language;

/** The text in the user's language, its `{0}`, `{1}`, ... replaced by the parts. */
export function t(text: string, ...parts: readonly Part[]): string {
  return filled(language.texts[text] ?? text, parts);
}

/** `{0}` is the number: of one thing, or of many. */
export function counted(
  many: number,
  ofOne: string,
  ofMany: string,
  ...more: readonly Part[]
): string {
  return t(many === 1 ? ofOne : ofMany, number(many), ...more);
}

/** Digits in groups, as the language has them. */
export function number(value: number, format?: Intl.NumberFormatOptions): string {
  // Making one takes much longer than using it, and pages use it for each picture.
  const key = `${language.tag} ${JSON.stringify(format)}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat(language.tag, format);
    formatters.set(key, formatter);
  }
  return formatter.format(value);
}

const formatters = new Map<string, Intl.NumberFormat>();

const filled = (text: string, parts: readonly Part[]): string =>
  text.replace(/\{(\d+)\}/g, (whole, at) => String(parts[Number(at)] ?? whole));
