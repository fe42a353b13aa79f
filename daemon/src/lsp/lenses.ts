/** How many coroutines of each `async fn` live, and in which state: a lens above its line. */
import type { CodeLens } from "vscode-languageserver";
import type { AnnotatedFunction, CodeSymbol, FunctionCounts } from "./annotations.ts";

/** `12 live: 3 ready, 1 running, 8 waiting, polled 40 times`; states without a coroutine are left out. */
export function lensTitle(counts: FunctionCounts): string | undefined {
  const { ready, running, waiting, done, polls = 0 } = counts;
  const live = ready + running + waiting;
  if (live + done === 0) return undefined;
  const states = [
    ...(ready > 0 ? [`${ready} ready`] : []),
    ...(running > 0 ? [`${running} running`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(done > 0 ? [`${done} done`] : []),
    ...(polls > 0 ? [polls === 1 ? "polled 1 time" : `polled ${polls} times`] : []),
  ];
  const all = `${live} live`;
  return `${all}: ${states.join(", ")}`;
}

/** `async fn, 96 bytes, 2 awaits`: what is known of a coroutine that nobody runs. */
export function writtenTitle({ awaits, form, size }: CodeSymbol): string | undefined {
  if (size === undefined || awaits === undefined) return undefined;
  const many = awaits.length;
  const waits = many === 0 ? "never waits" : many === 1 ? "1 await" : `${many} awaits`;
  return `${form}, ${size === 1 ? "1 byte" : `${size} bytes`}, ${waits}`;
}

/** Of the async fns that no coroutine lives of, as far as a session knows. */
export function writtenLenses(
  symbols: readonly CodeSymbol[],
  live: readonly AnnotatedFunction[],
  lines: readonly string[],
): CodeLens[] {
  const counted = new Set(
    live.filter(({ counts }) => lensTitle(counts) !== undefined).map(({ line }) => line),
  );
  return symbols.flatMap((symbol) => {
    const title = symbol.form === "async fn" ? writtenTitle(symbol) : undefined;
    if (title === undefined || counted.has(symbol.line)) return [];
    const position = { line: signatureLine(lines, symbol), character: 0 };
    return [{ range: { start: position, end: position }, command: { title, command: "" } }];
  });
}

/** `command`: of the client, which shows the coroutines of a function. */
export function lensesOf(
  functions: readonly AnnotatedFunction[],
  lines: readonly string[],
  command: string | undefined,
): CodeLens[] {
  return functions.flatMap((entry) => lens(entry, signatureLine(lines, entry), command));
}

/** How many lines a signature may have. */
const MAX_SIGNATURE = 32;

/**
 * The line (from 0) of the `fn`: debugging information tells where the body opens, and a signature
 * may be written over several lines.
 */
export function signatureLine(
  lines: readonly string[],
  { line, name }: Pick<AnnotatedFunction, "line" | "name">,
): number {
  const pattern = new RegExp(`\\bfn\\s+${name.split("::").at(-1)?.replace(/\W.*/, "")}\\b`);
  for (let at = line - 1; at >= 0 && at > line - 1 - MAX_SIGNATURE; at--) {
    if (pattern.test(lines[at] ?? "")) return at;
  }
  return line - 1;
}

function lens(
  { name, counts }: AnnotatedFunction,
  line: number,
  command: string | undefined,
): CodeLens[] {
  const title = lensTitle(counts);
  if (title === undefined) return [];
  const position = { line, character: 0 };
  // A command without a name is text that cannot be clicked.
  const action = command ? { title, command, arguments: [name] } : { title, command: "" };
  return [{ range: { start: position, end: position }, command: action }];
}
