/**
 * The await chains that coroutines are suspended in, each once. A chain is told by its futures' types
 * and states, so a coroutine costs a few words of memory; names and places are worked out once for
 * each chain.
 */
import { innerFutures, mayHoldFutures } from "../inspect/coroutine.ts";
import { datumAt, type Scope } from "../inspect/datum.ts";
import type { AccessContext } from "../inspect/expression/accessor.ts";
import { toAddress, toNumber } from "../inspect/memory.ts";
import { addressOf } from "../inspect/place.ts";
import type { AwaitChain, AwaitChains, ChainFrame, CoroutineState } from "./api.ts";
import type { Leaves } from "./await-stack.ts";
import type { FutureKind, FutureKinds, StateShape } from "./kinds.ts";
import type { Realm } from "./realm.ts";
import type { Roster } from "./roster.ts";

/** Chains in damaged memory may run in circles. */
const MAX_DEPTH = 200;
/** More inner futures than this are not told apart. */
const MOST_INNER = 60;
/** Beside a state: what it awaits cannot be followed. */
const DEAD_END = 63;

interface Link {
  readonly kind: FutureKind;
  readonly at: number;
}

/** A future of a chain, with all that stand around it. */
export interface ChainLink {
  readonly around: ChainLink | undefined;
  /** Undefined: what it runs cannot be read. */
  readonly kind: FutureKind | undefined;
  readonly state: StateShape | undefined;
  readonly frame: ChainFrame;
}

interface Node {
  readonly link: ChainLink | undefined;
  readonly inner: Map<number, Node>;
}

export class ChainFinder {
  readonly #kinds: FutureKinds;
  readonly #context: AccessContext;
  readonly #scope: Scope;
  readonly #leaves: Leaves;
  readonly #root: Node = { link: undefined, inner: new Map() };
  /** States and kinds by number: what a chain is told by. */
  readonly #numbers = new Map<object, number>();

  constructor({ kinds, context, leaves, scope }: Realm) {
    this.#kinds = kinds;
    this.#context = context;
    this.#scope = scope;
    this.#leaves = leaves;
  }

  /** The innermost link of a future's chain: the same one for equal chains. */
  of(outermost: Link | undefined): ChainLink {
    const root = this.#root;
    if (!outermost) return this.#inner(root, UNKNOWN, 0, () => ({ frame: UNKNOWN })).link!;
    let node = root;
    let link: Link | undefined = outermost;
    for (let depth = 0; link && depth < MAX_DEPTH; depth++) {
      const { kind, at }: Link = link;
      if (!kind.coroutine) {
        const inner = this.#futuresIn(kind, at);
        const many = Math.min(inner.length, MOST_INNER);
        node = this.#inner(node, kind, many, () => ({
          kind,
          frame: this.#leafFrame(kind, inner.length),
        }));
        link = inner.length === 1 ? inner[0] : undefined;
        continue;
      }
      const state = kind.coroutine.state(this.#context, at);
      const next = state?.stage === "suspended" ? state.next(this.#context, at) : undefined;
      const stuck = state?.stage === "suspended" && !next;
      node = this.#inner(node, state ?? kind, stuck ? DEAD_END : 0, () => ({
        kind,
        state,
        frame: stateFrame(kind, state, stuck),
      }));
      link = next;
    }
    return node.link!;
  }

  #futuresIn(kind: FutureKind, at: number): readonly Link[] {
    if (!mayHoldFutures(kind.type)) return [];
    return innerFutures(datumAt(kind.type, toAddress(at), this.#scope)).flatMap((datum) => {
      const address = addressOf(datum.place, datum.offset);
      return address === undefined
        ? []
        : [{ kind: this.#kinds.ofType(datum.type), at: toNumber(address) }];
    });
  }

  #leafFrame(kind: FutureKind, inner: number): ChainFrame {
    return {
      name: kind.name,
      location: this.#leaves.location(kind),
      note: inner > 1 ? `polls ${inner} futures at once; none of them is followed` : undefined,
    };
  }

  #inner(
    around: Node,
    what: object,
    beside: number,
    make: () => {
      readonly kind?: FutureKind;
      readonly state?: StateShape | undefined;
      readonly frame: ChainFrame;
    },
  ): Node {
    let number = this.#numbers.get(what);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(what, number);
    }
    const key = number * 64 + beside;
    let node = around.inner.get(key);
    if (!node) {
      const { frame, kind, state } = make();
      node = { link: { around: around.link, kind, state, frame }, inner: new Map() };
      around.inner.set(key, node);
    }
    return node;
  }
}

const UNKNOWN: ChainFrame = {
  name: "(unknown)",
  location: undefined,
  note: "what it runs cannot be read",
};

const stateFrame = (kind: FutureKind, state: StateShape | undefined, stuck: boolean) => ({
  name: kind.name,
  location: state ? state.location : kind.declared,
  note: stuck
    ? "what it awaits cannot be followed"
    : state
      ? state.stage === "suspended"
        ? undefined
        : state.stage
      : "its state cannot be read",
});

/** From a chain's innermost link outwards. */
export function* linksOf(innermost: ChainLink): Generator<ChainLink> {
  for (let link: ChainLink | undefined = innermost; link; link = link.around) yield link;
}

/** The chains of all coroutines that nobody polls, with the ids of the first `samples` of each. */
export function chainsOf(roster: Roster, samples: number): AwaitChains {
  type State = Exclude<CoroutineState, "running" | "done"> | "unknown";
  const found = new Map<
    ChainLink,
    { readonly counts: Record<State, number>; readonly coroutines: number[] }
  >();
  let polled = 0;
  for (const { chains, ids, states } of roster.pieces()) {
    for (let index = 0; index < states.length; index++) {
      const state = states[index]!;
      if (state === "running") polled++;
      const innermost = chains[index];
      if (!innermost || state === "running" || state === "done") continue;
      let chain = found.get(innermost);
      if (!chain) {
        chain = { counts: { ready: 0, waiting: 0, unknown: 0 }, coroutines: [] };
        found.set(innermost, chain);
      }
      chain.counts[state]++;
      if (chain.coroutines.length < samples) chain.coroutines.push(ids[index]!);
    }
  }
  const chainOf = ([innermost, chain]: [ChainLink, Omit<AwaitChain, "frames">]): AwaitChain => ({
    ...chain,
    frames: [...linksOf(innermost)].map(({ frame }) => frame),
  });
  return { polled, chains: [...found].map(chainOf) };
}
