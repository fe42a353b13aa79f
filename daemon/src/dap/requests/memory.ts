/** Raw memory, and code as instructions. */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { z } from "zod";
import { address, hex } from "../../base/brand.ts";
import { UserError } from "../../base/errors.ts";
import { type Line, listing } from "../../debugger/listing.ts";
import { stackShape, tellWritten } from "../changed.ts";
import type { Context } from "../context.ts";
import { fromBase64, parseAddress, toBase64 } from "../encoding.ts";
import { memoryAt, parseReference, type ReferredMemory } from "../references.ts";
import { type Handlers, handler } from "../table.ts";

const offset = z.int().optional();
const readMemory = z.object({ memoryReference: z.string(), offset, count: z.int().min(0) });
const writeMemory = z.object({
  memoryReference: z.string(),
  offset,
  data: z.string().max(1 << 22),
  allowPartial: z.boolean().optional(),
});
const disassemble = z.object({
  memoryReference: z.string(),
  offset,
  instructionOffset: z.int().min(-100_000).max(100_000).optional(),
  instructionCount: z.int().min(0).max(20_000),
});

const MOST_BYTES = 1 << 20;
const PAGE = 4096n;

/** As many bytes as can be read from here without a gap. */
function readable(memory: ReferredMemory, from: bigint, count: number): Uint8Array {
  const all = memory.read(address(from), count);
  if (all) return all;
  const pieces: Uint8Array[] = [];
  let at = from;
  const end = from + BigInt(count);
  while (at < end) {
    const next = (at / PAGE + 1n) * PAGE;
    const length = Number((next < end ? next : end) - at);
    const piece = memory.read(address(at), length);
    if (!piece) break;
    pieces.push(piece);
    at += BigInt(length);
  }
  const bytes = new Uint8Array(Number(at - from));
  let filled = 0;
  for (const piece of pieces) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}

export const memory: Handlers = {
  readMemory: handler("stopped", readMemory, (context, args) => {
    const reference = parseReference(args.memoryReference, args.offset);
    const from = reference.address;
    const count = Math.min(args.count, MOST_BYTES);
    if (count === 0) return { address: hex(from) };
    const bytes = readable(memoryAt(context, reference), from, count);
    const missing = args.count - bytes.length;
    return {
      address: hex(from),
      data: bytes.length > 0 ? toBase64(bytes) : undefined,
      unreadableBytes: missing > 0 ? missing : undefined,
    };
  }),

  writeMemory: handler("stopped", writeMemory, (context, args) => {
    const reference = parseReference(args.memoryReference, args.offset);
    const at = reference.address;
    const bytes = fromBase64(args.data);
    const before = stackShape(context);
    if (!memoryAt(context, reference).write(at, bytes)) {
      throw new UserError(`Memory at ${hex(at)} cannot be written: not all of it is mapped RAM.`);
    }
    context.launched.changed();
    const { memoryReference } = args;
    const written = { memoryReference, offset: args.offset ?? 0, count: bytes.length };
    tellWritten(context, before, written);
    return { bytesWritten: bytes.length };
  }),

  disassemble: handler("stopped", disassemble, async (context, args) => {
    const session = context.launched;
    const from = parseAddress(args.memoryReference, args.offset);
    const lines = listing(
      session.focusedHart,
      session.inspector,
      from,
      args.instructionOffset ?? 0,
      args.instructionCount,
    );
    return { instructions: await Promise.all(lines.map((line) => instruction(context, line))) };
  }),
};

async function instruction(
  context: Context,
  line: Line,
): Promise<DebugProtocol.DisassembledInstruction> {
  const { source, line: number } = await context.place(line.location);
  return {
    address: hex(line.address),
    instruction: line.text ?? "??",
    instructionBytes: line.bytes,
    symbol: line.symbol,
    ...(source ? { location: source, line: number } : {}),
    ...(line.text === undefined ? { presentationHint: "invalid" as const } : {}),
  };
}
