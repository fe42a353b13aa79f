/** The language server's words in the user's language, on their way to the editor. */
import type * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient";
import { heard } from "../base/heard.ts";
import { t } from "../base/words.ts";

/** Lists of short words, each of which is known: `12 live: 3 ready, 9 waiting`. */
const listed = (text: string): string =>
  text
    .split(/(: |, )/)
    .map((part) => (part === ": " ? t("{0}: {1}", "", "") : part === ", " ? t(", ") : heard(part)))
    .join("");

const paragraphs = (text: string): string => text.split("\n\n").map(heard).join("\n\n");

export const IN_USERS_WORDS: Middleware = {
  handleDiagnostics(uri, diagnostics, next) {
    for (const each of diagnostics) each.message = heard(each.message);
    next(uri, diagnostics);
  },
  async provideCodeLenses(document, token, next) {
    const lenses = await next(document, token);
    for (const { command } of lenses ?? []) if (command) command.title = listed(command.title);
    return lenses;
  },
  async provideInlayHints(document, range, token, next) {
    const hints = await next(document, range, token);
    for (const hint of hints ?? []) {
      if (typeof hint.label === "string") hint.label = heard(hint.label);
      if (typeof hint.tooltip === "string") hint.tooltip = heard(hint.tooltip);
    }
    return hints;
  },
  async provideHover(document, position, token, next) {
    const hover = await next(document, position, token);
    for (const content of (hover?.contents ?? []) as vscode.MarkdownString[]) {
      content.value = paragraphs(content.value);
    }
    return hover;
  },
  async provideDocumentSymbols(document, token, next) {
    const symbols = await next(document, token);
    for (const symbol of symbols ?? []) {
      if ("detail" in symbol) symbol.detail = listed(symbol.detail);
    }
    return symbols;
  },
};
