/**
 * The digest that says whether two machines are in the same state: everything that the rest of a
 * run follows from, and nothing that only makes it faster (TLBs, decoded code).
 */
import type { Board } from "./board.ts";
import type { Blocks, DeviceState } from "./devices/device.ts";
import { Digest } from "./digest.ts";
import { HART, hartBase } from "./engine/layout.ts";
import { STATE_END } from "./privileged/core.ts";
import type { Schedule, ScheduleState } from "./schedule.ts";

/** Byte ranges of a hart block that are its architectural state. */
const HART_RANGES: readonly (readonly [from: number, to: number])[] = [
  [HART.x, HART.x + 32 * 8],
  [HART.pc, HART.pc + 8],
  [HART.instret, HART.instret + 8],
  [HART.f, HART.fcsr + 8],
  [HART.privileged, STATE_END],
];

export function stateHash(board: Board, schedule: Schedule): string {
  const digest = new Digest();
  digest.addText(board.engine.digest());
  for (const core of board.cores) addHart(digest, board, core.id);
  for (const device of board.bus.devices) addDevice(digest, device.name, device.save());
  digest.addNumber(board.clock.time);
  digest.addNumber(board.clock.skipped);
  addSchedule(digest, schedule.save());
  for (const byte of board.console.pending) digest.add(byte);
  digest.addNumber(board.exitCode ?? -1);
  return digest.finish();
}

function addHart(digest: Digest, board: Board, hart: number): void {
  const { words } = board.engine;
  const base = hartBase(hart);
  for (const [from, to] of HART_RANGES) {
    for (let at = base + from; at < base + to; at += 4) digest.add(words[at >>> 2]!);
  }
  const core = board.cores[hart]!;
  if (core.reservation === 0) return;
  digest.addNumber((core.reservation >>> 0) - board.engine.ramBase);
  digest.add(core.reservationSize);
}

function addSchedule(digest: Digest, { hart, left, last, policy }: ScheduleState): void {
  for (const value of [hart, left, last]) digest.addNumber(value);
  for (const value of Object.values(policy).flat()) digest.addNumber(value);
}

function addDevice(digest: Digest, name: string, state: DeviceState): void {
  digest.addText(name);
  for (const key of Object.keys(state).sort()) {
    digest.addText(key);
    const value = state[key]!;
    if (typeof value === "number") digest.addNumber(value);
    else if (typeof value === "string") digest.addText(value);
    else if (value instanceof Map) addBlocks(digest, value);
    else for (const item of value as readonly number[]) digest.addNumber(item);
  }
}

/** In the order of their numbers, whatever order they came in. */
function addBlocks(digest: Digest, blocks: Blocks): void {
  for (const number of [...blocks.keys()].sort((a, b) => a - b)) {
    digest.addNumber(number);
    const bytes = blocks.get(number)!;
    for (let at = 0; at < bytes.length; at++) digest.add(bytes[at]!);
  }
}
