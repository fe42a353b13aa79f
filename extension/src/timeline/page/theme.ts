/** Colours and fonts of VS Code's theme, read from the page's CSS variables when the theme changes. */

export interface Theme {
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly border: string;
  /** Lines between rows: fainter than the border. */
  readonly line: string;
  readonly focus: string;
  readonly hover: string;
  readonly selection: string;
  readonly ready: string;
  readonly mark: string;
  readonly bitmap: string;
  readonly idle: string;
  /** Of coroutines and threads, by their number. */
  readonly hues: readonly string[];
  readonly font: string;
  readonly fontSize: number;
  /** Bars have outlines, and what lies behind text is the background. */
  readonly highContrast: boolean;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const color = (...names: string[]): string => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== "") return value;
    }
    return style.color;
  };
  const highContrast =
    document.body.classList.contains("vscode-high-contrast") ||
    document.body.classList.contains("vscode-high-contrast-light");
  const foreground = color("foreground", "editor-foreground");
  const border = color("contrastBorder", "panel-border", "widget-border");
  return {
    background: color("panel-background", "editor-background"),
    foreground,
    muted: color("descriptionForeground", "foreground"),
    border,
    line: highContrast ? border : color("editorIndentGuide-background1", "panel-border"),
    focus: color("focusBorder"),
    hover: color("list-hoverBackground", "editor-background"),
    selection: color("editor-selectionBackground", "list-activeSelectionBackground", "focusBorder"),
    ready: color("charts-yellow"),
    mark: color("charts-red"),
    bitmap: color("charts-blue"),
    idle: color("disabledForeground", "descriptionForeground"),
    hues: [
      color("charts-blue"),
      color("charts-green"),
      color("debugTokenExpression-string", "charts-orange"),
      color("charts-purple"),
      color("terminal-ansiCyan", "charts-blue"),
      color("terminal-ansiBrightMagenta", "charts-purple"),
    ],
    font: style.getPropertyValue("--vscode-font-family") || "sans-serif",
    fontSize: Math.min(13, Number.parseFloat(style.getPropertyValue("--vscode-font-size")) || 12),
    highContrast,
  };
}

/** Black or white, whichever has more contrast to a colour: above this luminance (WCAG) black has. */
const BLACK_FROM = Math.sqrt(1.05 * 0.05) - 0.05;

export function textOn(color: string): string {
  const known = texts.get(color);
  if (known !== undefined) return known;
  const [red, green, blue] = channels(color).map(linear);
  const luminance = red! * 0.2126 + green! * 0.7152 + blue! * 0.0722;
  const text = luminance > BLACK_FROM ? "#000000" : "#ffffff";
  texts.set(color, text);
  return text;
}

const texts = new Map<string, string>();

/** The light of a channel of sRGB, 0 to 1. */
const linear = (channel: number): number =>
  channel <= 10 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;

/** 0 to 255 each; the browser itself says what a CSS colour is. */
function channels(color: string): [number, number, number] {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!];
}
