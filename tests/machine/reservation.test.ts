import { describe, expect, test } from "vitest";
import { guest, peek64 } from "./support/guest.ts";

const DATA = 0x8030_0000;

/** Two harts in M: 0 reserves and later tries to store, 1 interferes in between. */
function litmus(interfere: string, { address = DATA, own = "nop" } = {}) {
  const { machine, at } = guest(
    `csrr t6, mhartid
     li s0, ${address}
     li s1, ${DATA}
     li t1, 7
     bnez t6, other
     sd x0, 0(s1)
     lr.d t0, (s0)
     ${own}
     sc.d a0, t1, (s0)
     halt:
     j halt
     other:
     sd x0, 64(s1)
     ${interfere}
     done:
     j done`,
    { machineCode: true, harts: 2 },
  );
  const [first] = machine.harts;
  const until = (hart: number, label: string) => {
    const hook = machine.hook(BigInt(at(label)) as never, (who) => who.id === hart);
    machine.run({ instructions: 10_000, only: [hart] });
    hook.dispose();
  };
  // The other hart warms its TLB first, so that its store would go past a machine that does not look.
  machine.run({ instructions: 8, only: [1] });
  const sc = at("halt") - 4;
  const reserved = machine.hook(BigInt(sc) as never, () => true);
  machine.run({ instructions: 10_000, only: [0] });
  reserved.dispose();
  until(1, "done");
  until(0, "halt");
  return { failed: first!.x(10), value: peek64(machine, address) };
}

describe("a reservation", () => {
  const rows: [what: string, interfere: string, failed: bigint][] = [
    ["nothing", "nop", 0n],
    ["a load", "ld t0, 0(s1)", 0n],
    ["a store to it", "sd t6, 0(s1)", 1n],
    ["a store of what is there", "sd x0, 0(s1)", 1n],
    ["a byte of it", "sb t6, 7(s1)", 1n],
    ["a store that overlaps its end", "sd t6, 4(s1)", 1n],
    ["a store that overlaps its beginning", "sw t6, -2(s1)", 1n],
    ["the bytes before", "sd t6, -8(s1)", 0n],
    ["the bytes after", "sd t6, 8(s1)", 0n],
    ["an AMO", "amoadd.d t0, t6, (s1)", 1n],
    ["an AMO that changes nothing", "amoor.w t0, x0, (s1)", 1n],
    ["LR and SC", "lr.d t0, (s1)\n sc.d t0, t0, (s1)", 1n],
    ["LR alone", "lr.d t0, (s1)", 0n],
    ["SC that fails", "sc.d t0, t6, (s1)", 0n],
  ];
  test.each(rows)("against %s", (_, interfere, failed) => {
    expect(litmus(interfere).failed).toBe(failed);
  });
  test("does not hold elsewhere, nor twice, nor for another size", () => {
    expect(litmus("nop", { own: "addi s0, s0, 8" }).failed).toBe(1n);
    expect(litmus("nop", { own: "sc.d a1, t1, (s0)" }).failed).toBe(1n);
    expect(litmus("nop", { own: "lr.w t0, (s0)" }).failed).toBe(1n);
  });
  test("survives the hart's own stores nearby", () => {
    expect(litmus("nop", { own: "sd t1, 8(s1)" })).toEqual({ failed: 0n, value: 7n });
  });
});

describe("counting with LR and SC", () => {
  const count = (body: string) => `
    csrr t6, mhartid
    li s0, ${DATA}
    li s1, 200
    again:
    ${body}
    addi s1, s1, -1
    bnez s1, again
    done:
    wfi
    j done`;
  const bodies = {
    "LR and SC": "retry:\n lr.d t0, (s0)\n addi t0, t0, 1\n sc.d t1, t0, (s0)\n bnez t1, retry",
    "a lock of amoswap":
      "li t2, 1\n take:\n amoswap.d t1, t2, (s0)\n bnez t1, take\n ld t0, 8(s0)\n addi t0, t0, 1\n sd t0, 8(s0)\n sd x0, 0(s0)",
    amoadd: "li t0, 1\n amoadd.d t1, t0, (s0)",
  };
  for (const [name, body] of Object.entries(bodies)) {
    test.each([1, 2, 3, 5, 8, 50])(`${name} loses nothing, quantum %s`, (quantum) => {
      for (const schedule of ["round-robin", "random"] as const) {
        const { machine } = guest(count(body), {
          machineCode: true,
          harts: 4,
          quantum,
          schedule,
          seed: quantum,
        });
        expect(machine.run({ instructions: 1_000_000 }).kind).toBe("idle");
        const total = peek64(machine, DATA) + peek64(machine, DATA + 8);
        expect(total).toBe(800n);
      }
    });
  }
});
