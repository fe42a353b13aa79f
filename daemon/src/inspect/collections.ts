/**
 * Where the elements of Rust's collections stand, worked out once for each type from its DWARF. The
 * header is the collection's own bytes; elements are found by reading guest memory, however
 * damaged: every walk is bounded and stops at what cannot be.
 */
import type { Member, Type } from "../symbols/api.ts";
import { littleEndian, type Reader, readPointer, readWord, toNumber } from "./memory.ts";
import { bytesToSigned } from "./place.ts";
import { isStruct, memberOf, POINTER_SIZE, slicePointer, toPointer } from "./types.ts";

/** Elements by index. */
export interface Sequence {
  readonly kind: "sequence";
  /** As shown: `Vec`, `VecDeque`, `[]`. */
  readonly label: string;
  readonly element: Type;
  /** NaN where the header does not say. */
  length(header: Uint8Array): number;
  /** Address of element `index`, NaN where unknown. Elements of an `inline` array stand in the header itself, at this offset. */
  locate(header: Uint8Array, index: number): number;
  readonly inline: boolean;
}

/** Keys and values in order. */
export interface Entries {
  readonly kind: "entries";
  readonly label: string;
  readonly key: Type;
  /** Undefined for a set. */
  readonly value: Type | undefined;
  length(header: Uint8Array): number;
  /** Visits addresses of entries from `start` on until `visit` answers false; false when the structure is damaged. */
  walk(
    header: Uint8Array,
    reader: Reader,
    visit: (key: number, value: number) => boolean,
    start?: number,
  ): boolean;
  /** Visits all entries as `walk` does, some dozens together. */
  pieces(header: Uint8Array, reader: Reader, piece: EntryPiece): boolean;
}

/**
 * Neighbouring entries. As long as memory is the same, `each` visits the same ones for the same key,
 * which no other piece of the collection has; it answers false where the structure is damaged. To be
 * answered: how many there are, NaN to end the walk.
 */
export type EntryPiece = (
  key: number,
  each: (visit: (key: number, value: number) => boolean) => boolean,
) => number;

export type Collection = Sequence | Entries;

/** The collection that a type is (not one that it refers to). */
export function collectionOf(type: Type): Collection | undefined {
  const cached = collections.get(type);
  if (cached !== undefined) return cached ?? undefined;
  const found = recognize(type);
  collections.set(type, found ?? null);
  return found;
}
const collections = new WeakMap<Type, Collection | null>();

function recognize(type: Type): Collection | undefined {
  if (type.kind === "array") return arrayOf(type);
  if (type.kind !== "struct" || type.variants) return undefined;
  if (slicePointer(type)) return sliceOf(type);
  if (isStruct(type, "alloc::vec::Vec")) return vectorOf(type);
  if (isStruct(type, "alloc::collections::vec_deque::VecDeque")) return dequeOf(type);
  if (isStruct(type, "alloc::collections::btree::map::BTreeMap")) return mapOf(type, "BTreeMap");
  if (isStruct(type, "alloc::collections::btree::set::BTreeSet")) {
    const map = memberOf(type, "map");
    return map && mapOf(map.type, "BTreeSet");
  }
  return undefined;
}

function arrayOf(type: Type & { kind: "array" }): Sequence {
  const element = type.element();
  const count = type.count ?? 0;
  return {
    kind: "sequence",
    label: "[]",
    element,
    inline: true,
    length: () => count,
    locate: (_header, index) => index * element.size,
  };
}

function sliceOf(type: Type): Sequence | undefined {
  const pointer = slicePointer(type)!;
  const element = pointer.data.type.kind === "pointer" ? pointer.data.type.target() : undefined;
  if (!element) return undefined;
  return {
    kind: "sequence",
    label: "[]",
    element,
    inline: false,
    length: (header) => word(header, pointer.length.offset),
    locate: (header, index) => pointerAt(header, pointer.data.offset) + index * element.size,
  };
}

function vectorOf(type: Type): Sequence | undefined {
  const element = parameter(type, "T");
  const buffer = memberOf(type, "buf");
  const pointer = buffer && findPointer(buffer);
  const length = memberOf(type, "len");
  if (!element || pointer === undefined || !length) return undefined;
  return {
    kind: "sequence",
    label: "Vec",
    element,
    inline: false,
    length: (header) => word(header, length.offset),
    locate: (header, index) => pointerAt(header, pointer) + index * element.size,
  };
}

function dequeOf(type: Type): Sequence | undefined {
  const element = parameter(type, "T");
  const buffer = memberOf(type, "buf");
  const pointer = buffer && findPointer(buffer);
  const capacity = buffer && findNamed(buffer, "cap");
  const head = memberOf(type, "head");
  const length = memberOf(type, "len");
  if (!element || pointer === undefined || capacity === undefined || !head || !length) {
    return undefined;
  }
  return {
    kind: "sequence",
    label: "VecDeque",
    element,
    inline: false,
    length: (header) => word(header, length.offset),
    locate: (header, index) => {
      const first = word(header, head.offset);
      const room = word(header, capacity);
      const slot = first + index >= room ? first + index - room : first + index;
      return pointerAt(header, pointer) + slot * element.size;
    },
  };
}

/** B-trees of the standard library: leaves hold up to 11 entries, inner nodes up to 12 edges too. */
const MAX_ENTRIES = 11;
const MAX_HEIGHT = 24;
/** A tree that claims more is garbage, whose edges may run in circles. */
const MAX_WALK = 2_000_000;

function mapOf(type: Type, label: string): Entries | undefined {
  const key = parameter(type, "K");
  const valueType = parameter(type, "V");
  const root = memberOf(type, "root");
  const length = memberOf(type, "length");
  if (!key || !valueType || !root || !length || root.type.kind !== "struct") return undefined;
  const some = root.type.variants?.variants.find(({ name }) => name === "Some");
  const payload = some && memberOf(some.type, "0");
  const height = payload && memberOf(payload.type, "height");
  const node = payload && memberOf(payload.type, "node");
  if (!some || !payload || !height || !node) return undefined;
  const leaf = pointedTo(node.type);
  const layout = leaf && nodeLayout(leaf);
  if (!layout) return undefined;
  const base = root.offset + some.offset + payload.offset;
  const isSet = label === "BTreeSet";
  const count = (header: Uint8Array) => word(header, length.offset);
  return {
    kind: "entries",
    label,
    key,
    value: isSet ? undefined : valueType,
    length: count,
    walk(header, reader, visit, start = 0) {
      const total = count(header);
      const top = pointerAt(header, base + node.offset);
      if (total === 0 || top === 0) return total === 0;
      if (!(total <= MAX_WALK)) return false;
      const levels = word(header, base + height.offset);
      if (!(levels <= MAX_HEIGHT)) return false;
      const walk = { reader, layout, visit, skip: start, left: total };
      visitNode(walk, top, levels, key.size, valueType.size);
      return walk.left >= 0;
    },
    pieces(header, reader, piece) {
      const left = count(header);
      const top = pointerAt(header, base + node.offset);
      if (left === 0 || top === 0) return left === 0;
      const levels = word(header, base + height.offset);
      if (!(left <= MAX_WALK && levels <= MAX_HEIGHT)) return false;
      const sizes = { key: key.size, value: valueType.size };
      return visitPieces({ reader, layout, piece, sizes, left }, top, levels);
    },
  };
}

interface NodeLayout {
  readonly size: number;
  readonly count: number;
  readonly keys: number;
  readonly values: number;
  readonly edges: number;
}

function nodeLayout(leaf: Type): NodeLayout | undefined {
  const count = memberOf(leaf, "len");
  const keys = memberOf(leaf, "keys");
  const values = memberOf(leaf, "vals");
  if (!count || !keys || !values) return undefined;
  // InternalNode is `repr(C)`: the leaf, then the edges, which are pointers.
  const edges = Math.ceil(leaf.size / POINTER_SIZE) * POINTER_SIZE;
  return {
    size: leaf.size,
    count: count.offset,
    keys: keys.offset,
    values: values.offset,
    edges,
  };
}

interface Walk {
  readonly reader: Reader;
  readonly layout: NodeLayout;
  readonly visit: (key: number, value: number) => boolean;
  skip: number;
  /** Entries not yet passed; below zero once the structure proved damaged. */
  left: number;
}

/** Answers false to end the walk. */
function visitNode(walk: Walk, node: number, height: number, key: number, value: number): boolean {
  const { layout, reader } = walk;
  const count = reader.uint(node + layout.count, 2);
  // A node other than an empty root holds something: this is what bounds the walk.
  if (!(count >= 1 && count <= MAX_ENTRIES) || count > walk.left) {
    walk.left = -1;
    return false;
  }
  for (let i = 0; i <= count; i++) {
    if (height > 0) {
      const edge = readPointer(reader, node + layout.edges + i * POINTER_SIZE);
      if (Number.isNaN(edge)) {
        walk.left = -1;
        return false;
      }
      if (!visitNode(walk, edge, height - 1, key, value)) return false;
    }
    if (i === count) break;
    if (--walk.left < 0) return false;
    if (walk.skip > 0) walk.skip--;
    else if (!walk.visit(node + layout.keys + i * key, node + layout.values + i * value)) {
      return false;
    }
  }
  return true;
}

interface PieceWalk {
  readonly reader: Reader;
  readonly layout: NodeLayout;
  readonly piece: EntryPiece;
  readonly sizes: { readonly key: number; readonly value: number };
  /** Entries not yet passed. A tree with more of them than it says is damaged, or being changed. */
  left: number;
}

/** Nodes up to this height are a piece each, with all below them. */
const PIECE_HEIGHT = 1;

/** False where the tree is damaged. */
function visitPieces(walk: PieceWalk, node: number, height: number): boolean {
  const { layout, reader, sizes } = walk;
  // Two keys cannot be alike: heights are below 31, and nodes and entries stand in different places.
  const piece = (key: number, each: Parameters<EntryPiece>[1]): boolean => {
    walk.left -= walk.piece(key, each);
    return walk.left >= 0;
  };
  if (height <= PIECE_HEIGHT) {
    return piece(node * 32 + height, (visit) => {
      const below: Walk = { reader, layout, visit, skip: 0, left: MAX_WALK };
      visitNode(below, node, height, sizes.key, sizes.value);
      return below.left >= 0;
    });
  }
  const count = reader.uint(node + layout.count, 2);
  if (!(count >= 1 && count <= MAX_ENTRIES)) return false;
  for (let i = 0; i <= count; i++) {
    const edge = readPointer(reader, node + layout.edges + i * POINTER_SIZE);
    if (Number.isNaN(edge) || !visitPieces(walk, edge, height - 1)) return false;
    const [key, value] = [
      node + layout.keys + i * sizes.key,
      node + layout.values + i * sizes.value,
    ];
    if (i < count && !piece(key * 32 + 31, (visit) => visit(key, value))) return false;
  }
  return true;
}

function parameter(type: Type, name: string): Type | undefined {
  if (type.kind !== "struct") return undefined;
  return type.parameters.find((candidate) => candidate.name === name)?.type;
}

function pointedTo(type: Type): Type | undefined {
  const pointer = toPointer(type);
  return pointer?.kind === "pointer" ? pointer.target() : undefined;
}

/** Offset of the first raw pointer in a member, however deep: RawVec's layers change with each release. */
function findPointer(member: Member, base = 0): number | undefined {
  const at = base + member.offset;
  if (member.type.kind === "pointer") return at;
  if (member.type.kind !== "struct") return undefined;
  for (const inner of member.type.members) {
    const found = findPointer(inner, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findNamed(member: Member, name: string, base = 0): number | undefined {
  const at = base + member.offset;
  if (member.name === name) return at;
  if (member.type.kind !== "struct") return undefined;
  for (const inner of member.type.members) {
    const found = findNamed(inner, name, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads a header that is already here as if it were memory at address 0. */
const inHeader = (header: Uint8Array): Reader => ({
  uint: (at, size) => littleEndian(header.subarray(at, at + size)),
  bytes: (at, length) => header.subarray(at, at + length),
});
const word = (header: Uint8Array, at: number): number => readWord(inHeader(header), at);
const pointerAt = (header: Uint8Array, at: number): number =>
  toNumber(bytesToSigned(header.subarray(at, at + POINTER_SIZE)));
