/** Hart masks as SBI calls pass them: 64 bits from a base on, or all harts. */
import type { Core } from "../privileged/core.ts";

/** The harts named by the mask in (maskRegister) and base in (baseRegister); undefined when one does not exist. */
export function maskedHarts(
  core: Core,
  maskRegister: number,
  baseRegister: number,
  harts: number,
): readonly number[] | undefined {
  const baseLow = core.xLow(baseRegister);
  const baseHigh = core.xHigh(baseRegister);
  if (baseLow === -1 && baseHigh === -1) return Array.from({ length: harts }, (_, id) => id);
  if (baseHigh !== 0 || baseLow < 0 || baseLow >= harts) return undefined;
  const ids: number[] = [];
  for (let bit = 0; bit < 64; bit++) {
    const half = bit < 32 ? core.xLow(maskRegister) : core.xHigh(maskRegister);
    if (!((half >>> (bit & 31)) & 1)) continue;
    const id = baseLow + bit;
    if (id >= harts) return undefined;
    ids.push(id);
  }
  return ids;
}
