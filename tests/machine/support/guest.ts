/** Machines for tests: small programs in S-mode under the firmware, or in M-mode without one. */
import { address, physical } from "../../../daemon/src/base/brand.ts";
import type {
  Machine,
  MachineOptions,
  RunOutcome,
  TrapEvent,
} from "../../../daemon/src/machine/api.ts";
import { createMachine } from "../../../daemon/src/machine/machine.ts";
import { assemble } from "./assembler.ts";

export const ENTRY = 0x8020_0000;

export interface Guest {
  readonly machine: Machine;
  /** The address of a label. */
  at(label: string): number;
  /** What the guest wrote to its console so far. */
  output(): string;
}

export interface GuestOptions extends Partial<MachineOptions> {
  /** All harts begin in M-mode at the program's start, without firmware. */
  readonly machineCode?: boolean;
  /** With machine code: PMP allows everything, as firmware would have it. By default where there is an mret. */
  readonly open?: boolean;
}

const PROLOGUE = 0x8010_0000;
/** As PMP is at reset, S and U may do nothing at all. */
const OPEN = `
  li x5, -1
  csrw pmpaddr0, x5
  li x5, 0x1f
  csrw pmpcfg0, x5
  li x5, ${ENTRY}
  jr x5`;

export function guest(text: string, options: GuestOptions = {}): Guest {
  const { machineCode = false, open = /\bmret\b/.test(text), ...given } = options;
  const program = assemble(text, ENTRY);
  const prologue = assemble(OPEN, PROLOGUE).bytes;
  const opens = machineCode && open;
  const machine = createMachine(
    {
      harts: 1,
      memory: 8,
      append: "",
      schedule: "round-robin",
      seed: 1,
      quantum: 100,
      ...given,
    },
    {
      entry: physical(opens ? PROLOGUE : ENTRY),
      segments: [
        { address: physical(ENTRY), bytes: program.bytes, size: program.bytes.length },
        { address: physical(PROLOGUE), bytes: prologue, size: prologue.length },
      ],
    },
    { machineCode },
  );
  if (opens) while (machine.harts.some(({ pc }) => pc !== BigInt(ENTRY))) runOne(machine);
  let output = "";
  machine.console.on((bytes) => {
    output += Buffer.from(bytes).toString();
  });
  const at = (label: string): number => {
    const place = program.labels.get(label);
    if (place === undefined) throw new Error(`there is no label ${label}`);
    return place;
  };
  return { machine, at, output: () => output };
}

/** One instruction of the first hart that is not at the program's start. */
function runOne(machine: Machine): void {
  const hart = machine.harts.find(({ pc }) => pc !== BigInt(ENTRY))!;
  machine.run({ instructions: 1, only: [hart.id] });
}

/** Runs until something other than the limit ends the run. */
export function finish(machine: Machine, limit = 1_000_000): RunOutcome {
  return machine.run({ instructions: limit });
}

/** Runs to the next trap and answers it; undefined when the run ended otherwise. */
export function nextTrap(machine: Machine, limit = 100_000): TrapEvent | undefined {
  let trap: TrapEvent | undefined;
  const listening = machine.onTrap((event) => {
    trap = event;
    return true;
  });
  machine.run({ instructions: limit });
  listening.dispose();
  return trap;
}

export const poke64 = (machine: Machine, at: number, value: bigint): void => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  if (!machine.writePhysical(physical(at), bytes)) throw new Error("not RAM");
};

export const peek64 = (machine: Machine, at: number): bigint => {
  const bytes = machine.readPhysical(physical(at), 8)!;
  return new DataView(bytes.buffer).getBigUint64(0, true);
};

export const setPc = (machine: Machine, at: number, hart = 0): void => {
  machine.harts[hart]!.pc = address(at);
};
