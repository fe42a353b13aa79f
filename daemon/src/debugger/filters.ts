/** Scheduling events as reasons to stop: the exception filters, each with its condition. */
import {
  EVENT_FIELDS,
  EVENT_KINDS,
  type EventKind,
  type SchedulingEvent,
} from "../awareness/api.ts";
import type { Disposable } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type { Halting } from "./halting.ts";

export interface Filter {
  readonly name: EventKind;
  readonly label: string;
  readonly description: string;
  /** Enabled when the user has not said anything. */
  readonly default: boolean;
}

const about: Record<EventKind, readonly [label: string, description: string]> = {
  wake: ["Wake", "A waker is called: `coroutine` is the one that is woken."],
  "waker.clone": ["Waker cloned", "A coroutine's waker is cloned, to be kept for a later wake."],
  "waker.drop": ["Waker dropped", "A coroutine's waker is dropped."],
  bitmap: [
    "Bitmap update",
    "A priority bitmap changes: `old`, `new` and the lowest changed `bit`.",
  ],
  spawn: ["Spawn", "A coroutine is given to an executor."],
  poll: ["Poll", "An executor is about to poll a coroutine."],
  pending: ["Pending", "A poll answered Pending."],
  complete: ["Complete", "A coroutine finished."],
  migrate: ["Migration", "A coroutine is polled on another hart than before: `old` and `new`."],
  "thread.switch": ["Thread switch", "A hart changes threads: `old` and `new`."],
  "thread.block": ["Thread blocks", "A thread gives up its hart until it is unblocked."],
  "process.switch": ["Process switch", "A hart changes address spaces: `old` and `new`."],
  syscall: ["System call", "An ecall from user mode."],
  trap: ["Trap", "An exception is taken."],
  interrupt: ["Interrupt", "An interrupt is taken."],
  ipi: ["Interrupt between harts", "A hart sends another one a software interrupt."],
  panic: ["Panic", "The kernel panics."],
};

export const FILTERS: readonly Filter[] = EVENT_KINDS.map((name) => ({
  name,
  label: about[name][0],
  description: about[name][1],
  default: name === "panic",
}));

export interface FilterRequest {
  readonly filter: string;
  readonly condition?: string | undefined;
}

export interface FilterStatus {
  readonly verified: boolean;
  readonly message: string | undefined;
}

export class Filters {
  #requests: readonly FilterRequest[] = FILTERS.filter((filter) => filter.default).map(
    ({ name }) => ({ filter: name }),
  );
  #host: Halting | undefined;
  #hooks: Disposable[] = [];

  bind(host: Halting): void {
    this.#host = host;
    this.#install();
  }

  /** Takes all filters out of the machine. */
  unbind(): void {
    this.#host = undefined;
    for (const hook of this.#hooks.splice(0)) hook.dispose();
  }

  /** Replaces all; the answers are in the order of the requests. */
  set(requests: readonly FilterRequest[]): readonly FilterStatus[] {
    this.#requests = requests;
    return this.#host ? this.#install() : requests.map(checkName);
  }

  #install(): FilterStatus[] {
    for (const hook of this.#hooks.splice(0)) hook.dispose();
    return this.#requests.map((request) => {
      const status = checkName(request);
      return status.verified
        ? this.#listen(request.filter as EventKind, request.condition)
        : status;
    });
  }

  #listen(kind: EventKind, condition: string | undefined): FilterStatus {
    const host = this.#host!;
    const available = host.awareness.available.get(kind);
    if (available !== true) {
      return {
        verified: false,
        message: available ?? "This kernel's profile does not describe it.",
      };
    }
    try {
      const where = condition?.trim()
        ? host.inspector.condition(condition, EVENT_FIELDS)
        : undefined;
      const listener = (event: SchedulingEvent): boolean => {
        host.report({ hart: event.hart, cause: { kind: "event", filter: kind, event } });
        return true;
      };
      this.#hooks.push(host.awareness.listen([kind], listener, where));
      return { verified: true, message: undefined };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { verified: false, message: error.message };
    }
  }
}

function checkName({ filter }: FilterRequest): FilterStatus {
  return (EVENT_KINDS as readonly string[]).includes(filter)
    ? { verified: true, message: undefined }
    : { verified: false, message: `There is no event named "${filter}".` };
}
