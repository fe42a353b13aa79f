/** Variables that are not of a function: where they are, and finding them by path. */
import { At, Tag } from "./constants.ts";
import type { Die } from "./die.ts";
import { Op } from "./operations.ts";
import type { NearAddress } from "./positions.ts";
import { Reader } from "./reader.ts";

/** The address of a variable whose location is nothing but one, and which is in the image. */
export function staticAddress(die: Die): NearAddress | undefined {
  const bytes = die.bytes(At.location);
  if (bytes === undefined) return undefined;
  const { unit } = die;
  const { source } = unit.dwarf.info;
  const reader = new Reader(source, `location at .debug_info+0x${die.offset.toString(16)}`, bytes);
  const op = reader.u8();
  let at: NearAddress | undefined;
  if (op === Op.addr) at = reader.address();
  else if (op === Op.addrx) at = unit.indexedAddress(reader.uleb());
  return at !== undefined && reader.done && unit.dwarf.elf.isMapped(at) ? at : undefined;
}

/** Whether an entry is a variable with a place of its own, not a declaration of one elsewhere. */
export const isDefinition = (die: Die): boolean =>
  die.tag === Tag.variable && !die.flag(At.declaration);
