/** What a variable holds in the coroutine that is selected in a view. */
import { type Hover, MarkupKind } from "vscode-languageserver";
import type { SelectedCoroutine } from "./annotations.ts";
import { wordAt } from "./code.ts";

/** How many lines a function may have above the cursor. */
const MAX_FUNCTION = 2000;

/** The name of the function that a line (from 0) stands in; undefined outside of any. */
function functionAt(lines: readonly string[], line: number): string | undefined {
  for (let at = line; at >= 0 && at > line - MAX_FUNCTION; at--) {
    const name = /\bfn\s+(\w+)/.exec(lines[at] ?? "")?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Of the innermost frame of that function that has the variable. */
export function valueHover(
  selected: readonly SelectedCoroutine[],
  path: string,
  lines: readonly string[],
  { character, line }: { readonly line: number; readonly character: number },
): Hover | null {
  const word = wordAt(lines[line] ?? "", character);
  const fn = functionAt(lines, line);
  if (word === undefined || fn === undefined) return null;
  const told = selected.flatMap(({ coroutine, frames, name }) => {
    const frame = frames.find(
      (each) =>
        each.path === path &&
        isIn(each.name, fn) &&
        each.values.some((value) => value.name === word),
    );
    const value = frame?.values.find((each) => each.name === word);
    if (!value) return [];
    const code = `${word}: ${value.type} = ${value.text}`;
    return [`\`\`\`rust\n${code}\n\`\`\`\nin coroutine ${coroutine} \`${name}\`, the selected one`];
  });
  if (told.length === 0) return null;
  return { contents: { kind: MarkupKind.Markdown, value: told.join("\n\n") } };
}

/** Whether a frame is one of the function: `ring::pass (async)` of `pass`. */
const isIn = (frame: string, fn: string): boolean =>
  frame
    .replace(/ \(.*$/, "")
    .split("::")
    .includes(fn);
