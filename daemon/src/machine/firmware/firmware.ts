/**
 * The built-in SBI firmware: puts harts into S-mode the way OpenSBI does, and answers their ecalls
 * at once, in no machine time but that of the ecall itself. It runs no machine code.
 */
import { Flow } from "../engine/host.ts";
import { Activity, type Core, F32, F64, STCE_HIGH } from "../privileged/core.ts";
import { Base } from "./base.ts";
import { Dbcn } from "./dbcn.ts";
import { Hsm } from "./hsm.ts";
import { Ipi } from "./ipi.ts";
import { LEGACY_LAST, Legacy } from "./legacy.ts";
import { Rfence } from "./rfence.ts";
import { A0, A1, A6, A7, type FirmwareParts, fail, SbiError, type SbiExtension } from "./sbi.ts";
import { Srst } from "./srst.ts";
import { Time } from "./time.ts";

/** What OpenSBI delegates: misaligned fetches, breakpoints, calls from U, page faults. */
const DELEGATED_EXCEPTIONS = 0xb109;
const DELEGATED_INTERRUPTS = 0x222;
/** cycle, time and instret for U. */
const USER_COUNTERS = 7;
/** PMP entry 0: everything (NAPOT), to be read, written and executed. */
const PMP_OPEN = 0x1f;
const PMP_ALL_HIGH = 0x3f_ffff;

export class Firmware {
  readonly #extensions = new Map<number, SbiExtension>();
  readonly #legacy: Legacy;
  readonly #hsm: Hsm;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
    const time = new Time(parts);
    const ipi = new Ipi(parts);
    this.#hsm = new Hsm(parts);
    this.#legacy = new Legacy(parts, time, ipi);
    const provided = (id: number) => this.#extensions.has(id) || (id >= 0 && id <= LEGACY_LAST);
    const all = [
      new Base(provided),
      time,
      ipi,
      new Rfence(parts),
      this.#hsm,
      new Srst(parts),
      new Dbcn(parts),
    ];
    for (const extension of all) this.#extensions.set(extension.id, extension);
    for (const core of parts.cores) reset(core);
  }

  /** The boot hart enters S-mode; all others wait to be started. */
  boot(core: Core, entry: number, deviceTree: number): void {
    const high = (value: number) => Math.floor(value / 0x1_0000_0000) | 0;
    this.#hsm.enter(core, entry | 0, high(entry), deviceTree | 0, high(deviceTree));
    core.activity = Activity.running;
  }

  /** An ecall from S-mode. */
  call(core: Core): Flow {
    const id = core.xLow(A7);
    if (core.xHigh(A7) === 0 && id >= 0 && id <= LEGACY_LAST) {
      core.setXNumber(A0, this.#legacy.call(core, id));
    } else {
      this.#extended(core, id);
    }
    return this.#parts.control.attention ? Flow.leave : Flow.next;
  }

  /** Ids and function numbers are 32 bits wide. */
  #extended(core: Core, id: number): void {
    const extension = this.#extensions.get(id);
    const result =
      extension === undefined ? fail(SbiError.notSupported) : extension.call(core, core.xLow(A6));
    if (result === undefined) return;
    core.setXNumber(A0, result.error);
    core.setXNumber(A1, result.value);
  }
}

function reset(core: Core): void {
  core.put(F32.medeleg, DELEGATED_EXCEPTIONS);
  core.put(F32.mideleg, DELEGATED_INTERRUPTS);
  core.put(F32.mcounteren, -1);
  core.put(F32.scounteren, USER_COUNTERS);
  core.put(F32.menvcfgHigh, STCE_HIGH);
  core.set(F64.pmpcfg, PMP_OPEN, 0);
  core.set(F64.pmpaddr, -1, PMP_ALL_HIGH);
}
