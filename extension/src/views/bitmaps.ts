/**
 * The Bitmaps view: each bitmap as a row of bits, below it a row for each bit with what stands behind
 * it. A bit that differs from its queue is told in the colour of errors, with the reason.
 */
import { heard } from "../base/heard.ts";
import { counted, t } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { Bitmap, BitmapBit } from "../wire.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { coroutinesText, join, threadsText } from "./row.ts";

export const bitmapRoots: Roots = async (snapshot) =>
  (await snapshot.bitmaps()).map((bitmap) => bitmapRow(bitmap, snapshot));

export function bitmapRow(bitmap: Bitmap, snapshot: Snapshot): Row {
  const { address, bits, checked, lock, meaning, name, owner, process, value } = bitmap;
  const id = `bitmap:${process ?? ""}:${name}`;
  const differ = checked.filter(({ verdict }) => verdict === "differs");
  const updating = lock?.held === true ? holder(lock) : undefined;
  const set = bits.length === 0 ? t("no bit set") : t("bits {0} set", bits.join(", "));
  const wrong =
    differ.length === 0
      ? undefined
      : counted(differ.length, "{0} bit unlike its queue", "{0} bits unlike their queues");
  return {
    id,
    label: process === undefined ? name : t("{0} of process {1}", name, process),
    description: join(picture(checked), wrong, updating),
    spoken: join(value, set, wrong, updating),
    tooltip: [
      t("{0} at {1}, of {2}", name, address, heard(owner)),
      `${value}: ${set}`,
      meaning === undefined ? "" : heard(meaning),
      ...differ.map(({ bit, problem }) => t("Bit {0}: {1}", bit, heard(problem ?? ""))),
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
  hart === undefined ? t("being updated") : t("being updated by hart {0}", hart);

function bitRow(parent: string, bitmap: Bitmap, bit: BitmapBit, snapshot: Snapshot): Row {
  const { coroutines, members, problem, set, threads, verdict } = bit;
  const ids = [...coroutines, ...threads];
  const more = (members ?? 0) - ids.length;
  const countText = threads.length > 0 ? threadsText : coroutinesText;
  const behind =
    members === undefined
      ? undefined
      : members === 0
        ? t("queue empty")
        : `${countText(members)}: ${ids.join(", ")}${more > 0 ? ", ..." : ""}`;
  const said =
    verdict === "differs"
      ? heard(problem ?? "")
      : verdict === "being updated"
        ? t("being updated")
        : verdict === "not checked" && problem
          ? t("not checked: {0}", heard(problem))
          : undefined;
  const state = set ? t("set") : t("clear");
  const breaks = bit.breaks === true ? t("breaks on change") : undefined;
  return {
    id: `${parent}/${bit.bit}`,
    label: t("Bit {0}", bit.bit),
    description: join(state, behind, said),
    spoken: join(breaks, state, behind, said),
    tooltip: [
      t("Bit {0} of {1}: {2}", bit.bit, bitmap.name, state),
      bit.breaks === true
        ? t("Stops when it changes. Click: no longer.")
        : t("Click: stop when it changes."),
      said ?? "",
    ].filter((line) => line !== ""),
    ...(ids.length > 0 && {
      more: async () => [
        ...(await snapshot.coroutinesById(coroutines)).map(({ id, name }) => `${id} ${name}`),
        ...(threads.length === 0 ? [] : await snapshot.threads())
          .filter(({ id }) => threads.includes(id))
          .map(({ id, name }) => t("Thread {0} {1}", id, name)),
        ...(more > 0 ? [counted(more, "{0} not shown", "{0} not shown")] : []),
      ],
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
