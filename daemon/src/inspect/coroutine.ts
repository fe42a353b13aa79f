/**
 * Suspended coroutines in memory: which state an environment is in, the variables alive in it, and
 * the future that it awaits. Only for coroutines that nobody is polling: while one runs, its state
 * is stale and its fields may be overwritten.
 */
import type { Member, SourceLocation, Type, Variant } from "../symbols/api.ts";
import type { Child } from "./children.ts";
import { activeVariant, concreteOf, type Datum, part, take } from "./datum.ts";
import { userName } from "./names.ts";
import { isCoroutine, traitPointer, unwrapFuture } from "./types.ts";

export type CoroutineStage = "not started" | "suspended" | "finished" | "panicked" | "unknown";

export interface CoroutineState {
  readonly stage: CoroutineStage;
  readonly variant: Variant | undefined;
  /** The line of the `.await` it stands at; where the body begins when it has not started. */
  readonly location: SourceLocation | undefined;
  /** e.g. `ring::runner (async), last suspended at ring.rs:41`. */
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
  // Memory keeps the last state while a coroutine runs, so no more than that is claimed.
  const shown = stage === "suspended" ? "last suspended" : stage;
  return { stage, variant, location, text: `${name}${suffix}, ${shown}${at}` };
}

export function stageOf(variant: Variant): CoroutineStage {
  return STAGES[variant.name] ?? (variant.name.startsWith("Suspend") ? "suspended" : "unknown");
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** One variable of a state, or why its value cannot be told. */
export interface Held {
  readonly name: string;
  readonly member: Member;
  readonly problem: string | undefined;
}

/**
 * The variables that a state keeps. rustc lists the locals alive across the await first, then every
 * captured argument or variable; entries of one name collapse into the first of them. So:
 * an argument of an async fn that only stands in its first slot was not moved into a local that is
 * alive, and is no value; and where a name has more entries than its capture and one local, several
 * variables shadow each other and which is which cannot be told.
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
  const start = type.variants.variants.find(({ name }) => name === "Unresumed");
  const captures = membersOf(start?.type);
  const result: Held[] = [];
  const members = membersOf(variant.type).filter((member) => !isMadeUp(member));
  for (const name of new Set(members.map((member) => member.name))) {
    const entries = members.filter((member) => member.name === name);
    const capture = captures.find((member) => member.name === name);
    const [first] = entries;
    if (!first) continue;
    const atStart = capture !== undefined && first.offset === capture.offset;
    if (atStart && variant !== start && type.environment === "async fn") continue;
    const expected = variant === start ? 1 : capture ? 2 : 1;
    const problem =
      entries.length > expected
        ? `ambiguous: ${entries.length} variables have this name`
        : undefined;
    result.push({ name, member: first, problem });
  }
  return result;
}

/** The future that is awaited, and temporaries, which rustc numbers. */
const isMadeUp = (member: Member): boolean =>
  member.name === AWAITEE || /^__\d+$/.test(member.name) || member.artificial;

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
function awaitee(datum: Datum, variant: Variant): Datum | undefined {
  const member = awaiteeMember(variant);
  return member && part(datum, variant.offset + member.offset, member.type);
}

export const awaiteeMember = (variant: Variant): Member | undefined =>
  membersOf(variant.type).find(({ name }) => name === AWAITEE);

const MAX_DEPTH = 16;

/**
 * Through `&mut`, `Pin`, `Box` and `dyn Future` to the future itself: a coroutine or a leaf. A
 * string says why it cannot be followed.
 */
function settle(datum: Datum): Datum | string {
  let here = datum;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (isCoroutine(here.type)) return here;
    const steps = unwrapFuture(here.type);
    if (!steps && !traitPointer(here.type)) return here;
    const next = steps ? take(here, steps) : concreteOf(here);
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

/** Whether a leaf of this type can have futures inside it at all: where not, nothing needs reading. */
export function mayHoldFutures(leaf: Type): boolean {
  const cached = holders.get(leaf);
  if (cached !== undefined) return cached;
  const answer = mayHold(leaf, 0);
  holders.set(leaf, answer);
  return answer;
}
const holders = new WeakMap<Type, boolean>();

function mayHold(type: Type, depth: number): boolean {
  if (type.kind !== "struct" || depth > 3) return false;
  const members = [...type.members];
  for (const { type: held } of type.variants?.variants ?? []) members.push(...membersOf(held));
  return members.some(({ type: member }) => {
    let here = member;
    for (let step = 0; step < MAX_DEPTH; step++) {
      if (isCoroutine(here) || traitPointer(here)) return true;
      const next = unwrapFuture(here)?.at(-1)?.type;
      if (!next) break;
      here = next;
    }
    return mayHold(here, depth + 1);
  });
}
