/**
 * Code hooks by virtual address. The engine hooks slots of physical memory, so a hook is placed
 * whenever a page that has hooks becomes executable for some hart: it is found whatever satp says,
 * wherever the page is mapped, and also in code that is loaded later. A physical slot that is
 * reached at another virtual address costs a look-up and nothing else.
 */
import { type Disposable, disposable } from "../base/disposable.ts";
import type { Hart, Listener } from "./api.ts";
import type { RunControl } from "./control.ts";
import type { Engine } from "./engine/api.ts";
import { Flow } from "./engine/host.ts";
import type { HartView } from "./hart.ts";
import { type Memory, PAGE, ramOffset } from "./memory.ts";
import type { Core } from "./privileged/core.ts";
import type { Translator } from "./privileged/translate.ts";

interface Hook {
  /** Signed double. */
  readonly address: number;
  listeners: readonly Listener<Hart>[];
  /** RAM offsets at which the engine calls for this hook. */
  readonly slots: Set<number>;
}

export interface HookState {
  readonly instret: readonly number[];
  readonly pc: readonly number[];
}

export class Hooks {
  readonly #engine: Engine;
  readonly #memory: Memory;
  readonly #cores: readonly Core[];
  readonly #translator: Translator;
  readonly #control: RunControl;
  readonly #byAddress = new Map<number, Hook>();
  readonly #byPage = new Map<number, Set<Hook>>();
  /** How many hooks want each slot. */
  readonly #slots = new Map<number, number>();
  /** For each hart, the last execution for which listeners have been called. */
  readonly #calledInstret: Float64Array;
  readonly #calledPc: Float64Array;
  #harts: readonly HartView[] = [];

  constructor(
    engine: Engine,
    memory: Memory,
    cores: readonly Core[],
    translator: Translator,
    control: RunControl,
  ) {
    this.#engine = engine;
    this.#memory = memory;
    this.#cores = cores;
    this.#translator = translator;
    this.#control = control;
    this.#calledInstret = new Float64Array(cores.length).fill(-1);
    this.#calledPc = new Float64Array(cores.length);
  }

  attach(harts: readonly HartView[]): void {
    this.#harts = harts;
  }

  /** The address is a signed double. */
  add(address: number, listener: Listener<Hart>): Disposable {
    let hook = this.#byAddress.get(address);
    if (hook === undefined) {
      hook = { address, listeners: [], slots: new Set() };
      this.#byAddress.set(address, hook);
      this.#placeNow(hook);
    }
    const added = hook;
    // A new array each time: a listener may add and remove hooks while it is being called.
    added.listeners = [...added.listeners, listener];
    return disposable(() => {
      const at = added.listeners.indexOf(listener);
      added.listeners = added.listeners.filter((_, index) => index !== at);
      if (added.listeners.length === 0) this.#remove(added);
    });
  }

  /** A page of RAM is about to be executed at this virtual page. */
  place(virtualPage: number, page: number): void {
    const hooks = this.#byPage.get(virtualPage);
    if (hooks === undefined) return;
    for (const hook of hooks) this.#placeAt(hook, page + (hook.address - virtualPage * PAGE));
  }

  /** The engine stands before a hooked slot. */
  hit(hart: number): Flow {
    const pc = this.#engine.currentPcNumber(hart);
    const hook = this.#byAddress.get(pc);
    if (hook === undefined) return Flow.next;
    const instret = this.#engine.currentInstret(hart);
    if (this.#calledInstret[hart] === instret && this.#calledPc[hart] === pc) return Flow.next;
    this.#calledInstret[hart] = instret;
    this.#calledPc[hart] = pc;
    const view = this.#harts[hart]!;
    const { listeners } = hook;
    const control = this.#control;
    let stop = false;
    control.inHook = true;
    try {
      for (let i = 0; i < listeners.length; i++) {
        if (listeners[i]!(view)) stop = true;
      }
    } finally {
      control.inHook = false;
    }
    if (stop) control.stop = true;
    // A listener's input may have to interrupt the hart before the instruction.
    return stop || control.attention ? Flow.stop : Flow.next;
  }

  /** For each hart, the last execution for which listeners have been called. */
  save(): HookState {
    return { instret: [...this.#calledInstret], pc: [...this.#calledPc] };
  }

  restore({ instret, pc }: HookState): void {
    this.#calledInstret.set(instret);
    this.#calledPc.set(pc);
  }

  /** The next execution of this hart is a new one, also at the same place. */
  forget(hart: number): void {
    this.#calledInstret[hart] = -1;
  }

  /** Slots in pages that some hart may be executing already; other pages are placed when fetched. */
  #placeNow(hook: Hook): void {
    const virtualPage = Math.floor(hook.address / PAGE);
    const hooks = this.#byPage.get(virtualPage);
    if (hooks === undefined) this.#byPage.set(virtualPage, new Set([hook]));
    else hooks.add(hook);
    const low = hook.address | 0;
    const high = Math.floor(hook.address / 0x1_0000_0000) | 0;
    for (const core of this.#cores) {
      if (this.#translator.probeFetch(core, low, high)) {
        const offset = ramOffset(this.#translator.physical);
        if (this.#memory.isRam(offset, 2)) this.#placeAt(hook, offset);
      }
      this.#engine.flushPage(core.id, low, high);
    }
  }

  #placeAt(hook: Hook, offset: number): void {
    if (hook.slots.has(offset) || offset % 2 !== 0) return;
    hook.slots.add(offset);
    const count = this.#slots.get(offset) ?? 0;
    this.#slots.set(offset, count + 1);
    if (count === 0) this.#engine.hookSlot(offset, true);
  }

  #remove(hook: Hook): void {
    this.#byAddress.delete(hook.address);
    const virtualPage = Math.floor(hook.address / PAGE);
    const hooks = this.#byPage.get(virtualPage)!;
    hooks.delete(hook);
    if (hooks.size === 0) this.#byPage.delete(virtualPage);
    for (const offset of hook.slots) {
      const count = this.#slots.get(offset)! - 1;
      if (count > 0) {
        this.#slots.set(offset, count);
        continue;
      }
      this.#slots.delete(offset);
      this.#engine.hookSlot(offset, false);
    }
  }
}
