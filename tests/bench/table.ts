/** Prints benchmark figures as aligned rows, and medians of samples. */

export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly peer?: string;
  /** How many times better ours is; below 1 it is worse. */
  readonly ratio?: number;
}

export function print(title: string, rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.what,
    row.ours,
    row.peer ?? "",
    row.ratio === undefined
      ? ""
      : `${row.ratio < 10 ? row.ratio.toFixed(2) : row.ratio.toFixed(0)}x`,
  ]);
  const table = [["", "ours", "QEMU (+ GDB)", "ratio"], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log(`\n${title}`);
  for (const row of table)
    console.log(
      `  ${row[0]!.padEnd(widths[0]!)}  ${row
        .slice(1)
        .map((cell, i) => cell.padStart(widths[i + 1]!))
        .join("  ")}`.trimEnd(),
    );
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const milliseconds = (value: number): string =>
  value < 1 ? `${(value * 1000).toFixed(0)} us` : `${value.toFixed(value < 10 ? 2 : 1)} ms`;

/** Milliseconds of this process, whoever else runs. */
export function spent(): number {
  const { system, user } = process.cpuUsage();
  return (system + user) / 1000;
}

/** Seconds that a promise took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1000 };
}
