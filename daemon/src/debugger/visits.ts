/**
 * One visit of a line is one hit, however many stretches of code the compiler made of it: after a
 * hit, the line counts again once its frame has reached another line or was entered anew.
 */
import type { Address } from "../base/brand.ts";
import { address } from "../base/brand.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Module } from "../inspect/api.ts";
import type { Hart, Machine } from "../machine/api.ts";
import { endOfStep, type Level } from "./levels.ts";
import { cfaAt, levelsAt, type Statement, type Statements } from "./statements.ts";

export class Visits {
  readonly hooks: Disposable[] = [];
  readonly #machine: Machine;
  readonly #statements: Statements;
  /** Where straight-line code merely comes back to the line: never a visit. */
  readonly #ignored = new Set<Address>();
  /** For each address that shares its line with others of its frame: whether a hit there is a new visit. */
  readonly #arrive = new Map<Address, (hart: Hart) => boolean>();

  constructor(
    machine: Machine,
    statements: Statements,
    places: readonly { readonly address: Address; readonly module: Module | undefined }[],
  ) {
    this.#machine = machine;
    this.#statements = statements;
    const copies = new Map<string, { module: Module; levels: readonly Level[]; at: Address[] }>();
    for (const { address: at, module } of places) {
      if (!module) continue;
      const levels = levelsAt(module, at);
      const key = `${module.id} ${levels.map(({ copy }) => copy).join(" ")}`;
      const copy = copies.get(key);
      if (copy) copy.at.push(at);
      else copies.set(key, { module, levels, at: [at] });
    }
    for (const { module, levels, at } of copies.values()) {
      if (at.length > 1) this.#track(module, levels, at);
    }
  }

  /** To be asked once for each arrival at one of the addresses. */
  begins(hart: Hart, at: Address): boolean {
    return !this.#ignored.has(at) && (this.#arrive.get(at)?.(hart) ?? true);
  }

  #track(module: Module, levels: readonly Level[], at: readonly Address[]): void {
    const fn = module.symbols.functionAt(address(at[0]! - module.bias));
    if (!fn) return;
    const statements = this.#statements.of(module, fn);
    const places = statements.filter((statement) => at.includes(statement.address));
    for (const [index, { address: again, block }] of places.entries()) {
      if (places[index - 1]?.lastBlock === block) this.#ignored.add(again);
    }
    /** Frames (by canonical address) that are on the line now. */
    const inside = new Set<number>();
    const leave = (place: Address, cfa: Statement["cfa"]): void => {
      this.hooks.push(
        this.#machine.hook(place, (hart) => {
          const frame = module.owns(hart, place) ? cfaAt(hart, cfa) : undefined;
          if (frame !== undefined) inside.delete(frame);
          return false;
        }),
      );
    };
    for (const statement of statements) {
      if (endOfStep("over", levels, statement.levels) !== undefined) {
        leave(statement.address, statement.cfa);
      }
    }
    leave(address(fn.entry + module.bias), module.symbols.unwindAt(fn.entry)?.cfa);
    for (const place of at) {
      const rule = module.symbols.unwindAt(address(place - module.bias))?.cfa;
      this.#arrive.set(place, (hart) => {
        const frame = cfaAt(hart, rule);
        if (frame === undefined) return true;
        if (inside.has(frame)) return false;
        inside.add(frame);
        return true;
      });
    }
  }
}
