/**
 * Writes flattened device trees (Devicetree Specification 0.4, chapter 5), version 17.
 */

/** Numbers are 32-bit cells, strings end in NUL, an empty list is a property without a value. */
type FdtValue = string | readonly string[] | readonly number[];

export interface FdtNode {
  readonly properties: Readonly<Record<string, FdtValue>>;
  /** By name with unit address, in this order. */
  readonly children?: Readonly<Record<string, FdtNode>>;
}

const MAGIC = 0xd00dfeed;
const VERSION = 17;
const COMPATIBLE_VERSION = 16;
const HEADER_SIZE = 40;
/** An empty memory reservation block: its terminator. */
const RESERVATIONS_SIZE = 16;

const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const END = 9;

/** The blob; `bootHart` is the physical id of the hart that boots. */
export function encodeFdt(root: FdtNode, bootHart = 0): Uint8Array {
  const structure = new Cells();
  const strings = new Strings();
  writeNode(structure, strings, "", root);
  structure.cell(END);
  const structureAt = HEADER_SIZE + RESERVATIONS_SIZE;
  const stringsAt = structureAt + structure.size;
  const size = stringsAt + strings.bytes.length;
  const blob = new Uint8Array(Math.ceil(size / 8) * 8);
  const view = new DataView(blob.buffer);
  const header = [
    MAGIC,
    blob.length,
    structureAt,
    stringsAt,
    HEADER_SIZE,
    VERSION,
    COMPATIBLE_VERSION,
    bootHart,
    strings.bytes.length,
    structure.size,
  ];
  header.forEach((word, index) => {
    view.setUint32(4 * index, word);
  });
  blob.set(structure.bytes, structureAt);
  blob.set(strings.bytes, stringsAt);
  return blob;
}

function writeNode(out: Cells, strings: Strings, name: string, node: FdtNode): void {
  out.cell(BEGIN_NODE);
  out.text([name]);
  for (const [key, value] of Object.entries(node.properties)) {
    out.cell(PROPERTY);
    writeValue(out, strings.offset(key), value);
  }
  for (const [childName, child] of Object.entries(node.children ?? {})) {
    writeNode(out, strings, childName, child);
  }
  out.cell(END_NODE);
}

function writeValue(out: Cells, name: number, value: FdtValue): void {
  const list: readonly (string | number)[] = typeof value === "string" ? [value] : value;
  const texts = list.filter((item) => typeof item === "string");
  if (texts.length > 0) {
    out.cell(texts.reduce((length, text) => length + encoder.encode(text).length + 1, 0));
    out.cell(name);
    out.text(texts);
    return;
  }
  out.cell(4 * list.length);
  out.cell(name);
  for (const item of list) out.cell(Number(item));
}

const encoder = new TextEncoder();

/** A growing list of big-endian cells and padded text. */
class Cells {
  readonly #bytes: number[] = [];

  cell(value: number): void {
    this.#bytes.push(
      (value >>> 24) & 0xff,
      (value >>> 16) & 0xff,
      (value >>> 8) & 0xff,
      value & 0xff,
    );
  }

  text(texts: readonly string[]): void {
    for (const text of texts) this.#bytes.push(...encoder.encode(text), 0);
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
  }

  get size(): number {
    return this.#bytes.length;
  }
  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Property names, each stored once. */
class Strings {
  readonly #offsets = new Map<string, number>();
  readonly #bytes: number[] = [];

  offset(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#bytes.length;
    this.#offsets.set(name, offset);
    this.#bytes.push(...encoder.encode(name), 0);
    return offset;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
