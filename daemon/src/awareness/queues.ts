/** Ready queues: an array of them in memory, the index being the priority. */
import {
  type Access,
  type AccessContext,
  accessOf,
  collectionIn,
  slotPlace,
} from "../inspect/expression/accessor.ts";
import type { Type } from "../symbols/api.ts";
import { eachElement, type Records, recordsIn } from "./records.ts";
import { SLOT } from "./slots.ts";

/** The front of a queue or cache, and how many are in it. */
export interface Front<Member> {
  readonly members: readonly Member[];
  readonly count: number;
}

/** By priority: the first records of each queue. */
export type QueueReader = (context: AccessContext, limit: number) => readonly Front<number>[];

const MAX_QUEUES = 1024;

/** A string says why the expression leads to no queues of such records. */
export function queueReader(access: Access, record: Type): QueueReader | string {
  const outer = collectionIn(access.node);
  if (outer?.layout.kind !== "sequence") return `\`${access.text}\` is no array of queues`;
  const { layout, type, at } = outer;
  const inner = accessOf(access.text, slotPlace(SLOT.outer, layout.element));
  const records: Records | string = recordsIn(inner, record);
  if (typeof records === "string") return records;
  return (context, limit) => {
    const queues: Front<number>[] = [];
    eachElement(layout, type, at(context), context, (address) => {
      context.slots[SLOT.outer] = address;
      const members: number[] = [];
      records.each(context, (found) => {
        if (members.length < limit) members.push(found);
        return members.length < limit;
      });
      queues.push({ members, count: countOf(members, records.count(context)) });
      return queues.length < MAX_QUEUES;
    });
    return queues;
  };
}

/** A list longer than this is garbage in memory, not a list. */
const MAX_LINKS = 2_000_000;

/**
 * The same for queues that are linked through the records: `first` is the address of a queue's first
 * record, `next` of the one behind a record; 0 ends it. They read the queue and the record from
 * their slots.
 */
export function linkedQueueReader(
  access: Access,
  first: Access,
  next: Access,
): QueueReader | string {
  const outer = collectionIn(access.node);
  if (outer?.layout.kind !== "sequence") return `\`${access.text}\` is no array of queues`;
  const { layout, type, at } = outer;
  return (context, limit) => {
    const queues: Front<number>[] = [];
    eachElement(layout, type, at(context), context, (address) => {
      context.slots[SLOT.outer] = address;
      const members: number[] = [];
      let count = 0;
      let record = first.number(context);
      // A list that leads back into itself ends there, after twice its length at most (Brent).
      let [seen, look] = [0, 1];
      while (record > 0 && record !== seen && count < MAX_LINKS) {
        if (count === look) [seen, look] = [record, 2 * look];
        count++;
        if (members.length < limit) members.push(record);
        context.slots[SLOT.task] = record;
        record = next.number(context);
      }
      queues.push({ members, count });
      return queues.length < MAX_QUEUES;
    });
    return queues;
  };
}

/** A list that is damaged has as many as could be walked. */
export const countOf = (members: readonly unknown[], count: number): number =>
  Number.isNaN(count) ? members.length : Math.max(members.length, count);
