/**
 * NS16550A UART with byte registers, as QEMU `virt` has it. Bytes leave at once, so the transmitter
 * is always empty. Received bytes wait in the console's queue, of which the guest sees as many as
 * the FIFO holds; clearing the FIFO does not lose any.
 */
import type { ConsoleLines } from "../console.ts";
import type { Word64 } from "../word64.ts";
import type { Alarm, Alarms } from "./alarms.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "./device.ts";

interface UartWires extends ConsoleLines {
  /** The guest's clock in instructions. */
  now(): number;
  interrupt(up: boolean): void;
  readonly alarms: Alarms;
}

const IER_RECEIVE = 1;
const IER_TRANSMIT = 2;
const IIR_NONE = 1;
const IIR_TRANSMIT = 2;
const IIR_RECEIVE = 4;
const IIR_TIMEOUT = 12;
const IIR_FIFOS = 0xc0;
const FCR_ENABLE = 0x01;
const FCR_CLEAR_RECEIVE = 0x02;
const FCR_CLEAR_TRANSMIT = 0x04;
const FCR_KEPT = 0xc9;
const LCR_DLAB = 0x80;
const LSR_READY = 0x01;
const LSR_TRANSMIT_EMPTY = 0x60;
const MCR_LOOP = 0x10;
/** Carrier detect, data set ready, clear to send. */
const MSR_CONNECTED = 0xb0;

const FIFO_SIZE = 16;
/** Bytes that raise the receive interrupt, by the two top bits of FCR. */
const TRIGGERS = [1, 4, 8, 14] as const;
/**
 * Instructions after which fewer bytes than that raise it too: the time of four characters at
 * 115,200 baud.
 */
const CHARACTER_TIMEOUT = 34_700;

export class Uart implements Device {
  readonly name = "uart";
  readonly #wires: UartWires;
  readonly #timeout: Alarm;
  #interruptEnable = 0;
  #fifoControl = 0;
  #lineControl = 0;
  #modemControl = 0x08;
  #scratch = 0;
  #divisor = 12;
  /** A transmitter-empty interrupt waits for IIR to be read or a byte to be written. */
  #transmitPending = 0;
  /** Received bytes have waited for long. */
  #timeoutPending = 0;
  /** What was sent in loop-back and is to be received. */
  #looped: readonly number[] = [];

  constructor(wires: UartWires) {
    this.#wires = wires;
    this.#timeout = wires.alarms.create(() => {
      this.#timeoutPending = this.#received > 0 ? 1 : 0;
      this.#update();
    });
  }

  load(offset: number, _size: AccessSize, value: Word64): boolean {
    value.set(this.#read(offset), 0);
    return true;
  }

  store(offset: number, _size: AccessSize, value: Word64): boolean {
    this.#write(offset, value.low & 0xff);
    return true;
  }

  /** There is more to be received, or less because somebody else has taken it. */
  inputChanged(): void {
    if (this.#received === 0) this.#timeoutPending = 0;
    this.#settle();
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
      timeoutPending: this.#timeoutPending,
      timeoutDue: this.#timeout.saved,
      looped: this.#looped,
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
    this.#timeoutPending = saved.number("timeoutPending");
    this.#timeout.saved = saved.number("timeoutDue");
    this.#looped = saved.numbers("looped");
  }

  #read(offset: number): number {
    switch (offset) {
      case 0:
        return this.#latched ? this.#divisor & 0xff : this.#receive();
      case 1:
        return this.#latched ? this.#divisor >>> 8 : this.#interruptEnable;
      case 2:
        return this.#identify();
      case 3:
        return this.#lineControl;
      case 4:
        return this.#modemControl;
      case 5:
        return LSR_TRANSMIT_EMPTY | (this.#received > 0 ? LSR_READY : 0);
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
        else this.#transmit(byte);
        return;
      case 1:
        if (this.#latched) this.#divisor = (this.#divisor & 0xff) | (byte << 8);
        else this.#enable(byte & 0x0f);
        return;
      case 2:
        this.#controlFifos(byte);
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

  get #fifos(): boolean {
    return (this.#fifoControl & FCR_ENABLE) !== 0;
  }

  /** Bytes that the guest could read now. */
  get #received(): number {
    const waiting = this.#looped.length + this.#wires.available();
    return Math.min(waiting, this.#fifos ? FIFO_SIZE : 1);
  }

  #receive(): number {
    const [looped, ...rest] = this.#looped;
    if (looped !== undefined) this.#looped = rest;
    const byte = looped ?? Math.max(0, this.#wires.take());
    this.#timeoutPending = 0;
    this.#timeout.clear();
    this.#settle();
    return byte;
  }

  #transmit(byte: number): void {
    if (!(this.#modemControl & MCR_LOOP)) this.#wires.put(byte);
    else if (this.#looped.length < FIFO_SIZE) this.#looped = [...this.#looped, byte];
    this.#transmitPending = 1;
    this.#settle();
  }

  #enable(bits: number): void {
    const changed = bits ^ this.#interruptEnable;
    if (changed & IER_TRANSMIT) this.#transmitPending = bits & IER_TRANSMIT ? 1 : 0;
    this.#interruptEnable = bits;
    this.#settle();
  }

  /** The bits that clear a FIFO read as zero; the receive queue is the console's, and kept. */
  #controlFifos(byte: number): void {
    const toggled = (byte ^ this.#fifoControl) & FCR_ENABLE;
    if (toggled || byte & FCR_CLEAR_RECEIVE) {
      this.#timeoutPending = 0;
      this.#timeout.clear();
    }
    if (toggled || byte & FCR_CLEAR_TRANSMIT) this.#transmitPending = 1;
    this.#fifoControl = byte & FCR_KEPT;
    this.#settle();
  }

  /** The reason for the interrupt that counts most, as IIR has it. */
  get #reason(): number {
    const enable = this.#interruptEnable;
    if (enable & IER_RECEIVE) {
      if (this.#timeoutPending) return IIR_TIMEOUT;
      const trigger = this.#fifos ? TRIGGERS[this.#fifoControl >>> 6]! : 1;
      if (this.#received >= trigger) return IIR_RECEIVE;
    }
    return enable & IER_TRANSMIT && this.#transmitPending ? IIR_TRANSMIT : IIR_NONE;
  }

  /** Reading it takes back a transmitter-empty interrupt that it tells of. */
  #identify(): number {
    const reason = this.#reason;
    if (reason === IIR_TRANSMIT) {
      this.#transmitPending = 0;
      this.#update();
    }
    return (this.#fifos ? IIR_FIFOS : 0) | reason;
  }

  /** In loop-back the modem outputs (DTR, RTS, OUT1, OUT2) come back as DSR, CTS, RI, DCD. */
  #modemStatus(): number {
    const control = this.#modemControl;
    if (!(control & MCR_LOOP)) return MSR_CONNECTED;
    return (
      ((control & 1) << 5) | ((control & 2) << 3) | ((control & 4) << 4) | ((control & 8) << 4)
    );
  }

  /** Bytes in the FIFO that somebody should hear of get their timeout. */
  #settle(): void {
    const wanted = this.#fifos && (this.#interruptEnable & IER_RECEIVE) !== 0;
    if (!wanted || this.#received === 0) this.#timeout.clear();
    else if (!this.#timeoutPending && this.#timeout.saved < 0) {
      this.#timeout.due = this.#wires.now() + CHARACTER_TIMEOUT;
    }
    this.#update();
  }

  #update(): void {
    this.#wires.interrupt(this.#reason !== IIR_NONE);
  }
}
