/** Threads of the profile, what each hart runs now, and the saved registers of those that do not run. */
import { type Address, address } from "../base/brand.ts";
import type { MemoryView, RegisterSet } from "../inspect/api.ts";
import { datumAt, type Scope } from "../inspect/datum.ts";
import { type Access, type AccessContext, collectionIn } from "../inspect/expression/accessor.ts";
import { textOf } from "../inspect/expression/operand.ts";
import { toAddress } from "../inspect/memory.ts";
import { bytesToUnsigned } from "../inspect/place.ts";
import { registerNumber } from "../isa/registers.ts";
import type { Hart } from "../machine/api.ts";
import type { ThreadInfo } from "./api.ts";
import type { Binding, NamedNumber, ThreadBinding } from "./binding.ts";
import { SLOT } from "./slots.ts";

const known = (value: number | undefined): number | undefined =>
  value === undefined || Number.isNaN(value) ? undefined : value;

export class Threads {
  readonly #binding: ThreadBinding | undefined;
  readonly #harts: Binding["harts"] | undefined;
  readonly #context: AccessContext;
  readonly #scope: Scope;

  constructor(binding: Binding | undefined, context: AccessContext, scope: Scope) {
    this.#binding = binding?.threads;
    this.#harts = binding?.harts;
    this.#context = context;
    this.#scope = scope;
  }

  /** Id of what a hart runs; NaN where unknown or nothing. */
  current(what: "thread" | "process" | "coroutine", hart: number): number {
    const access = this.#harts?.[what];
    if (!access) return Number.NaN;
    this.#context.slots[SLOT.hart] = hart;
    return access.number(this.#context);
  }

  list(harts: readonly Hart[]): ThreadInfo[] {
    const running = new Map<number, number>();
    for (const { id } of harts) {
      const thread = this.current("thread", id);
      if (!Number.isNaN(thread)) running.set(thread, id);
    }
    const result: ThreadInfo[] = [];
    this.#binding?.records?.each(this.#context, (record) => {
      const info = this.#info(record, running);
      if (info) result.push(info);
      return true;
    });
    return result;
  }

  /** Whose thread it is; undefined: the kernel's, or not known. */
  processOf(id: number): number | undefined {
    const record = this.#find(id);
    return record === undefined ? undefined : known(this.#number(this.#binding?.process, record));
  }

  /** The saved registers of a thread; a reason where there are none. */
  saved(id: number, memory: MemoryView): RegisterSet | string {
    const context = this.#binding?.context;
    if (!context) return "the profile does not say where threads keep their registers";
    const record = this.#find(id);
    if (record === undefined) return `there is no thread ${id}`;
    this.#context.slots[SLOT.thread] = record;
    const registers = new Map<number, bigint>();
    for (const [name, access] of context.registers) {
      const value = this.#word(access, memory);
      const number = registerNumber(name);
      if (value !== undefined && number !== undefined) registers.set(number, value);
    }
    for (const [index, value] of this.#savedArray(context.saved, memory)) {
      registers.set(registerNumber(`s${index}`)!, value);
    }
    const pc = this.#word(context.pc, memory);
    if (pc === undefined) return `the saved pc of thread ${id} cannot be read`;
    return { pc: address(pc), get: (number) => (number === 0 ? 0n : registers.get(number)) };
  }

  #find(id: number): number | undefined {
    let found: number | undefined;
    this.#binding?.records?.each(this.#context, (record) => {
      if (this.#number(this.#binding?.id, record) !== id) return true;
      found = record;
      return false;
    });
    return found;
  }

  #info(record: number, running: ReadonlyMap<number, number>): ThreadInfo | undefined {
    const binding = this.#binding!;
    const id = this.#number(binding.id, record);
    if (Number.isNaN(id) || !this.#isThread(record)) return undefined;
    return {
      id,
      name: this.#text(binding.name, record) ?? `thread ${id}`,
      kind: this.#named(binding.kind, record) ?? "",
      state: this.#named(binding.state, record) ?? "unknown",
      priority: known(this.#number(binding.priority, record)),
      hart: running.get(id),
      process: known(this.#number(binding.process, record)),
      coroutine: known(this.#number(binding.coroutine, record)),
    };
  }

  /**
   * A list that is just being changed (a vector that grows) can hold what is no thread any more. Where
   * the profile names kinds and states, a record with none of them is not one.
   */
  #isThread(record: number): boolean {
    const named = [this.#binding?.kind, this.#binding?.state].filter((part) => part !== undefined);
    const isNamed = (part: NamedNumber): boolean =>
      part.name(this.#number(part.access, record)) !== undefined;
    return named.length === 0 || named.some(isNamed);
  }

  #number(access: Access | undefined, record: number): number {
    if (!access) return Number.NaN;
    this.#context.slots[SLOT.thread] = record;
    return access.number(this.#context);
  }

  #named(named: NamedNumber | undefined, record: number): string | undefined {
    if (!named) return undefined;
    const value = this.#number(named.access, record);
    return Number.isNaN(value) ? undefined : (named.name(value) ?? `unknown (${value})`);
  }

  #text(access: Access | undefined, record: number): string | undefined {
    if (!access?.type) return undefined;
    this.#context.slots[SLOT.thread] = record;
    const at = access.address(this.#context);
    return Number.isNaN(at) ? undefined : textOf(datumAt(access.type, toAddress(at), this.#scope));
  }

  /** Whole registers: a double would not hold them all. */
  #word(access: Access, memory: MemoryView): bigint | undefined {
    const at = access.address(this.#context);
    if (Number.isNaN(at)) {
      const value = access.number(this.#context);
      return Number.isNaN(value) ? undefined : BigInt(value);
    }
    return word(memory, toAddress(at));
  }

  #savedArray(access: Access | undefined, memory: MemoryView): [number, bigint][] {
    const found = access && collectionIn(access.node);
    if (found?.layout.kind !== "sequence" || !found.layout.inline) return [];
    const base = found.at(this.#context);
    const count = Math.min(12, found.layout.length(new Uint8Array(0)));
    const values: [number, bigint][] = [];
    for (let index = 0; index < count && !Number.isNaN(base); index++) {
      const value = word(memory, toAddress(base + index * 8));
      if (value !== undefined) values.push([index, value]);
    }
    return values;
  }
}

function word(memory: MemoryView, at: Address): bigint | undefined {
  const bytes = memory.read(at, 8);
  return bytes && bytesToUnsigned(bytes);
}
