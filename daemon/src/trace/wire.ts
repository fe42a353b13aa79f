/** Events as they travel: 64-bit values as hex strings, machine time as a decimal string. */
import type { EventKind, SchedulingEvent } from "../awareness/api.ts";
import { shownId } from "../awareness/ids.ts";
import { hex } from "../base/brand.ts";

export interface WireEvent {
  readonly time: string;
  readonly hart?: number;
  readonly kind: EventKind;
  readonly thread?: number;
  readonly process?: number;
  /** `3:17` is coroutine 17 of process 3. */
  readonly coroutine?: number | string;
  readonly prio?: number;
  readonly bit?: number;
  readonly old?: string;
  readonly new?: string;
  readonly pc?: string;
  readonly bitmap?: string;
  readonly name?: string;
}

/** Unknown fields are left out. */
export function wireEvent(event: SchedulingEvent): WireEvent {
  const {
    time,
    hart,
    kind,
    thread,
    process,
    coroutine,
    prio,
    bit,
    old,
    new: now,
    pc,
    bitmap,
    name,
  } = event;
  return {
    time: String(time),
    kind,
    ...(hart !== undefined && { hart }),
    ...(thread !== undefined && { thread }),
    ...(process !== undefined && { process }),
    ...(coroutine !== undefined && { coroutine: shownId(coroutine) }),
    ...(prio !== undefined && { prio }),
    ...(bit !== undefined && { bit }),
    ...(old !== undefined && { old: hex(old) }),
    ...(now !== undefined && { new: hex(now) }),
    ...(pc !== undefined && { pc: hex(pc) }),
    ...(bitmap !== undefined && { bitmap }),
    ...(name !== undefined && { name }),
  };
}
