/** From a line, a function's name or an address to every place in memory where a breakpoint goes. */
import { type Address, address, hex } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import type { Module } from "../inspect/api.ts";
import type { LogicalFrame } from "../symbols/api.ts";
import { pathMatcher } from "../symbols/names.ts";
import type { BreakpointHost, BreakpointPlace } from "./breakpoints.ts";

export interface CodePoint {
  readonly address: Address;
  /** Undefined for an address that no ELF owns. */
  readonly module: Module | undefined;
  /** Innermost inlined levels that begin here, inside what the user asked for: hidden at a stop. */
  readonly hidden: number;
}

export interface Resolution {
  readonly addresses: readonly CodePoint[];
  readonly line: number | undefined;
  /** A remark, or why there are no addresses. */
  readonly message: string | undefined;
}

type CodePlace = Exclude<BreakpointPlace, { kind: "data" }>;

export function resolve(place: CodePlace, host: BreakpointHost): Resolution {
  switch (place.kind) {
    case "source":
      return lines(place.path, place.line, host);
    case "function":
      return functions(place.name, host);
    case "instruction":
      return instruction(place.address, host);
  }
}

/** `isMeant` tells the level that the user asked for; without one the innermost is shown. */
export function codePoint(
  module: Module,
  local: Address,
  isMeant: (frame: LogicalFrame) => boolean,
): CodePoint {
  const frames = module.symbols.framesAt(local);
  const hidden = Math.max(0, frames.findIndex(isMeant));
  return { address: address(local + module.bias), module, hidden };
}

/** Whether a level stands in this line. */
export const isOf =
  (path: string, line: number) =>
  ({ location }: LogicalFrame): boolean =>
    location?.line === line && location.path === path;

function lines(path: string, line: number, host: BreakpointHost): Resolution {
  const { modules } = host.inspector.modules;
  let known = false;
  let at: number | undefined;
  const addresses: CodePoint[] = [];
  const where: string[] = [];
  for (const module of modules) {
    const compiled = host.compiledPath(path, module);
    if (compiled === undefined) continue;
    known = true;
    const found = module.symbols.addressesOfLine(compiled, line);
    // Where an ELF has no code for this line but one below, another may have some.
    if (!found || (at !== undefined && found.line > at)) continue;
    if (at === undefined || found.line < at) {
      addresses.length = 0;
      where.length = 0;
    }
    const { line: its } = found;
    at = its;
    where.push(module.name);
    addresses.push(
      ...found.addresses.map((local) =>
        codePoint(module, behindPrologue(module, local, its), isOf(compiled, its)),
      ),
    );
  }
  if (at !== undefined) {
    const copies = addresses.length;
    const message =
      copies > 1 ? `At ${copies} places in ${[...new Set(where)].join(", ")}.` : undefined;
    return { addresses, line: at, message };
  }
  const names = modules.map(({ name }) => name).join(", ");
  const message = known
    ? `No code was generated for line ${line} or the lines below it.`
    : `${names || "The program"} has no code from ${path}.`;
  return { addresses: [], line: undefined, message };
}

/** Where a line begins with its function: its first instruction at which the arguments are in their places. */
function behindPrologue({ symbols }: Module, local: Address, line: number): Address {
  const fn = symbols.functionAt(local);
  if (fn?.entry !== local) return local;
  const body = symbols.afterPrologue(fn);
  return symbols.locationAt(body)?.line === line ? body : local;
}

/** The bodies of async functions, which a user names by the function. */
const BODY = "::{async_fn#0}";

function functions(name: string, host: BreakpointHost): Resolution {
  const pattern = name.trim().replace(/\(\)$/, "");
  if (pattern === "") throw new UserError("The function's name is empty.");
  const addresses = host.inspector.modules.modules.flatMap((module) => {
    // Calling an async function only makes its coroutine: what the user means is its body.
    const body = entriesOf(module, pattern + BODY);
    const places = body.length > 0 ? body : entriesOf(module, pattern);
    return [...new Map(places.map((place) => [place.address, place])).values()];
  });
  if (addresses.length > 0) {
    const message = addresses.length > 1 ? `At ${addresses.length} places.` : undefined;
    return { addresses, line: undefined, message };
  }
  return {
    addresses,
    line: undefined,
    message: `No function is named ${pattern} (write its path or the end of it, e.g. executor::spawn).`,
  };
}

function entriesOf(module: Module, path: string): CodePoint[] {
  const { symbols } = module;
  const isNamed = pathMatcher(path);
  return [
    ...symbols
      .functionsNamed(path)
      .map((fn) => codePoint(module, symbols.afterPrologue(fn), ({ inlined }) => !inlined)),
    ...symbols
      .inlinedEntries(path)
      .map((local) => codePoint(module, local, (frame) => isNamed(frame.name))),
  ];
}

function instruction(place: Address, host: BreakpointHost): Resolution {
  if ((place & 1n) === 1n) {
    throw new UserError(`No instruction can begin at ${hex(place)}: the address is odd.`);
  }
  const module = host.inspector.modules.modules.find(({ symbols, bias }) =>
    symbols.segments.some(({ virtual, size, flags }) => {
      const offset = place - bias - virtual;
      return flags.execute && offset >= 0n && offset < BigInt(size);
    }),
  );
  return {
    addresses: [{ address: place, module, hidden: 0 }],
    line: undefined,
    message: undefined,
  };
}
