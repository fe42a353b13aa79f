/**
 * NS16550A UART with byte registers, as QEMU `virt` has it. Bytes leave at once, so the transmitter
 * is always empty; received bytes wait in the console's queue until the guest reads them.
 */
import type { Word64 } from "../word64.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "./device.ts";

interface UartWires {
  put(byte: number): void;
  available(): number;
  /** The next received byte, or -1. */
  take(): number;
}

const IER_RECEIVE = 1;
const IER_TRANSMIT = 2;
const IIR_NONE = 1;
const IIR_TRANSMIT = 2;
const IIR_RECEIVE = 4;
const IIR_FIFOS = 0xc0;
const LCR_DLAB = 0x80;
const LSR_READY = 0x01;
const LSR_TRANSMIT_EMPTY = 0x60;
const MCR_LOOP = 0x10;
/** Carrier detect, data set ready, clear to send. */
const MSR_CONNECTED = 0xb0;

export class Uart implements Device {
  readonly name = "uart";
  readonly #wires: UartWires;
  #interruptEnable = 0;
  #fifoControl = 0;
  #lineControl = 0;
  #modemControl = 0x08;
  #scratch = 0;
  #divisor = 12;
  /** A transmitter-empty interrupt waits for IIR to be read or a byte to be written. */
  #transmitPending = 0;

  constructor(wires: UartWires) {
    this.#wires = wires;
  }

  load(offset: number, _size: AccessSize, value: Word64): boolean {
    value.set(this.#read(offset), 0);
    return true;
  }

  store(offset: number, _size: AccessSize, value: Word64): boolean {
    this.#write(offset, value.low & 0xff);
    return true;
  }

  save() {
    return {
      interruptEnable: this.#interruptEnable,
      fifoControl: this.#fifoControl,
      lineControl: this.#lineControl,
      modemControl: this.#modemControl,
      scratch: this.#scratch,
      divisor: this.#divisor,
      transmitPending: this.#transmitPending,
    };
  }

  restore(state: DeviceState): void {
    const saved = new DeviceFields(state);
    this.#interruptEnable = saved.number("interruptEnable");
    this.#fifoControl = saved.number("fifoControl");
    this.#lineControl = saved.number("lineControl");
    this.#modemControl = saved.number("modemControl");
    this.#scratch = saved.number("scratch");
    this.#divisor = saved.number("divisor");
    this.#transmitPending = saved.number("transmitPending");
  }

  #read(offset: number): number {
    switch (offset) {
      case 0:
        if (this.#latched) return this.#divisor & 0xff;
        return Math.max(0, this.#wires.take());
      case 1:
        return this.#latched ? this.#divisor >>> 8 : this.#interruptEnable;
      case 2:
        return this.#identify();
      case 3:
        return this.#lineControl;
      case 4:
        return this.#modemControl;
      case 5:
        return LSR_TRANSMIT_EMPTY | (this.#wires.available() > 0 ? LSR_READY : 0);
      case 6:
        return this.#modemStatus();
      case 7:
        return this.#scratch;
      default:
        return 0;
    }
  }

  #write(offset: number, byte: number): void {
    switch (offset) {
      case 0:
        if (this.#latched) this.#divisor = (this.#divisor & 0xff00) | byte;
        else {
          this.#wires.put(byte);
          this.#transmitPending = 1;
        }
        return;
      case 1:
        if (this.#latched) {
          this.#divisor = (this.#divisor & 0xff) | (byte << 8);
          return;
        }
        if (byte & ~this.#interruptEnable & IER_TRANSMIT) this.#transmitPending = 1;
        this.#interruptEnable = byte & 0x0f;
        return;
      case 2:
        // Bits 1 and 2 clear the FIFOs and read as zero; the receive queue is the console's, kept.
        this.#fifoControl = byte & 0xc9;
        return;
      case 3:
        this.#lineControl = byte;
        return;
      case 4:
        this.#modemControl = byte & 0x1f;
        return;
      case 7:
        this.#scratch = byte;
        return;
      default:
        return;
    }
  }

  get #latched(): boolean {
    return (this.#lineControl & LCR_DLAB) !== 0;
  }

  #identify(): number {
    const fifos = this.#fifoControl & 1 ? IIR_FIFOS : 0;
    if (this.#interruptEnable & IER_RECEIVE && this.#wires.available() > 0) {
      return fifos | IIR_RECEIVE;
    }
    if (this.#interruptEnable & IER_TRANSMIT && this.#transmitPending) {
      this.#transmitPending = 0;
      return fifos | IIR_TRANSMIT;
    }
    return fifos | IIR_NONE;
  }

  /** In loop-back the modem outputs (DTR, RTS, OUT1, OUT2) come back as DSR, CTS, RI, DCD. */
  #modemStatus(): number {
    const control = this.#modemControl;
    if (!(control & MCR_LOOP)) return MSR_CONNECTED;
    return (
      ((control & 1) << 5) | ((control & 2) << 3) | ((control & 4) << 4) | ((control & 8) << 4)
    );
  }
}
