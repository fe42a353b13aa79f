/**
 * Straight-line code of a function: where it may be entered. Optimised code takes turns between
 * lines without a branch in between; such a return to a line is no new visit of it.
 */
import { type Address, address } from "../base/brand.ts";
import { decode, lengthOf } from "../isa/decode.ts";
import type { AddressRange, SymbolFile } from "../symbols/api.ts";
import { flowOf, isReturn } from "./flow.ts";

/**
 * Addresses (of the ELF) at which a stretch of straight-line code begins: targets of branches, and
 * whatever follows a branch, call or jump. Undefined when the function jumps through registers, so
 * that any place may be entered.
 */
export function blockStarts(symbols: SymbolFile, range: AddressRange): Set<Address> | undefined {
  const code = codeOf(symbols, range);
  if (!code) return undefined;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const starts = new Set([range.low]);
  for (let offset = 0; offset + 2 <= code.length; ) {
    const half = view.getUint16(offset, true);
    const length = lengthOf(half);
    if (offset + length > code.length) break;
    const decoded = decode(length === 4 ? view.getUint32(offset, true) : half);
    const pc = range.low + BigInt(offset);
    offset += length;
    if (!decoded) continue;
    const flow = flowOf(decoded);
    if (flow === "next") continue;
    starts.add(address(pc + BigInt(length)));
    if (flow === "branch" || flow === "jump") {
      starts.add(address(pc + BigInt(decoded.operands.imm ?? 0)));
    } else if (flow === "indirect" && decoded.operands.rd === 0 && !isReturn(decoded)) {
      return undefined;
    }
  }
  return starts;
}

function codeOf(symbols: SymbolFile, { low, high }: AddressRange): Uint8Array | undefined {
  const segment = symbols.segments.find(
    ({ virtual, bytes }) => low >= virtual && high <= virtual + BigInt(bytes.length),
  );
  if (!segment) return undefined;
  const start = Number(low - segment.virtual);
  return segment.bytes.subarray(start, start + Number(high - low));
}
