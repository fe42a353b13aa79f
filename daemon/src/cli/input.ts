/**
 * stdin as the guest's keyboard. A terminal is switched to raw mode, so that the guest gets every
 * key as it is typed; Ctrl-C (in raw mode a key like any other) and the signal end the run.
 */
import { fstatSync } from "node:fs";

const CTRL_C = 3;

export class GuestInput {
  interrupted = false;
  /** No more input will come. */
  ended = false;
  readonly #terminal: boolean;
  #pending: Uint8Array[] = [];
  #awake: () => void = () => {};

  constructor() {
    const { stdin } = process;
    this.#terminal = stdin.isTTY === true;
    process.once("SIGINT", this.#interrupt);
    process.once("SIGTERM", this.#interrupt);
    if (isNull()) {
      this.ended = true;
      return;
    }
    if (this.#terminal) stdin.setRawMode(true);
    stdin.on("data", this.#data);
    stdin.once("end", this.#end);
    stdin.once("error", this.#end);
  }

  /** What was typed since the last call. */
  take(): readonly Uint8Array[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  /** Resolves when something was typed, or nothing more will be. */
  more(): Promise<void> {
    if (this.interrupted || this.ended || this.#pending.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awake = resolve;
    });
  }

  close(): void {
    const { stdin } = process;
    process.off("SIGINT", this.#interrupt);
    process.off("SIGTERM", this.#interrupt);
    if (isNull()) return;
    stdin.off("data", this.#data);
    if (this.#terminal) stdin.setRawMode(false);
    stdin.pause();
  }

  readonly #data = (bytes: Buffer): void => {
    if (this.#terminal && bytes.includes(CTRL_C)) this.#interrupt();
    else {
      this.#pending.push(bytes);
      this.#awake();
    }
  };

  readonly #interrupt = (): void => {
    this.interrupted = true;
    this.#awake();
  };

  readonly #end = (): void => {
    this.ended = true;
    this.#awake();
  };
}

/** A closed stdin, or /dev/null: nothing to read, and Node need not try. */
function isNull(): boolean {
  try {
    return fstatSync(0).isCharacterDevice() && !process.stdin.isTTY;
  } catch {
    return true;
  }
}
