/**
 * The HTML around a page in a webview. Only its own script and style may be loaded. The user's language
 * goes with it, for what the page says itself.
 */
import { spoken } from "../base/words.ts";
import { LANGUAGE_ID } from "./messages.ts";

export interface PageResources {
  /** URIs that a webview may load, and what its content may be loaded from. */
  readonly script: string;
  readonly style: string;
  readonly source: string;
  /** Without quotes or spaces; another one for each page. */
  readonly nonce: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!);

/** HTML of ours around texts, which are no HTML. */
export const html = (parts: TemplateStringsArray, ...texts: readonly string[]): string =>
  String.raw({ raw: parts }, ...texts.map(escaped));

/** `body` is HTML of ours: nothing in it comes from outside. */
export function pageHtml(
  { nonce, script, source, style }: PageResources,
  { body, title }: { readonly title: string; readonly body: string },
): string {
  const { tag } = spoken();
  // A script that is none: it is not run, and `<` in it would end it.
  const language = JSON.stringify(spoken()).replaceAll("<", "\\u003c");
  const policy = `default-src 'none'; style-src ${source} 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${tag}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>${escaped(title)}</title>
</head>
<body>
${body}
<script nonce="${nonce}" type="application/json" id="${LANGUAGE_ID}">${language}</script>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
