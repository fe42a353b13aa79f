/** The line that a daemon prints on its standard output when it serves. */

export interface Endpoint {
  /** `ws://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** The endpoint of a ready line, or undefined when the line is something else. */
export function parseReadyLine(line: string): Endpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { url, token, pid } = value as Record<string, unknown>;
  if (typeof url !== "string" || !/^wss?:\/\/[^/]+\/?$/.test(url)) return undefined;
  if (typeof token !== "string" || token === "") return undefined;
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return undefined;
  return { url: url.replace(/\/$/, ""), token, pid };
}
