/** The board: where QEMU `virt` has its devices, and the device tree that says so. */
import { INSTRUCTIONS_PER_TICK, TIMEBASE_HZ } from "./clock.ts";
import { FINISHER_PASS, FINISHER_RESET } from "./devices/finisher.ts";
import { RAM_BASE } from "./engine/layout.ts";
import type { FdtNode } from "./fdt.ts";
import { Random } from "./random.ts";

export const ROM = { base: 0x1000, size: 0xf000 } as const;
export const FINISHER = { base: 0x10_0000, size: 0x1000 } as const;
export const ACLINT = { base: 0x200_0000, size: 0xc000 } as const;
export const RTC = { base: 0x10_1000, size: 0x1000, interrupt: 11 } as const;
export const PLIC = { base: 0xc00_0000, size: 0x60_0000 } as const;
export const UART = { base: 0x1000_0000, size: 0x100, interrupt: 10 } as const;
/** Slots in a row, `size` bytes each, with interrupts in a row. */
export const VIRTIO = { base: 0x1000_1000, size: 0x1000, slots: 8, interrupt: 1 } as const;

const ISA = "rv64imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_sstc";
const MMU = "riscv,sv48";
const UART_CLOCK_HZ = 3_686_400;
const RNG_SEED_CELLS = 8;
/** Interrupt numbers of a hart's local interrupt controller. */
const MACHINE_SOFTWARE = 3;
const MACHINE_TIMER = 7;
const SUPERVISOR_EXTERNAL = 9;
const MACHINE_EXTERNAL = 11;
/** Interrupts that the PLIC takes, 0 counted. */
const PLIC_SOURCES = 96;

interface VirtTree {
  readonly harts: number;
  /** Bytes of RAM. */
  readonly ramSize: number;
  readonly bootargs: string;
  /** What `/chosen/rng-seed` follows from. */
  readonly seed: number;
  /** Physical addresses of the first file system, when there is one. */
  readonly initrd: { readonly start: number; readonly end: number } | undefined;
}

export function virtTree({ harts, ramSize, bootargs, seed, initrd }: VirtTree): FdtNode {
  const ids = Array.from({ length: harts }, (_, id) => id);
  const handles: Handles = {
    cpu: (id) => 1 + 2 * id,
    interrupts: (id) => 2 + 2 * id,
    finisher: 1 + 2 * harts,
    plic: 2 + 2 * harts,
  };
  const random = new Random(seed);
  return {
    properties: {
      "#address-cells": [2],
      "#size-cells": [2],
      compatible: "riscv-virtio",
      model: "riscv-virtio,qemu",
    },
    children: {
      chosen: {
        properties: {
          bootargs,
          "stdout-path": `/soc/${unit("serial", UART.base)}`,
          "rng-seed": Array.from({ length: RNG_SEED_CELLS }, () => random.next()),
          ...(initrd && {
            "linux,initrd-start": cells(initrd.start),
            "linux,initrd-end": cells(initrd.end),
          }),
        },
      },
      [unit("memory", RAM_BASE)]: {
        properties: { device_type: "memory", reg: region(RAM_BASE, ramSize) },
      },
      cpus: cpus(ids, handles),
      poweroff: power(FINISHER_PASS, "syscon-poweroff", handles),
      reboot: power(FINISHER_RESET, "syscon-reboot", handles),
      soc: soc(ids, handles),
    },
  };
}

interface Handles {
  cpu(id: number): number;
  interrupts(id: number): number;
  readonly finisher: number;
  readonly plic: number;
}

const unit = (name: string, base: number): string => `${name}@${base.toString(16)}`;
const region = (base: number, size: number): number[] => [...cells(base), ...cells(size)];
const cells = (value: number): number[] => [Math.floor(value / 0x1_0000_0000), value >>> 0];

function cpus(ids: readonly number[], handles: Handles): FdtNode {
  const nodes: Record<string, FdtNode> = {};
  for (const id of ids) nodes[unit("cpu", id)] = cpu(id, handles);
  const cluster: Record<string, FdtNode> = {};
  for (const id of ids) cluster[`core${id}`] = { properties: { cpu: [handles.cpu(id)] } };
  nodes["cpu-map"] = {
    properties: {},
    children: { cluster0: { properties: {}, children: cluster } },
  };
  return {
    properties: {
      "#address-cells": [1],
      "#size-cells": [0],
      "timebase-frequency": [TIMEBASE_HZ],
    },
    children: nodes,
  };
}

function cpu(id: number, handles: Handles): FdtNode {
  return {
    properties: {
      phandle: [handles.cpu(id)],
      device_type: "cpu",
      reg: [id],
      status: "okay",
      compatible: "riscv",
      "riscv,isa": ISA,
      "mmu-type": MMU,
      "clock-frequency": [TIMEBASE_HZ * INSTRUCTIONS_PER_TICK],
    },
    children: {
      "interrupt-controller": {
        properties: {
          "#interrupt-cells": [1],
          "#address-cells": [0],
          "interrupt-controller": [],
          compatible: "riscv,cpu-intc",
          phandle: [handles.interrupts(id)],
        },
      },
    },
  };
}

function soc(ids: readonly number[], handles: Handles): FdtNode {
  const slots = Array.from({ length: VIRTIO.slots }, (_, slot) => slot);
  return {
    properties: { "#address-cells": [2], "#size-cells": [2], compatible: "simple-bus", ranges: [] },
    children: {
      [unit("rtc", RTC.base)]: {
        properties: {
          ...interrupt(RTC.interrupt, handles),
          reg: region(RTC.base, RTC.size),
          compatible: "google,goldfish-rtc",
        },
      },
      [unit("serial", UART.base)]: {
        properties: {
          ...interrupt(UART.interrupt, handles),
          "clock-frequency": [UART_CLOCK_HZ],
          reg: region(UART.base, UART.size),
          compatible: "ns16550a",
        },
      },
      [unit("test", FINISHER.base)]: {
        properties: {
          phandle: [handles.finisher],
          reg: region(FINISHER.base, FINISHER.size),
          compatible: ["sifive,test1", "sifive,test0", "syscon"],
        },
      },
      ...Object.fromEntries(slots.map((slot) => virtioSlot(slot, handles))),
      [unit("plic", PLIC.base)]: {
        properties: {
          phandle: [handles.plic],
          "riscv,ndev": [PLIC_SOURCES],
          reg: region(PLIC.base, PLIC.size),
          "interrupts-extended": ids.flatMap((id) => [
            handles.interrupts(id),
            MACHINE_EXTERNAL,
            handles.interrupts(id),
            SUPERVISOR_EXTERNAL,
          ]),
          "interrupt-controller": [],
          compatible: ["sifive,plic-1.0.0", "riscv,plic0"],
          "#address-cells": [0],
          "#interrupt-cells": [1],
        },
      },
      [unit("clint", ACLINT.base)]: {
        properties: {
          "interrupts-extended": ids.flatMap((id) => [
            handles.interrupts(id),
            MACHINE_SOFTWARE,
            handles.interrupts(id),
            MACHINE_TIMER,
          ]),
          reg: region(ACLINT.base, ACLINT.size),
          compatible: ["sifive,clint0", "riscv,clint0"],
        },
      },
    },
  };
}

const interrupt = (source: number, handles: Handles) => ({
  interrupts: [source],
  "interrupt-parent": [handles.plic],
});

function virtioSlot(slot: number, handles: Handles): [name: string, node: FdtNode] {
  const base = VIRTIO.base + slot * VIRTIO.size;
  const properties = {
    ...interrupt(VIRTIO.interrupt + slot, handles),
    reg: region(base, VIRTIO.size),
    compatible: "virtio,mmio",
  };
  return [unit("virtio_mmio", base), { properties }];
}

function power(value: number, compatible: string, handles: Handles): FdtNode {
  return { properties: { value: [value], offset: [0], regmap: [handles.finisher], compatible } };
}
