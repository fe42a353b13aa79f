/**
 * Numbers that a client holds during one stop: frames and things with children. They never repeat
 * within a session, so that one from an earlier stop is told apart.
 */
import { UserError } from "../base/errors.ts";
import type { CodePoint } from "../debugger/resolve.ts";
import type { Frame } from "../debugger/stacks.ts";
import type { FunctionInfo } from "../symbols/api.ts";

/** One row of the variables view. */
export interface Entry {
  readonly name: string;
  readonly value: string;
  readonly type?: string | undefined;
  readonly children?: Container | undefined;
  /** An address, in the space of `frame`. */
  readonly memoryReference?: string | undefined;
  readonly frame?: Frame | undefined;
  readonly size?: number | undefined;
  readonly evaluateName?: string | undefined;
  readonly readOnly?: boolean | undefined;
  /** Writes it; throws UserError when the text does not fit. */
  readonly set?: ((text: string) => void) | undefined;
}

export interface Container {
  readonly named?: number | undefined;
  readonly indexed?: number | undefined;
  list(range?: { readonly start: number; readonly count: number }): readonly Entry[];
  /** The frame that its values belong to, for expressions and addresses. */
  readonly frame: Frame | undefined;
}

/** A place in a function, for a hart in it to go on at. */
export interface JumpTarget extends CodePoint {
  readonly fn: FunctionInfo;
}

export class Handles<T> {
  readonly #what: string;
  readonly #live = new Map<number, T>();
  #last = 0;

  constructor(what: string) {
    this.#what = what;
  }

  add(value: T): number {
    this.#last = (this.#last % 0x7fff_fffe) + 1;
    this.#live.set(this.#last, value);
    return this.#last;
  }

  get(handle: number): T {
    const value = this.#live.get(handle);
    if (value === undefined) {
      throw new UserError(`${this.#what} ${handle} is of an earlier stop, or never was.`);
    }
    return value;
  }

  clear(): void {
    this.#live.clear();
  }
}
