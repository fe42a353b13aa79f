/** The shape of a request handler: what its arguments are, when it may run, and what it answers. */
import { z } from "zod";
import { parseId } from "../awareness/ids.ts";
import type { Context } from "./context.ts";

/** `any`: always; `launched`: once a program is loaded; `stopped`: while the machine stands. */
export type When = "any" | "launched" | "stopped";

export interface Handler {
  readonly when: When;
  readonly schema: z.ZodType;
  handle(context: Context, args: unknown): Promise<object | undefined> | object | undefined;
}

export type Handlers = Readonly<Record<string, Handler>>;

/** A handler whose arguments are checked before it is called; members it does not name are let through. */
export function handler<Schema extends z.ZodType>(
  when: When,
  schema: Schema,
  handle: (
    context: Context,
    args: z.output<Schema>,
  ) => Promise<object | undefined> | object | undefined,
): Handler {
  return { when, schema, handle: (context, args) => handle(context, args as z.output<Schema>) };
}

export const nothing = z.unknown();
export const threadId = z.int();
/** A coroutine's id, `3:17` for those of processes, as the machine counts it. */
export const coroutineId = z
  .union([z.int().min(0), z.string().max(40)])
  .refine((id) => parseId(id) !== undefined, 'an id was expected, e.g. 17, or "3:17" of process 3')
  .transform((id) => parseId(id)!);
export const index = z.int().min(0).max(0x7fff_ffff);
/** A line as the client counts, and a file by its path. */
export const line = z.int().min(0).max(0x7fff_ffff);
export const source = z.object({ path: z.string().max(4096).optional() });
export const granularity = z.enum(["statement", "line", "instruction"]).optional();
