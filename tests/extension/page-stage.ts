/**
 * A view's page in a browser without VS Code: its real HTML, script and style, the variables of a
 * theme, and behind it a real session's answers.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import chinese from "../../extension/l10n/bundle.l10n.zh-cn.json" with { type: "json" };
import { pageHtml } from "../../extension/src/webview/html.ts";
import type { FromAnyPage } from "../../extension/src/webview/messages.ts";

/** As VS Code's display language is Simplified Chinese. */
export const CHINESE = { tag: "zh-cn", texts: chinese };
export const ENGLISH = { tag: "en", texts: {} };

/** Keys of the keyboard, and a word that Chinese texts about RISC-V have. */
const NOT_ENGLISH = /\b(Enter|Shift|Escape|F5|hart|waker|poll|future|panic)\b/g;

/** What of a page is read, seen or not, as far as it is in English; `ofProgram`: names in it. */
export async function leftInEnglish(stage: Stage, ofProgram: string): Promise<string[]> {
  const said: string[] = await stage.page.evaluate(`(() => {
    const all = [...document.body.querySelectorAll("*")].filter(
      (each) => each.tagName !== "SCRIPT" && !each.closest(${JSON.stringify(ofProgram)}));
    return all.flatMap((each) => [
      ...[...each.childNodes].filter(({ nodeType }) => nodeType === 3).map((node) => node.data),
      each.ariaLabel ?? "", each.title ?? "", each.placeholder ?? "",
    ]);
  })()`);
  return said.filter((text) => /[A-Za-z]{3,}/.test(text.replace(NOT_ENGLISH, "")));
}

const ORIGIN = "http://page.test";

export type ThemeName = "dark" | "light" | "contrast" | "contrastLight";

/** As VS Code's default themes set them. */
const THEMES: Readonly<Record<ThemeName, { readonly body: string; readonly colors: string }>> = {
  dark: {
    body: "vscode-dark",
    colors: `--vscode-foreground:#cccccc;--vscode-descriptionForeground:#9d9d9d;--vscode-disabledForeground:#6b6b6b;
      --vscode-editor-background:#1f1f1f;--vscode-panel-background:#181818;--vscode-panel-border:#2b2b2b;
      --vscode-focusBorder:#0078d4;--vscode-list-hoverBackground:#2a2d2e;--vscode-editor-selectionBackground:#264f78;
      --vscode-editorIndentGuide-background1:#404040;--vscode-charts-blue:#3794ff;--vscode-charts-green:#89d185;
      --vscode-charts-orange:#d18616;--vscode-charts-purple:#b180d7;--vscode-charts-red:#f14c4c;--vscode-charts-yellow:#cca700;
      --vscode-terminal-ansiCyan:#11a8cd;--vscode-terminal-ansiBrightBlue:#3b8eea;--vscode-input-background:#313131;
      --vscode-input-foreground:#cccccc;--vscode-input-border:#3c3c3c;--vscode-input-placeholderForeground:#989898;
      --vscode-button-background:#0078d4;--vscode-button-foreground:#ffffff;--vscode-editorHoverWidget-background:#202020;
      --vscode-editorHoverWidget-border:#454545;`,
  },
  light: {
    body: "vscode-light",
    colors: `--vscode-foreground:#3b3b3b;--vscode-descriptionForeground:#3b3b3b;--vscode-disabledForeground:#616161;
      --vscode-editor-background:#ffffff;--vscode-panel-background:#f8f8f8;--vscode-panel-border:#e5e5e5;
      --vscode-focusBorder:#005fb8;--vscode-list-hoverBackground:#f2f2f2;--vscode-editor-selectionBackground:#add6ff;
      --vscode-editorIndentGuide-background1:#d3d3d3;--vscode-charts-blue:#0063d3;--vscode-charts-green:#388a34;
      --vscode-charts-orange:#d18616;--vscode-charts-purple:#652d90;--vscode-charts-red:#e51400;--vscode-charts-yellow:#bf8803;
      --vscode-terminal-ansiCyan:#0598bc;--vscode-terminal-ansiBrightBlue:#0451a5;--vscode-input-background:#ffffff;
      --vscode-input-foreground:#3b3b3b;--vscode-input-border:#cecece;--vscode-input-placeholderForeground:#767676;
      --vscode-button-background:#005fb8;--vscode-button-foreground:#ffffff;--vscode-editorHoverWidget-background:#f8f8f8;
      --vscode-editorHoverWidget-border:#c8c8c8;`,
  },
  contrast: {
    body: "vscode-high-contrast",
    colors: `--vscode-foreground:#ffffff;--vscode-descriptionForeground:#ffffff;--vscode-disabledForeground:#a5a5a5;
      --vscode-editor-background:#000000;--vscode-panel-background:#000000;--vscode-panel-border:#6fc3df;
      --vscode-contrastBorder:#6fc3df;--vscode-focusBorder:#f38518;--vscode-editor-selectionBackground:#ffffff;
      --vscode-charts-blue:#59a4f9;--vscode-charts-green:#89d185;--vscode-charts-orange:#d18616;
      --vscode-charts-purple:#b180d7;--vscode-charts-red:#f48771;--vscode-charts-yellow:#cca700;
      --vscode-terminal-ansiCyan:#00cdcd;--vscode-terminal-ansiBrightBlue:#5c5cff;--vscode-input-background:#000000;
      --vscode-input-foreground:#ffffff;--vscode-input-border:#6fc3df;--vscode-input-placeholderForeground:#b3b3b3;
      --vscode-button-foreground:#ffffff;--vscode-button-border:#6fc3df;--vscode-editorHoverWidget-background:#0c141f;
      --vscode-editorHoverWidget-border:#6fc3df;`,
  },
  contrastLight: {
    body: "vscode-high-contrast-light vscode-high-contrast",
    colors: `--vscode-foreground:#292929;--vscode-descriptionForeground:rgba(41, 41, 41, 0.7);--vscode-disabledForeground:#7f7f7f;
      --vscode-editor-background:#ffffff;--vscode-panel-background:#ffffff;--vscode-panel-border:#0f4a85;
      --vscode-contrastBorder:#0f4a85;--vscode-focusBorder:#006bbd;--vscode-editor-selectionBackground:#0f4a85;
      --vscode-list-hoverBackground:rgba(15, 74, 133, 0.1);
      --vscode-charts-blue:#0063d3;--vscode-charts-green:#374e06;--vscode-charts-orange:#ab5800;
      --vscode-charts-purple:#652d90;--vscode-charts-red:#b5200d;--vscode-charts-yellow:#895503;
      --vscode-terminal-ansiCyan:#0598bc;--vscode-terminal-ansiBrightBlue:#0451a5;--vscode-input-background:#ffffff;
      --vscode-input-foreground:#292929;--vscode-input-border:#0f4a85;--vscode-input-placeholderForeground:rgba(41, 41, 41, 0.7);
      --vscode-button-background:#0f4a85;--vscode-button-foreground:#ffffff;--vscode-editorHoverWidget-background:#ffffff;
      --vscode-editorHoverWidget-border:#0f4a85;`,
  },
};

export interface Stage {
  readonly page: Page;
  /** What the page said besides questions. */
  readonly said: { readonly type: string }[];
  /** Questions so far. */
  readonly asked: () => number;
  tell(message: object): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly browser: Browser;
  /** The page: the name of its bundles, and what stands in it. */
  readonly about: { readonly name: string; readonly title: string; readonly body: string };
  /** Where the page's script and style are: the extension's `dist`. */
  readonly dist: string;
  readonly theme: ThemeName;
  readonly size: { readonly width: number; readonly height: number };
  readonly answer: (command: string, args: object) => Promise<unknown>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { about, answer, browser, dist, size, theme } = options;
  const page = await browser.newPage({ viewport: size });
  const said: { readonly type: string }[] = [];
  let questions = 0;
  // Parsed as data: as a part of the script a long answer would take several times as long.
  const tell = (message: object): Promise<void> =>
    page.evaluate(`postMessage(JSON.parse(${JSON.stringify(JSON.stringify(message))}), "*")`);
  await page.exposeFunction("toHost", async (message: FromAnyPage) => {
    if (message.type !== "ask") {
      said.push(message);
      return;
    }
    questions += 1;
    const { id } = message;
    try {
      await tell({ type: "answer", id, body: await answer(message.command, message.args) });
    } catch (error) {
      await tell({ type: "refused", id, message: (error as Error).message });
    }
  });
  await page.addInitScript(`
    let state;
    globalThis.acquireVsCodeApi = () => ({
      postMessage: (message) => void toHost(message),
      getState: () => state,
      setState: (next) => { state = next; },
    });`);
  const { body, colors } = THEMES[theme];
  const style = `:root{${colors}--vscode-font-family:"DejaVu Sans",sans-serif;--vscode-font-size:13px}`;
  await page.route(`${ORIGIN}/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name !== "") {
      const type = name.endsWith(".css") ? "text/css" : "text/javascript";
      const text = readFileSync(join(dist, name), "utf8");
      return route.fulfill({ contentType: type, body: text });
    }
    const script = `${ORIGIN}/${about.name}.js`;
    const css = `${ORIGIN}/${about.name}-style.css`;
    const html = pageHtml({ script, style: css, source: ORIGIN, nonce: "abc" }, about);
    const themed = html
      .replace("<body>", `<body class="${body}">`)
      .replace("</head>", `<style nonce="abc">${style}</style></head>`);
    return route.fulfill({ contentType: "text/html", body: themed });
  });
  await page.goto(`${ORIGIN}/`);
  return { page, said, asked: () => questions, tell, close: () => page.close() };
}
