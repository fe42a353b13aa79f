/**
 * What each operation of the kernel's schedulers costs: the instructions that a hart retires between
 * two program points, so that what the other harts do meanwhile is not in it, but waiting for their
 * locks is. An operation that an interrupt cuts in two is left out. The waits are the machine's time:
 * what all harts retire meanwhile. Means of a run.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, address, physical } from "../../daemon/src/base/brand.ts";
import type { Hart } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import type { SymbolFile } from "../../daemon/src/symbols/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";

const MODES = [
  "executor=global",
  "executor=per-thread migrate=none",
  "executor=per-thread migrate=steal",
  "executor=per-thread migrate=threshold",
];

/** Which of them, and in which workload. */
const OPERATIONS = [
  "spawn",
  "wake",
  "poll",
  "coroutine",
  "thread",
  "process",
  "alarm",
  "answer",
] as const;
type Operation = (typeof OPERATIONS)[number];
const WORKLOADS: readonly {
  readonly append: string;
  readonly of: readonly Operation[];
  readonly except?: string;
}[] = [
  { append: "workload=storm coroutines=300", of: ["spawn"] },
  { append: "workload=ring rounds=100", of: ["wake", "poll", "coroutine"] },
  { append: "workload=turns", of: ["thread"] },
  { append: "workload=run program=ring processes=16", of: ["process"] },
  // With `none` the kernel refuses this one: the alarm would never be polled.
  { append: "workload=priorities rounds=20", of: ["alarm"], except: "migrate=none" },
  { append: "workload=io-mix", of: ["answer"] },
];

const MEANING: Readonly<Record<Operation, string>> = {
  spawn: "spawn: `executor::admit`, from call to return",
  wake: "wake of a coroutine that waits, from the call of its waker to the return",
  poll: "poll: `run::poll`, from call to return, of `ring`'s coroutines",
  coroutine: "switch of coroutines: from the return of one's `run::poll` to the next one's call",
  thread: "switch of threads: from one's call of `processor::leave` to another's return from it",
  process: "the same where the other is of another process",
  alarm: "wait of `priorities`' alarm, from the timer's interrupt to its poll",
  answer: "wait of who has asked the disk, in `io-mix`, from the disk's interrupt to its poll",
};

const RA = 1;
const SP = 2;
const ARGUMENT = 10;
/** What an `Arc` has before its value. */
const ARC_HEADER = 16n;
const LIMIT = 3_000_000_000;

class Sums {
  readonly #sums = new Map<Operation, { count: number; sum: number }>();

  add(operation: Operation, instructions: number): void {
    const entry = this.#sums.get(operation) ?? { count: 0, sum: 0 };
    entry.count++;
    entry.sum += instructions;
    this.#sums.set(operation, entry);
  }

  mean(operation: Operation): string {
    const entry = this.#sums.get(operation);
    return entry && entry.count >= 10 ? String(Math.round(entry.sum / entry.count)) : "–";
  }
}

export function main(prebuilt: string, asked: readonly number[]): void {
  const harts = asked.length > 0 ? asked : [1, 2, 4, 8];
  const symbols = openSymbols(readFileSync(join(prebuilt, "asyncos-kernel.elf")), "kernel");
  const disk = readFileSync(join(prebuilt, "disk.img"));
  const results = new Map<string, Sums>();
  for (const mode of MODES) {
    for (const count of harts) {
      const sums = new Sums();
      for (const { append, of, except } of WORKLOADS) {
        if (except !== undefined && mode.includes(except)) continue;
        measure(symbols, disk, count, append, mode, of, sums);
      }
      results.set(`${mode} ${count}`, sums);
    }
  }
  for (const operation of OPERATIONS) {
    console.log(`\n*${MEANING[operation]}*\n`);
    console.log(`| harts | ${harts.join(" | ")} |`);
    console.log(`|---|${harts.map(() => "---:|").join("")}`);
    for (const mode of MODES) {
      const cells = harts.map((count) => results.get(`${mode} ${count}`)!.mean(operation));
      console.log(`| \`${mode}\` | ${cells.join(" | ")} |`);
    }
  }
}

function measure(
  symbols: SymbolFile,
  disk: Uint8Array,
  harts: number,
  append: string,
  mode: string,
  wanted: readonly Operation[],
  sums: Sums,
): void {
  const segments = symbols.segments.map((segment) => ({
    address: physical(Number(segment.physical)),
    bytes: segment.bytes,
    size: segment.size,
  }));
  const turns = { schedule: "round-robin", seed: 0, quantum: 1000 } as const;
  const machine = createMachine(
    { harts, memory: 128, append: `${append} ${mode}`, disk, ...turns },
    { segments, entry: physical(Number(symbols.entry)) },
  );
  const entries = (path: string): readonly Address[] => {
    const found = symbols.functionsNamed(path).map(({ entry }) => entry);
    if (found.length === 0) throw new Error(`no function is named ${path}`);
    return found;
  };
  /** Traps that each hart has taken: what lies on both sides of one is left out. */
  const traps = machine.harts.map(() => 0);
  machine.onTrap(({ hart }) => {
    traps[hart.id]!++;
    return false;
  });
  const hooked = new Set<Address>();
  /** Calls that have not returned, by their return address and stack pointer. */
  const calls = new Map<string, (hart: Hart) => void>();
  const onReturn = (hart: Hart, then: (hart: Hart) => void): void => {
    const to = address(hart.x(RA));
    calls.set(`${to} ${hart.x(SP)}`, then);
    if (hooked.has(to)) return;
    hooked.add(to);
    machine.hook(to, (back) => {
      const key = `${to} ${back.x(SP)}`;
      const call = calls.get(key);
      calls.delete(key);
      call?.(back);
      return false;
    });
  };
  const onCall = (path: string, listener: (hart: Hart) => void): void => {
    for (const entry of entries(path)) {
      machine.hook(entry, (hart) => {
        listener(hart);
        return false;
      });
    }
  };
  const since = (hart: Hart) => {
    const [at, before, id] = [hart.instructions, traps[hart.id]!, hart.id];
    return (now: Hart): number | undefined =>
      now.id === id && traps[id] === before ? now.instructions - at : undefined;
  };
  const note = (operation: Operation, instructions: number | undefined): void => {
    if (instructions !== undefined && wanted.includes(operation)) sums.add(operation, instructions);
  };

  onCall("executor::admit", (hart) => {
    const spent = since(hart);
    onReturn(hart, (back) => note("spawn", spent(back)));
  });
  /** Of each hart: it is inside of a call of a waker that has made something ready. */
  const woken = machine.harts.map(() => false);
  /** Of each hart: it handles a trap, in which it has not left its thread yet. */
  const inTrap = machine.harts.map(() => false);
  /** When an interrupt made these coroutines ready. */
  const called = new Map<bigint, number>();
  onCall("trap::handle", (hart) => {
    inTrap[hart.id] = true;
    onReturn(hart, ({ id }) => {
      inTrap[id] = false;
    });
  });
  onCall("executor::make_ready", (hart) => {
    woken[hart.id] = true;
    if (inTrap[hart.id]) called.set(hart.x(ARGUMENT) + ARC_HEADER, machine.time);
  });
  for (const waker of ["wake", "wake_by_ref"]) {
    onCall(`alloc::task::raw_waker::${waker}::<asyncos_kernel::executor::task::Task>`, (hart) => {
      woken[hart.id] = false;
      const spent = since(hart);
      onReturn(hart, (back) => {
        if (woken[back.id]) note("wake", spent(back));
      });
    });
  }
  const polled: (((hart: Hart) => number | undefined) | undefined)[] = machine.harts.map(
    () => undefined,
  );
  const left: (((hart: Hart) => number | undefined) | undefined)[] = machine.harts.map(
    () => undefined,
  );
  const process = machine.harts.map(() => 0n);
  const other = machine.harts.map(() => false);
  onCall("executor::run::poll", (hart) => {
    const at = called.get(hart.x(ARGUMENT));
    called.delete(hart.x(ARGUMENT));
    if (at !== undefined)
      for (const wait of ["alarm", "answer"] as const) note(wait, machine.time - at);
    note("coroutine", polled[hart.id]?.(hart));
    polled[hart.id] = undefined;
    const spent = since(hart);
    onReturn(hart, (back) => {
      note("poll", spent(back));
      polled[back.id] = since(back);
    });
  });
  /** A thread's switch ends where it comes back from its own call. */
  onCall("thread::processor::leave", (hart) => {
    inTrap[hart.id] = false;
    polled[hart.id] = undefined;
    left[hart.id] = since(hart);
    other[hart.id] = false;
    onReturn(hart, (back) => {
      const spent = left[back.id]?.(back);
      left[back.id] = undefined;
      note(other[back.id] ? "process" : "thread", spent);
    });
  });
  onCall("process::switch_process", (hart) => {
    // By the first word of the record that it is given, which its address stands for.
    const to = hart.x(ARGUMENT + 1);
    other[hart.id] = process[hart.id] !== to;
    process[hart.id] = to;
  });
  const outcome = machine.run({ instructions: LIMIT });
  if (outcome.kind !== "exit" || outcome.code !== 0) {
    throw new Error(`${append} ${mode} on ${harts} harts: ${JSON.stringify(outcome)}`);
  }
}
