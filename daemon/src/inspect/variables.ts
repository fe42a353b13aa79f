/**
 * The variables of a stack frame. In the body of an async fn, those that live across an `.await`
 * have no place of their own: they stand in the coroutine, which the body reaches by its parameter.
 */
import { type Address, address } from "../base/brand.ts";
import type {
  EvaluationContext,
  LogicalFrame,
  Place,
  SymbolFile,
  Type,
  Variable,
} from "../symbols/api.ts";
import type { Module, StackFrame } from "./api.ts";
import { AWAITEE, awaiteeMember, heldBy, stageOf } from "./coroutine.ts";
import {
  activeVariant,
  type Datum,
  datumAt,
  part,
  read,
  type Scope,
  take,
  type World,
} from "./datum.ts";
import { inModule } from "./modules.ts";
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

/** What desugaring `.await` makes. */
const MADE_UP = new Set([AWAITEE, "_task_context"]);

/** Innermost first; a name that an inner one shadows comes with its line. Places are worked out when asked for. */
export function frameVariables(frame: StackFrame, world: World): readonly FrameVariable[] {
  const { logical, module } = frame;
  if (!logical || !module) return [];
  const all = logical.variables();
  const places = new Places(frame, logical, module, world);
  let moved: ReadonlySet<string> | undefined;
  const seen = new Set<string>();
  const result: FrameVariable[] = [];
  for (const variable of all) {
    if (variable.name === "" || MADE_UP.has(variable.name)) continue;
    let { name } = variable;
    if (seen.has(name)) {
      moved ??= movedArguments(all);
      if (moved.has(name)) continue;
      if (variable.declaration) name = `${name} (line ${variable.declaration.line})`;
    }
    seen.add(variable.name);
    result.push({
      name,
      variable,
      get datum() {
        return places.of(variable);
      },
    });
  }
  return result;
}

class Places {
  readonly #logical: LogicalFrame;
  readonly #module: Module;
  readonly #context: EvaluationContext;
  readonly #scope: Scope;
  readonly #frame: StackFrame;
  readonly #lookup: Address;
  /** Null: not looked for yet. */
  #body: Datum | undefined | null = null;

  constructor(frame: StackFrame, logical: LogicalFrame, module: Module, world: World) {
    this.#frame = frame;
    this.#logical = logical;
    this.#module = module;
    this.#context = evaluationContext(frame);
    this.#scope = scopeOf(frame, world);
    this.#lookup = activationOf(frame)!.lookup;
  }

  of(variable: Variable): Datum {
    const place = this.#module.symbols.evaluate(variable.location, this.#context);
    const datum: Datum = { type: variable.type, place, offset: 0, scope: this.#scope };
    const { location } = variable;
    if (location.kind !== "none") return biased(datum, variable, this.#module.bias);
    // Where it has places of its own, a pc without one is before its value or after it.
    if (location.elsewhere) return datum;
    const body = this.#coroutine();
    return (body && heldAnywhere(body, variable)) ?? datum;
  }

  #coroutine(): Datum | undefined {
    if (this.#body === null) {
      const { symbols } = this.#module;
      const frames = symbols.framesAt(inModule(this.#module, this.#lookup));
      const { name, ranges } = this.#logical;
      const index = frames.findIndex(
        (one) => one.name === name && one.ranges[0]?.low === ranges[0]?.low,
      );
      const { world } = this.#scope;
      const told = (inlinedInto: number, type: Type) =>
        world.bodyAt(this.#frame, this.#frame.index + inlinedInto - index, type);
      this.#body = coroutineBody(frames, index, symbols, this.#context, this.#scope, told);
    }
    return this.#body;
  }
}

/** Statics stand at addresses of the ELF's own numbering. */
function biased(datum: Datum, variable: Variable, bias: bigint): Datum {
  if (variable.kind !== "static" || bias === 0n || datum.place.kind !== "memory") return datum;
  return { ...datum, place: { kind: "memory", address: address(datum.place.address + bias) } };
}

/** Arguments of an async fn: its body moves each into a local of the same name before it begins. */
function movedArguments(variables: readonly Variable[]): ReadonlySet<string> {
  const self = variables.find(({ name, kind }) => name === "" && kind === "parameter");
  const type = self && stepsTo(self.type, isCoroutine)?.type;
  if (!type || !isCoroutine(type) || type.environment !== "async fn") return new Set();
  const start = type.variants.variants.find(({ name }) => name === "Unresumed")?.type;
  return new Set(start?.kind === "struct" ? start.members.map(({ name }) => name) : []);
}

function evaluationContext(frame: StackFrame): EvaluationContext {
  return {
    register: (number) => frame.registers.get(number),
    memory: (at, length) => frame.memory.read(at, length),
    get cfa() {
      return frame.cfa;
    },
    entryRegister: (number) => activationOf(frame)?.caller?.get(number),
  };
}

/**
 * The environment of the async body that a logical frame is, through its nameless parameter. Where
 * that is gone (the body is inlined into the one that awaits it, or the compiler keeps it nowhere),
 * `told` may know, or it is found through the awaiting body's environment, which holds this one.
 */
function coroutineBody(
  frames: readonly LogicalFrame[],
  index: number,
  symbols: SymbolFile,
  context: EvaluationContext,
  scope: Scope,
  told: (index: number, type: Type) => Address | undefined,
): Datum | undefined {
  const self = frames[index]
    ?.variables()
    .find(({ name, kind }) => name === "" && kind === "parameter");
  const way = self && stepsTo(self.type, isCoroutine);
  if (!self || !way) return undefined;
  const place: Place = symbols.evaluate(self.location, context);
  const environment = take({ type: self.type, place, offset: 0, scope }, way.steps);
  if (typeof environment !== "string") return environment;
  const at = told(index, way.type);
  if (at !== undefined) return datumAt(way.type, at, scope);
  for (let outer = index + 1; outer < frames.length; outer++) {
    const awaiting = coroutineBody(frames, outer, symbols, context, scope, told);
    if (awaiting) return heldAwaitee(awaiting, way.type);
  }
  return undefined;
}

/** The slot in which an environment keeps an awaited future of this type, if there is just one. */
function heldAwaitee(environment: Datum, wanted: Type): Datum | undefined {
  const { type } = environment;
  if (!isCoroutine(type)) return undefined;
  const offsets = new Set<number>();
  for (const variant of type.variants.variants) {
    const member = awaiteeMember(variant);
    if (member?.type === wanted) offsets.add(variant.offset + member.offset);
  }
  const [offset] = offsets;
  return offset !== undefined && offsets.size === 1 ? part(environment, offset, wanted) : undefined;
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
  if (!slot) return undefined;
  const here = part(environment, slot.offset, slot.type);
  return maybeUnmoved(environment, variable.name, here)
    ? unavailable(environment, variable, "ambiguous: moved here and changed, or not moved yet")
    : here;
}

/**
 * Until its first suspension a body may be before the move of an argument into the slot that it
 * lives in, or past it. A move leaves the bytes behind, so where both places hold the same it does
 * not matter.
 */
function maybeUnmoved(environment: Datum, name: string, here: Datum): boolean {
  const { type } = environment;
  if (!isCoroutine(type)) return false;
  const state = activeVariant(environment, type.variants);
  if (typeof state === "string" || stageOf(state) !== "not started") return false;
  const captures = state.type.kind === "struct" ? state.type.members : [];
  const capture = captures.find((member) => member.name === name);
  if (!capture) return false;
  const moved = read(here);
  const kept = read(environment, state.offset + capture.offset, capture.type.size);
  if (typeof moved === "string" || typeof kept === "string") return false;
  return moved.some((byte, index) => byte !== kept[index]);
}

function unavailable(environment: Datum, variable: Variable, reason: string): Datum {
  const place: Place = { kind: "unavailable", reason };
  return { type: variable.type, place, offset: 0, scope: environment.scope };
}
