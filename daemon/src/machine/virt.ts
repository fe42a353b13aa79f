/** The board: where QEMU `virt` has its devices, and the device tree that says so. */
import { INSTRUCTIONS_PER_TICK, TIMEBASE_HZ } from "./clock.ts";
import { FINISHER_PASS, FINISHER_RESET } from "./devices/finisher.ts";
import { RAM_BASE } from "./engine/layout.ts";
import type { FdtNode } from "./fdt.ts";

export const FINISHER = { base: 0x10_0000, size: 0x1000 } as const;
export const ACLINT = { base: 0x200_0000, size: 0xc000 } as const;
export const UART = { base: 0x1000_0000, size: 0x100 } as const;

const ISA = "rv64imafdc_zicsr_zifencei_zba_zbb_zbc_zbs";
const MMU = "riscv,sv48";
const UART_CLOCK_HZ = 3_686_400;
/** Interrupt numbers of a hart's local interrupt controller. */
const MACHINE_SOFTWARE = 3;
const MACHINE_TIMER = 7;

interface VirtTree {
  readonly harts: number;
  /** Bytes of RAM. */
  readonly ramSize: number;
  readonly bootargs: string;
}

export function virtTree({ harts, ramSize, bootargs }: VirtTree): FdtNode {
  const ids = Array.from({ length: harts }, (_, id) => id);
  const handles: Handles = {
    cpu: (id) => 1 + 2 * id,
    interrupts: (id) => 2 + 2 * id,
    finisher: 1 + 2 * harts,
  };
  return {
    properties: {
      "#address-cells": [2],
      "#size-cells": [2],
      compatible: "riscv-virtio",
      model: "riscv-virtio,qemu",
    },
    children: {
      chosen: { properties: { bootargs, "stdout-path": `/soc/${unit("serial", UART.base)}` } },
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
  return {
    properties: { "#address-cells": [2], "#size-cells": [2], compatible: "simple-bus", ranges: [] },
    children: {
      [unit("serial", UART.base)]: {
        properties: {
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

function power(value: number, compatible: string, handles: Handles): FdtNode {
  return { properties: { value: [value], offset: [0], regmap: [handles.finisher], compatible } };
}
