/**
 * `Content-Length` framing of DAP over a byte stream. The readers of the protocol packages take any
 * length that a header claims and keep a header that never ends; here both are bounded.
 */
import { FormatError } from "../base/errors.ts";

export const MAX_HEADER_BYTES = 4096;
/** The longest message that any transport takes. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

const SOURCE = "DAP message";
const BLANK_LINE = "\r\n\r\n";

export function frame(text: string): string {
  return `Content-Length: ${Buffer.byteLength(text, "utf8")}${BLANK_LINE}${text}`;
}

/**
 * Cuts a stream into message bodies. After a FormatError the stream has no known boundary any more:
 * the reader is done, and says so again when it is fed.
 */
export class FrameReader {
  readonly #maxBody: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Undefined while the header is being read. */
  #bodyLength: number | undefined;
  #broken: FormatError | undefined;

  constructor(maxBody = MAX_MESSAGE_BYTES) {
    this.#maxBody = maxBody;
  }

  /** Whether the stream may end here: no message is begun. */
  get clean(): boolean {
    return this.#broken === undefined && this.#buffered === 0 && this.#bodyLength === undefined;
  }

  /** The bodies that these bytes complete, in order. Throws FormatError for a malformed header. */
  *feed(bytes: Uint8Array): Generator<string> {
    if (this.#broken) throw this.#broken;
    this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#buffered += bytes.byteLength;
    try {
      while (this.#header()) {
        const length = this.#bodyLength as number;
        if (this.#buffered < length) return;
        this.#bodyLength = undefined;
        yield this.#take(length).toString("utf8");
      }
    } catch (error) {
      if (error instanceof FormatError) this.#broken = error;
      throw error;
    }
  }

  /** Reads a header if none is pending; false when more bytes are needed. */
  #header(): boolean {
    if (this.#bodyLength !== undefined) return true;
    const joined = this.#joined();
    const end = joined.subarray(0, MAX_HEADER_BYTES).indexOf(BLANK_LINE);
    if (end < 0) {
      if (joined.length < MAX_HEADER_BYTES) return false;
      throw new FormatError(SOURCE, "header", `longer than ${MAX_HEADER_BYTES} bytes`);
    }
    const header = this.#take(end + BLANK_LINE.length).toString("latin1");
    this.#bodyLength = bodyLength(header, this.#maxBody);
    return true;
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(length: number): Buffer {
    const joined = this.#joined();
    const rest = joined.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
    return joined.subarray(0, length);
  }
}

function bodyLength(header: string, max: number): number {
  let length: number | undefined;
  for (const line of header.slice(0, -BLANK_LINE.length).split("\r\n")) {
    const match = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (!match) throw new FormatError(SOURCE, "header", `not a header line: ${quote(line)}`);
    const [, name, value] = match as unknown as [string, string, string];
    if (name.toLowerCase() !== "content-length") continue;
    if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value))) {
      throw new FormatError(SOURCE, "header", `not a length: ${quote(value)}`);
    }
    length = Number(value);
  }
  if (length === undefined) throw new FormatError(SOURCE, "header", "Content-Length is missing");
  if (length > max) {
    throw new FormatError(SOURCE, "header", `${length} bytes announced, the limit is ${max}`);
  }
  return length;
}

const quote = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
