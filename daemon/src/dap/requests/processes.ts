/** Processes with their address spaces, and the ELFs of the session with where they are loaded. */
import { z } from "zod";
import { hex } from "../../base/brand.ts";
import type { Module } from "../../inspect/api.ts";
import { mappedRanges } from "../../inspect/space.ts";
import { spaceOf } from "../references.ts";
import { type Handlers, handler, index, nothing } from "../table.ts";

/** From the first byte of an ELF in memory to after the last. */
export function addressRange(module: Module): string | undefined {
  const ranges = rangesOf(module);
  const [first] = ranges;
  if (!first) return undefined;
  const start = ranges.reduce(
    (least, range) => (range.start < least ? range.start : least),
    first.start,
  );
  const end = ranges.reduce((most, range) => (range.end > most ? range.end : most), first.end);
  return `${hex(start)} - ${hex(end)}`;
}

/** What is there and what is not, as a sentence. */
export const symbolStatus = ({ symbols }: Module): string =>
  symbols.gaps.length > 0 ? symbols.gaps.join(" ") : "Symbols loaded.";

const rangesOf = ({ bias, symbols }: Module) =>
  symbols.segments
    .filter(({ size }) => size > 0)
    .map(({ flags, size, virtual }) => {
      const start = virtual + bias;
      return { start, end: start + BigInt(size), flags };
    });

const addressSpace = z.object({ process: z.int().min(0), count: index.optional() });

const rightsText = (rights: {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}): string => `${rights.read ? "r" : "-"}${rights.write ? "w" : "-"}${rights.execute ? "x" : "-"}`;

export const processes: Handlers = {
  "asyncos/processes": handler("stopped", nothing, ({ launched: { awareness } }) => ({
    processes: awareness.processes().map(({ root, ...info }) => ({
      ...info,
      root: root === undefined ? undefined : hex(root),
      module: awareness.programOf(info.id)?.id,
    })),
  })),

  "asyncos/addressSpace": handler("stopped", addressSpace, (context, { count, process }) => {
    const ranges = mappedRanges(context.launched.machine, spaceOf(context, process));
    return {
      total: ranges.length,
      ranges: ranges.slice(0, count).map(({ end, physical, start, user, ...rights }) => ({
        start: hex(start),
        end: hex(end),
        physical: physical === undefined ? undefined : hex(physical),
        flags: rightsText(rights),
        user,
      })),
    };
  }),

  "asyncos/modules": handler("launched", nothing, ({ launched: { awareness, inspector } }) => {
    const running = awareness
      .processes()
      .map(({ id }) => ({ id, module: awareness.programOf(id)?.id }));
    return {
      modules: inspector.modules.modules.map((module) => ({
        id: module.id,
        name: module.name,
        user: module.user,
        symbolStatus: symbolStatus(module),
        ranges: rangesOf(module).map(({ end, flags, start }) => ({
          start: hex(start),
          end: hex(end),
          flags: rightsText(flags),
        })),
        processes: running.filter((one) => one.module === module.id).map(({ id }) => id),
      })),
    };
  }),
};
