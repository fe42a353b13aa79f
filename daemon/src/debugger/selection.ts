/** The values of the coroutine that the user has selected in a view, for who reads its source. */
import { shownId } from "../awareness/ids.ts";
import { UserError } from "../base/errors.ts";
import type { Annotations } from "./api.ts";
import type { Session } from "./session.ts";

type Selected = NonNullable<Annotations["selected"]>;

/** Of a frame that are told, and characters of a value. */
const MOST_VALUES = 100;
const MOST_CHARACTERS = 400;

/** Undefined when none is selected, or it lives no more. */
export async function selectedValues(session: Session): Promise<Selected | undefined> {
  const { awareness, inspector, selected, sources, stacks } = session;
  const info = selected === undefined ? undefined : awareness.coroutine(selected);
  if (selected === undefined || !info) return undefined;
  const frames: Selected["frames"][number][] = [];
  for (const frame of framesOf(() => stacks.of({ kind: "coroutine", id: selected }))) {
    if (frame.kind === "label" || !frame.frame.location) continue;
    const { location, name } = frame.frame;
    const { host } = await sources.find(location.path);
    if (host === undefined) continue;
    const values =
      frame.kind === "await" ? frame.frame.variables() : inspector.variables(frame.frame);
    frames.push({
      path: host,
      line: location.line,
      name,
      values: values.slice(0, MOST_VALUES).map(({ name: variable, text, typeName }) => ({
        name: variable,
        text: text.slice(0, MOST_CHARACTERS),
        type: typeName,
      })),
    });
  }
  return { coroutine: shownId(selected), name: info.name, frames };
}

/** A stack that cannot be followed has no values. */
function framesOf<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
