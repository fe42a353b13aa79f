/** The machine: what `api.ts` promises, over the board's parts. */
import {
  type Address,
  type MachineTime,
  machineTime,
  type PhysicalAddress,
} from "../base/brand.ts";
import { type Disposable, disposable } from "../base/disposable.ts";
import { assert, UserError } from "../base/errors.ts";
import type {
  BootImage,
  Hart,
  Journal,
  Listener,
  Machine,
  MachineOptions,
  OutsideInput,
  Position,
  RunLimit,
  RunOutcome,
  Snapshot,
  TrapEvent,
  WatchEvent,
} from "./api.ts";
import { type AddressSpaceEvent, Board, type IpiEvent } from "./board.ts";
import { checkOptions, loadBoot } from "./boot.ts";
import { Inputs } from "./journal.ts";
import { ramOffset } from "./memory.ts";
import { applyInput } from "./outside.ts";
import { Activity, type Core, MACHINE } from "./privileged/core.ts";
import { Runner } from "./runner.ts";
import { restoreState, saveState } from "./snapshot.ts";
import { stateHash } from "./state-hash.ts";
import { ROM } from "./virt.ts";

/**
 * A machine with the image in memory, ready to run. The built-in firmware enters S-mode on one hart.
 * With firmware from a file, or `machineCode`, all harts start in M-mode: at the firmware's entry,
 * or at the image's. Throws a UserError for options out of range and for an image that does not fit.
 */
export function createMachine(
  options: MachineOptions,
  image: BootImage,
  { machineCode = false }: { readonly machineCode?: boolean } = {},
): Machine {
  checkOptions(options);
  const board = new Board(options, image.entry, machineCode || options.firmware !== undefined);
  const deviceTree = loadBoot(board.memory, options, image);
  if (board.firmware !== undefined) {
    board.firmware.boot(board.cores[options.bootHart ?? 0]!, image.entry, deviceTree);
  } else {
    const { entry } = options.firmware ?? image;
    const info = options.firmware === undefined ? 0 : ROM.base;
    for (const core of board.cores) resetMachineCode(core, entry, deviceTree, info);
  }
  return new VirtMachine(options, board);
}

/** As QEMU's reset vector leaves a hart: its id, the device tree, and what fw_dynamic is told. */
function resetMachineCode(core: Core, entry: number, deviceTree: number, info: number): void {
  core.privilege = MACHINE;
  core.activity = Activity.running;
  core.setXNumber(10, core.id);
  core.setXNumber(11, deviceTree);
  core.setXNumber(12, info);
  core.setPc(entry | 0, Math.floor(entry / 0x1_0000_0000));
}

class VirtMachine implements Machine {
  readonly options: MachineOptions;
  readonly harts: readonly Hart[];
  readonly #board: Board;
  readonly #runner: Runner;
  readonly #inputs: Inputs;

  constructor(options: MachineOptions, board: Board) {
    this.options = options;
    this.harts = board.harts;
    this.#board = board;
    this.#inputs = new Inputs({
      position: () => this.#runner.position,
      time: () => this.time,
      reached: (at) => this.#runner.reached(at),
      apply: (input) => applyInput(board, this.#runner, input),
    });
    this.#runner = new Runner(board, options, this.#inputs);
    board.outside = (input) => this.#change(input);
  }

  get time(): MachineTime {
    return machineTime(this.#board.clock.time);
  }

  get exit(): { readonly code: number } | undefined {
    const code = this.#board.exitCode;
    return code === undefined ? undefined : { code };
  }

  get position(): Position {
    return this.#runner.position;
  }

  run(limit: RunLimit): RunOutcome {
    const { control, console: terminal } = this.#board;
    assert(!control.running, "a run is not started from within a run");
    control.running = true;
    try {
      return this.#runner.run(limit);
    } finally {
      control.running = false;
      terminal.flush();
    }
  }

  snapshot(): Snapshot {
    const { control, memory } = this.#board;
    assert(!control.running, "snapshots are taken between runs");
    return {
      time: this.time,
      position: this.position,
      state: saveState(this.#board, this.#runner),
      memory: memory.save(),
      past: this.#inputs.past,
    };
  }

  restore({ memory, state, past }: Snapshot): void {
    assert(!this.#board.control.running, "snapshots are restored between runs");
    this.#board.memory.restore(memory);
    restoreState(this.#board, this.#runner, state);
    this.#inputs.restore(past);
  }

  get journal(): Journal {
    return this.#inputs.journal;
  }

  replay(journal: Journal): void {
    assert(!this.#board.control.running, "a replay begins between runs");
    this.#inputs.replay(journal);
  }

  get replaying(): boolean {
    return this.#inputs.next !== undefined;
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
    const { control, clock, cores } = this.#board;
    const input: OutsideInput = { kind: "console", bytes: bytes.slice() };
    if (!control.running || control.inHook) {
      this.#inputs.add(input);
      return;
    }
    this.#inputs.defer(input);
    if (clock.running >= 0) cores[clock.running]!.curtail();
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
    this.#change({ kind: "memory", address, bytes: bytes.slice() });
    return true;
  }

  get writes() {
    return this.#board.memory.writes;
  }

  changedDisk(): Uint8Array | undefined {
    return this.#board.peripherals.disk?.changed();
  }

  stateHash(): string {
    return stateHash(this.#board, this.#runner.schedule);
  }

  /** Other listeners are called in the middle of an instruction: there is no place for it in a replay. */
  #change(input: OutsideInput): void {
    const { control } = this.#board;
    assert(
      !control.running ||
        (control.inHook && (input.kind === "register" || input.kind === "memory")),
      "registers and memory are written between runs or by listeners of code hooks",
    );
    this.#inputs.add(input);
  }
}

/** The same function may listen twice: each registration is its own. */
function register<T>(listeners: Set<Listener<T>>, listener: Listener<T>): Disposable {
  const own: Listener<T> = (event) => listener(event);
  listeners.add(own);
  return disposable(() => listeners.delete(own));
}
