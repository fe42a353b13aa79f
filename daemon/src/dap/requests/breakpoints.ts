/** Everything that may stop the machine, as the client sets it. */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { z } from "zod";
import { address, hex, physical } from "../../base/brand.ts";
import { UserError } from "../../base/errors.ts";
import {
  BREAKPOINT_MODES,
  type BreakpointRequest,
  type BreakpointStatus,
} from "../../debugger/breakpoints.ts";
import type { Context } from "../context.ts";
import { parseAddress } from "../encoding.ts";
import { memoryAt, parseReference, type Reference, referenceOf } from "../references.ts";
import { type Handlers, handler, line, source } from "../table.ts";
import { evaluateIn, frameOf } from "./values.ts";

const text = z.string().max(4096).optional();
const guard = { condition: text, hitCondition: text, logMessage: text };
/** As `breakpointModes` names them; everybody's is no mode. */
const mode = z
  .enum(["any", ...BREAKPOINT_MODES])
  .transform((name) => (name === "any" ? undefined : name))
  .optional();
/** More than any user sets; keeps a malformed message from filling memory. */
const MANY = 10_000;

const setBreakpoints = z.object({
  source,
  breakpoints: z
    .array(z.object({ line, mode, ...guard }))
    .max(MANY)
    .optional(),
});
const setFunctionBreakpoints = z.object({
  breakpoints: z.array(z.object({ name: z.string().max(4096), ...guard })).max(MANY),
});
const setInstructionBreakpoints = z.object({
  breakpoints: z
    .array(
      z.object({ instructionReference: z.string(), offset: z.int().optional(), mode, ...guard }),
    )
    .max(MANY),
});
const accessType = z.enum(["read", "write", "readWrite"]);
const setDataBreakpoints = z.object({
  breakpoints: z
    .array(
      z.object({ dataId: z.string().max(4096), accessType: accessType.optional(), mode, ...guard }),
    )
    .max(MANY),
});
const setExceptionBreakpoints = z.object({
  filters: z.array(z.string()).max(MANY).optional(),
  filterOptions: z
    .array(z.object({ filterId: z.string(), condition: text }))
    .max(MANY)
    .optional(),
});
const dataBreakpointInfo = z.object({
  name: z.string().max(4096),
  variablesReference: z.int().optional(),
  frameId: z.int().optional(),
  bytes: z.int().optional(),
  asAddress: z.boolean().optional(),
});

/** What a data breakpoint's id says: physical address, bytes, and the name it was asked for by. */
const dataId = z.tuple([
  z.int().min(0),
  z
    .int()
    .min(1)
    .max(1 << 20),
  z.string(),
]);

export function wireBreakpoint(
  context: Context,
  status: BreakpointStatus,
  origin?: DebugProtocol.Source,
): DebugProtocol.Breakpoint {
  return {
    id: status.id,
    verified: status.verified,
    message: status.message,
    source: origin,
    line: status.line === undefined ? undefined : status.line + context.lineOffset,
    instructionReference: status.address === undefined ? undefined : hex(status.address),
    ...(status.verified ? {} : { reason: context.session ? "failed" : "pending" }),
  };
}

const set = (
  context: Context,
  group: string,
  requests: readonly BreakpointRequest[],
  origin?: DebugProtocol.Source,
) => ({
  breakpoints: context.breakpoints
    .set(group, requests)
    .map((status) => wireBreakpoint(context, status, origin)),
});

export const breakpoints: Handlers = {
  setBreakpoints: handler("any", setBreakpoints, (context, args) => {
    const { path } = args.source;
    if (path === undefined)
      throw new UserError("Breakpoints can only be set in files with a path.");
    const requests = (args.breakpoints ?? []).map(({ line, ...rest }) => ({
      ...rest,
      place: { kind: "source" as const, path, line: line - context.lineOffset },
    }));
    return set(context, `source ${path}`, requests, { path });
  }),

  setFunctionBreakpoints: handler("any", setFunctionBreakpoints, (context, args) =>
    set(
      context,
      "function",
      args.breakpoints.map(({ name, ...rest }) => ({ ...rest, place: { kind: "function", name } })),
    ),
  ),

  setInstructionBreakpoints: handler("any", setInstructionBreakpoints, (context, args) =>
    set(
      context,
      "instruction",
      args.breakpoints.map(({ instructionReference, offset, ...rest }) => ({
        ...rest,
        place: { kind: "instruction", address: parseAddress(instructionReference, offset) },
      })),
    ),
  ),

  setDataBreakpoints: handler("any", setDataBreakpoints, (context, args) =>
    set(
      context,
      "data",
      args.breakpoints.map(({ dataId: id, accessType: access, ...rest }) => ({
        ...rest,
        place: { kind: "data", ...parseDataId(id), access: access ?? "write" },
      })),
    ),
  ),

  dataBreakpointInfo: handler("stopped", dataBreakpointInfo, (context, args) => {
    const found = dataPlace(context, args);
    if (typeof found === "string") return { dataId: null, description: found };
    const { name, size } = found;
    const { address: virtual } = found.reference;
    const memory = memoryAt(context, found.reference);
    const start = memory.translate(virtual);
    const end = memory.translate(address(virtual + BigInt(size - 1)));
    if (start === undefined || end !== start + size - 1) {
      return { dataId: null, description: `${name} is not in one piece of memory.` };
    }
    return {
      dataId: JSON.stringify([start, size, name]),
      description: `${name} (${size} bytes at ${hex(virtual)})`,
      accessTypes: ["read", "write", "readWrite"],
      canPersist: false,
    };
  }),

  setExceptionBreakpoints: handler("any", setExceptionBreakpoints, (context, args) => {
    const requests = [
      ...(args.filters ?? []).map((filter) => ({ filter })),
      ...(args.filterOptions ?? []).map(({ filterId, condition }) => ({
        filter: filterId,
        condition,
      })),
    ];
    return { breakpoints: context.filters.set(requests) };
  }),

  breakpointLocations: handler(
    "launched",
    z.object({ source, line, endLine: line.optional() }),
    (context, args) => {
      const { sources, inspector } = context.launched;
      const from = args.line - context.lineOffset;
      const to = (args.endLine ?? args.line) - context.lineOffset;
      const lines = inspector.modules.modules.flatMap(({ symbols }) => {
        const path = sources.compiledPath(args.source.path ?? "", symbols.sourceFiles());
        return path === undefined ? [] : symbols.breakpointLines(path, from, to);
      });
      const unique = [...new Set(lines)].sort((a, b) => a - b);
      return { breakpoints: unique.map((found) => ({ line: found + context.lineOffset })) };
    },
  ),
};

function parseDataId(text: string) {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const result = dataId.safeParse(parsed);
  if (!result.success) throw new UserError(`"${text}" is not an id that dataBreakpointInfo gave.`);
  const [start, size, name] = result.data;
  return { address: physical(start), size, name };
}

/** Where the data is that the client means; a sentence when it is nowhere in memory. */
function dataPlace(
  context: Context,
  args: z.output<typeof dataBreakpointInfo>,
): { name: string; reference: Reference; size: number } | string {
  const { name } = args;
  if (args.asAddress) {
    // Some versions of VS Code send the length of a range with its sign turned.
    return { name, reference: parseReference(name), size: Math.abs(args.bytes ?? 8) || 8 };
  }
  if (args.variablesReference) {
    const entry = context.variables
      .get(args.variablesReference)
      .list()
      .find((candidate) => candidate.name === name);
    if (!entry) return `There is no ${name} here.`;
    const reference = context.reference(entry);
    if (reference === undefined || !entry.size) return `${name} is not in memory.`;
    return { name, reference: parseReference(reference), size: args.bytes ?? entry.size };
  }
  const frame = frameOf(context, args.frameId);
  const value = evaluateIn(context, name, frame);
  if (value.address === undefined || value.size < 1) return `${name} is not in memory.`;
  const reference = parseReference(referenceOf(context, value.address, frame));
  return { name, reference, size: args.bytes ?? value.size };
}
