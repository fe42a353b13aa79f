/** Unwinding through a kernel's trap entry: the profile says where the interrupted registers are. */
import { address } from "../base/brand.ts";
import type { MemoryView, Module, Modules, UnwindRule } from "../inspect/api.ts";
import {
  type Access,
  type AccessContext,
  collectionIn,
  slotPlace,
} from "../inspect/expression/accessor.ts";
import { readerOf, toAddress, toNumber } from "../inspect/memory.ts";
import { inModule } from "../inspect/modules.ts";
import { bytesToUnsigned } from "../inspect/place.ts";
import { registerNumber } from "../isa/registers.ts";
import type { Binding } from "./binding.ts";
import type { Profile } from "./profile.ts";
import { SLOT } from "./slots.ts";

const SP = 2;

export function trapFrameRules(
  binding: Binding | undefined,
  modules: Modules,
  context: AccessContext,
): UnwindRule[] {
  return (binding?.profile.trapFrames ?? []).flatMap((spec, index) => {
    const rule = makeRule(spec, `trapFrames[${index}]`, binding!, modules, context);
    return rule ? [rule] : [];
  });
}

function makeRule(
  spec: NonNullable<Profile["trapFrames"]>[number],
  place: string,
  binding: Binding,
  modules: Modules,
  context: AccessContext,
): UnwindRule | undefined {
  const entries = spec.in.flatMap((symbol) => symbolRange(modules, symbol) ?? []);
  const type = modules.modules.flatMap((module) => module.symbols.typeNamed(spec.type))[0];
  if (entries.length === 0 || !type) {
    const lacking = type ? `symbol \`${spec.in.join("`, `")}\`` : `type \`${spec.type}\``;
    binding.miss(`${place}: no ${lacking}`);
    return undefined;
  }
  const names = (name: string) => (name === "frame" ? slotPlace(SLOT.frame, type) : undefined);
  const pc = binding.compile(`${place}.pc`, spec.pc, names);
  const all = spec.all && binding.compile(`${place}.all`, spec.all, names);
  const registers = new Map<number, Access>();
  for (const [name, text] of Object.entries(spec.registers)) {
    const number = registerNumber(name);
    if (number === undefined) binding.miss(`${place}.registers.${name}: there is no such register`);
    const access = binding.compile(`${place}.registers.${name}`, text, names);
    if (number !== undefined && access) registers.set(number, access);
  }
  if (!pc) return undefined;
  const unsaved = new Set((spec.unsaved ?? []).map(registerNumber));
  return ({ innermost, lookup, memory, registers: callee }) => {
    if (innermost || !entries.some(({ low, high }) => lookup >= low && lookup < high)) {
      return undefined;
    }
    const sp = callee.get(SP);
    if (sp === undefined) return undefined;
    const at = { ...context, reader: readerOf(memory), slots: [...context.slots] };
    at.slots[SLOT.frame] = toNumber(sp);
    const saved = word(pc, at, memory);
    if (saved === undefined || saved === 0n) return undefined;
    const array = all ? collectionIn(all.node) : undefined;
    const base = array?.at(at) ?? Number.NaN;
    return {
      pc: address(saved),
      get(number) {
        const own = registers.get(number);
        if (own) return word(own, at, memory);
        if (number === 0) return 0n;
        if (unsaved.has(number) || Number.isNaN(base)) return undefined;
        const bytes = memory.read(toAddress(base + number * 8), 8);
        return bytes && bytesToUnsigned(bytes);
      },
    };
  };
}

/** Whole words: a double would not hold every register. */
function word(access: Access, context: AccessContext, memory: MemoryView): bigint | undefined {
  const at = access.address(context);
  if (Number.isNaN(at)) {
    const value = access.number(context);
    return Number.isNaN(value) ? undefined : BigInt.asUintN(64, BigInt(value));
  }
  const bytes = memory.read(toAddress(at), 8);
  return bytes && bytesToUnsigned(bytes);
}

function symbolRange(
  modules: Modules,
  name: string,
): { readonly low: bigint; readonly high: bigint } | undefined {
  for (const module of modules.modules) {
    const symbol = module.symbols.symbolNamed(name);
    if (symbol)
      return {
        low: symbol.address + module.bias,
        high: endOf(module, symbol.address, symbol.size),
      };
  }
  return undefined;
}

/** Symbols of assembly often have no size: then as far as the symbol table gives addresses to it. */
function endOf(module: Module, start: bigint, size: number): bigint {
  if (size > 0) return start + BigInt(size) + module.bias;
  let end = start;
  const own = module.symbols.symbolAt(inModule(module, start + module.bias))?.name;
  while (end < start + 4096n) {
    if (module.symbols.symbolAt(inModule(module, end + module.bias))?.name !== own) break;
    end += 2n;
  }
  return end + module.bias;
}
