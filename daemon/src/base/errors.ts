/**
 * Four kinds of failure are never mixed: a guest's trap (the machine's business), malformed input
 * (`FormatError`), a user's mistake (`UserError`) and our own bug (`assert`).
 */

/** A file or message that is not what it should be: names the thing, the place and what is wrong. */
export class FormatError extends Error {
  /** What was read, e.g. `kernel.elf`. */
  readonly source: string;
  /** Where in it, e.g. `.debug_info+0x1f` or `executors[0].queues`. */
  readonly place: string;
  constructor(source: string, place: string, problem: string) {
    super(`${source}: ${place}: ${problem}`);
    this.name = "FormatError";
    this.source = source;
    this.place = place;
  }
}

/** Something the user asked for that cannot be done. The message is a sentence with a next step. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UserError";
  }
}

/** States what our own code guarantees; a failure is a bug of ours, not of the guest or the user. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${claim}`);
}

/** Ends an exhaustive `switch` over a tagged union. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
