/** Colours for a terminal that has them. */

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";
export type Paint = (style: Style, text: string) => string;

/** SGR parameters: what turns a style on, and off. */
const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/** Plain unless the stream is a terminal with colours; NO_COLOR and TERM=dumb count. */
export function painter(stream: NodeJS.WriteStream): Paint {
  // util.styleText is younger than the oldest Node that runs this (that of VS Code 1.93).
  if (!stream.isTTY || !stream.hasColors() || process.env.NO_COLOR) return (_style, text) => text;
  return (style, text) => {
    const [on, off] = CODES[style];
    return `\x1b[${on}m${text}\x1b[${off}m`;
  };
}
