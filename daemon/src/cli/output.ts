/** stdout of a command: the guest's console as it is, or everything as JSON lines. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #lines: boolean;
  readonly #decoder = new TextDecoder();
  /** A console line that is not complete yet. */
  #partial = "";
  /** Whether the console's last byte ended a line. */
  #fresh = true;

  constructor(stream: NodeJS.WriteStream, jsonLines: boolean) {
    this.#stream = stream;
    this.#lines = jsonLines;
  }

  console(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (!this.#lines) {
      this.#fresh = bytes.at(-1) === 0x0a;
      this.#stream.write(bytes);
      return;
    }
    const lines = (this.#partial + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) this.json({ console: line.replace(/\r$/, "") });
  }

  json(value: object): void {
    this.#stream.write(`${JSON.stringify(value)}\n`);
  }

  /** Ends a console line that the guest left open, so that what follows stands by itself. */
  end(): void {
    if (this.#partial) this.json({ console: this.#partial });
    this.#partial = "";
    if (!this.#fresh) this.#stream.write("\n");
    this.#fresh = true;
  }

  /** Resolves once the reader took what was written. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain) return;
    await new Promise((resolve) => this.#stream.once("drain", resolve));
  }
}
