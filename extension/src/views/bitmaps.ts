/** The Bitmaps view: which priorities each bitmap says have something ready. */
import type { Bitmap } from "../wire.ts";
import type { Roots, Row } from "./row.ts";
import { join } from "./row.ts";

export const bitmapRoots: Roots = async (snapshot) => (await snapshot.bitmaps()).map(bitmapRow);

export function bitmapRow(bitmap: Bitmap): Row {
  const bits = bitmap.bits.length === 0 ? "no bit set" : `bits ${bitmap.bits.join(", ")}`;
  return {
    id: `bitmap:${bitmap.name}`,
    label: bitmap.name,
    description: join(bitmap.value, bits),
    tooltip: [
      `${bitmap.name} at ${bitmap.address}, of ${bitmap.owner}`,
      `${bitmap.value}: ${bits}${bitmap.bits.length === 0 ? "" : " (priorities with something ready)"}`,
    ],
    icon: { id: "symbol-array" },
    context: "bitmap",
  };
}
