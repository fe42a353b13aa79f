/** All rows together: an extension joins the machine by being listed here. */
import type { Compressed, Instruction } from "./instruction.ts";
import { privileged } from "./privileged.ts";
import { rvA } from "./rv-a.ts";
import { rvC } from "./rv-c.ts";
import { rvF } from "./rv-f.ts";
import { rvI } from "./rv-i.ts";
import { rvM } from "./rv-m.ts";
import { rvZb } from "./rv-zb.ts";
import { zicsr } from "./zicsr.ts";

/**
 * The order is that of the cases in the interpreter's loop, where it tells by up to a tenth: what
 * runs most comes last.
 */
export const instructions: readonly Instruction[] = [
  ...rvF,
  ...rvZb,
  ...zicsr,
  ...privileged,
  ...rvA,
  ...rvM,
  ...rvI,
];

export const compressed: readonly Compressed[] = rvC;
