/** Makes the board's devices, connects their wires, and puts them where QEMU `virt` has them. */
import type { MachineOptions } from "./api.ts";
import type { Clock } from "./clock.ts";
import type { Console, ConsoleLines } from "./console.ts";
import { Aclint } from "./devices/aclint.ts";
import { Alarms } from "./devices/alarms.ts";
import type { Bus } from "./devices/bus.ts";
import { Finisher } from "./devices/finisher.ts";
import { Plic } from "./devices/plic.ts";
import { Rom } from "./devices/rom.ts";
import { Rtc } from "./devices/rtc.ts";
import { Uart } from "./devices/uart.ts";
import { Block } from "./devices/virtio/block.ts";
import { RECEIVE, VirtioConsole } from "./devices/virtio/console.ts";
import { Disk, imageOfBytes } from "./devices/virtio/disk.ts";
import { Entropy } from "./devices/virtio/entropy.ts";
import type { DeviceMemory } from "./devices/virtio/queue.ts";
import { type VirtioDevice, VirtioTransport } from "./devices/virtio/transport.ts";
import { ACLINT, FINISHER, PLIC, ROM, RTC, UART, VIRTIO } from "./virt.ts";

interface PeripheralParts {
  readonly options: MachineOptions;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly console: Console;
  readonly memory: DeviceMemory;
  /** What firmware reads at reset. */
  readonly rom: Uint8Array;
  /** Interrupts, deadlines or the machine's power may have changed. */
  readonly attend: () => void;
  readonly ipi: (to: number) => void;
  readonly exit: (code: number) => void;
}

export class Peripherals {
  readonly alarms: Alarms;
  readonly aclint: Aclint;
  readonly plic: Plic;
  /** Behind slot 0, when there is one. */
  readonly disk: Disk | undefined;
  readonly #parts: PeripheralParts;

  constructor(parts: PeripheralParts) {
    this.#parts = parts;
    const { options, bus, clock, attend } = parts;
    const image = options.disk instanceof Uint8Array ? imageOfBytes(options.disk) : options.disk;
    this.disk = image && new Disk(image);
    this.alarms = new Alarms(attend);
    this.aclint = new Aclint(options.harts, {
      ticks: () => clock.ticks,
      changed: attend,
      ipi: parts.ipi,
    });
    this.plic = new Plic(2 * options.harts, attend);
    bus.map(ROM.base, ROM.size, new Rom(parts.rom));
    bus.map(ACLINT.base, ACLINT.size, this.aclint);
    bus.map(FINISHER.base, FINISHER.size, new Finisher(parts.exit));
    bus.map(PLIC.base, PLIC.size, this.plic);
    bus.map(RTC.base, RTC.size, new Rtc(this.#wires(RTC.interrupt)));
    this.#mapConsoles();
  }

  /** Slot 0 is the disk's, 1 the entropy device's, 2 the console's; the others are empty. */
  #mapConsoles(): void {
    const { options, bus, console: terminal } = this.#parts;
    const lines: ConsoleLines = {
      put: (byte) => terminal.put(byte),
      available: () => terminal.available,
      take: () => terminal.take(),
    };
    const deaf: ConsoleLines = { ...lines, available: () => 0, take: () => -1 };
    const virtio = options.console === "virtio";
    const uart = new Uart({ ...this.#wires(UART.interrupt), ...(virtio ? deaf : lines) });
    bus.map(UART.base, UART.size, uart);
    this.#mapVirtio(0, this.disk && new Block(this.disk), options.diskLatency);
    this.#mapVirtio(1, new Entropy(options.seed));
    const port = this.#mapVirtio(2, virtio ? new VirtioConsole(lines) : undefined);
    terminal.onInput = () => (virtio ? port.kick(RECEIVE) : uart.inputChanged());
    for (let slot = 3; slot < VIRTIO.slots; slot++) this.#mapVirtio(slot, undefined);
  }

  #mapVirtio(
    slot: number,
    device: VirtioDevice | undefined,
    latency?: number | undefined,
  ): VirtioTransport {
    const { bus, memory } = this.#parts;
    const wires = this.#wires(VIRTIO.interrupt + slot);
    const transport = new VirtioTransport(device, { ...wires, memory, latency });
    bus.map(VIRTIO.base + slot * VIRTIO.size, VIRTIO.size, transport);
    return transport;
  }

  /** What a device with this interrupt needs. */
  #wires(source: number) {
    const { plic, alarms } = this;
    const { clock } = this.#parts;
    return {
      now: () => clock.now,
      interrupt: (up: boolean) => plic.setLine(source, up),
      alarms,
    };
  }
}
