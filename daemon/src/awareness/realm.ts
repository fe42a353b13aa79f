/**
 * Where coroutines live: the kernel, or one process. A realm reads its own memory only: that of a
 * process through its page table, whatever the harts have loaded.
 */
import type { Modules } from "../inspect/api.ts";
import type { Scope } from "../inspect/datum.ts";
import type { AccessContext } from "../inspect/expression/accessor.ts";
import { worldOf } from "../inspect/modules.ts";
import type { Leaves } from "./await-stack.ts";
import type { Binding } from "./binding.ts";
import { Coroutines, type Owner } from "./coroutines.ts";
import { Executors } from "./executors.ts";
import type { FutureKinds } from "./kinds.ts";
import { leafLocations } from "./leaves.ts";
import type { KernelMemory } from "./memory.ts";
import { makeSlots, SLOT } from "./slots.ts";

export interface RealmParts {
  readonly binding: Binding | undefined;
  readonly modules: Modules;
  readonly kinds: FutureKinds;
  readonly memory: Pick<KernelMemory, "uint" | "bytes" | "view"> &
    Partial<Pick<KernelMemory, "through">>;
  readonly owner: Owner;
}

export class Realm {
  readonly coroutines: Coroutines;
  readonly executors: Executors;
  readonly context: AccessContext;
  readonly scope: Scope;
  readonly kinds: FutureKinds;
  readonly leaves: Leaves;
  /** What its memory depends on beside what is in physical memory. */
  readonly through: () => string;
  readonly #binding: Binding | undefined;

  constructor({ binding, kinds, memory, modules, owner }: RealmParts) {
    this.#binding = binding;
    this.kinds = kinds;
    this.context = { reader: memory, hart: undefined, slots: makeSlots() };
    this.scope = { memory: memory.view, registers: undefined, world: worldOf(modules.modules) };
    this.executors = new Executors(binding, this.context, owner);
    this.coroutines = new Coroutines(binding, kinds, this.context, this.scope, owner);
    this.leaves = {
      location: leafLocations(modules),
      joined: (future) => {
        const id = this.coroutines.joinedBy(future);
        return Number.isNaN(id) ? undefined : id;
      },
    };
    this.through = memory.through ?? (() => "");
  }

  /** The coroutine's own id that a hart runs here; NaN where unknown or none. */
  running(hart: number): number {
    const access = this.#binding?.harts.coroutine;
    if (!access) return Number.NaN;
    this.context.slots[SLOT.hart] = hart;
    return access.number(this.context);
  }
}
