/**
 * Pages of which a part is guarded (watched words, what other harts have reserved): stores beside it
 * go past the machine, and nobody notices. Random harts over two such pages, once in one go and once
 * with store TLBs that know nothing: both must leave and report the same. FUZZ_SEED repeats one.
 */
import { expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import type { Machine, SchedulePolicy } from "../../daemon/src/machine/api.ts";
import { generator, type Random } from "../isa/random.ts";
import { guest } from "./support/guest.ts";

/** Around the end of a page. */
const MIDDLE = 0x8030_1000;
const HARTS = 3;
const LINES = 25;
const INSTRUCTIONS = 2500;

/** Mostly near: then harts meet. */
function aligned(random: Random, size: number): number {
  const reach = random.pick([16, 16, 16, 96]);
  return Math.floor((random.below(2 * reach) - reach) / size) * size;
}

/** Results become values, so whatever goes wrong spreads. */
function line(random: Random): string {
  const rd = `a${random.below(4)}`;
  const rs = `a${random.below(4)}`;
  const wide = random.pick(["w", "d"]);
  const at = `addi t0, s0, ${aligned(random, wide === "w" ? 4 : 8)}`;
  switch (random.below(8)) {
    case 0:
      return `${at}\n lr.${wide} ${rd}, (t0)\n sc.${wide} ${rs}, ${rd}, (t0)`;
    case 1:
      return `${at}\n lr.${wide} ${rd}, (t0)`;
    case 2:
      return `${at}\n sc.${wide} ${rd}, ${rs}, (t0)`;
    case 3:
      return `${at}\n amo${random.pick(["add", "swap", "xor"])}.${wide} ${rd}, ${rs}, (t0)`;
    case 4:
      return `${random.pick(["ld", "lw", "lbu"])} ${rd}, ${aligned(random, 1)}(s0)`;
    default:
      return `${random.pick(["sd", "sw", "sh", "sb"])} ${rs}, ${aligned(random, 1)}(s0)`;
  }
}

function build(seed: number): Machine {
  const random = generator(seed);
  const bodies = Array.from({ length: HARTS }, (_, hart) => {
    const lines = Array.from({ length: LINES }, () => line(random));
    return [`body${hart}:`, ...lines, "addi a0, a0, 1", `j body${hart}`].join("\n");
  });
  const { machine } = guest(
    `csrr t6, mhartid
     li s0, ${MIDDLE}
     li t5, 1
     beq t6, t5, body1
     li t5, 2
     beq t6, t5, body2
     ${bodies.join("\n")}`,
    {
      machineCode: true,
      harts: HARTS,
      schedule: random.pick<SchedulePolicy>(["round-robin", "random"]),
      quantum: random.pick([1, 2, 5, 30]),
      seed,
    },
  );
  return machine;
}

/** Watches that come and go on the way, at the same times for the same seed. */
function watched(seed: number, between: (machine: Machine) => void, slice: number): string[] {
  const machine = build(seed);
  const random = generator(seed + 1);
  const told: string[] = [];
  for (let done = 0, dispose = () => {}; done < INSTRUCTIONS; ) {
    if (done % (INSTRUCTIONS / 5) === 0) {
      dispose();
      const watches = Array.from({ length: 1 + random.below(2) }, () => {
        const address = physical(MIDDLE + aligned(random, 1));
        const access = random.pick(["read", "write"] as const);
        const size = random.pick([1, 4, 8, 20]);
        return machine.watch({ address, size, access }, ({ hart, pc, old, new: now }) => {
          told.push(`${machine.time} ${hart?.id} ${pc} ${access} ${old} ${now}`);
          return false;
        });
      });
      dispose = () => watches.map((watch) => watch.dispose());
    }
    machine.run({ instructions: slice });
    done += slice;
    between(machine);
  }
  return [...told, machine.stateHash()];
}

const given = process.env.FUZZ_SEED;
const seeds = given ? [Number(given)] : Array.from({ length: 16 }, (_, index) => 1 + index);

test.each(seeds)("seed %i", (seed) => {
  const whole = watched(seed, () => {}, INSTRUCTIONS / 5);
  expect(whole.length).toBeGreaterThan(20);
  // Taking a snapshot empties the store TLBs.
  expect(watched(seed, (machine) => machine.snapshot(), 1)).toEqual(whole);
  const alone = build(seed);
  alone.run({ instructions: INSTRUCTIONS });
  expect(alone.stateHash()).toBe(whole.at(-1));
});
