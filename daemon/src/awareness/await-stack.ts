/**
 * The await chain of a coroutine that is suspended: from its own body through every awaited future
 * to the leaf, each with the line it waits at and what it holds.
 */
import type { Value } from "../inspect/api.ts";
import { heldBy, heldChild, innerFutures } from "../inspect/coroutine.ts";
import { type Datum, datumAt, type Scope } from "../inspect/datum.ts";
import type { AccessContext } from "../inspect/expression/accessor.ts";
import { toAddress, toNumber } from "../inspect/memory.ts";
import { addressOf } from "../inspect/place.ts";
import { childValue, makeValue } from "../inspect/value.ts";
import type { SourceLocation } from "../symbols/api.ts";
import type { AwaitFrame } from "./api.ts";
import type { FutureKind, FutureKinds, StateShape } from "./kinds.ts";

/** Chains in damaged memory may run in circles. */
const MAX_DEPTH = 200;

interface Link {
  readonly kind: FutureKind;
  readonly at: number;
}

/** What is known of futures that are no coroutines. */
export interface Leaves {
  /** Where its `poll` is declared. */
  location(kind: FutureKind): SourceLocation | undefined;
  /** The coroutine whose end it waits for, where it holds one's record. */
  joined(future: Datum): number | undefined;
}

/** Innermost first. */
export function awaitFrames(
  outermost: Link,
  kinds: FutureKinds,
  context: AccessContext,
  scope: Scope,
  leaves: Leaves,
): AwaitFrame[] {
  const frames: AwaitFrame[] = [];
  let link: Link | undefined = outermost;
  while (link && frames.length < MAX_DEPTH) {
    const { kind, at }: Link = link;
    const datum = datumAt(kind.type, toAddress(at), scope);
    if (!kind.coroutine) {
      const inner = innerFutures(datum);
      frames.push(leafFrame(kind, datum, inner.length, leaves));
      link = inner.length === 1 ? toLink(inner[0]!, kinds) : undefined;
      continue;
    }
    const state = kind.coroutine.state(context, at);
    frames.push(state ? stateFrame(kind, datum, state) : unknownFrame(kind, datum));
    link = state?.stage === "suspended" ? state.next(context, at) : undefined;
    if (state?.stage === "suspended" && !link) {
      const last = frames.pop()!;
      frames.push({ ...last, note: "suspended; what it awaits cannot be followed" });
    }
  }
  return frames.reverse();
}

function toLink(datum: Datum, kinds: FutureKinds): Link | undefined {
  const at = addressOf(datum.place, datum.offset);
  return at === undefined ? undefined : { kind: kinds.ofType(datum.type), at: toNumber(at) };
}

function stateFrame(kind: FutureKind, datum: Datum, state: StateShape): AwaitFrame {
  return {
    name: kind.name,
    location: state.location,
    address: addressOf(datum.place, datum.offset),
    note: state.stage,
    environment: kind.coroutine?.type,
    variables: () =>
      heldBy(kind.type, state.variant).map((one) =>
        childValue(heldChild(datum, state.variant, one), undefined),
      ),
  };
}

function unknownFrame(kind: FutureKind, datum: Datum): AwaitFrame {
  return {
    name: kind.name,
    location: kind.declared,
    address: addressOf(datum.place, datum.offset),
    note: "its state cannot be read",
    environment: kind.coroutine?.type,
    variables: () => [],
  };
}

/** A future written by hand: its fields are what it holds. */
function leafFrame(kind: FutureKind, datum: Datum, inner: number, leaves: Leaves): AwaitFrame {
  const joined = leaves.joined(datum);
  const waits = joined === undefined ? undefined : `waits for coroutine ${joined}`;
  return {
    name: kind.name,
    location: leaves.location(kind),
    address: addressOf(datum.place, datum.offset),
    note: inner > 1 ? `polls ${inner} futures at once; none of them is followed` : waits,
    environment: undefined,
    variables: (): readonly Value[] => {
      const fields = makeValue(kind.name, datum, undefined).list();
      return fields.length > 0 ? fields : [makeValue("self", datum, undefined)];
    },
  };
}
