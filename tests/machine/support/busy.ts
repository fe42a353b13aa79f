/** A guest that does a bit of everything that an interleaving depends on. */
import { expect } from "vitest";
import type { Machine } from "../../../daemon/src/machine/api.ts";
import { type GuestOptions, guest } from "./guest.ts";

/** Harts that count, trap, take timer interrupts, wait, interrupt each other and share a lock. */
const BUSY = `
  la t0, handler
  csrw mtvec, t0
  csrr s0, mhartid
  li s1, 0x80300000       # lock and count
  li s2, 0x2004000        # mtimecmp of this hart
  slli t0, s0, 3
  add s2, s2, t0
  li s3, 0x2000000        # msip of the next hart
  addi t0, s0, 1
  andi t0, t0, 3
  slli t0, t0, 2
  add s3, s3, t0
  li s11, 0x2000000       # msip of this hart
  slli t0, s0, 2
  add s11, s11, t0
  li t0, 0x88
  csrw mie, t0
  csrrsi x0, mstatus, 8
  jal ra, arm
  li s5, 0
  work:
  li t1, 1
  take:
  lr.w t0, (s1)
  bnez t0, take
  sc.w t0, t1, (s1)
  bnez t0, take
  ld t0, 8(s1)
  addi t0, t0, 1
  sd t0, 8(s1)
  sw x0, 0(s1)
  addi s5, s5, 1
  andi t0, s5, 7
  bnez t0, work
  ecall
  andi t0, s5, 15
  bnez t0, work
  li t0, 1
  sw t0, 0(s3)
  wfi
  j work
  arm:
  li t2, 0x200bff8
  ld t2, 0(t2)
  addi t3, s0, 3
  slli t3, t3, 2
  add t2, t2, t3
  sd t2, 0(s2)
  jalr x0, 0(ra)
  .org 0x200
  handler:
  csrw mscratch, ra
  csrr t4, mcause
  addi s6, s6, 1
  blt t4, x0, interrupt
  csrr t4, mepc
  addi t4, t4, 4
  csrw mepc, t4
  mret
  interrupt:
  sw x0, 0(s11)
  mv s7, t2
  mv s8, t3
  jal ra, arm
  mv t2, s7
  mv t3, s8
  csrr ra, mscratch
  mret`;

export const busy = (options: GuestOptions = {}): Machine =>
  guest(BUSY, { machineCode: true, harts: 4, quantum: 13, ...options }).machine;

/** To this machine time exactly. Traps count towards a run's limit, so one run may fall short. */
export function runTo(
  machine: Machine,
  time: number,
  slice: (left: number) => number = (left) => left,
): void {
  while (machine.time < time) {
    const outcome = machine.run({
      instructions: Math.min(slice(time - machine.time), time - machine.time),
    });
    expect(["limit", "stop"]).toContain(outcome.kind);
  }
}
