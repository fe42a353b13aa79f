/** Single types of the standard library that read better as what they mean: source places, durations. */
import { type Datum, part } from "./datum.ts";
import { integralOf } from "./scalar.ts";
import { stringOf } from "./strings.ts";
import { memberOf, slicePointer, soleMember } from "./types.ts";

/** `src/main.rs:12:5`; undefined when it cannot be read as one. */
export function sourceText(datum: Datum): string | undefined {
  const location = readLocation(datum);
  return location && `${location.path}:${location.line}:${location.column}`;
}

/** `core::panic::Location`: where `#[track_caller]` says that something was called. */
export function readLocation(
  datum: Datum,
): { path: string; line: number; column: number } | undefined {
  const { type } = datum;
  const line = memberOf(type, "line");
  const column = memberOf(type, "col");
  const file = memberOf(type, "filename") ?? memberOf(type, "file");
  if (!line || !column || !file) return undefined;
  const path = fileName(part(datum, file.offset, file.type));
  const row = integralOf(part(datum, line.offset, line.type));
  const at = integralOf(part(datum, column.offset, column.type));
  if (path === undefined || !row || !at) return undefined;
  return { path, line: Number(row.value), column: Number(at.value) };
}

/** A `&str`, or a pointer to one with a trailing zero (`NonNull<str>`). */
function fileName(datum: Datum): string | undefined {
  let here = datum;
  for (let depth = 0; depth < 4 && !slicePointer(here.type); depth++) {
    const sole = soleMember(here.type);
    if (!sole) return undefined;
    here = part(here, sole.offset, sole.type);
  }
  const string = stringOf(here);
  return typeof string === "string" ? undefined : string.value.replace(/\0$/, "");
}

/** `1.5s`, as Rust's Debug writes it; undefined when it cannot be read as one. */
export function durationText(datum: Datum): string | undefined {
  const { type } = datum;
  const seconds = memberOf(type, "secs");
  const nanos = memberOf(type, "nanos");
  const whole = seconds && integralOf(part(datum, seconds.offset, seconds.type));
  const rest = nanos && integralOf(part(datum, nanos.offset, nanos.type));
  if (!whole || !rest) return undefined;
  const total = whole.value * 1_000_000_000n + rest.value;
  for (const [unit, size] of [
    ["s", 1_000_000_000n],
    ["ms", 1_000_000n],
    ["µs", 1_000n],
  ] as const) {
    if (total >= size) return `${decimal(total, size)}${unit}`;
  }
  return `${total}ns`;
}

function decimal(value: bigint, unit: bigint): string {
  const digits = (value % unit).toString().padStart(unit.toString().length - 1, "0");
  const fraction = digits.replace(/0+$/, "");
  return `${value / unit}${fraction && `.${fraction}`}`;
}
