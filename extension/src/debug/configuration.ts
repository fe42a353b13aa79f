/** Launch configurations: what F5 starts without a launch.json, and paths made absolute. */
import * as vscode from "vscode";
import { t } from "../base/words.ts";
import { kernelConfiguration } from "./kernels.ts";
import { DEBUG_TYPE, located } from "./paths.ts";
import { kernelsOf } from "./workspace-kernels.ts";

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

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  /**
   * F5 without a launch.json arrives here with an empty configuration: it starts a kernel of the
   * folder, or the bundled one where there is none.
   */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const empty = !config.type && !config.request && !config.name;
    return empty ? chooseKernel(folder) : config;
  }

  resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration {
    return located(folder, config);
  }
}

/** The list behind "AsyncOS..." in the box of launch configurations: kernels of the folder first. */
export class WorkloadProvider implements vscode.DebugConfigurationProvider {
  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration[]> {
    const own = folder === undefined ? [] : await kernelsOf(folder);
    const workloads = WORKLOADS.map((workload) => ({
      ...BUNDLED_KERNEL,
      name: `${BUNDLED_KERNEL.name}, workload ${workload}`,
      append: `workload=${workload}`,
    }));
    return [...own.map(kernelConfiguration), { ...BUNDLED_KERNEL }, ...workloads];
  }
}

/** Asks only where there is a choice; undefined: the user wants none. */
async function chooseKernel(
  folder: vscode.WorkspaceFolder | undefined,
): Promise<vscode.DebugConfiguration | undefined> {
  const found = folder === undefined ? [] : await kernelsOf(folder);
  if (found.length === 0) return { ...BUNDLED_KERNEL };
  const items = [
    ...found.map((path) => ({
      label: path.slice(path.lastIndexOf("/") + 1),
      description: path,
      configuration: kernelConfiguration(path) as vscode.DebugConfiguration,
    })),
    {
      label: t("Bundled kernel"),
      description: t("comes with AsyncOS Debugger"),
      configuration: { ...BUNDLED_KERNEL },
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t("Debug a kernel"),
    placeHolder: t("A RISC-V kernel of this folder, or the one that comes with the extension"),
    matchOnDescription: true,
  });
  return chosen?.configuration;
}
