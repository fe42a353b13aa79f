/**
 * Memory references: `0x80200000` is read as the hart in focus sees it, `0x1000@3` in the address space
 * of process 3, whatever harts run: values of its frames and coroutines stand at such places.
 */
import { processOf } from "../awareness/ids.ts";
import { type Address, hex, type PhysicalAddress } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import type { Frame } from "../debugger/stacks.ts";
import { isUserPage, rootOf, spaceMemory } from "../inspect/space.ts";
import type { Context } from "./context.ts";
import { parseAddress } from "./encoding.ts";

export interface Reference {
  readonly address: Address;
  /** Undefined: as the hart in focus sees it. */
  readonly process: number | undefined;
}

export interface ReferredMemory {
  read(at: Address, length: number): Uint8Array | undefined;
  write(at: Address, bytes: Uint8Array): boolean;
  translate(at: Address): PhysicalAddress | undefined;
}

/** Throws UserError for what is none. */
export function parseReference(text: string, offset = 0): Reference {
  const [, place = text, process] = /^([^@]*)@(\d{1,9})$/.exec(text) ?? [];
  return {
    address: parseAddress(place, offset),
    process: process === undefined ? undefined : Number(process),
  };
}

/** Where a value of this frame stands. The kernel's own addresses mean the same to all harts. */
export function referenceOf(context: Context, at: Address, frame: Frame | undefined): string {
  const process = frame && processOfFrame(context, frame);
  if (process === undefined || process === 0) return hex(at);
  const { awareness, machine } = context.launched;
  const satp = awareness.spaceOf(process);
  const isUsers = satp !== undefined && isUserPage(machine, satp, at);
  return isUsers ? `${hex(at)}@${process}` : hex(at);
}

function processOfFrame({ launched }: Context, frame: Frame): number | undefined {
  if (frame.kind === "await") return processOf(frame.coroutine);
  if (frame.kind === "label") return undefined;
  const root = rootOf(frame.frame.space.satp);
  if (root === 0) return undefined;
  return launched.awareness.processes().find((process) => process.root === root)?.id;
}

/** `satp` of a process; throws UserError where it has no memory. */
export function spaceOf({ launched }: Context, process: number): bigint {
  const satp = launched.awareness.spaceOf(process);
  if (satp === undefined) throw new UserError(`There is no process ${process} that has memory.`);
  return satp;
}

/** Throws UserError where the process has no memory. */
export function memoryAt(context: Context, { process }: Reference): ReferredMemory {
  if (process === undefined) {
    const hart = context.launched.focusedHart;
    return {
      read: (at, length) => hart.read(at, length),
      write: (at, bytes) => hart.write(at, bytes),
      translate: (at) => hart.translate(at),
    };
  }
  const found = spaceMemory(context.launched.machine, spaceOf(context, process));
  return { ...found.view, translate: (at) => found.mapping(Number(at))?.at };
}
