/** The kernels of a workspace folder, asked of VS Code's own file system, also a remote one. */
import * as vscode from "vscode";
import { buildCommand, type Files, findKernels } from "./kernels.ts";

/** Paths of one pattern that are looked at: a folder with more is no folder of builds. */
const MOST_PATHS = 2000;

/** Relative to the folder, the likeliest first. */
export const kernelsOf = (folder: vscode.WorkspaceFolder): Promise<readonly string[]> =>
  findKernels(filesOf(folder));

/** Undefined: whether there is a kernel to be built is not known. */
export const buildOf = (folder: vscode.WorkspaceFolder): Promise<string | undefined> =>
  buildCommand(filesOf(folder));

function filesOf(folder: vscode.WorkspaceFolder): Files {
  const root = folder.uri.path.length + 1;
  return {
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
  };
}
