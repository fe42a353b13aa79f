/**
 * Harts that race: atomics lose nothing, and what one hart sees of another's stores is what some
 * order of all instructions explains (sequential consistency, which the memory model allows).
 */
import { describe, expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import type { MachineOptions, SchedulePolicy } from "../../daemon/src/machine/api.ts";
import { guest, peek64 } from "./support/guest.ts";

const DATA = 0x8030_0000;
const HARTS = 4;
const TIMES = 50;

/** Quanta down to one instruction, and several seeds where there is chance. */
const schedules: Pick<MachineOptions, "schedule" | "quantum" | "seed" | "pctLength">[] = (
  ["round-robin", "random", "pct"] as SchedulePolicy[]
).flatMap((schedule) =>
  [1, 2, 7, 40].flatMap((quantum) =>
    (schedule === "round-robin" ? [1] : [1, 2]).map((seed) => ({
      schedule,
      quantum,
      seed,
      // Many rounds in a short run.
      pctLength: 300,
    })),
  ),
);

describe("counters that all harts add to", () => {
  const rows: [how: string, add: string, expected: bigint][] = [
    ["lr.d and sc.d", "lr.d t0, (s1)\n add t0, t0, s3\n sc.d t1, t0, (s1)\n bnez t1, again", 1n],
    ["lr.w and sc.w", "lr.w t0, (s1)\n add t0, t0, s3\n sc.w t1, t0, (s1)\n bnez t1, again", 1n],
    ["amoadd.d", "amoadd.d t0, s3, (s1)", 1n],
    ["amoadd.w", "amoadd.w x0, s3, (s1)", 1n],
    [
      "a lock of amoswap around two loads and stores",
      `amoswap.w t0, s3, (s2)
       bnez t0, again
       ld t0, 0(s1)
       addi t0, t0, 1
       sd t0, 0(s1)
       amoswap.w x0, x0, (s2)`,
      1n,
    ],
    [
      "a lock of lr.w and sc.w, given back by a store",
      `lr.w t0, (s2)
       bnez t0, again
       sc.w t0, s3, (s2)
       bnez t0, again
       ld t0, 0(s1)
       addi t0, t0, 1
       sd t0, 0(s1)
       fence rw, rw
       sw x0, 0(s2)`,
      1n,
    ],
  ];
  test.each(rows)("%s", (_, add, each) => {
    for (const options of schedules) {
      const { machine, at } = guest(
        `li s1, ${DATA}
         li s2, ${DATA + 8}
         li s3, 1
         li s4, ${TIMES}
         again:
         ${add}
         addi s4, s4, -1
         bnez s4, again
         wfi
         done:
         j done`,
        { ...options, machineCode: true, harts: HARTS },
      );
      // Every hart ends in wfi with no interrupt enabled.
      const outcome = machine.run({ instructions: 3_000_000 });
      expect([options, outcome.kind]).toEqual([options, "idle"]);
      for (const hart of machine.harts) expect(Number(hart.pc)).toBe(at("done"));
      expect([options, peek64(machine, DATA)]).toEqual([options, BigInt(HARTS * TIMES) * each]);
    }
  });

  test("without atomics they do lose some", () => {
    const lost = schedules.filter((options) => {
      const { machine } = guest(
        `li s1, ${DATA}
         li s4, ${TIMES}
         again:
         ld t0, 0(s1)
         addi t0, t0, 1
         sd t0, 0(s1)
         addi s4, s4, -1
         bnez s4, again
         wfi
         done:
         j done`,
        { ...options, machineCode: true, harts: HARTS },
      );
      machine.run({ instructions: 3_000_000 });
      return peek64(machine, DATA) < BigInt(HARTS * TIMES);
    });
    expect(lost.length).toBeGreaterThan(schedules.length / 2);
  });
});

describe("two harts, sequentially consistent", () => {
  const ROUNDS = 60;
  /** Each round has its own x at 0(s0) and y at 8(s0), and results r0 in a0 and r1 in a1 of both. */
  interface Litmus {
    readonly name: string;
    readonly first: string;
    readonly second: string;
    /** Outcomes as "first's a0 second's a0 second's a1 x y", where `.` stands for what does not matter. */
    readonly forbidden: string;
    readonly seen: number;
  }
  const rows: Litmus[] = [
    {
      name: "message passing",
      first: "sd s3, 0(s0)\n sd s3, 8(s0)",
      second: "ld a0, 8(s0)\n ld a1, 0(s0)",
      forbidden: ". 1 0 . .",
      seen: 3,
    },
    {
      name: "message passing with fences",
      first: "sd s3, 0(s0)\n fence w, w\n sd s3, 8(s0)",
      second: "ld a0, 8(s0)\n fence r, r\n ld a1, 0(s0)",
      forbidden: ". 1 0 . .",
      seen: 3,
    },
    {
      name: "message passing by an AMO",
      first: "sd s3, 0(s0)\n amoor.d x0, s3, (s2)",
      second: "lr.d a0, (s2)\n ld a1, 0(s0)",
      forbidden: ". 1 0 . .",
      seen: 3,
    },
    {
      name: "store buffering",
      first: "sd s3, 0(s0)\n ld a0, 8(s0)",
      second: "sd s3, 8(s0)\n ld a0, 0(s0)",
      forbidden: "0 0 . . .",
      seen: 3,
    },
    {
      name: "load buffering",
      first: "ld a0, 0(s0)\n sd s3, 8(s0)",
      second: "ld a0, 8(s0)\n sd s3, 0(s0)",
      forbidden: "1 1 . . .",
      seen: 3,
    },
    {
      name: "two writes each",
      first: "sd s3, 0(s0)\n sd s4, 8(s0)",
      second: "sd s3, 8(s0)\n sd s4, 0(s0)",
      forbidden: ". . . 1 1",
      seen: 3,
    },
    {
      name: "two reads of one place",
      first: "sd s3, 0(s0)",
      second: "ld a0, 0(s0)\n ld a1, 0(s0)",
      forbidden: ". 1 0 . .",
      seen: 3,
    },
  ];
  test.each(rows)("$name", ({ first, second, forbidden, seen }) => {
    const never = new RegExp(`^${forbidden.replaceAll(".", "\\d")}$`);
    const outcomes = new Set<string>();
    for (const options of schedules) {
      const { machine } = guest(
        `csrr t6, mhartid
         li s3, 1
         li s4, 2
         li s0, ${DATA}
         li s5, ${ROUNDS}
         round:
         addi s2, s0, 8
         li a0, 0
         li a1, 0
         bnez t6, other
         ${first}
         sd a0, 16(s0)
         j on
         other:
         ${second}
         sd a0, 24(s0)
         sd a1, 32(s0)
         on:
         addi s0, s0, 64
         addi s5, s5, -1
         bnez s5, round
         wfi
         done:
         j done`,
        { ...options, machineCode: true, harts: 2 },
      );
      expect(machine.run({ instructions: 1_000_000 }).kind).toBe("idle");
      for (let round = 0; round < ROUNDS; round++) {
        const at = DATA + 64 * round;
        const value = (offset: number) => machine.readPhysicalNumber(physical(at + offset), 8);
        const outcome = [16, 24, 32, 0, 8].map(value).join(" ");
        if (never.test(outcome)) throw new Error(`${outcome} with ${JSON.stringify(options)}`);
        outcomes.add(outcome);
      }
    }
    // All others do happen: the harts do race.
    expect(outcomes.size).toBe(seen);
  });
});
