/** Builds the machine's parts and wires them together: harts, memory, devices, firmware. */

import { AccessPath } from "./access.ts";
import type { Hart, Listener, MachineOptions } from "./api.ts";
import { Clock } from "./clock.ts";
import { Console } from "./console.ts";
import { RunControl } from "./control.ts";
import { Bus } from "./devices/bus.ts";
import type { DeviceMemory } from "./devices/virtio/queue.ts";
import type { Engine } from "./engine/api.ts";
import { createEngine } from "./engine/engine.ts";
import { Firmware } from "./firmware/firmware.ts";
import { firmwareInfo } from "./firmware/info.ts";
import type { FirmwareParts } from "./firmware/sbi.ts";
import { HartView } from "./hart.ts";
import { Hooks } from "./hooks.ts";
import { HostPort } from "./host-port.ts";
import type { OutsideInput } from "./journal.ts";
import { Memory, ramOffset, Settled } from "./memory.ts";
import { Peripherals } from "./peripherals.ts";
import { Contexts } from "./privileged/context.ts";
import { Core } from "./privileged/core.ts";
import { type AddressSpaceChange, SystemUnit } from "./privileged/system.ts";
import { Translator } from "./privileged/translate.ts";
import { Timers } from "./timers.ts";
import { Traps } from "./traps.ts";
import { bigintOf, type Word64 } from "./word64.ts";

export interface IpiEvent {
  readonly from: Hart | undefined;
  readonly to: Hart;
}
export interface AddressSpaceEvent {
  readonly hart: Hart;
  readonly old: bigint;
  readonly new: bigint;
}

export class Board {
  readonly control = new RunControl();
  readonly console = new Console();
  readonly bus = new Bus();
  readonly engine: Engine;
  readonly clock: Clock;
  readonly memory: Memory;
  readonly cores: readonly Core[];
  readonly harts: readonly HartView[];
  readonly traps: Traps;
  readonly hooks: Hooks;
  readonly timers: Timers;
  readonly peripherals: Peripherals;
  readonly access: AccessPath;
  /** Absent when the image brings its own machine code. */
  readonly firmware: Firmware | undefined;
  readonly ipiListeners = new Set<Listener<IpiEvent>>();
  readonly addressSpaceListeners = new Set<Listener<AddressSpaceEvent>>();
  exitCode: number | undefined;
  /** Where changes from outside go: to the journal, which then has them made. */
  outside: (input: OutsideInput) => void = () => {};
  readonly #contexts: Contexts;

  /** `entry` is where firmware from a file is to go on. */
  constructor(options: MachineOptions, entry: number, machineCode: boolean) {
    const port = new HostPort();
    const { control } = this;
    this.engine = createEngine(port, { harts: options.harts, ramSize: options.memory * 0x10_0000 });
    const { engine } = this;
    this.clock = new Clock(engine);
    this.#contexts = new Contexts(engine);
    this.memory = new Memory(engine);
    this.cores = Array.from({ length: options.harts }, (_, id) => new Core(engine, id));
    this.peripherals = new Peripherals({
      ...{ options, bus: this.bus, clock: this.clock, console: this.console },
      memory: this.#deviceMemory(),
      rom: firmwareInfo(entry, options.bootHart),
      attend: () => {
        control.attention = true;
      },
      ipi: (to) => this.#ipi(this.clock.running, to),
      exit: (code) => this.exit(code),
    });
    const { aclint, plic } = this.peripherals;
    this.timers = new Timers(this.clock, aclint, plic);
    for (const core of this.cores) {
      core.lines = (wanted) => this.timers.lines(core, wanted);
      this.#contexts.update(core);
    }
    this.traps = new Traps(this.#contexts, control, machineCode);

    const translator = new Translator(this.memory);
    this.hooks = new Hooks(engine, this.memory, this.cores, translator, control);
    const counters = {
      engine,
      clock: this.clock,
      time: (value: Word64) => aclint.time(value),
    };
    this.harts = this.cores.map(
      (core) =>
        new HartView(core, {
          engine,
          memory: this.memory,
          translator,
          counters,
          outside: (input) => this.outside(input),
        }),
    );
    this.memory.attach(this.cores);
    this.memory.watches.attach(this.harts);
    this.traps.attach(this.harts);
    this.hooks.attach(this.harts);

    this.firmware = machineCode
      ? undefined
      : new Firmware(this.#firmwareParts(translator, options.console));
    const access = new AccessPath({ ...this, translator: new Translator(this.memory) });
    this.access = access;
    access.onFetchPage = (virtualPage, page) => this.hooks.place(virtualPage, page);
    const { firmware } = this;
    const system = new SystemUnit({
      contexts: this.#contexts,
      cores: this.cores,
      traps: this.traps,
      control,
      counters,
      firmware: firmware && ((core) => firmware.call(core)),
      addressSpaceChanged: this.#addressSpaceChanged,
      forget: (core) => engine.flush(core.id),
    });
    port.connect({ access, system, hooks: this.hooks, traps: this.traps, cores: this.cores });
  }

  exit(code: number): void {
    this.exitCode ??= code;
    this.control.attention = true;
  }

  /** A hart's privilege or satp was set. */
  remap(core: Core): void {
    this.#contexts.update(core);
  }

  /** Devices write between instructions, on behalf of no hart. */
  #deviceMemory(): DeviceMemory {
    const { memory, control } = this;
    return {
      isRam: (address, size) => memory.isRam(ramOffset(address), size),
      view: (address, size) => memory.view(ramOffset(address), size),
      write: (address, bytes) => {
        if (memory.write(undefined, ramOffset(address), bytes) & Settled.stop) control.stop = true;
      },
    };
  }

  #firmwareParts(translator: Translator, typed: MachineOptions["console"]): FirmwareParts {
    const { memory, control } = this;
    return {
      cores: this.cores,
      control,
      console: {
        put: (byte) => this.console.put(byte),
        take: () => (typed === "virtio" ? -1 : this.console.take()),
      },
      exit: (code) => this.exit(code),
      ipi: (from, to) => this.#ipi(from.id, to),
      remap: (core) => this.remap(core),
      isRam: (physical, size) => memory.isRam(ramOffset(physical), size),
      view: (physical, size) => memory.view(ramOffset(physical), size),
      peek: (core, low, high) => {
        if (!translator.probe(core, low, high)) return undefined;
        const offset = ramOffset(translator.physical);
        return offset % 4 === 0 && memory.isRam(offset, 8) ? memory.word(offset) : undefined;
      },
      write: (core, physical, bytes) => {
        const settled = memory.write(core, ramOffset(physical), bytes);
        if (settled & Settled.stop) control.stop = true;
        if (settled !== Settled.none) control.attention = true;
      },
    };
  }

  #ipi(from: number, to: number): void {
    if (this.ipiListeners.size === 0) return;
    const event = { from: this.harts[from], to: this.harts[to]! };
    for (const listener of [...this.ipiListeners]) {
      if (listener(event)) this.control.stop = true;
    }
  }

  readonly #addressSpaceChanged: AddressSpaceChange = (core, oldLow, oldHigh, newLow, newHigh) => {
    if (this.addressSpaceListeners.size === 0) return false;
    const event = {
      hart: this.harts[core.id]!,
      old: bigintOf(oldLow, oldHigh),
      new: bigintOf(newLow, newHigh),
    };
    let stop = false;
    for (const listener of [...this.addressSpaceListeners]) stop = listener(event) || stop;
    return stop;
  };
}
