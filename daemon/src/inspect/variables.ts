/**
 * The variables of a stack frame. In the body of an async fn, those that live across an `.await`
 * have no place of their own: they stand in the coroutine, which the body reaches by its parameter.
 */
import { address } from "../base/brand.ts";
import type { EvaluationContext, Place, SymbolFile, Type, Variable } from "../symbols/api.ts";
import type { StackFrame } from "./api.ts";
import { heldBy, stageOf } from "./coroutine.ts";
import { type Datum, part, type Scope, take, type World } from "./datum.ts";
import { activationOf } from "./stack.ts";
import { isCoroutine, stepsTo } from "./types.ts";

export interface FrameVariable {
  readonly name: string;
  readonly variable: Variable;
  readonly datum: Datum;
}

export function scopeOf(frame: StackFrame, world: World): Scope {
  return { memory: frame.memory, registers: frame.registers, world };
}

/** Innermost first; a name that an inner one shadows comes with its line. */
export function frameVariables(frame: StackFrame, world: World): readonly FrameVariable[] {
  const { logical, module } = frame;
  if (!logical || !module) return [];
  const scope = scopeOf(frame, world);
  const context = evaluationContext(frame);
  const all = logical.variables();
  let body: Datum | undefined | null = null;
  const bodyOnce = (): Datum | undefined => {
    if (body === null) body = coroutineBody(all, module.symbols, context, scope);
    return body;
  };
  const seen = new Set<string>();
  const result: FrameVariable[] = [];
  for (const variable of all) {
    if (variable.name === "") continue;
    const here = module.symbols.evaluate(variable.location, context);
    let datum: Datum = { type: variable.type, place: here, offset: 0, scope };
    if (variable.location.kind === "none") {
      const inBody = bodyOnce();
      if (inBody) datum = heldAnywhere(inBody, variable) ?? datum;
    }
    const line = variable.declaration?.line;
    const name =
      seen.has(variable.name) && line ? `${variable.name} (line ${line})` : variable.name;
    seen.add(variable.name);
    result.push({ name, variable, datum: moved(datum, variable, module.bias) });
  }
  return result;
}

/** Statics stand at addresses of the ELF's own numbering. */
function moved(datum: Datum, variable: Variable, bias: bigint): Datum {
  if (variable.kind !== "static" || bias === 0n || datum.place.kind !== "memory") return datum;
  return { ...datum, place: { kind: "memory", address: address(datum.place.address + bias) } };
}

export function evaluationContext(frame: StackFrame): EvaluationContext {
  const caller = activationOf(frame)?.caller;
  return {
    register: (number) => frame.registers.get(number),
    memory: (at, length) => frame.memory.read(at, length),
    cfa: frame.cfa,
    entryRegister: (number) => caller?.get(number),
  };
}

/** The environment of the async body that runs in this frame, through its nameless parameter. */
function coroutineBody(
  variables: readonly Variable[],
  symbols: SymbolFile,
  context: EvaluationContext,
  scope: Scope,
): Datum | undefined {
  const self = variables.find(({ name, kind }) => name === "" && kind === "parameter");
  const way = self && stepsTo(self.type, isCoroutine);
  if (!self || !way) return undefined;
  const place: Place = symbols.evaluate(self.location, context);
  const environment = take({ type: self.type, place, offset: 0, scope }, way.steps);
  return typeof environment === "string" ? undefined : environment;
}

/** A variable by its slot in the environment: every state that keeps it must agree where that is. */
function heldAnywhere(environment: Datum, variable: Variable): Datum | undefined {
  const { type } = environment;
  if (!isCoroutine(type)) return undefined;
  const slots = new Map<string, { readonly offset: number; readonly type: Type }>();
  for (const variant of type.variants.variants) {
    if (stageOf(variant) !== "suspended") continue;
    for (const { name, member, problem } of heldBy(type, variant)) {
      if (name !== variable.name) continue;
      if (problem !== undefined) return unavailable(environment, variable, problem);
      const offset = variant.offset + member.offset;
      slots.set(`${offset} ${member.type.name}`, { offset, type: member.type });
    }
  }
  const [slot, second] = [...slots.values()].filter(({ type }) => type.name === variable.type.name);
  if (second) {
    return unavailable(environment, variable, "ambiguous: several variables have this name");
  }
  return slot && part(environment, slot.offset, slot.type);
}

function unavailable(environment: Datum, variable: Variable, reason: string): Datum {
  const place: Place = { kind: "unavailable", reason };
  return { type: variable.type, place, offset: 0, scope: environment.scope };
}
