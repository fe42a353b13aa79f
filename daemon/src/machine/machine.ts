/** The machine: what `api.ts` promises, over the board's parts. */
import {
  type Address,
  type MachineTime,
  machineTime,
  type PhysicalAddress,
} from "../base/brand.ts";
import { type Disposable, disposable } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type {
  BootImage,
  Hart,
  Listener,
  Machine,
  MachineOptions,
  RunOutcome,
  TrapEvent,
  WatchEvent,
} from "./api.ts";
import { type AddressSpaceEvent, Board, type IpiEvent } from "./board.ts";
import { checkOptions, loadBoot } from "./boot.ts";
import { ramOffset } from "./memory.ts";
import { Activity, MACHINE } from "./privileged/core.ts";
import { Runner } from "./runner.ts";
import { stateHash } from "./state-hash.ts";

const BOOT_HART = 0;

/**
 * A machine with the image in memory, ready to run. The built-in firmware enters S-mode on hart 0;
 * with `machineCode` there is no firmware, and all harts start in M-mode at the image's entry.
 * Throws a UserError for options out of range and for an image that does not fit.
 */
export function createMachine(
  options: MachineOptions,
  image: BootImage,
  { machineCode = false }: { readonly machineCode?: boolean } = {},
): Machine {
  checkOptions(options);
  const board = new Board(options, machineCode);
  const deviceTree = loadBoot(board.memory, options, image);
  if (board.firmware !== undefined) {
    board.firmware.boot(board.cores[BOOT_HART]!, image.entry, deviceTree);
  } else {
    for (const core of board.cores) {
      core.privilege = MACHINE;
      core.activity = Activity.running;
      core.setXNumber(10, core.id);
      core.setXNumber(11, deviceTree);
      core.setPc(image.entry | 0, Math.floor(image.entry / 0x1_0000_0000));
    }
  }
  return new VirtMachine(options, board);
}

class VirtMachine implements Machine {
  readonly options: MachineOptions;
  readonly harts: readonly Hart[];
  readonly #board: Board;
  readonly #runner: Runner;

  constructor(options: MachineOptions, board: Board) {
    this.options = options;
    this.harts = board.harts;
    this.#board = board;
    this.#runner = new Runner(board, options);
  }

  get time(): MachineTime {
    return machineTime(this.#board.clock.time);
  }

  get exit(): { readonly code: number } | undefined {
    const code = this.#board.exitCode;
    return code === undefined ? undefined : { code };
  }

  run(limit: { readonly instructions: number; readonly only?: readonly number[] }): RunOutcome {
    try {
      return this.#runner.run(limit.instructions, limit.only);
    } finally {
      this.#board.console.flush();
    }
  }

  hook(address: Address, listener: Listener<Hart>): Disposable {
    return this.#board.hooks.add(Number(BigInt.asIntN(64, address)), listener);
  }

  watch(
    range: {
      readonly address: PhysicalAddress;
      readonly size: number;
      readonly access: "read" | "write";
    },
    listener: Listener<WatchEvent>,
  ): Disposable {
    const { memory } = this.#board;
    const offset = ramOffset(range.address);
    if (range.size < 1 || !memory.isRam(offset, range.size)) {
      const end = range.address + range.size;
      throw new UserError(
        `0x${range.address.toString(16)} to 0x${end.toString(16)} is not RAM: it cannot be watched.`,
      );
    }
    return memory.watches.add(offset, range.size, range.access, listener);
  }

  onTrap(listener: Listener<TrapEvent>): Disposable {
    return register(this.#board.traps.listeners, listener);
  }

  onIpi(listener: Listener<IpiEvent>): Disposable {
    return register(this.#board.ipiListeners, listener);
  }

  onAddressSpace(listener: Listener<AddressSpaceEvent>): Disposable {
    return register(this.#board.addressSpaceListeners, listener);
  }

  get console() {
    return this.#board.console.output;
  }

  input(bytes: Uint8Array): void {
    this.#board.console.feed(bytes);
  }

  readPhysical(address: PhysicalAddress, length: number): Uint8Array | undefined {
    const { memory } = this.#board;
    const offset = ramOffset(address);
    return length >= 0 && memory.isRam(offset, length)
      ? memory.view(offset, length).slice()
      : undefined;
  }

  readPhysicalNumber(address: PhysicalAddress, size: 1 | 2 | 4 | 8): number {
    return this.#board.memory.readNumber(ramOffset(address), size);
  }

  writePhysical(address: PhysicalAddress, bytes: Uint8Array): boolean {
    const { memory } = this.#board;
    const offset = ramOffset(address);
    if (!memory.isRam(offset, bytes.length)) return false;
    memory.poke(offset, bytes);
    return true;
  }

  stateHash(): string {
    return stateHash(this.#board, this.#runner.schedule);
  }
}

/** The same function may listen twice: each registration is its own. */
function register<T>(listeners: Set<Listener<T>>, listener: Listener<T>): Disposable {
  const own: Listener<T> = (event) => listener(event);
  listeners.add(own);
  return disposable(() => listeners.delete(own));
}
