/** The kernels of a workspace folder, asked of VS Code's own file system, also a remote one. */
import * as vscode from "vscode";
import { findKernels } from "./kernels.ts";

/** Paths of one pattern that are looked at: a folder with more is no folder of builds. */
const MOST_PATHS = 2000;

/** Relative to the folder, the likeliest first. */
export function kernelsOf(folder: vscode.WorkspaceFolder): Promise<readonly string[]> {
  const root = folder.uri.path.length + 1;
  return findKernels({
    async find(pattern) {
      const where = new vscode.RelativePattern(folder, pattern);
      const found = await vscode.workspace.findFiles(where, "**/node_modules/**", MOST_PATHS);
      return found.map(({ path }) => path.slice(root));
    },
    async read(path) {
      try {
        return await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, path));
      } catch {
        return undefined;
      }
    },
  });
}
