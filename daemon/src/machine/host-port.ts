/** The engine's host: hands each call to the part of the machine that answers it. */
import { assert } from "../base/errors.ts";
import type { AccessPath } from "./access.ts";
import type { EngineHost, Flow } from "./engine/host.ts";
import type { Hooks } from "./hooks.ts";
import type { Core } from "./privileged/core.ts";
import type { SystemUnit } from "./privileged/system.ts";
import type { Traps } from "./traps.ts";

interface HostParts {
  readonly access: AccessPath;
  readonly system: SystemUnit;
  readonly hooks: Hooks;
  readonly traps: Traps;
  readonly cores: readonly Core[];
}

/** Engine and parts need each other: the port is made first, and connected before anything runs. */
export class HostPort implements EngineHost {
  #parts: HostParts | undefined;

  connect(parts: HostParts): void {
    this.#parts = parts;
  }

  get #connected(): HostParts {
    assert(this.#parts !== undefined, "the host is connected before the engine runs");
    return this.#parts;
  }

  fetch(hart: number, low: number, high: number): number {
    return this.#connected.access.fetch(hart, low, high);
  }
  load(hart: number, low: number, high: number, size: number): number {
    return this.#connected.access.load(hart, low, high, size);
  }
  store(hart: number, low: number, high: number, size: number, readToo: number): number {
    return this.#connected.access.store(hart, low, high, size, readToo);
  }
  commit(hart: number): Flow {
    return this.#connected.access.commit(hart);
  }
  csr(hart: number, raw: number): Flow {
    return this.#connected.system.csr(hart, raw);
  }
  system(hart: number, raw: number): Flow {
    return this.#connected.system.system(hart, raw);
  }
  illegal(hart: number, raw: number): Flow {
    return this.#connected.system.illegal(hart, raw);
  }
  exception(hart: number, cause: number, tvalLow: number, tvalHigh: number): Flow {
    const { traps, cores } = this.#connected;
    return traps.raise(cores[hart]!, cause, tvalLow, tvalHigh);
  }
  hook(hart: number): Flow {
    return this.#connected.hooks.hit(hart);
  }
}
