/**
 * Ids of coroutines that are unique in a machine: the kernel's own count as they are; those of a
 * process, which counts from its own beginning, are written `3:17`, coroutine 17 of process 3.
 */

/** Processes are counted above so many coroutines of each: both fit a double exactly. */
const RANGE = 2 ** 32;
const MAX_PROCESS = 2 ** 21;

/** One number for both; NaN where either is unknown or out of range. */
export function coroutineId(process: number | undefined, own: number): number {
  if (process === undefined) return own;
  const fits = process >= 0 && process < MAX_PROCESS && own >= 0 && own < RANGE;
  return fits ? (process + 1) * RANGE + own : Number.NaN;
}

/** Whose it is; undefined: the kernel's. */
export const processOf = (id: number): number | undefined =>
  id < RANGE ? undefined : Math.floor(id / RANGE) - 1;

/** As its process counts it. */
export const ownId = (id: number): number => (id < RANGE ? id : id % RANGE);

/** As people read it and as it travels: a number, or `3:17`. */
export const shownId = (id: number): number | string =>
  id < RANGE ? id : `${processOf(id)}:${ownId(id)}`;

/** The other way; undefined for what is no id. */
export function parseId(text: number | string): number | undefined {
  const [, process, own] = /^(?:(\d{1,7}):)?(\d{1,15})$/.exec(String(text)) ?? [];
  if (own === undefined) return undefined;
  const id = coroutineId(process === undefined ? undefined : Number(process), Number(own));
  return Number.isNaN(id) ? undefined : id;
}
