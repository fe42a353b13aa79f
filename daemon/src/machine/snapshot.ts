/** Snapshots: memory as shared pages, everything else by name; and the machine made from one again. */
import type { MachineTime } from "../base/brand.ts";
import { assert } from "../base/errors.ts";
import type { Board } from "./board.ts";
import type { ClockState } from "./clock.ts";
import type { DeviceState } from "./devices/device.ts";
import { type HartState, restoreHart, saveHart } from "./hart-state.ts";
import type { HookState } from "./hooks.ts";
import type { Past, Position } from "./journal.ts";
import type { PageTable } from "./pages.ts";
import type { Runner } from "./runner.ts";
import type { ScheduleState } from "./schedule.ts";

const VERSION = 1;

/** Everything but memory that the rest of a run follows from. */
export interface MachineState {
  /** Of the names below; another one is another layout. */
  readonly version: typeof VERSION;
  readonly clock: ClockState;
  /** Taken since reset. */
  readonly traps: number;
  readonly schedule: ScheduleState;
  readonly harts: readonly HartState[];
  /** Harts that stand still, and those that alone may run (undefined: all). */
  readonly frozen: readonly boolean[];
  readonly only: readonly number[] | undefined;
  /** By `name@base`. */
  readonly devices: Readonly<Record<string, DeviceState>>;
  /** Console input that the guest has not read. */
  readonly input: readonly number[];
  /** The guest's exit code, once there is one. */
  readonly exit: number | undefined;
  /** Executions whose hooks have been called: they are not called again. */
  readonly hooks: HookState;
}

/** A state of a machine. Immutable, and shared in parts with snapshots before and after it. */
export interface Snapshot {
  readonly time: MachineTime;
  readonly position: Position;
  readonly state: MachineState;
  readonly memory: PageTable;
  /** The inputs that had come. */
  readonly past: Past | undefined;
}

export function saveState(board: Board, runner: Runner): MachineState {
  const { engine } = board;
  return {
    version: VERSION,
    clock: board.clock.save(),
    traps: board.control.traps,
    schedule: runner.schedule.save(),
    harts: board.cores.map((core) => saveHart(engine, core.id)),
    frozen: board.harts.map((hart) => hart.held),
    only: runner.only,
    devices: board.bus.save(),
    input: board.console.pending,
    exit: board.exitCode,
    hooks: board.hooks.save(),
  };
}

/** Memory has been restored before. */
export function restoreState(board: Board, runner: Runner, state: MachineState): void {
  assert(state.version === VERSION, "the snapshot's layout is this one");
  assert(state.harts.length === board.cores.length, "the snapshot has as many harts");
  board.clock.restore(state.clock);
  board.control.traps = state.traps;
  runner.schedule.restore(state.schedule);
  runner.only = state.only;
  for (const core of board.cores) {
    restoreHart(board.engine, core.id, state.harts[core.id]!);
    board.remap(core);
    board.harts[core.id]!.held = state.frozen[core.id]!;
  }
  board.bus.restore(state.devices);
  board.console.restore(state.input);
  board.exitCode = state.exit;
  board.hooks.restore(state.hooks);
}
