/**
 * The stacks of all harts, threads and suspended coroutines as one forest: frames that are equal from
 * the outermost inwards are shared, and each box of frames knows how many stacks go through it.
 */
import type { AwaitChain } from "../awareness/api.ts";
import { UserError } from "../base/errors.ts";
import type { SourceLocation } from "../symbols/api.ts";
import type { Session } from "./session.ts";
import type { Frame } from "./stacks.ts";

export const STACK_KINDS = ["hart", "thread", "coroutine"] as const;
export type StackKind = (typeof STACK_KINDS)[number];

export interface ParallelQuery {
  readonly kinds?: readonly StackKind[] | undefined;
  /** Keeps stacks that have this text in a frame's name or place, or in what they are of (`hart 2`). */
  readonly filter?: string | undefined;
  /** Ids of coroutines that each box names. */
  readonly samples: number;
  /** Different stacks; of more than these those with the most coroutines are kept. */
  readonly limit: number;
}

export interface SharedFrame {
  readonly name: string;
  readonly location: SourceLocation | undefined;
  readonly note: string | undefined;
}

export interface HartMember {
  readonly id: number;
  readonly coroutine: number | undefined;
}
export interface ThreadMember {
  readonly id: number;
  readonly name: string;
  readonly state: string;
}
export interface CoroutineMembers {
  readonly ready: number;
  readonly waiting: number;
  readonly unknown: number;
  readonly ids: readonly number[];
}

export interface Counts {
  readonly harts: number;
  readonly threads: number;
  readonly coroutines: number;
}

/** Frames that the same stacks go through. */
export interface StackBox {
  /** Its place in the list. */
  readonly id: number;
  /** The box that its outermost frame was called from; undefined for a root. */
  readonly parent: number | undefined;
  /** Innermost first. */
  readonly frames: readonly SharedFrame[];
  /** Stacks through it. */
  readonly through: Counts;
  /** What stands in its innermost frame. */
  readonly harts: readonly HartMember[];
  readonly threads: readonly ThreadMember[];
  readonly coroutines: CoroutineMembers | undefined;
}

export interface ParallelStacks {
  /** Parents before their children, siblings in an order that does not change from stop to stop. */
  readonly boxes: readonly StackBox[];
  /** What there is of the kinds asked for. */
  readonly total: Counts;
  /** What the filter lets through. */
  readonly found: Counts;
  /** Coroutines in the middle of a poll: they are on the stacks of harts and threads. */
  readonly polled: number;
  /** Left out by the limit. */
  readonly notShown: {
    readonly stacks: number;
    readonly coroutines: number;
    readonly threads: number;
  };
}

/** Unwinding costs most: more threads than this are counted, not read. */
const MOST_THREADS = 256;

/** One stack, or many coroutines with the same one. */
interface Stack {
  /** Outermost first. */
  readonly frames: readonly (SharedFrame & { readonly key: string })[];
  readonly label: string;
  readonly hart?: HartMember;
  readonly thread?: ThreadMember;
  readonly coroutines?: CoroutineMembers;
}

export function parallelStacks(session: Session, query: ParallelQuery): ParallelStacks {
  const kinds = new Set(query.kinds ?? STACK_KINDS);
  const harts = kinds.has("hart") ? hartStacks(session) : [];
  const threads = kinds.has("thread") ? threadStacks(session) : { stacks: [], unread: 0 };
  const chains = kinds.has("coroutine")
    ? session.awareness.chains(query.samples)
    : { chains: [], polled: 0 };
  const all = [...harts, ...threads.stacks, ...chains.chains.map(chainStack)];
  const kept = all.filter(matcher(query.filter));
  // Those of harts and threads are few; of coroutines the most frequent ones say most.
  const shown = kept
    .map((stack, index) => ({ stack, index, size: sizeOf(stack) }))
    .sort((a, b) => b.size - a.size || a.index - b.index)
    .slice(0, query.limit)
    .map(({ stack }) => stack);
  const total = countAll(all);
  const found = countAll(kept);
  const drawn = countAll(shown);
  return {
    boxes: boxesOf(shown),
    total: { ...total, threads: total.threads + threads.unread },
    found,
    polled: chains.polled,
    notShown: {
      stacks: kept.length - shown.length,
      coroutines: found.coroutines - drawn.coroutines,
      threads: threads.unread + found.threads - drawn.threads,
    },
  };
}

// The stacks

function hartStacks({ awareness, machine, stacks }: Session): Stack[] {
  return machine.harts
    .filter(({ state }) => state !== "stopped")
    .map((hart) => ({
      frames: machineFrames(stacks.of({ kind: "hart", id: hart.id })),
      label: `hart ${hart.id}`,
      hart: { id: hart.id, coroutine: awareness.current(hart).coroutine },
    }));
}

/** Of threads that no hart runs: the others are on their hart's stack. */
function threadStacks({ awareness, stacks }: Session): { stacks: Stack[]; unread: number } {
  const waiting = awareness.threads().filter(({ hart }) => hart === undefined);
  const read = waiting.slice(0, MOST_THREADS).map(({ id, name, state }): Stack => {
    const thread = { id, name, state };
    const label = `thread ${id} ${name}`;
    try {
      return { frames: machineFrames(stacks.of({ kind: "thread", id })), label, thread };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return {
        frames: [sharedFrame("machine", "(no stack)", undefined, error.message)],
        label,
        thread,
      };
    }
  });
  return { stacks: read, unread: waiting.length - read.length };
}

const machineFrames = (frames: readonly Frame[]): Stack["frames"] =>
  frames
    .map((frame) =>
      frame.kind === "label"
        ? sharedFrame("machine", `(${frame.text})`, frame.location, undefined)
        : sharedFrame("machine", frame.frame.name, frame.frame.location, frame.frame.note),
    )
    .reverse();

function chainStack({ counts, coroutines, frames }: AwaitChain): Stack {
  return {
    frames: frames
      .map(({ location, name, note }) => sharedFrame("await", name, location, note))
      .reverse(),
    label: "",
    coroutines: { ...counts, ids: coroutines },
  };
}

/** Frames are the same to who reads them when they say the same. */
function sharedFrame(
  of: "machine" | "await",
  name: string,
  location: SourceLocation | undefined,
  note: string | undefined,
) {
  const known = location && location.line > 0 ? location : undefined;
  const key = `${of}\n${name}\n${known ? `${known.path}:${known.line}` : ""}\n${note ?? ""}`;
  return { key, name, location: known, note };
}

function matcher(filter: string | undefined): (stack: Stack) => boolean {
  const wanted = (filter ?? "").trim().toLowerCase();
  if (wanted === "") return () => true;
  const has = (text: string): boolean => text.toLowerCase().includes(wanted);
  return ({ frames, label }) => has(label) || frames.some(({ key }) => has(key));
}

const countOf = ({ coroutines }: Stack): number =>
  coroutines ? coroutines.ready + coroutines.waiting + coroutines.unknown : 0;

const sizeOf = (stack: Stack): number =>
  stack.hart || stack.thread ? Number.POSITIVE_INFINITY : countOf(stack);

function countAll(stacks: Iterable<Stack>): { harts: number; threads: number; coroutines: number } {
  const sum = { harts: 0, threads: 0, coroutines: 0 };
  for (const stack of stacks) {
    if (stack.hart) sum.harts++;
    if (stack.thread) sum.threads++;
    sum.coroutines += countOf(stack);
  }
  return sum;
}

// The forest

interface Node {
  readonly frame: SharedFrame | undefined;
  readonly children: Map<string, Node>;
  /** That go through this frame, and that end in it. */
  readonly through: Stack[];
  readonly here: Stack[];
}

const makeNode = (frame: SharedFrame | undefined): Node => ({
  frame,
  children: new Map(),
  through: [],
  here: [],
});

function boxesOf(stacks: readonly Stack[]): StackBox[] {
  const root = makeNode(undefined);
  for (const stack of stacks) {
    let node = root;
    for (const frame of stack.frames) {
      let next = node.children.get(frame.key);
      if (!next) {
        next = makeNode(frame);
        node.children.set(frame.key, next);
      }
      next.through.push(stack);
      node = next;
    }
    if (node !== root) node.here.push(stack);
  }
  const boxes: StackBox[] = [];
  const open: { node: Node; parent: number | undefined }[] = childrenOf(root, undefined);
  for (let next = open.pop(); next; next = open.pop()) {
    const id = boxes.length;
    const { box, last } = boxAt(next.node, id, next.parent);
    boxes.push(box);
    open.push(...childrenOf(last, id));
  }
  return boxes;
}

/** In reverse: the last one is taken first. */
const childrenOf = (node: Node, parent: number | undefined) =>
  [...node.children]
    .map(([key, child]) => ({ key, child, rank: rankOf(child) }))
    .sort((a, b) => b.rank - a.rank || (a.key < b.key ? 1 : -1))
    .map(({ child }) => ({ node: child, parent }));

/** Harts first, then threads, by their least id; then what only coroutines are in, by name. */
function rankOf({ through }: Node): number {
  let rank = Number.MAX_SAFE_INTEGER;
  for (const { hart, thread } of through) {
    if (hart) rank = Math.min(rank, hart.id);
    else if (thread) rank = Math.min(rank, 1_000_000 + thread.id);
  }
  return rank;
}

/** As long as the same stacks go on, it is one box. */
function boxAt(
  first: Node,
  id: number,
  parent: number | undefined,
): { readonly box: StackBox; readonly last: Node } {
  const frames: SharedFrame[] = [];
  let last = first;
  for (;;) {
    const { location, name, note } = last.frame!;
    frames.push({ name, location, note });
    const [only] = last.children.values();
    if (!only || last.children.size > 1 || last.here.length > 0) break;
    last = only;
  }
  const here = last.here;
  const coroutines = here.flatMap((stack) => stack.coroutines ?? []);
  const box: StackBox = {
    id,
    parent,
    frames: frames.reverse(),
    through: countAll(first.through),
    harts: here.flatMap((stack) => stack.hart ?? []),
    threads: here.flatMap((stack) => stack.thread ?? []),
    coroutines: coroutines.length === 0 ? undefined : coroutines.reduce(join),
  };
  return { box, last };
}

/** Chains whose futures differ, but not in what is said of them (instances of one generic function). */
const join = (a: CoroutineMembers, b: CoroutineMembers): CoroutineMembers => ({
  ready: a.ready + b.ready,
  waiting: a.waiting + b.waiting,
  unknown: a.unknown + b.unknown,
  ids: [...a.ids, ...b.ids],
});
