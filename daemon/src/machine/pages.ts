/**
 * RAM as a table of immutable pages, which snapshots share: a page is copied once after it was
 * written, however many snapshots have it, and goes when the last of them does.
 */
const PAGE = 4096;
/** Pages of a chunk. Tables share chunks that have not changed. */
const CHUNK = 256;

/** 4096 bytes that nobody writes to. */
type Page = Uint8Array;
type Chunk = readonly Page[];

/** All of RAM at one moment, in chunks of 256 pages. */
export type PageTable = readonly Chunk[];

const zero: Page = new Uint8Array(PAGE);
const zeros: Chunk = new Array<Page>(CHUNK).fill(zero);

export class Pages {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #count: number;
  /** 1 for each page that may differ from its page in the table; and the numbers of these pages. */
  readonly #dirty: Uint8Array;
  #written: number[] = [];
  #table: PageTable;

  /** RAM, all zero. */
  constructor(ram: Uint8Array) {
    this.#bytes = ram;
    this.#words = new Int32Array(ram.buffer, ram.byteOffset, ram.length >>> 2);
    this.#count = Math.ceil(ram.length / PAGE);
    this.#dirty = new Uint8Array(this.#count);
    this.#table = new Array<Chunk>(Math.ceil(this.#count / CHUNK)).fill(zeros);
  }

  /** The page of this number is about to be written, or has been. */
  touch(page: number): void {
    if (this.#dirty[page] !== 0) return;
    this.#dirty[page] = 1;
    this.#written.push(page);
  }

  /** RAM as it is. Stores to all pages have to be told by `touch` from now on. */
  capture(): PageTable {
    const table = [...this.#table];
    for (const page of this.#written) {
      const index = Math.floor(page / CHUNK);
      const chunk = table[index]!;
      // Chunks of the table before are shared with other snapshots: the first change copies.
      if (chunk === this.#table[index]) table[index] = [...chunk];
      (table[index] as Page[])[page % CHUNK] = this.#copy(page);
    }
    this.#become(table);
    return table;
  }

  /**
   * RAM becomes what it was, `changed` is called for each page that is overwritten. Stores to all
   * pages have to be told from now on.
   */
  restore(table: PageTable, changed: (page: number) => void): void {
    const put = (page: number, bytes: Page): void => {
      this.#bytes.set(bytes, page * PAGE);
      changed(page);
    };
    const written = this.#written;
    const now = this.#table;
    for (const page of written) put(page, table[Math.floor(page / CHUNK)]![page % CHUNK]!);
    table.forEach((chunk, index) => {
      const other = now[index]!;
      if (chunk === other) return;
      chunk.forEach((bytes, within) => {
        const page = index * CHUNK + within;
        if (bytes !== other[within] && this.#dirty[page] === 0) put(page, bytes);
      });
    });
    this.#become(table);
  }

  #become(table: PageTable): void {
    this.#table = table;
    for (const page of this.#written) this.#dirty[page] = 0;
    this.#written = [];
  }

  #copy(page: number): Page {
    const first = (page * PAGE) >>> 2;
    let at = first;
    while (at < first + PAGE / 4 && this.#words[at] === 0) at++;
    return at === first + PAGE / 4 ? zero : this.#bytes.slice(page * PAGE, (page + 1) * PAGE);
  }
}
