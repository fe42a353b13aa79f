/** Tables in plain text. */

/** Rows with their columns aligned; the last one may be of any length. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, width(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] as number) - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Characters that show: colours take no room. */
const width = (text: string): number => text.replace(SGR, "").length;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how terminals are coloured.
const SGR = /\x1b\[\d+m/g;
