/**
 * The processes of the profile, and which of them an address space belongs to. A process is met when
 * a hart first enters its address space, before it executes anything there.
 */
import { type MachineTime, physical } from "../base/brand.ts";
import { type Disposable, Signal } from "../base/disposable.ts";
import { datumAt, type Scope } from "../inspect/datum.ts";
import type { Access, AccessContext } from "../inspect/expression/accessor.ts";
import { textOf } from "../inspect/expression/operand.ts";
import { toAddress } from "../inspect/memory.ts";
import { rootOf, satpOf } from "../inspect/space.ts";
import type { Machine } from "../machine/api.ts";
import type { ProcessInfo } from "./api.ts";
import type { Binding, NamedNumber, ProcessBinding } from "./binding.ts";
import { SLOT } from "./slots.ts";

/** A process that was met in its address space. */
export interface Process {
  readonly id: number;
  /** Address of its record. */
  readonly record: number;
  /** Physical address of its root page table. */
  readonly root: number;
  readonly path: string | undefined;
}

const SATP = 0x180;

export class Processes {
  /** A process is in its address space for the first time; also told when it has a new one. */
  readonly met = new Signal<Process>();
  readonly #machine: Machine;
  readonly #binding: ProcessBinding | undefined;
  readonly #context: AccessContext;
  readonly #scope: Scope;
  readonly #subscription: Disposable | undefined;
  /** By root; undefined: no process has it. What a hart has loaded is true until it loads it again. */
  readonly #byRoot = new Map<number, Process | undefined>();
  #asked = { satp: 0n, root: 0 };
  #listed: { readonly time: MachineTime; readonly list: readonly Process[] } | undefined;

  constructor(
    machine: Machine,
    binding: Binding | undefined,
    context: AccessContext,
    scope: Scope,
  ) {
    this.#machine = machine;
    this.#binding = binding?.processes;
    this.#context = context;
    this.#scope = scope;
    if (!this.#binding?.root) return;
    this.#subscription = machine.onAddressSpace((event) => {
      this.#enter(rootOf(event.new));
      return false;
    });
  }

  get described(): boolean {
    return this.#binding !== undefined;
  }

  dispose(): void {
    this.#subscription?.dispose();
  }

  /** Between runs: forgets what may have changed. */
  forget(): void {
    this.#byRoot.clear();
    this.#listed = undefined;
  }

  /** Whose address space a satp selects; undefined where that is no process's. */
  bySatp(satp: bigint): Process | undefined {
    if (!this.#binding?.root) return undefined;
    // Asked for event after event, while few of them change it.
    if (satp !== this.#asked.satp) this.#asked = { satp, root: rootOf(satp) };
    const { root } = this.#asked;
    if (root === 0) return undefined;
    if (!this.#byRoot.has(root)) this.#byRoot.set(root, this.#withRoot(root));
    return this.#byRoot.get(root);
  }

  find(id: number): Process | undefined {
    return this.all().find((process) => process.id === id);
  }

  /** As they are now: worked out once for each moment. */
  all(): readonly Process[] {
    const { time } = this.#machine;
    if (this.#listed?.time === time) return this.#listed.list;
    const list: Process[] = [];
    this.#binding?.records?.each(this.#context, (record) => {
      const process = this.#process(record);
      if (process) list.push(process);
      return true;
    });
    this.#listed = { time, list };
    return list;
  }

  info({ id, record, root, path }: Process): ProcessInfo {
    const binding = this.#binding!;
    const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
    const state = this.#named(binding.state, record) ?? "unknown";
    return {
      id,
      name: this.#text(binding.name, record) ?? path?.split("/").at(-1) ?? `process ${id}`,
      path,
      state,
      parent: known(this.#number(binding.parent, record)),
      root: root === 0 ? undefined : physical(root),
      // Of one that runs it is a word that nobody has written yet.
      exitCode: state === "running" ? undefined : known(this.#number(binding.exitCode, record)),
    };
  }

  /** The satp under which a process runs, in the mode that this kernel uses. */
  satpOf({ root }: Process): bigint {
    let mode = 0n;
    for (const hart of this.#machine.harts) mode ||= hart.csr(SATP) ?? 0n;
    return satpOf(root, mode);
  }

  /** A hart has loaded a root page table. */
  #enter(root: number): void {
    if (root === 0) return;
    const before = this.#byRoot.get(root);
    const now = this.#withRoot(root);
    if (now && before && now.id === before.id && now.record === before.record) return;
    this.#byRoot.set(root, now);
    if (now) this.met.emit(now);
  }

  #withRoot(root: number): Process | undefined {
    let found: Process | undefined;
    this.#binding?.records?.each(this.#context, (record) => {
      if (this.#number(this.#binding?.root, record) !== root) return true;
      found = this.#process(record);
      return false;
    });
    return found;
  }

  /** Undefined for a record without an id, and where the profile names states, in none of them. */
  #process(record: number): Process | undefined {
    const { id, path, root, state } = this.#binding!;
    const number = this.#number(id, record);
    if (Number.isNaN(number)) return undefined;
    if (state && this.#named(state, record) === undefined) return undefined;
    const table = this.#number(root, record);
    return {
      id: number,
      record,
      root: Number.isNaN(table) ? 0 : table,
      path: this.#text(path, record),
    };
  }

  #number(access: Access | undefined, record: number): number {
    if (!access) return Number.NaN;
    this.#context.slots[SLOT.process] = record;
    return access.number(this.#context);
  }

  #named(named: NamedNumber | undefined, record: number): string | undefined {
    if (!named) return undefined;
    const value = this.#number(named.access, record);
    return Number.isNaN(value) ? undefined : named.name(value);
  }

  #text(access: Access | undefined, record: number): string | undefined {
    if (!access?.type) return undefined;
    this.#context.slots[SLOT.process] = record;
    const at = access.address(this.#context);
    return Number.isNaN(at) ? undefined : textOf(datumAt(access.type, toAddress(at), this.#scope));
  }
}
