/** The HTML around a page in a webview. Only its own script and style may be loaded. */

export interface PageResources {
  /** URIs that a webview may load, and what its content may be loaded from. */
  readonly script: string;
  readonly style: string;
  readonly source: string;
  /** Without quotes or spaces; another one for each page. */
  readonly nonce: string;
}

/** `body` is HTML of ours: nothing in it comes from outside. */
export function pageHtml(
  { nonce, script, source, style }: PageResources,
  { body, title }: { readonly title: string; readonly body: string },
): string {
  const policy = `default-src 'none'; style-src ${source} 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>${title}</title>
</head>
<body>
${body}
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
