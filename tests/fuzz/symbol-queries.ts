/** Everything that can be asked of an image, each question on its own: the answer or a FormatError. */
import { type Address, address } from "../../daemon/src/base/brand.ts";
import { FormatError } from "../../daemon/src/base/errors.ts";
import type { EvaluationContext, SymbolFile, Type } from "../../daemon/src/symbols/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";

const MAX_TYPES = 200;

const context: EvaluationContext = {
  register: (number) => BigInt(number) * 0x1000n,
  memory: (_, length) => (length <= 16 ? new Uint8Array(length) : undefined),
  cfa: 0x8100_0000n,
  entryRegister: () => 1n,
};

/** Opens the image and asks; any other failure than a FormatError is thrown. Answers how many failed so. */
export function askEverything(
  bytes: Uint8Array,
  pcs: readonly bigint[],
  names: readonly string[],
): number {
  let refused = 0;
  const ask = <T>(question: () => T): T | undefined => {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refused++;
      return undefined;
    }
  };
  const symbols = ask(() => openSymbols(bytes, "fuzz.elf"));
  if (symbols === undefined) return refused;
  for (const pc of pcs) askAt(symbols, address(pc), ask);
  for (const name of names) askNamed(symbols, name, ask);
  for (const type of ask(() => symbols.coroutineTypes().slice(0, 20)) ?? []) walk(type, ask);
  ask(() => symbols.vtables().map(({ methods, concrete }) => [methods.length, concrete.name]));
  const files = ask(() => symbols.sourceFiles()) ?? [];
  for (const file of files.slice(0, 3)) {
    ask(() => symbols.addressesOfLine(file, 10));
    ask(() => symbols.breakpointLines(file, 1, 100));
    ask(() => symbols.declarationsIn(file));
  }
  ask(() => symbols.gaps);
  return refused;
}

type Ask = <T>(question: () => T) => T | undefined;

function askAt(symbols: SymbolFile, pc: Address, ask: Ask): void {
  const fn = ask(() => symbols.functionAt(pc));
  if (fn !== undefined) {
    ask(() => symbols.afterPrologue(fn));
    for (const range of fn.ranges) ask(() => symbols.rowsIn(range));
  }
  ask(() => symbols.locationAt(pc));
  ask(() => symbols.lineRangeAt(pc));
  ask(() => symbols.symbolAt(pc));
  ask(() => symbols.unwindAt(pc));
  ask(() => symbols.callerOf(pc, context)?.register(8));
  for (const frame of ask(() => symbols.framesAt(pc)) ?? []) {
    for (const { location, type, declaration } of ask(() => frame.variables()) ?? []) {
      ask(() => [symbols.evaluate(location, context), declaration]);
      walk(type, ask);
    }
  }
}

function askNamed(symbols: SymbolFile, name: string, ask: Ask): void {
  ask(() => symbols.functionsNamed(name));
  ask(() => symbols.inlinedEntries(name));
  ask(() => symbols.staticsNamed(name));
  ask(() => symbols.symbolNamed(name));
  for (const type of ask(() => symbols.typeNamed(name)) ?? []) walk(type, ask);
}

/** Looks at a type and what it is made of, a bounded way. */
function walk(start: Type, ask: Ask): void {
  const seen = new Set<Type>();
  const left = [start];
  for (let type = left.pop(); type !== undefined && seen.size < MAX_TYPES; type = left.pop()) {
    if (seen.has(type)) continue;
    seen.add(type);
    const at = type;
    ask(() => `${at.name} ${at.size}`);
    ask(() => left.push(...parts(at)));
  }
}

function parts(type: Type): Type[] {
  switch (type.kind) {
    case "struct":
      return [
        ...type.members.map((member) => member.type),
        ...(type.variants?.variants ?? []).map((variant) => {
          void [variant.values, variant.name, variant.declaration];
          return variant.type;
        }),
        ...type.parameters.map((parameter) => parameter.type),
      ];
    case "union":
      return type.members.map((member) => member.type);
    case "array":
      return [type.element()];
    case "pointer": {
      const target = type.target();
      return target === undefined ? [] : [target];
    }
    case "enum":
      void type.enumerators.length;
      return [];
    default:
      return [];
  }
}
