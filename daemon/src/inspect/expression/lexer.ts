/** Cuts the text of an expression into tokens. Every token knows where it stands. */
import { UserError } from "../../base/errors.ts";

export type Token =
  | { readonly kind: "integer"; readonly at: number; readonly end: number; readonly value: bigint }
  | { readonly kind: "string"; readonly at: number; readonly end: number; readonly value: string }
  | {
      readonly kind: "character";
      readonly at: number;
      readonly end: number;
      readonly value: number;
    }
  | { readonly kind: "word"; readonly at: number; readonly end: number; readonly text: string }
  | { readonly kind: "register"; readonly at: number; readonly end: number; readonly text: string }
  | { readonly kind: "sign"; readonly at: number; readonly end: number; readonly text: string }
  | { readonly kind: "end"; readonly at: number; readonly end: number };

/** Longer texts are refused: nobody types them, and work is bounded by length. */
const MAX_LENGTH = 2_000;

/** A mistake in an expression; the column counts from 1. */
export function syntaxError(text: string, at: number, problem: string): UserError {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new UserError(`expression \`${shown}\`, column ${at + 1}: ${problem}`);
}

const SIGNS = [
  ..."|| && == != <= >= << >> :: -> ..".split(" "),
  ..."| & < > + - * / % ^ ! = . , ; ( ) [ ] { } #".split(" "),
];
const SPACE = /\s+/y;
const NUMBER = /0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*/iy;
const SUFFIX = /(?:[ui](?:8|16|32|64|128|size))?(?![\p{L}\p{N}_])/uy;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const REGISTER = /\$([a-z][a-z0-9_]*)/iy;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "0": "\0",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

export function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) {
    throw syntaxError(text, 0, `longer than ${MAX_LENGTH} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text) ?? undefined;
  };
  for (;;) {
    at += take(SPACE)?.[0].length ?? 0;
    if (at >= text.length) break;
    const start = at;
    const number = take(NUMBER);
    if (number) {
      at += number[0].length;
      const suffix = take(SUFFIX);
      if (!suffix) throw syntaxError(text, at, "a number does not go on like this");
      at += suffix[0].length;
      tokens.push({ kind: "integer", at: start, end: at, value: integer(text, start, number[0]) });
      continue;
    }
    const register = take(REGISTER);
    if (register) {
      at += register[0].length;
      tokens.push({ kind: "register", at: start, end: at, text: register[1]!.toLowerCase() });
      continue;
    }
    const quote = text[at] === "b" ? text[at + 1] : text[at];
    if (quote === '"' || (quote === "'" && text[at] !== "b")) {
      if (text[at] === "b") throw syntaxError(text, at, "byte strings are not supported");
      const read = quoted(text, at, quote);
      at = read.end;
      tokens.push(quotedToken(text, start, at, quote, read.value));
      continue;
    }
    if (text[at] === "b" && quote === "'") {
      const read = quoted(text, at + 1, "'");
      at = read.end;
      const value = read.value.codePointAt(0);
      if (read.value.length !== 1 || value === undefined || value > 0x7f) {
        throw syntaxError(text, start, "a byte literal holds one ASCII character");
      }
      tokens.push({ kind: "integer", at: start, end: at, value: BigInt(value) });
      continue;
    }
    const word = take(WORD);
    if (word) {
      at += word[0].length;
      tokens.push({ kind: "word", at: start, end: at, text: word[0] });
      continue;
    }
    const sign = SIGNS.find((candidate) => text.startsWith(candidate, at));
    if (sign === undefined) {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      throw syntaxError(text, at, `unexpected character ${JSON.stringify(character)}`);
    }
    at += sign.length;
    tokens.push({ kind: "sign", at: start, end: at, text: sign });
  }
  tokens.push({ kind: "end", at: text.length, end: text.length });
  return tokens;
}

function integer(text: string, at: number, digits: string): bigint {
  const plain = digits.replaceAll("_", "").toLowerCase();
  if (plain.length === 2 && /^0[xob]$/.test(plain)) throw syntaxError(text, at, "digits expected");
  const value = BigInt(plain);
  if (value >= 1n << 128n) throw syntaxError(text, at, "the number does not fit in 128 bits");
  return value;
}

function quotedToken(text: string, at: number, end: number, quote: string, value: string): Token {
  if (quote === '"') return { kind: "string", at, end, value };
  const characters = [...value];
  if (characters.length !== 1) {
    throw syntaxError(text, at, "a character literal holds one character");
  }
  return { kind: "character", at, end, value: characters[0]!.codePointAt(0)! };
}

/** The text between quotes that open at `at`, with its escapes resolved. */
function quoted(text: string, at: number, quote: string): { value: string; end: number } {
  let value = "";
  for (let i = at + 1; i < text.length; i++) {
    const character = text[i]!;
    if (character === quote) return { value, end: i + 1 };
    if (character !== "\\") {
      value += character;
      continue;
    }
    const letter = text[++i];
    if (letter === "x" || letter === "u") {
      const pattern = letter === "x" ? /[0-9a-f]{2}/iy : /\{([0-9a-f]{1,6})\}/iy;
      pattern.lastIndex = i + 1;
      const digits = pattern.exec(text);
      const code = digits ? Number.parseInt(digits[1] ?? digits[0], 16) : Number.NaN;
      if (!digits || code > 0x10ffff) throw syntaxError(text, i - 1, "malformed escape");
      value += String.fromCodePoint(code);
      i += digits[0].length;
    } else {
      const plain = ESCAPES[letter ?? ""];
      if (plain === undefined) throw syntaxError(text, i - 1, "unknown escape");
      value += plain;
    }
  }
  throw syntaxError(text, at, `the closing ${quote} is missing`);
}
