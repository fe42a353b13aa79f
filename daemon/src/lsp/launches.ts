/** Launch configurations in the editor: kernels that no profile fits, or not all of one. */
import { type Diagnostic, DiagnosticSeverity } from "vscode-languageserver";
import type { KnownKernel } from "./kernels.ts";

export const isLaunch = (path: string): boolean => /[\\/]\.vscode[\\/]launch\.json$/.test(path);

/** At the lines that name a program. */
export function launchDiagnostics(text: string, kernels: readonly KnownKernel[]): Diagnostic[] {
  const lines = text.split("\n");
  return kernels.flatMap(({ kernel: { profile, program }, knowledge }) => {
    const name = program?.split(/[\\/]/).at(-1);
    // What does not fit in a profile of the user's own is told there.
    const message = profile === undefined && name ? problem(name, knowledge) : undefined;
    if (name === undefined || message === undefined) return [];
    return lines.flatMap((line, at): Diagnostic[] => {
      const names = /^(?!\s*\/\/).*"program"\s*:/.test(line);
      const start = names ? line.indexOf(name) : -1;
      if (start < 0) return [];
      const range = {
        start: { line: at, character: start },
        end: { line: at, character: start + name.length },
      };
      return [{ range, severity: DiagnosticSeverity.Information, source: "AsyncOS", message }];
    });
  });
}

function problem(
  name: string,
  { findings, profile }: KnownKernel["knowledge"],
): string | undefined {
  if (profile === undefined) {
    return `No profile matches ${name}: its threads, executors and bitmaps are not shown (launch option \`profile\`).`;
  }
  const [first] = findings;
  if (!first) return undefined;
  const place = first.place === "" ? first.problem : `${first.place}: ${first.problem}`;
  return findings.length === 1
    ? `The profile ${profile} does not fit ${name} in one place: ${place}`
    : `The profile ${profile} does not fit ${name} in ${findings.length} places, first ${place}`;
}
