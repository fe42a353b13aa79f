/** What a stop says: everything that caused it, on which hart, and where the user's attention belongs. */

import type { SchedulingEvent } from "../awareness/api.ts";
import { shownId } from "../awareness/ids.ts";
import { hex } from "../base/brand.ts";
import { exceptionName } from "../isa/causes.ts";

export type Cause =
  | { readonly kind: "entry" }
  | { readonly kind: "pause" }
  | { readonly kind: "step"; readonly text: string | undefined }
  | {
      readonly kind: "breakpoint";
      readonly flavor: "source" | "function" | "instruction";
      readonly id: number;
    }
  | {
      readonly kind: "data";
      readonly id: number;
      readonly name: string;
      readonly access: "read" | "write";
      readonly old: bigint;
      readonly new: bigint;
    }
  | {
      readonly kind: "event";
      readonly filter: string;
      readonly event: SchedulingEvent;
      /** The user picked this coroutine, not all of them. */
      readonly picked?: boolean;
    }
  /** A bit of a bitmap that the user picked. */
  | { readonly kind: "bit"; readonly bit: number; readonly event: SchedulingEvent }
  /** The guest cannot go on, or went on for as long as the user allowed. */
  | { readonly kind: "wedged"; readonly reason: string }
  | { readonly kind: "limit"; readonly label: string; readonly text: string };

/** One cause and the hart on which it came up (a device's write has none). */
export interface Reason {
  readonly hart: number | undefined;
  readonly cause: Cause;
}

export interface Stop {
  /** At least one; in the order in which they came up. */
  readonly reasons: readonly Reason[];
  /** The hart to show: where the user's step was going on, else where it happened. */
  readonly focus: number;
  /** Set when a step was under way and something else ended it. */
  readonly interrupted: boolean;
}

/** A few words, for where there is little room. */
export function labelCause(cause: Cause): string {
  switch (cause.kind) {
    case "entry":
    case "pause":
    case "step":
    case "breakpoint":
      return describeCause(cause);
    case "data":
      return cause.access === "read" ? `${cause.name} read` : `${cause.name} written`;
    case "event":
      return labelEvent(cause.event);
    case "bit":
      return `bit ${cause.bit} ${isSet(cause) ? "set" : "cleared"}`;
    case "wedged":
      return "stuck";
    case "limit":
      return cause.label;
  }
}

function labelEvent(event: SchedulingEvent): string {
  const { kind, coroutine } = event;
  if (kind === "bitmap") return "bitmap update";
  if (kind === "wake" && coroutine === undefined) return "wake of a thread";
  const name = kind.replace(".", " ");
  return coroutine === undefined ? name : `${name} of ${shownId(coroutine)}`;
}

/** The whole sentence. */
export function describeCause(cause: Cause): string {
  switch (cause.kind) {
    case "entry":
      return "entry";
    case "pause":
      return "paused";
    case "step":
      return cause.text ?? "step";
    case "breakpoint":
      return cause.flavor === "source" ? "breakpoint" : `${cause.flavor} breakpoint`;
    case "data":
      return cause.access === "read"
        ? `${cause.name} read: ${hex(cause.new)}`
        : `${cause.name} written: ${hex(cause.old)} -> ${hex(cause.new)}`;
    case "event":
      return `${describeEvent(cause.event)}${cause.picked ? ", picked for this coroutine" : ""}`;
    case "bit": {
      const { event } = cause;
      const change = `${binary(event.old)} -> ${binary(event.new)}`;
      return `bit ${cause.bit} of bitmap${name(event)} ${isSet(cause) ? "set" : "cleared"}: ${change}${on(event)}`;
    }
    case "wedged":
      return cause.reason;
    case "limit":
      return cause.text;
  }
}

const isSet = ({ bit, event }: Extract<Cause, { kind: "bit" }>): boolean =>
  (((event.new ?? 0n) >> BigInt(bit)) & 1n) === 1n;
const on = (event: SchedulingEvent): string =>
  event.hart === undefined ? "" : ` on hart ${event.hart}`;
const who = (event: SchedulingEvent): string =>
  event.coroutine === undefined ? "an unknown coroutine" : `coroutine ${shownId(event.coroutine)}`;
/** Threads are woken too: then `new` is the thread. */
const woken = (event: SchedulingEvent): string =>
  event.coroutine === undefined && event.new !== undefined ? `thread ${event.new}` : who(event);
const prio = (event: SchedulingEvent): string =>
  event.prio === undefined ? "" : ` (priority ${event.prio})`;
const number = (value: bigint | undefined): string => (value === undefined ? "?" : `${value}`);

/** One line, e.g. `wake of coroutine 17 (priority 2) on hart 1`. */
function describeEvent(event: SchedulingEvent): string {
  switch (event.kind) {
    case "wake":
      return `wake of ${woken(event)}${prio(event)}${on(event)}`;
    case "spawn":
      return `spawn of ${who(event)}${prio(event)}${on(event)}`;
    case "waker.clone":
    case "waker.drop":
      return `waker of ${woken(event)} ${event.kind === "waker.clone" ? "cloned" : "dropped"}${on(event)}`;
    case "bitmap":
      return `bitmap${name(event)} ${binary(event.old)} -> ${binary(event.new)}${bitText(event)}${on(event)}`;
    case "poll":
      return `poll of ${who(event)}${prio(event)}${on(event)}`;
    case "pending":
      return `${who(event)} pending${on(event)}`;
    case "complete":
      return `${who(event)} complete${on(event)}`;
    case "migrate":
      return `${who(event)} migrated from hart ${number(event.old)} to hart ${number(event.new)}`;
    case "thread.switch":
      return `thread ${number(event.old)} -> ${number(event.new)}${on(event)}`;
    case "thread.block":
      return `thread ${event.thread ?? "?"} blocks${on(event)}`;
    case "process.switch":
      return `process ${number(event.old)} -> ${number(event.new)}${on(event)}`;
    case "syscall":
      return `system call ${number(event.new)}${on(event)}`;
    case "trap":
      return `trap: ${causeName(event.new)}, ${event.old === undefined ? "?" : hex(event.old)}${on(event)}`;
    case "interrupt":
      return `interrupt ${number(event.new)}${on(event)}`;
    case "ipi":
      return `interrupt from hart ${number(event.old)} to hart ${number(event.new)}`;
    case "panic":
      return `panic${on(event)}`;
  }
}

const name = (event: SchedulingEvent): string => (event.bitmap ? ` ${event.bitmap}` : "");

const causeName = (cause: bigint | undefined): string =>
  (cause === undefined ? undefined : exceptionName(Number(cause))) ?? `exception ${number(cause)}`;

const binary = (value: bigint | undefined): string =>
  value === undefined ? "?" : `0b${value.toString(2)}`;

function bitText(event: SchedulingEvent): string {
  if (event.bit === undefined || event.old === undefined || event.new === undefined) return "";
  const set = ((event.new >> BigInt(event.bit)) & 1n) === 1n;
  return ` (bit ${event.bit} ${set ? "set" : "cleared"})`;
}
