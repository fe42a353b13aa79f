/**
 * The await chains that coroutines are suspended in, each once with how many coroutines are in it. A
 * chain is told by its futures' types and states, so a coroutine costs a few words of memory; names
 * and places are worked out once for each chain.
 */
import { innerFutures, mayHoldFutures } from "../inspect/coroutine.ts";
import { datumAt, type Scope } from "../inspect/datum.ts";
import type { AccessContext } from "../inspect/expression/accessor.ts";
import { toAddress, toNumber } from "../inspect/memory.ts";
import { addressOf } from "../inspect/place.ts";
import type { AwaitChain, AwaitChains, ChainFrame } from "./api.ts";
import type { Leaves } from "./await-stack.ts";
import type { Coroutines } from "./coroutines.ts";
import type { FutureKind, FutureKinds } from "./kinds.ts";
import type { Realm } from "./realm.ts";

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

interface Node {
  readonly parent: Node | undefined;
  readonly frame: ChainFrame | undefined;
  readonly children: Map<number, Node>;
  readonly counts: { ready: number; waiting: number; unknown: number };
  readonly coroutines: number[];
}

const makeNode = (parent: Node | undefined, frame: ChainFrame | undefined): Node => ({
  parent,
  frame,
  children: new Map(),
  counts: { ready: 0, waiting: 0, unknown: 0 },
  coroutines: [],
});

export class ChainFinder {
  readonly #coroutines: Coroutines;
  readonly #kinds: FutureKinds;
  readonly #context: AccessContext;
  readonly #scope: Scope;
  readonly #leaves: Leaves;
  /** States and kinds by number: what a chain is told by. */
  readonly #numbers = new Map<object, number>();

  constructor({ coroutines, kinds, context, scope }: Realm, leaves: Leaves) {
    this.#coroutines = coroutines;
    this.#kinds = kinds;
    this.#context = context;
    this.#scope = scope;
    this.#leaves = leaves;
  }

  /** With the ids of the first `samples` coroutines of each chain. */
  find(samples: number): AwaitChains {
    const root = makeNode(undefined, undefined);
    const ends = new Set<Node>();
    let polled = 0;
    this.#coroutines.each(({ record }) => {
      const state = this.#coroutines.stateOf(record);
      if (state === "running") polled++;
      if (state === "running" || state === "done") return true;
      const end = this.#walk(root, this.#coroutines.future(record));
      end.counts[state]++;
      if (end.coroutines.length < samples) end.coroutines.push(this.#coroutines.idOf(record));
      ends.add(end);
      return true;
    });
    return { polled, chains: [...ends].map(chainOf) };
  }

  #walk(root: Node, outermost: Link | undefined): Node {
    if (!outermost) return this.#child(root, root, 0, () => UNKNOWN);
    let node = root;
    let link: Link | undefined = outermost;
    for (let depth = 0; link && depth < MAX_DEPTH; depth++) {
      const { kind, at }: Link = link;
      if (!kind.coroutine) {
        const inner = this.#inner(kind, at);
        const many = Math.min(inner.length, MOST_INNER);
        node = this.#child(node, kind, many, () => this.#leafFrame(kind, inner.length));
        link = inner.length === 1 ? inner[0] : undefined;
        continue;
      }
      const shape = kind.coroutine.state(this.#context, at);
      const next = shape?.stage === "suspended" ? shape.next(this.#context, at) : undefined;
      const stuck = shape?.stage === "suspended" && !next;
      node = this.#child(node, shape ?? kind, stuck ? DEAD_END : 0, () => ({
        name: kind.name,
        location: shape ? shape.location : kind.declared,
        note: stuck
          ? "what it awaits cannot be followed"
          : shape
            ? shape.stage === "suspended"
              ? undefined
              : shape.stage
            : "its state cannot be read",
      }));
      link = next;
    }
    return node;
  }

  #inner(kind: FutureKind, at: number): readonly Link[] {
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

  #child(parent: Node, what: object, beside: number, frame: () => ChainFrame): Node {
    let number = this.#numbers.get(what);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(what, number);
    }
    const key = number * 64 + beside;
    let node = parent.children.get(key);
    if (!node) {
      node = makeNode(parent, frame());
      parent.children.set(key, node);
    }
    return node;
  }
}

const UNKNOWN: ChainFrame = {
  name: "(unknown)",
  location: undefined,
  note: "what it runs cannot be read",
};

function chainOf(end: Node): AwaitChain {
  const frames: ChainFrame[] = [];
  for (let node: Node | undefined = end; node?.frame; node = node.parent) frames.push(node.frame);
  return { frames, counts: end.counts, coroutines: end.coroutines };
}
