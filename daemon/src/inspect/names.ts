/**
 * Names as people write them: types without module paths and allocators, functions by their last
 * two segments, coroutines by the function whose body they are.
 */
import { type AsyncForm, environmentForm, plainPath, segments } from "../symbols/names.ts";

const ALLOCATOR = /, alloc::alloc::Global(?=>)/g;
/** A path inside a type's name; brackets, spaces and signs end it. */
const PATH =
  /(?:(?:[\p{L}_][\p{L}\p{N}_]*|\{[^{}<>]*\})::)*(?:[\p{L}_][\p{L}\p{N}_]*|\{[^{}<>]*\})/gu;

/** `alloc::vec::Vec<core::option::Option<u8>, alloc::alloc::Global>` as `Vec<Option<u8>>`. */
export function displayType(name: string): string {
  const cached = shown.get(name);
  if (cached !== undefined) return cached;
  const text = name.replace(ALLOCATOR, "").replace(PATH, (path) => lastOf(path));
  if (shown.size > 10_000) shown.clear();
  shown.set(name, text);
  return text;
}
const shown = new Map<string, string>();

function lastOf(path: string): string {
  const parts = path.split("::");
  const form = environmentForm(parts.at(-1)!);
  if (form === undefined) return parts.at(-1)!;
  const named = parts.filter((part) => !part.startsWith("{"));
  return `{${form} ${named.slice(-2).join("::")}}`;
}

/** `Task` of `a::b::Task<T>`: what a struct's value is introduced with. */
export function shortName(name: string): string {
  const text = displayType(name);
  const generic = text.indexOf("<");
  return generic > 0 ? text.slice(0, generic) : text;
}

/**
 * A function or coroutine as its users name it: `ring::runner` of
 * `kernel::workload::ring::runner::{async_fn_env#0}<T>`, and what kind of body it is.
 */
export function userName(path: string): { readonly name: string; readonly suffix: string } {
  let known = named.get(path);
  if (!known) {
    known = nameOf(path);
    if (named.size > 10_000) named.clear();
    named.set(path, known);
  }
  return known;
}
const named = new Map<string, ReturnType<typeof nameOf>>();

function nameOf(path: string): { readonly name: string; readonly suffix: string } {
  const parts = segments(plainPath(path));
  const written = parts.filter((part) => !part.startsWith("{"));
  const form = environmentForm(parts.at(-1) ?? "");
  const suffix = form === undefined ? "" : SUFFIXES[form];
  return { name: written.slice(-2).join("::") || path, suffix };
}

const SUFFIXES: Readonly<Record<AsyncForm, string>> = {
  "async fn": " (async)",
  "async block": " (async block)",
  closure: " (closure)",
};
