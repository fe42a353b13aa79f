/** Instructions of the privileged manual: the privileged layer carries them out. Source: section 3.3 and chapter 10. */
import * as format from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { host } from "./ir.ts";

export const privileged: readonly Instruction[] = [
  instruction("sret", 0xffffffff, 0x10200073, format.none, host("system")),
  instruction("mret", 0xffffffff, 0x30200073, format.none, host("system")),
  instruction("wfi", 0xffffffff, 0x10500073, format.none, host("system")),
  instruction("sfence.vma", 0xfe007fff, 0x12000073, format.addressSpace, host("system")),
];
