/** Messages of log points: text with `{expression}` in it; `\{`, `\}` and `\\` stand for themselves. */
import { UserError } from "../base/errors.ts";

export type MessagePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly text: string };

/** Throws UserError when a brace is left open or an expression is empty. */
export function parseLogMessage(message: string): readonly MessagePart[] {
  const parts: MessagePart[] = [];
  let text = "";
  let at = 0;
  while (at < message.length) {
    const char = message[at]!;
    if (char === "\\" && /[{}\\]/.test(message[at + 1] ?? "")) {
      text += message[at + 1];
      at += 2;
    } else if (char === "{") {
      const end = closingBrace(message, at);
      const expression = message.slice(at + 1, end).trim();
      if (expression === "") throw new UserError(`Log message: empty {} at column ${at + 1}.`);
      if (text !== "") parts.push({ kind: "text", text });
      parts.push({ kind: "expression", text: expression });
      text = "";
      at = end + 1;
    } else {
      text += char;
      at += 1;
    }
  }
  if (text !== "") parts.push({ kind: "text", text });
  return parts;
}

/** Index of the brace that closes the one at `open`, braces within and string literals passed over. */
function closingBrace(message: string, open: number): number {
  let depth = 0;
  for (let at = open; at < message.length; at += 1) {
    const char = message[at];
    if (char === '"') at = endOfString(message, at);
    else if (char === "{") depth += 1;
    else if (char === "}" && --depth === 0) return at;
  }
  throw new UserError(
    `Log message: the { at column ${open + 1} is not closed (write \\{ for a brace).`,
  );
}

function endOfString(message: string, open: number): number {
  for (let at = open + 1; at < message.length; at += 1) {
    if (message[at] === "\\") at += 1;
    else if (message[at] === '"') return at;
  }
  return message.length;
}
