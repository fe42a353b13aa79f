/**
 * Suspended coroutines in memory: which state an environment is in, the variables alive in it, and
 * the future that it awaits. Only for coroutines that nobody is polling: while one runs, its state
 * is stale and its fields may be overwritten.
 */
import type { Member, SourceLocation, Type, Variant } from "../symbols/api.ts";
import type { Child } from "./children.ts";
import { activeVariant, concreteOf, type Datum, follow, part } from "./datum.ts";
import { userName } from "./names.ts";
import { isCoroutine, isStruct, soleMember, traitPointer } from "./types.ts";

export type CoroutineStage = "not started" | "suspended" | "finished" | "panicked" | "unknown";

export interface CoroutineState {
  readonly stage: CoroutineStage;
  readonly variant: Variant | undefined;
  /** The line of the `.await` it stands at; where the body begins when it has not started. */
  readonly location: SourceLocation | undefined;
  /** e.g. `ring::runner (async), suspended at ring.rs:41`. */
  readonly text: string;
}

const STAGES: Readonly<Record<string, CoroutineStage>> = {
  Unresumed: "not started",
  Returned: "finished",
  Panicked: "panicked",
};
export const AWAITEE = "__awaitee";

export function coroutineState(datum: Datum): CoroutineState {
  const { name, suffix } = userName(datum.type.name);
  if (!isCoroutine(datum.type)) {
    return { stage: "unknown", variant: undefined, location: undefined, text: name + suffix };
  }
  const variant = activeVariant(datum, datum.type.variants);
  if (typeof variant === "string") {
    const text = `${name}${suffix}, <${variant}>`;
    return { stage: "unknown", variant: undefined, location: undefined, text };
  }
  const stage = stageOf(variant);
  const location = variant.declaration;
  const at =
    stage === "suspended" && location ? ` at ${baseName(location.path)}:${location.line}` : "";
  return { stage, variant, location, text: `${name}${suffix}, ${stage}${at}` };
}

export function stageOf(variant: Variant): CoroutineStage {
  return STAGES[variant.name] ?? (variant.name.startsWith("Suspend") ? "suspended" : "unknown");
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** One variable of a state, or why its value cannot be told. */
export interface Held {
  readonly name: string;
  readonly member: Member;
  readonly problem: string | undefined;
}

/**
 * The variables that a state keeps. An argument of an async fn is moved into a local when the body
 * starts, so its first slot is a value only before that. Variables of one name (shadowing) collapse
 * in DWARF: which is which cannot be told, so none is shown.
 */
export function heldBy(type: Type, variant: Variant): readonly Held[] {
  const cached = held.get(variant);
  if (cached) return cached;
  const result = heldUncached(type, variant);
  held.set(variant, result);
  return result;
}
const held = new WeakMap<Variant, readonly Held[]>();

function heldUncached(type: Type, variant: Variant): readonly Held[] {
  if (!isCoroutine(type)) return [];
  const arguments_ = type.variants.variants.find(({ name }) => name === "Unresumed");
  const isArgumentSlot = (member: Member): boolean =>
    variant !== arguments_ &&
    type.environment === "async fn" &&
    membersOf(arguments_?.type).some(
      (slot) => slot.name === member.name && slot.offset === member.offset,
    );
  const kept = membersOf(variant.type).filter(
    (member) => member.name !== AWAITEE && !member.artificial && !isArgumentSlot(member),
  );
  const names = new Map<string, number>();
  for (const { name } of kept) names.set(name, (names.get(name) ?? 0) + 1);
  const shown = kept.filter(
    (member, index) => kept.findIndex((m) => m.name === member.name) === index,
  );
  return shown.map((member) => {
    const copies = names.get(member.name)!;
    const problem = copies > 1 ? `ambiguous: ${copies} variables have this name` : undefined;
    return { name: member.name, member, problem };
  });
}

const membersOf = (type: Type | undefined): readonly Member[] =>
  type?.kind === "struct" ? type.members : [];

/** What opens below an environment: its variables, and what it awaits. */
export function coroutineChildren(datum: Datum): readonly Child[] {
  const { variant } = coroutineState(datum);
  if (!variant) return [];
  const children = heldBy(datum.type, variant).map((one): Child => heldChild(datum, variant, one));
  const awaited = awaitee(datum, variant);
  if (awaited)
    children.push({ kind: "datum", name: "(awaits)", datum: awaited, access: undefined });
  return children;
}

export function heldChild(datum: Datum, variant: Variant, one: Held): Child {
  const { name, member, problem } = one;
  if (problem !== undefined) {
    return { kind: "note", name, text: `<${problem}>`, unavailable: problem };
  }
  const value = part(datum, variant.offset + member.offset, member.type);
  return { kind: "datum", name, datum: value, access: `.${name}` };
}

/** The future that a suspended coroutine polls. */
export function awaitee(datum: Datum, variant: Variant): Datum | undefined {
  const member = membersOf(variant.type).find(({ name }) => name === AWAITEE);
  return member && part(datum, variant.offset + member.offset, member.type);
}

const MAX_DEPTH = 16;

/**
 * Through `&mut`, `Pin`, `Box` and `dyn Future` to the future itself: a coroutine or a leaf. A
 * string says why it cannot be followed.
 */
export function settle(datum: Datum): Datum | string {
  let here = datum;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const { type } = here;
    let next: Datum | string;
    if (isCoroutine(type)) return here;
    if (type.kind === "pointer") {
      const target = type.target();
      if (!target) return "a pointer to nothing known";
      next = follow(here, target);
    } else if (traitPointer(type)) next = concreteOf(here);
    else if (isStruct(type, "core::pin::Pin") || isStruct(type, "alloc::boxed::Box")) {
      const sole = soleMember(type);
      if (!sole) return here;
      next = part(here, sole.offset, sole.type);
    } else return here;
    if (typeof next === "string") return next;
    here = next;
  }
  return "futures are nested too deeply";
}

/** The futures that stand inside a leaf (a timeout, a join): what it polls in its turn. */
export function innerFutures(leaf: Datum, depth = 0): readonly Datum[] {
  if (leaf.type.kind !== "struct" || depth > 3) return [];
  let holder = leaf;
  let members = leaf.type.members;
  if (leaf.type.variants) {
    const active = activeVariant(leaf, leaf.type.variants);
    if (typeof active === "string" || active.type.kind !== "struct") return [];
    holder = part(leaf, active.offset, active.type);
    members = active.type.members;
  }
  const found: Datum[] = [];
  for (const member of members) {
    const settled = settle(part(holder, member.offset, member.type));
    if (typeof settled === "string") continue;
    if (isCoroutine(settled.type)) found.push(settled);
    else if (settled.place === holder.place) found.push(...innerFutures(settled, depth + 1));
  }
  return found;
}
