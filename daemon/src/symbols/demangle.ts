/**
 * Symbol names of Rust back to paths: the v0 scheme (RFC 2603) and the legacy one. What is neither, or
 * malformed, is answered as undefined; the caller shows the symbol as it is.
 */

import { type Demangled, Malformed, V0 } from "./demangle-v0.ts";

export function demangle(symbol: string): Demangled | undefined {
  const llvm = symbol.indexOf(".llvm.");
  const plain = llvm < 0 ? symbol : symbol.slice(0, llvm);
  const v0 = /^_{0,2}R(?=[A-Z])/.exec(plain);
  try {
    if (v0) return new V0(plain.slice(v0[0].length)).run();
    const legacy = /^_{0,2}ZN/.exec(plain);
    if (legacy) return demangleLegacy(plain.slice(legacy[0].length));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return undefined;
}

/** The symbol's path, or the symbol itself where it is not Rust's. */
export const readable = (symbol: string): string => demangle(symbol)?.name ?? symbol;

const LEGACY_ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** Itanium-style lengths and segments, the last of which is `h` and 16 hexadecimal digits. */
function demangleLegacy(text: string): Demangled | undefined {
  const parts: string[] = [];
  let at = 0;
  while (text[at] !== "E") {
    const digits = /^[1-9]\d{0,5}/.exec(text.slice(at, at + 6))?.[0];
    if (digits === undefined) throw new Malformed();
    at += digits.length;
    const part = text.slice(at, at + Number(digits));
    if (part.length < Number(digits)) throw new Malformed();
    parts.push(part);
    at += part.length;
  }
  const hash = parts.at(-1);
  if (parts.length < 2 || hash === undefined || !/^h[0-9a-f]{16}$/.test(hash)) return undefined;
  const names = parts.slice(0, -1).map(unescapeLegacy);
  return { name: names.join("::") + text.slice(at + 1), impl: legacyImpl(names) };
}

function unescapeLegacy(part: string): string {
  const trimmed = part.startsWith("_$") ? part.slice(1) : part;
  return trimmed
    .replace(/\$(\w+)\$/g, (whole, code: string) => {
      if (/^u[0-9a-f]{1,6}$/.test(code)) {
        const point = Number.parseInt(code.slice(1), 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
      }
      return LEGACY_ESCAPES[code] ?? whole;
    })
    .replaceAll("..", "::");
}

/** The innermost `<Self as Trait>` or `<impl Trait for Self>` among the segments. */
function legacyImpl(names: readonly string[]): Demangled["impl"] {
  for (const name of [...names].reverse()) {
    const as = /^<(.*) as (.*)>$/.exec(name);
    if (as) return { self: as[1]!, trait: as[2]! };
    const impl = /^<impl (?:(.*) for )?(.*)>$/.exec(name);
    if (impl) return { self: impl[2]!, trait: impl[1] };
  }
  return undefined;
}
