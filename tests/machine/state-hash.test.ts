/**
 * `stateHash` by mutation: every value that a snapshot holds is changed by itself, and so are bits
 * of memory anywhere; each change is another hash, and taking it back gives the first one again.
 */
import { describe, expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import type { Machine, MachineOptions, Snapshot } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { assemble } from "./support/assembler.ts";

const BASE = 0x8000_0000;
const MEMORY_MIB = 4;

/** What a snapshot holds and the hash leaves out, with the reason. */
const apart: Readonly<Record<string, string>> = {
  traps: "counts places in the run; nothing that a guest does follows from it",
  frozen: "an outside decision, kept in the journal",
  only: "an outside decision, kept in the journal",
  hooks: "which listeners have been called: the debugger's, not the guest's",
};

/** Reserves a word, sets timers, PLIC, UART, RTC and a virtio queue, writes to the disk; then waits. */
const PROGRAM = `
  csrr s0, mhartid
  li s1, 0x80100000
  lr.d t0, (s1)
  li t0, 0x2004000
  li t1, 123456
  sd t1, 0(t0)
  li t0, 0xc000028
  li t1, 3
  sw t1, 0(t0)
  li t0, 0x10000000
  li t1, 1
  sb t1, 1(t0)
  sb t1, 2(t0)
  li t0, 0x101000
  li t1, 77
  sw t1, 12(t0)
  sw t1, 8(t0)
  li t0, 0x10001000
  li t1, 3
  sw t1, 0x70(t0)
  li t1, 0x80101000
  sw t1, 0x80(t0)
  here:
  addi s2, s2, 1
  j here`;

function build(options: Partial<MachineOptions>): Machine {
  const { bytes } = assemble(PROGRAM, BASE);
  const machine = createMachine(
    {
      ...{ harts: 2, memory: MEMORY_MIB, append: "", seed: 5, quantum: 20 },
      ...{ schedule: "pct", disk: new Uint8Array(0x4000), ...options },
    },
    { entry: physical(BASE), segments: [{ address: physical(BASE), bytes, size: bytes.length }] },
    { machineCode: true },
  );
  machine.input(Uint8Array.of(65, 66, 67));
  machine.run({ instructions: 500 });
  return machine;
}

type Leaf = number | bigint | string | boolean;
interface Place {
  readonly path: string;
  /** The whole value with this one changed. */
  readonly changed: unknown;
}

/** Another value of the same kind that every field can hold. */
function other(value: Leaf, random: Random): Leaf {
  if (typeof value === "boolean") return !value;
  if (typeof value === "bigint") return value ^ (1n << BigInt(random.below(32)));
  // A moment that is never is -1, and so are harts that are none.
  if (typeof value === "number") return value < 0 ? 1 : value + 1;
  return String(BigInt(value) ^ (1n << BigInt(random.below(48))));
}

/** Every value within a value, each changed by itself; objects and lists keep their shape. */
function* mutations(value: unknown, path: string, random: Random): Generator<Place> {
  if (["number", "bigint", "string", "boolean"].includes(typeof value)) {
    yield { path, changed: other(value as Leaf, random) };
  } else if (value instanceof Map) {
    yield { path: `${path}: one more`, changed: new Map([...value, [1000, new Uint8Array(4096)]]) };
    for (const [number, bytes] of value as Map<number, Uint8Array>) {
      const changed = bytes.slice();
      changed[random.below(bytes.length)]! ^= 1 << random.below(8);
      yield { path: `${path}.${number}`, changed: new Map([...value, [number, changed]]) };
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const { path: inner, changed } of mutations(item, `${path}.${index}`, random)) {
        yield { path: inner, changed: value.with(index, changed) };
      }
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      for (const { path: inner, changed } of mutations(item, `${path}.${name}`, random)) {
        yield { path: inner, changed: { ...value, [name]: changed } };
      }
    }
  }
}

/** A disk block that has changed, queues that are ready: what the program cannot do by itself. */
function enriched(snapshot: Snapshot): Snapshot {
  const devices = Object.fromEntries(
    Object.entries(snapshot.state.devices).map(([name, state]) => [
      name,
      "changes" in state
        ? { ...state, changes: new Map([[1, new Uint8Array(4096).fill(9)]]) }
        : state,
    ]),
  );
  return { ...snapshot, state: { ...snapshot.state, devices } };
}

const machines: [string, Partial<MachineOptions>][] = [
  ["pct, console on the UART", {}],
  ["random, console on virtio", { schedule: "random", console: "virtio" }],
];

describe.each(machines)("%s", (_, options) => {
  test("every value of a snapshot counts", () => {
    const machine = build(options);
    const snapshot = enriched(machine.snapshot());
    machine.restore(snapshot);
    const hash = machine.stateHash();
    const seen = new Map([[hash, "nothing"]]);
    const random = new Random(1);
    const reached = new Set<string>();
    const { version, ...state } = snapshot.state;
    for (const { path, changed } of mutations(state, "", random)) {
      const top = path.split(/[.:]/)[1]!;
      machine.restore({ ...snapshot, state: { version, ...(changed as typeof state) } });
      const now = machine.stateHash();
      if (top in apart) {
        expect([path, now]).toEqual([path, hash]);
        continue;
      }
      expect([path, seen.get(now)]).toEqual([path, undefined]);
      seen.set(now, path);
      reached.add(path.startsWith(".devices") ? path.split(".").slice(0, 3).join(".") : `.${top}`);
    }
    machine.restore(snapshot);
    expect(machine.stateHash()).toBe(hash);
    const parts = ["clock", "schedule", "harts", "input"].map((name) => `.${name}`);
    // Rom and finisher keep nothing.
    const devices = Object.keys(snapshot.state.devices).filter(
      (name) => !/^(rom|finisher)@/.test(name),
    );
    expect([...reached].sort()).toEqual(
      [...parts, ...devices.map((name) => `.devices.${name}`)].sort(),
    );
  });

  test("so do an exit, a reservation, and input that is there or not", () => {
    const machine = build(options);
    const snapshot = machine.snapshot();
    const hashes = new Set([machine.stateHash()]);
    const { state } = snapshot;
    const [first, ...rest] = state.harts;
    expect(first!.reservation).toEqual({ offset: 0x10_0000, size: 8 });
    const states: Snapshot["state"][] = [
      { ...state, exit: 0 },
      { ...state, exit: 1 },
      { ...state, input: [] },
      { ...state, input: [...state.input, 0] },
      { ...state, harts: [{ ...first!, reservation: undefined }, ...rest] },
      { ...state, harts: [{ ...first!, reservation: { offset: 0x10_0000, size: 4 } }, ...rest] },
    ];
    for (const one of states) {
      machine.restore({ ...snapshot, state: one });
      hashes.add(machine.stateHash());
    }
    expect(hashes.size).toBe(states.length + 1);
  });

  test("and every bit of memory", () => {
    const machine = build(options);
    const snapshot = machine.snapshot();
    const hash = machine.stateHash();
    const random = new Random(2);
    const size = MEMORY_MIB * 0x10_0000;
    const places = Array.from({ length: 400 }, () => random.next() % size);
    const hashes = new Set([hash]);
    for (const at of new Set([0, 4095, 4096, size - 1, ...places])) {
      const address = physical(BASE + at);
      const [byte] = machine.readPhysical(address, 1)!;
      machine.writePhysical(address, Uint8Array.of(byte! ^ (1 << random.below(8))));
      const before = hashes.size;
      expect([at, hashes.add(machine.stateHash()).size]).toEqual([at, before + 1]);
      machine.writePhysical(address, Uint8Array.of(byte!));
      expect(machine.stateHash()).toBe(hash);
    }
    machine.restore(snapshot);
    expect(machine.stateHash()).toBe(hash);
  });
});

test("a snapshot of another layout is refused", () => {
  const machine = build({});
  const snapshot = machine.snapshot();
  const state = { ...snapshot.state, version: snapshot.state.version + 1 };
  expect(() => machine.restore({ ...snapshot, state: state as Snapshot["state"] })).toThrow(
    "layout",
  );
});
