/** Which unit has the code at an address: .debug_aranges (DWARF 5, 6.1.2), else what the units say of themselves. */
import type { Dwarf } from "./dwarf.ts";
import type { InfoOffset, NearAddress } from "./positions.ts";
import { RangeMap, rangesOf } from "./ranges.ts";
import type { Reader } from "./reader.ts";
import type { Unit } from "./unit.ts";

interface Entry {
  readonly low: number;
  readonly high: number;
  readonly value: number;
}

export class UnitMap {
  readonly #dwarf: Dwarf;
  #map: RangeMap | undefined;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  at(pc: NearAddress): Unit | undefined {
    this.#map ??= this.#build();
    const offset = this.#map.get(pc);
    return offset === undefined ? undefined : this.#dwarf.unitOf(offset as InfoOffset);
  }

  #build(): RangeMap {
    const dwarf = this.#dwarf;
    const known = new Set<number>(dwarf.units.map((unit) => unit.offset));
    const entries: Entry[] = [];
    dwarf.tolerate(() => readAddressRanges(dwarf.elf.reader(".debug_aranges"), entries), undefined);
    const live = entries.filter(
      ({ low, value }) => known.has(value) && dwarf.elf.isMapped(low as NearAddress),
    );
    const covered = new Set(live.map(({ value }) => value));
    for (const unit of dwarf.units) {
      if (covered.has(unit.offset)) continue;
      const ranges = dwarf.tolerate(() => rangesOf(unit.root), []);
      live.push(...ranges.map(({ low, high }) => ({ low, high, value: unit.offset })));
    }
    return new RangeMap(live);
  }
}

/** Sets of (address, length) pairs, one set for each unit; two zeros end a set. */
function readAddressRanges(reader: Reader, entries: Entry[]): void {
  while (!reader.done) {
    const start = reader.position;
    const { end, offsetSize } = reader.initialLength();
    reader.skip(2);
    const unit = reader.uint(offsetSize);
    const addressSize = reader.u8();
    const segmentSize = reader.u8();
    if (addressSize !== 8 || segmentSize !== 0) reader.fail("not an RV64 address table", start);
    // Pairs begin at a multiple of their own size from the set's start.
    const pairs = reader.at(start + Math.ceil((reader.position - start) / 16) * 16, end);
    while (pairs.position + 16 <= pairs.end) {
      const low = pairs.address();
      const length = pairs.address();
      if (low === 0 && length === 0) break;
      if (length > 0) entries.push({ low, high: low + length, value: unit });
    }
    reader.position = end;
  }
}
