/** Profiles of kernels in the editor: what is no profile, and what of one does not fit its kernel. */
import { type Diagnostic, DiagnosticSeverity, type Range } from "vscode-languageserver";
import type { Knowledge } from "../debugger/api.ts";
import { profileProblem } from "../debugger/knowledge.ts";

/** As the manifest's `jsonValidation` names them. */
export const isProfile = (path: string): boolean => /(^|[\\/.])asyncos-profile\.json$/.test(path);

type Finding = Knowledge["findings"][number];

/** `findings`: of the kernels that the profile was made for, as it is on the disk. */
export function profileDiagnostics(text: string, findings: readonly Finding[]): Diagnostic[] {
  const broken = profileProblem(text);
  const told: (readonly [Finding, DiagnosticSeverity])[] = broken
    ? [[broken, DiagnosticSeverity.Error]]
    : findings.map((finding) => [finding, DiagnosticSeverity.Warning]);
  return told.map(([{ place, problem }, severity]) => ({
    range: rangeOf(text, place),
    severity,
    source: "AsyncOS",
    message: problem,
  }));
}

/** Of the member that a place such as `executors[0].tasks` names, or of what is there of it. */
export function rangeOf(text: string, place: string): Range {
  const steps = [...place.matchAll(/[^.[\]]+/g)].map(([step]) => step);
  let at = { start: 0, end: firstLine(text) };
  let from = 0;
  for (const step of steps) {
    const found = /^\d+$/.test(step) ? element(text, from, Number(step)) : member(text, from, step);
    if (!found) break;
    at = found;
    from = found.value;
  }
  return { start: position(text, at.start), end: position(text, at.end) };
}

const firstLine = (text: string): number => (text.indexOf("\n") + 1 || text.length + 1) - 1;

interface Found {
  readonly start: number;
  readonly end: number;
  /** Where its value begins. */
  readonly value: number;
}

/** Strings, marks and the rest of a JSON text, from an offset on. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** What stands directly in the object or array that begins at an offset. */
function* inside(text: string, from: number): Generator<{ token: string; start: number }> {
  let depth = 0;
  const tokens = new RegExp(TOKEN);
  tokens.lastIndex = from;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const [token] = match;
    if (token === "}" || token === "]") depth -= 1;
    if (depth === 1) yield { token, start: match.index };
    if (token === "{" || token === "[") depth += 1;
    if (depth === 0) return;
  }
}

function member(text: string, from: number, name: string): Found | undefined {
  let key: { token: string; start: number } | undefined;
  let colon = false;
  for (const each of inside(text, from)) {
    if (colon && key) {
      if (JSON.parse(key.token) === name) {
        return { start: key.start, end: key.start + key.token.length, value: each.start };
      }
      colon = false;
      key = undefined;
    } else if (each.token === ":") colon = true;
    else if (each.token.startsWith('"')) key = each;
  }
  return undefined;
}

function element(text: string, from: number, index: number): Found | undefined {
  let at = 0;
  for (const { start, token } of inside(text, from)) {
    if (token === ",") at += 1;
    else if (at === index) return { start, end: start + token.length, value: start };
  }
  return undefined;
}

function position(text: string, offset: number): Range["start"] {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: before.at(-1)!.length };
}
