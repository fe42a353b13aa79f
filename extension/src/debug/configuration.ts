/** Launch configurations: what F5 starts without a launch.json, and what is checked before a start. */
import * as vscode from "vscode";
import { DEBUG_TYPE } from "./sessions.ts";

/**
 * The kernel in the box with four harts. Stops at the entry, because whoever starts it this way has
 * set no breakpoint yet.
 */
export const BUNDLED_KERNEL: vscode.DebugConfiguration = {
  type: DEBUG_TYPE,
  request: "launch",
  name: "AsyncOS: bundled kernel",
  harts: 4,
  stopOnEntry: true,
  // The panel is for the views; the console is one tab away.
  internalConsoleOptions: "neverOpen",
};

/** Workloads of the bundled kernel, offered in the list of configurations. */
const WORKLOADS = ["ring", "priorities", "sleepers"];

/** Launch attributes that name files, relative to the workspace folder. */
const FILES = ["program", "profile"];

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  /** F5 without a launch.json arrives here with an empty configuration. */
  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration {
    const empty = !config.type && !config.request && !config.name;
    return empty ? { ...BUNDLED_KERNEL } : config;
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const resolved = { ...config };
    for (const name of FILES) {
      const value: unknown = config[name];
      if (typeof value !== "string") continue;
      const uri = locate(folder, value);
      if (!(await exists(uri))) {
        await vscode.window.showErrorMessage(
          `"${name}" of the configuration "${config.name}" names ${uri.fsPath}, which does not exist. Build it, or correct launch.json.`,
          { modal: true },
        );
        return undefined;
      }
      resolved[name] = uri.fsPath;
    }
    return resolved;
  }
}

/** The list behind "AsyncOS..." in the box of launch configurations. */
export class WorkloadProvider implements vscode.DebugConfigurationProvider {
  provideDebugConfigurations(): vscode.DebugConfiguration[] {
    const workloads = WORKLOADS.map((workload) => ({
      ...BUNDLED_KERNEL,
      name: `${BUNDLED_KERNEL.name}, workload ${workload}`,
      append: `workload=${workload}`,
    }));
    return [{ ...BUNDLED_KERNEL }, ...workloads];
  }
}

function locate(folder: vscode.WorkspaceFolder | undefined, path: string): vscode.Uri {
  const absolute = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path);
  return absolute || folder === undefined
    ? vscode.Uri.file(path)
    : vscode.Uri.joinPath(folder.uri, path);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
