/** Launch attributes that name files, relative to the workspace folder. */
import * as vscode from "vscode";

export const DEBUG_TYPE = "asyncos";

const FILES = ["program", "profile", "disk", "initrd", "firmware"];
const FILE_LISTS = ["symbolFiles"];
const FILE_MAPS = ["sourceMap"];

/** What stands in the place of a file, and is none. */
const NO_FILES = ["builtin"];

/** Paths become absolute; whether they exist and what else is wrong is the daemon's to say. */
export function located<Attributes extends Readonly<Record<string, unknown>>>(
  folder: vscode.WorkspaceFolder | undefined,
  attributes: Attributes,
): Attributes {
  const given: Readonly<Record<string, unknown>> = attributes;
  const resolved: Record<string, unknown> = { ...given };
  const locate = (value: unknown) =>
    typeof value === "string" && !NO_FILES.includes(value) ? absolute(folder, value) : value;
  for (const name of FILES) if (name in given) resolved[name] = locate(given[name]);
  for (const name of FILE_LISTS) {
    const list = given[name];
    if (Array.isArray(list)) resolved[name] = list.map(locate);
  }
  for (const name of FILE_MAPS) {
    const map = given[name];
    if (typeof map !== "object" || map === null) continue;
    resolved[name] = Object.fromEntries(
      Object.entries(map).map(([key, value]) => [key, locate(value)]),
    );
  }
  return resolved as Attributes;
}

export function absolute(folder: vscode.WorkspaceFolder | undefined, path: string): string {
  const rooted = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path);
  return rooted || folder === undefined ? path : vscode.Uri.joinPath(folder.uri, path).fsPath;
}
