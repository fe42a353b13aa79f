/**
 * Every breakpoint of a session, set before or after there is a machine. A breakpoint is one wish of
 * the user; it may stand at many addresses (inlined copies, several entries of a line, several ELFs).
 */
import { type Address, hex, type PhysicalAddress } from "../base/brand.ts";
import type { Disposable } from "../base/disposable.ts";
import { Signal } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type { Module } from "../inspect/api.ts";
import type { Hart, WatchEvent } from "../machine/api.ts";
import { Guard, type GuardOptions } from "./guard.ts";
import { type Halting, HIT_FIELDS, HitFields, innermost } from "./halting.ts";
import { type CodePoint, resolve } from "./resolve.ts";
import type { Statements } from "./statements.ts";
import { Visits } from "./visits.ts";

export type BreakpointPlace =
  /** `path` as the client names it. */
  | { readonly kind: "source"; readonly path: string; readonly line: number }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "instruction"; readonly address: Address }
  | {
      readonly kind: "data";
      readonly name: string;
      readonly address: PhysicalAddress;
      readonly size: number;
      readonly access: "read" | "write" | "readWrite";
    };

/** Whose code a breakpoint is for: programs run in user mode, the kernel (and firmware) in the others. */
export const BREAKPOINT_MODES = ["kernel", "programs"] as const;
export type BreakpointMode = (typeof BREAKPOINT_MODES)[number];

export interface BreakpointRequest extends GuardOptions {
  readonly place: BreakpointPlace;
  /** Everybody's where it is left out. */
  readonly mode?: BreakpointMode | undefined;
}

export interface BreakpointStatus {
  readonly id: number;
  readonly verified: boolean;
  readonly message: string | undefined;
  /** Where it stands now, for source breakpoints; moved down when the line has no code. */
  readonly line: number | undefined;
  /** Its first address. */
  readonly address: Address | undefined;
}

/** What breakpoints need of a session once it has a machine. */
export interface BreakpointHost extends Halting {
  readonly statements: Statements;
  /** The compiled path that a client's path means in this ELF. */
  compiledPath(path: string, module: Module): string | undefined;
}

interface Breakpoint {
  readonly id: number;
  readonly key: string;
  readonly request: BreakpointRequest;
  status: BreakpointStatus;
  hooks: Disposable[];
}

const NOT_YET = "Pending: takes effect when the program is loaded.";

export class Breakpoints {
  /** A breakpoint's status changed by other means than the request that set it. */
  readonly changed = new Signal<BreakpointStatus>();
  readonly #groups = new Map<string, Breakpoint[]>();
  #host: BreakpointHost | undefined;
  #lastId = 0;

  /** Puts all breakpoints into a machine, in place of the one before. */
  bind(host: BreakpointHost): void {
    this.#host = host;
    for (const group of this.#groups.values()) {
      for (const breakpoint of group) {
        this.#remove(breakpoint);
        this.#install(breakpoint);
        this.changed.emit(breakpoint.status);
      }
    }
  }

  /** Takes all breakpoints out of the machine. */
  unbind(): void {
    this.#host = undefined;
    for (const group of this.#groups.values()) {
      for (const breakpoint of group) this.#remove(breakpoint);
    }
  }

  /**
   * Replaces a group (one source file, all function breakpoints, ...). Those that stay as they are
   * keep their id and their hits.
   */
  set(group: string, requests: readonly BreakpointRequest[]): readonly BreakpointStatus[] {
    const before = this.#groups.get(group) ?? [];
    const after = requests.map((request) => {
      const key = keyOf(request);
      const index = before.findIndex((breakpoint) => breakpoint.key === key);
      if (index >= 0) return before.splice(index, 1)[0]!;
      return this.#create(key, request);
    });
    for (const breakpoint of before) this.#remove(breakpoint);
    this.#groups.set(group, after);
    return after.map(({ status }) => status);
  }

  /** What a stop's id stands for. */
  request(id: number): BreakpointRequest | undefined {
    for (const group of this.#groups.values()) {
      const found = group.find((breakpoint) => breakpoint.id === id);
      if (found) return found.request;
    }
    return undefined;
  }

  #create(key: string, request: BreakpointRequest): Breakpoint {
    const id = ++this.#lastId;
    const breakpoint: Breakpoint = {
      id,
      key,
      request,
      status: { id, verified: false, message: NOT_YET, line: undefined, address: undefined },
      hooks: [],
    };
    if (this.#host) this.#install(breakpoint);
    return breakpoint;
  }

  #remove(breakpoint: Breakpoint): void {
    for (const hook of breakpoint.hooks.splice(0)) hook.dispose();
  }

  #install(breakpoint: Breakpoint): void {
    const { id, request } = breakpoint;
    const host = this.#host!;
    const status = (rest: Partial<BreakpointStatus>): BreakpointStatus => ({
      id,
      verified: false,
      message: undefined,
      line: undefined,
      address: undefined,
      ...rest,
    });
    try {
      const guard = new Guard(request, HIT_FIELDS, host.inspector, (text) => host.print(text));
      if (request.place.kind === "data") {
        breakpoint.hooks = watch(host, breakpoint, request.place, guard);
        breakpoint.status = status({ verified: true });
        return;
      }
      const found = resolve(request.place, host);
      // Programs stand at the same addresses, each in its own processes.
      const modules = new Set(found.addresses.map(({ module }) => module));
      breakpoint.hooks = [...modules].flatMap((module) => {
        const places = found.addresses.filter((place) => place.module === module);
        const visits = new Visits(host.machine, host.statements, places);
        return [
          ...visits.hooks,
          ...places.map((place) => hook(host, breakpoint, place, guard, visits)),
        ];
      });
      breakpoint.status = status({
        verified: found.addresses.length > 0,
        message: found.message,
        line: found.line,
        address: found.addresses[0]?.address,
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      breakpoint.status = status({ message: error.message });
    }
  }
}

/** Requests with equal keys are the same breakpoint. */
function keyOf({ place, mode, condition, hitCondition, logMessage }: BreakpointRequest): string {
  return JSON.stringify([place, mode, condition, hitCondition, logMessage], (_, value) =>
    typeof value === "bigint" ? hex(value) : value,
  );
}

function hook(
  host: BreakpointHost,
  { id, request }: Breakpoint,
  { address, module, hidden }: CodePoint,
  guard: Guard,
  visits: Visits,
): Disposable {
  const { kind } = request.place;
  const flavor = kind === "data" ? "instruction" : kind;
  return host.machine.hook(address, (hart: Hart) => {
    if (module && !module.owns(hart, address)) return false;
    if (!isFor(request, hart)) return false;
    const begins = visits.begins(hart, address);
    if (!begins || host.unmoved(hart)) return false;
    const stops = guard.stops(new HitFields(host, hart), innermost(host.inspector, hart));
    if (stops) {
      host.show(hart, hidden);
      host.report({ hart: hart.id, cause: { kind: "breakpoint", flavor, id } });
    }
    return stops || (guard.slow && host.overdue);
  });
}

/** What a device writes, it writes for the kernel. */
function isFor({ mode }: BreakpointRequest, hart: Hart | undefined): boolean {
  return mode === undefined || (mode === "programs") === (hart?.privilege === "U");
}

function watch(
  host: BreakpointHost,
  { id, request }: Breakpoint,
  place: Extract<BreakpointPlace, { kind: "data" }>,
  guard: Guard,
): Disposable[] {
  const { address, size, name } = place;
  const listener = (event: WatchEvent): boolean => {
    const { hart, access } = event;
    if (!isFor(request, hart) || (access === "write" && event.old === event.new)) return false;
    const stops = guard.stops(new HitFields(host, hart, event), innermost(host.inspector, hart));
    if (stops) {
      const { old, new: now } = event;
      host.report({ hart: hart?.id, cause: { kind: "data", id, name, access, old, new: now } });
    }
    return stops || (guard.slow && host.overdue);
  };
  const accesses = place.access === "readWrite" ? (["read", "write"] as const) : [place.access];
  return accesses.map((access) => host.machine.watch({ address, size, access }, listener));
}
