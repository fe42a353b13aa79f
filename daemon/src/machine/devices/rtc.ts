/**
 * Goldfish real-time clock: nanoseconds in two halves, and one alarm. It follows the guest's clock
 * (10 ns for each instruction) from a fixed date on, so every run of a recording sees the same time.
 *
 *     0x00 time low (latches high)    0x04 time high       0x08 alarm low    0x0c alarm high
 *     0x10 interrupt enable           0x14 clear alarm     0x18 alarm armed  0x1c clear interrupt
 */
import { lowOf, type Word64 } from "../word64.ts";
import type { Alarm, Alarms } from "./alarms.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "./device.ts";

const NANOSECONDS_PER_INSTRUCTION = 10n;
/** 2024-01-01 00:00:00 UTC: what the clock shows at reset, in nanoseconds since 1970. */
export const RTC_EPOCH = 1_704_067_200_000_000_000n;

interface RtcWires {
  /** The guest's clock in instructions. */
  now(): number;
  interrupt(up: boolean): void;
  readonly alarms: Alarms;
}

export class Rtc implements Device {
  readonly name = "rtc";
  readonly #wires: RtcWires;
  readonly #alarm: Alarm;
  /** Added to the guest's clock in nanoseconds. */
  #offset = RTC_EPOCH;
  #timeHigh = 0;
  #alarmTime = 0n;
  #enabled = 0;
  #pending = 0;

  constructor(wires: RtcWires) {
    this.#wires = wires;
    this.#alarm = wires.alarms.create(() => this.#ring());
  }

  load(offset: number, size: AccessSize, value: Word64): boolean {
    if (size !== 4) return false;
    value.set(this.#read(offset), 0);
    return true;
  }

  store(offset: number, size: AccessSize, value: Word64): boolean {
    if (size !== 4) return false;
    this.#write(offset, BigInt(value.low >>> 0));
    return true;
  }

  save() {
    return {
      offset: this.#offset.toString(),
      timeHigh: this.#timeHigh,
      alarmTime: this.#alarmTime.toString(),
      alarmDue: this.#alarm.saved,
      enabled: this.#enabled,
      pending: this.#pending,
    };
  }

  restore(state: DeviceState): void {
    const saved = new DeviceFields(state);
    this.#offset = BigInt(saved.text("offset"));
    this.#timeHigh = saved.number("timeHigh");
    this.#alarmTime = BigInt(saved.text("alarmTime"));
    this.#alarm.saved = saved.number("alarmDue");
    this.#enabled = saved.number("enabled");
    this.#pending = saved.number("pending");
  }

  get #time(): bigint {
    return BigInt.asUintN(
      64,
      BigInt(this.#wires.now()) * NANOSECONDS_PER_INSTRUCTION + this.#offset,
    );
  }

  #read(offset: number): number {
    switch (offset) {
      case 0x00: {
        const time = this.#time;
        this.#timeHigh = lowOf(time >> 32n);
        return lowOf(time);
      }
      case 0x04:
        return this.#timeHigh;
      case 0x08:
        return lowOf(this.#alarmTime);
      case 0x0c:
        return lowOf(this.#alarmTime >> 32n);
      case 0x10:
        return this.#enabled;
      case 0x18:
        return this.#alarm.saved < 0 ? 0 : 1;
      default:
        return 0;
    }
  }

  #write(offset: number, value: bigint): void {
    switch (offset) {
      case 0x00:
        this.#setTime(withLow(this.#time, value));
        return;
      case 0x04:
        this.#setTime(withHigh(this.#time, value));
        return;
      case 0x08:
        this.#alarmTime = withLow(this.#alarmTime, value);
        this.#arm();
        return;
      case 0x0c:
        this.#alarmTime = withHigh(this.#alarmTime, value);
        return;
      case 0x10:
        this.#enabled = Number(value & 1n);
        break;
      case 0x14:
        this.#alarm.clear();
        return;
      case 0x1c:
        this.#pending = 0;
        break;
      default:
        return;
    }
    this.#update();
  }

  #setTime(time: bigint): void {
    this.#offset += time - this.#time;
  }

  /** Writing the low half arms the alarm; one that is over rings at once. */
  #arm(): void {
    const wait = this.#alarmTime - this.#time;
    if (wait <= 0n) {
      this.#alarm.clear();
      this.#ring();
      return;
    }
    const instructions = (wait + NANOSECONDS_PER_INSTRUCTION - 1n) / NANOSECONDS_PER_INSTRUCTION;
    const due = this.#wires.now() + Number(instructions);
    if (Number.isSafeInteger(due)) this.#alarm.due = due;
    else this.#alarm.clear();
  }

  #ring(): void {
    this.#pending = 1;
    this.#update();
  }

  #update(): void {
    this.#wires.interrupt((this.#pending & this.#enabled) === 1);
  }
}

const withLow = (value: bigint, low: bigint): bigint => ((value >> 32n) << 32n) | low;
const withHigh = (value: bigint, high: bigint): bigint => BigInt.asUintN(32, value) | (high << 32n);
