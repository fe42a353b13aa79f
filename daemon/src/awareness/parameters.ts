/** The parameters of a function at its entry, as names of expressions. */
import type { Module } from "../inspect/api.ts";
import { type AccessNames, type Node, registerWord } from "../inspect/expression/accessor.ts";
import { registerNumber } from "../isa/registers.ts";
import type { EvaluationContext, FunctionInfo, Variable } from "../symbols/api.ts";

/** Nothing is known but where DWARF says that things are. */
const nothing: EvaluationContext = {
  register: () => undefined,
  memory: () => undefined,
  cfa: undefined,
};

const ARGUMENTS = 8;

export function parametersAt(module: Module, fn: FunctionInfo): AccessNames {
  const physical = module.symbols.framesAt(fn.entry).at(-1);
  const parameters = (physical?.variables() ?? []).filter(({ kind }) => kind === "parameter");
  const nodes = new Map<string, Node>();
  let argument = 0;
  for (const parameter of parameters) {
    const words =
      parameter.type.size === 0
        ? 0
        : parameter.type.size <= 16
          ? Math.ceil(parameter.type.size / 8)
          : 1;
    const node = nodeOf(module, parameter, argument, words);
    if (node && parameter.name) nodes.set(parameter.name, node);
    argument += words;
  }
  return (name) => nodes.get(name);
}

function nodeOf(
  module: Module,
  { location, type }: Variable,
  argument: number,
  words: number,
): Node | undefined {
  const place = module.symbols.evaluate(location, nothing);
  if (place.kind === "register") return registerWord(place.register, type);
  if (place.kind === "pieces" || location.kind !== "expression") return undefined;
  // Unoptimised code: DWARF says where the argument will be spilled. Before that it is where the
  // calling convention passes it (psABI, "Integer Calling Convention").
  if (words !== 1 || type.size > 8 || argument >= ARGUMENTS) return undefined;
  return registerWord(registerNumber(`a${argument}`)!, type);
}
