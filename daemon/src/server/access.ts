/**
 * Who may connect: whoever knows the token of this start, unless a web page asks. Both are checked
 * before anything else of a request is looked at.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly text: string;
}

/**
 * The token travels as `Authorization: Bearer TOKEN`, or as `?token=TOKEN` from clients that cannot
 * set headers.
 */
export function refusal(
  request: IncomingMessage,
  token: string,
  port: number,
): Refusal | undefined {
  if (!sameSecret(presentedToken(request), token)) {
    return {
      status: 401,
      text: "The token is missing or wrong: it is printed by `asyncos daemon`.",
    };
  }
  const { origin } = request.headers;
  if (!originAllowed(origin, port)) {
    return { status: 403, text: `The origin ${origin} may not connect: web pages are refused.` };
  }
  return undefined;
}

function presentedToken(request: IncomingMessage): string {
  const header = request.headers.authorization;
  if (header !== undefined) return /^Bearer (\S+)$/i.exec(header)?.[1] ?? "";
  const query = (request.url ?? "").split("?")[1] ?? "";
  return new URLSearchParams(query).get("token") ?? "";
}

/** In constant time: digests of equal length are compared, so not even the length shows. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Programs send no origin; browsers always do, and a page cannot forge it. */
function originAllowed(origin: string | undefined, port: number): boolean {
  if (origin === undefined) return true;
  return (
    /^vscode-(webview|file):\/\//.test(origin) ||
    origin === `http://127.0.0.1:${port}` ||
    origin === `http://localhost:${port}`
  );
}
