/** Walks the collections that a profile names and answers the addresses of the records in them. */

import type { Collection, Sequence } from "../inspect/collections.ts";
import {
  type Access,
  type AccessContext,
  collectionIn,
  slotPlace,
  walk,
} from "../inspect/expression/accessor.ts";
import { stepsTo } from "../inspect/types.ts";
import type { Type } from "../symbols/api.ts";
import { SLOT } from "./slots.ts";

/** Visits records until `visit` answers false. False when the collection is damaged or unreadable. */
export interface Records {
  each(context: AccessContext, visit: (record: number, index: number) => boolean): boolean;
  count(context: AccessContext): number;
  /** Visits all, some dozens together. */
  pieces(context: AccessContext, piece: RecordPiece): void;
}

/**
 * Neighbouring records. As long as memory is the same, `each` visits the same ones for the same key,
 * which no other piece of the collection has; NaN: there is no telling. To be answered: how many there
 * are, NaN to end the walk.
 */
export type RecordPiece = (
  key: number,
  each: (visit: (record: number) => void) => boolean,
) => number;

/** Elements of a sequence that are one piece. */
const PIECE = 64;

/** A list longer than this is garbage in memory, not a list. */
const MAX_RECORDS = 2_000_000;

/** The records of a type in a collection, or why there are none to be had. */
export function recordsIn(access: Access, record: Type): Records | string {
  const found = collectionIn(access.node);
  if (!found) return `\`${access.text}\` is no array, slice, Vec, VecDeque, BTreeMap or BTreeSet`;
  const { layout, type, at } = found;
  const element = layout.kind === "sequence" ? layout.element : (layout.value ?? layout.key);
  const way = stepsTo(element, (inner) => inner.name === record.name && inner.size === record.size);
  if (!way) return `the elements of \`${access.text}\` (${element.name}) lead to no ${record.name}`;
  const target = walk(slotPlace(SLOT.element, element), way.steps);
  if (target.kind !== "place") return `the elements of \`${access.text}\` are not in memory`;
  return {
    each(context, visit) {
      return eachElement(layout, type, at(context), context, (address, index) => {
        context.slots[SLOT.element] = address;
        return visit(target.at(context), index);
      });
    },
    count(context) {
      const header = context.reader.bytes(at(context), type.size);
      return header ? layout.length(header) : Number.NaN;
    },
    pieces(context, piece) {
      const header = context.reader.bytes(at(context), type.size);
      if (!header) return;
      const visiting = (visit: (record: number) => void) => (address: number) => {
        context.slots[SLOT.element] = address;
        visit(target.at(context));
        return true;
      };
      if (layout.kind === "sequence") {
        sequencePieces(layout, header, at(context), (key, each) =>
          piece(key, (visit) => each(visiting(visit))),
        );
        return;
      }
      layout.pieces(header, context.reader, (key, each) =>
        piece(key, (visit) => {
          const record = visiting(visit);
          return each((name, value) => record(layout.value ? value : name));
        }),
      );
    },
  };
}

function sequencePieces(
  layout: Sequence,
  header: Uint8Array,
  at: number,
  piece: (key: number, each: (visit: (address: number) => boolean) => boolean) => number,
): void {
  const length = layout.length(header);
  if (!(length <= MAX_RECORDS)) return;
  const place = (index: number): number =>
    layout.inline ? at + layout.locate(header, index) : layout.locate(header, index);
  for (let start = 0; start < length; start += PIECE) {
    const count = Math.min(PIECE, length - start);
    const first = place(start);
    // One that wraps round the end of its buffer is told by more than where it begins.
    const whole = place(start + count - 1) === first + (count - 1) * layout.element.size;
    const found = piece(whole ? first * PIECE + count - 1 : Number.NaN, (visit) => {
      for (let index = start; index < start + count; index++) {
        const address = place(index);
        if (Number.isNaN(address) || !visit(address)) return false;
      }
      return true;
    });
    if (Number.isNaN(found)) return;
  }
}

/** The address of the record that an expression leads to; undefined when its type leads to none. */
export function recordAt(
  access: Access,
  record: Type,
): ((context: AccessContext) => number) | undefined {
  if (!access.type || access.node.kind === "number") return undefined;
  const way = stepsTo(
    access.type,
    ({ name, size }) => name === record.name && size === record.size,
  );
  const node = way && walk(access.node, way.steps);
  return node?.kind === "place" ? node.at : undefined;
}

/** Addresses of a collection's elements: of a map its values. */
export function eachElement(
  layout: Collection,
  type: Type,
  at: number,
  context: AccessContext,
  visit: (address: number, index: number, key: number) => boolean,
): boolean {
  const header = context.reader.bytes(at, type.size);
  if (!header) return false;
  if (layout.kind === "entries") {
    let index = 0;
    return layout.walk(header, context.reader, (key, value) =>
      visit(layout.value ? value : key, index++, key),
    );
  }
  const length = layout.length(header);
  if (!(length <= MAX_RECORDS)) return false;
  for (let index = 0; index < length; index++) {
    const place = layout.inline ? at + layout.locate(header, index) : layout.locate(header, index);
    if (Number.isNaN(place)) return false;
    if (!visit(place, index, index)) return true;
  }
  return true;
}
