/**
 * The Bitmaps view: each bitmap as a row of bits, below it a row for each bit with what stands behind
 * it. A bit that differs from its queue is told in the colour of errors, with the reason.
 */
import type { Snapshot } from "../debug/snapshot.ts";
import type { Bitmap, BitmapBit } from "../wire.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { count, join } from "./row.ts";

export const bitmapRoots: Roots = async (snapshot) =>
  (await snapshot.bitmaps()).map((bitmap) => bitmapRow(bitmap, snapshot));

export function bitmapRow(bitmap: Bitmap, snapshot: Snapshot): Row {
  const { address, bits, checked, lock, meaning, name, owner, process, value } = bitmap;
  const id = `bitmap:${process ?? ""}:${name}`;
  const differ = checked.filter(({ verdict }) => verdict === "differs");
  const updating = lock?.held === true ? holder(lock) : undefined;
  const set = bits.length === 0 ? "no bit set" : `bits ${bits.join(", ")} set`;
  const wrong =
    differ.length === 0
      ? undefined
      : `${count(differ.length, "bit")} unlike ${differ.length === 1 ? "its queue" : "their queues"}`;
  return {
    id,
    label: process === undefined ? name : `${name} of process ${process}`,
    description: join(picture(checked), wrong, updating),
    spoken: join(value, set, wrong, updating),
    tooltip: [
      `${name} at ${address}, of ${owner}`,
      `${value}: ${set}`,
      meaning ?? "",
      ...differ.map(({ bit, problem }) => `Bit ${bit}: ${problem}`),
    ].filter((line) => line !== ""),
    icon:
      differ.length > 0 ? { id: "error", color: "list.errorForeground" } : { id: "symbol-array" },
    ...(differ.length > 0 && { wrong: true }),
    context: "bitmap address",
    target: { kind: "address", address },
    expanded: true,
    children: async () => checked.map((bit) => bitRow(id, bitmap, bit, snapshot)),
  };
}

/** The highest priority, bit 0, is the leftmost. */
const picture = (checked: readonly BitmapBit[]): string =>
  checked.map(({ set }) => (set ? "●" : "○")).join("");

const holder = ({ hart }: { readonly hart?: number }): string =>
  hart === undefined ? "being updated" : `being updated by hart ${hart}`;

function bitRow(parent: string, bitmap: Bitmap, bit: BitmapBit, snapshot: Snapshot): Row {
  const { coroutines, members, problem, set, threads, verdict } = bit;
  const ids = [...coroutines, ...threads];
  const more = (members ?? 0) - ids.length;
  const noun = threads.length > 0 ? "thread" : "coroutine";
  const behind =
    members === undefined
      ? undefined
      : members === 0
        ? "queue empty"
        : `${count(members, noun)}: ${ids.join(", ")}${more > 0 ? ", ..." : ""}`;
  const said =
    verdict === "differs"
      ? problem
      : verdict === "being updated"
        ? "being updated"
        : verdict === "not checked" && problem
          ? `not checked: ${problem}`
          : undefined;
  const state = set ? "set" : "clear";
  const breaks = bit.breaks === true ? "breaks on change" : undefined;
  return {
    id: `${parent}/${bit.bit}`,
    label: `Bit ${bit.bit}`,
    description: join(state, behind, said),
    spoken: join(breaks, state, behind, said),
    tooltip: [
      `Bit ${bit.bit} of ${bitmap.name}: ${state}`,
      bit.breaks === true
        ? "Stops when it changes. Click: no longer."
        : "Click: stop when it changes.",
      said ?? "",
    ].filter((line) => line !== ""),
    ...(coroutines.length > 0 && {
      more: async () =>
        (await snapshot.coroutinesById(coroutines)).map(({ id, name }) => `${id} ${name}`),
    }),
    icon: bitIcon(bit),
    ...(verdict === "differs" && { wrong: true }),
    context: bit.breaks === true ? "bit breaks" : "bit",
    target: { kind: "bit", bitmap, bit },
    action: { command: "asyncos.toggleBitBreak" },
  };
}

function bitIcon({ breaks, set, verdict }: BitmapBit): Icon {
  if (breaks === true)
    return { id: "debug-breakpoint-data", color: "debugIcon.breakpointForeground" };
  if (verdict === "differs") return { id: "error", color: "list.errorForeground" };
  if (verdict === "being updated") return { id: "sync" };
  return set ? { id: "circle-filled", color: "charts.yellow" } : { id: "circle-outline" };
}
