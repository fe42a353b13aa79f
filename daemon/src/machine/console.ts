/**
 * The guest's console behind UART and firmware: output collected into lines for listeners, input
 * queued until the guest reads it.
 */
import { Signal } from "../base/disposable.ts";

/** The console as a device sees it. */
export interface ConsoleLines {
  put(byte: number): void;
  available(): number;
  /** The next byte that was typed, or -1. */
  take(): number;
}

const BUFFER = 4096;
const NEWLINE = 10;

export class Console {
  readonly output = new Signal<Uint8Array>();
  /** The queue of input has become longer or shorter. */
  onInput: () => void = () => {};
  readonly #buffer = new Uint8Array(BUFFER);
  #used = 0;
  #input: number[] = [];
  #read = 0;

  put(byte: number): void {
    this.#buffer[this.#used++] = byte;
    if (byte === NEWLINE || this.#used === BUFFER) this.flush();
  }

  /** Hands out what has been collected; also called whenever a run ends. */
  flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#buffer.slice(0, this.#used);
    this.#used = 0;
    this.output.emit(bytes);
  }

  feed(bytes: Uint8Array): void {
    if (this.#read > BUFFER) {
      this.#input = this.#input.slice(this.#read);
      this.#read = 0;
    }
    for (const byte of bytes) this.#input.push(byte);
    this.onInput();
  }

  get available(): number {
    return this.#input.length - this.#read;
  }

  /** The next input byte, or -1. */
  take(): number {
    if (this.#read === this.#input.length) return -1;
    const byte = this.#input[this.#read++]!;
    this.onInput();
    return byte;
  }

  /** Input that the guest has not read yet. */
  get pending(): readonly number[] {
    return this.#input.slice(this.#read);
  }

  /** Goes on with this input to be read. What was written and not handed out yet is handed out first. */
  restore(pending: readonly number[]): void {
    this.flush();
    this.#input = [...pending];
    this.#read = 0;
  }
}
