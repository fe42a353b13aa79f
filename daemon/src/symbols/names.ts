/**
 * Paths as text: taking them apart, comparing and shortening them. Names come from DWARF
 * (`alloc::sync::Arc<T, A>::new<T>`), from demangled symbols (`<mini::Task as Wake>::wake`) and from users
 * (`Task::wake`), and all three must meet.
 */

const OPENING = "<([{";
const CLOSING = ">)]}";
const BRACKET = /[<([{>)\]}]/;

/** The parts between the `::` that are not inside brackets. */
export function segments(path: string): string[] {
  // Most paths have no brackets, and whole images of them are looked through.
  if (!BRACKET.test(path)) return path.split("::").filter((part) => part !== "");
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < path.length; index++) {
    const char = path[index]!;
    if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char) && !isArrow(path, index)) depth--;
    else if (depth === 0 && char === ":" && path[index + 1] === ":") {
      parts.push(path.slice(start, index));
      index++;
      start = index + 1;
    }
  }
  parts.push(path.slice(start));
  return parts.filter((part) => part !== "");
}

const isArrow = (text: string, index: number) => text[index] === ">" && text[index - 1] === "-";

/** A name without the generic arguments behind it: `Arc<T>` is `Arc`, `{closure_env#0}<T>` is `{closure_env#0}`. */
export function withoutArguments(segment: string): string {
  const open = segment.indexOf("<", 1);
  return open < 0 || !segment.endsWith(">") || isOperator(segment)
    ? segment
    : segment.slice(0, open);
}

/** C++ spells some functions with angle brackets that open nothing. */
const isOperator = (segment: string) => segment.startsWith("operator");

/** Generic arguments of a segment as text between the brackets, split at the top level. */
export function argumentsOf(segment: string): string[] {
  const base = withoutArguments(segment);
  if (base.length === segment.length) return [];
  const inner = segment.slice(base.length + 1, -1);
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < inner.length; index++) {
    const char = inner[index]!;
    if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char) && !isArrow(inner, index)) depth--;
    else if (char === "," && depth === 0) {
      parts.push(inner.slice(start, index).trim());
      start = index + 1;
    }
  }
  const last = inner.slice(start).trim();
  return last === "" ? parts : [...parts, last];
}

/**
 * A path as it is compared: no generic arguments, and `<T as Trait>::f` and `<T>::f` as `T::f`.
 */
export function plainPath(path: string): string {
  const parts = withoutTurbofish(segments(path));
  const first = parts[0];
  if (first?.startsWith("<") && first.endsWith(">")) {
    const self = selfType(first.slice(1, -1));
    parts.splice(0, 1, ...segments(self));
  }
  return parts.map(withoutArguments).join("::");
}

/** The `T` of `T as Trait`. */
function selfType(text: string): string {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char) && !isArrow(text, index)) depth--;
    else if (depth === 0 && text.startsWith(" as ", index)) return text.slice(0, index);
  }
  return text;
}

/** The last segment without generic arguments. */
export const lastName = (path: string): string =>
  withoutArguments(withoutTurbofish(segments(path)).at(-1) ?? path);

/** Generic arguments that stand alone between two `::` belong to the name before them. */
const withoutTurbofish = (parts: readonly string[]) =>
  parts.filter((part, index) => index === 0 || !part.startsWith("<"));

/**
 * Whether a path is what a pattern asks for: equal to it or ending with `::` and it. Generic arguments count
 * only where the pattern has some.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const wanted = plainPath(pattern);
  const exact = pattern.includes("<") && !pattern.startsWith("<");
  const turbofishless = pattern.replaceAll("::<", "<");
  return (path) => {
    const plain = plainPath(path);
    if (plain !== wanted && !plain.endsWith(`::${wanted}`)) return false;
    return !exact || path === turbofishless || path.endsWith(`::${turbofishless}`);
  };
}

export type AsyncForm = "async fn" | "async block" | "closure";

/**
 * What a coroutine's or closure's segment says: its body (`{async_fn#0}`) or its environment type
 * (`{async_fn_env#0}<T>`).
 */
export function environmentForm(segment: string): AsyncForm | undefined {
  const match = /^\{(async_fn|async_block|closure|coroutine|async_closure)(_env)?#\d+\}/.exec(
    segment,
  );
  switch (match?.[1]) {
    case "async_fn":
      return "async fn";
    case "async_block":
    case "coroutine":
      return "async block";
    case "closure":
    case "async_closure":
      return "closure";
    default:
      return undefined;
  }
}

/**
 * The path that a user knows a frame or a coroutine by, and what it is: `a::f::{async_fn#0}` is the async fn
 * `a::f`; an async block or closure keeps its number, `a::f::{async_block#1}`.
 */
export function logicalName(path: string): { name: string; form: AsyncForm | undefined } {
  const parts = segments(path);
  const last = parts.at(-1) ?? "";
  const form = environmentForm(last);
  if (form === "async fn") return { name: parts.slice(0, -1).join("::"), form };
  if (form === undefined) return { name: path, form };
  const body = last.replace(/^(\{\w+?)_env#/, "$1#");
  return { name: [...parts.slice(0, -1), body].join("::"), form };
}
