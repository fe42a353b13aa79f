/**
 * A guest that drives the disk by interrupts: it writes and reads sectors without end, each request
 * announced, waited for, claimed at the PLIC and completed; and it sums up what is typed.
 */
import { type Guest, type GuestOptions, guest } from "./guest.ts";

/** Where the requests' data is; 4 KiB. */
const DATA = 0x8030_4000;

const PROGRAM = `
  la t0, handler
  csrw mtvec, t0
  li s0, 0x10001000       # virtio slot 0
  li s1, 0xc000000        # PLIC
  li s2, 0x80300000       # descriptors; available ring + 0x1000, used + 0x2000, header + 0x3000
  li s3, 0x10000000       # UART
  li t1, 1
  sw t1, 4(s1)            # priorities of sources 1 and 10
  sw t1, 40(s1)
  li t0, 0xc002000
  li t1, 0x402
  sw t1, 0(t0)            # both enabled for M of hart 0
  li t1, 1
  sb t1, 1(s3)            # UART: interrupt when something was received
  li t1, 3
  sw t1, 0x70(s0)
  li t1, 1
  sw t1, 0x24(s0)
  sw t1, 0x20(s0)
  li t1, 11
  sw t1, 0x70(s0)
  li t1, 8
  sw t1, 0x38(s0)
  sw s2, 0x80(s0)
  li t0, 0x1000
  add t1, s2, t0
  sw t1, 0x90(s0)
  add t1, t1, t0
  sw t1, 0xa0(s0)
  add s4, t1, t0          # header, status behind it
  li t1, 1
  sw t1, 0x44(s0)
  li t1, 15
  sw t1, 0x70(s0)
  li t1, ${DATA}
  sd s4, 0(s2)
  li t2, 0x0001000100000010
  sd t2, 8(s2)
  sd t1, 16(s2)
  addi t2, s4, 256
  sd t2, 32(s2)
  li t2, 0x0000000200000001
  sd t2, 40(s2)
  li t0, 0x800
  csrw mie, t0
  csrrsi x0, mstatus, 8
  li s5, 0
  next:
  andi t0, s5, 1
  xori t0, t0, 1          # write, read, write, ...
  sw t0, 0(s4)
  srli t1, s5, 1
  andi t1, t1, 7
  slli t1, t1, 3
  sd t1, 8(s4)            # eight places of 4 KiB
  li t2, 0x0002000100001000
  bnez t0, direction
  li t2, 0x0002000300001000
  direction:
  sd t2, 24(s2)
  li t0, ${DATA}
  ld t1, 0(t0)
  add t1, t1, s5
  sd t1, 0(t0)
  li s7, 0
  addi s5, s5, 1
  li t0, 0x1000
  add t0, s2, t0
  sh s5, 2(t0)
  fence iorw, iorw
  sw x0, 0x50(s0)
  waiting:
  addi s6, s6, 1
  andi t0, s6, 15
  bnez t0, look
  wfi
  look:
  beqz s7, waiting
  j next
  .org 0x200
  handler:
  li t3, 0xc200004
  lw t4, 0(t3)
  beqz t4, back
  li t5, 10
  beq t4, t5, typed
  lw t6, 0x60(s0)
  sw t6, 0x64(s0)
  li s7, 1
  complete:
  sw t4, 0(t3)
  back:
  mret
  typed:
  lbu t6, 0(s3)
  add s8, s8, t6
  slli s8, s8, 1
  j complete`;

export const DISK_SIZE = 0x8000;

/** With a disk whose bytes follow from their places. */
export const diskDriver = (options: GuestOptions = {}): Guest =>
  guest(PROGRAM, {
    machineCode: true,
    disk: Uint8Array.from({ length: DISK_SIZE }, (_, at) => at ^ (at >>> 8)),
    ...options,
  });
