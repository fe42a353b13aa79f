/** Who is suspended at an `.await`: a mark behind its line, and more of it when the pointer rests there. */
import { type Hover, type InlayHint, MarkupKind } from "vscode-languageserver";
import type { AnnotatedAwait } from "./annotations.ts";

/** Ids behind a line; the hover has as many as are known. */
const SHOWN = 3;

/** `4 here: 2, 3, 5, ...` */
export function awaitLabel({ count, coroutines }: AnnotatedAwait): string {
  const ids = coroutines.slice(0, SHOWN);
  const shown = ids.join(", ");
  return count > ids.length ? `${count} here: ${shown}, ...` : `${count} here: ${shown}`;
}

function explained({ name, count, coroutines }: AnnotatedAwait): string {
  const more = count - coroutines.length;
  const ids = coroutines.join(", ");
  if (more > 0) {
    return `Coroutines ${ids} and ${more} more are suspended at this \`.await\` in \`${name}\`.`;
  }
  return count === 1
    ? `Coroutine ${ids} is suspended at this \`.await\` in \`${name}\`.`
    : `Coroutines ${ids} are suspended at this \`.await\` in \`${name}\`.`;
}

/** Marks at the ends of the lines from `first` to `last`, which count from 0. */
export function awaitHints(
  awaits: readonly AnnotatedAwait[],
  lines: readonly string[],
  first: number,
  last: number,
): InlayHint[] {
  return awaits.flatMap((entry): InlayHint[] => {
    const line = entry.line - 1;
    const text = lines[line];
    if (text === undefined || line < first || line > last) return [];
    return [
      {
        position: { line, character: text.trimEnd().length },
        label: awaitLabel(entry),
        tooltip: explained(entry),
        paddingLeft: true,
      },
    ];
  });
}

/** What is to say of a line, which counts from 0. */
export function awaitHover(awaits: readonly AnnotatedAwait[], line: number): Hover | null {
  const here = awaits.filter((entry) => entry.line - 1 === line);
  if (here.length === 0) return null;
  const value = here.map(explained).join("\n\n");
  return { contents: { kind: MarkupKind.Markdown, value } };
}
