/** Launch configurations: what F5 starts without a launch.json, and paths made absolute. */
import * as vscode from "vscode";
import { t } from "../base/words.ts";
import { build } from "./building.ts";
import { copyKernel, isEmpty } from "./kernel-copy.ts";
import { BUNDLED_KERNEL, kernelConfiguration } from "./kernels.ts";
import { located } from "./paths.ts";
import { buildOf, kernelsOf } from "./workspace-kernels.ts";

/** Workloads of the bundled kernel, offered in the list of configurations. */
const WORKLOADS = ["ring", "priorities", "sleepers"];

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  readonly #kernel: () => Promise<vscode.Uri>;

  /** `kernel` answers the bundled kernel's folder. */
  constructor(kernel: () => Promise<vscode.Uri>) {
    this.#kernel = kernel;
  }

  /**
   * F5 without a launch.json arrives here with an empty configuration: it starts a kernel of the
   * folder, or the bundled one where there is none.
   */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const empty = !config.type && !config.request && !config.name;
    return empty ? chooseKernel(folder, this.#kernel) : config;
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

/** What a new launch.json begins with: the folder's likeliest kernel, and the one in the box. */
export class InitialProvider implements vscode.DebugConfigurationProvider {
  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration[]> {
    const [own] = folder === undefined ? [] : await kernelsOf(folder);
    return [...(own === undefined ? [] : [kernelConfiguration(own)]), { ...BUNDLED_KERNEL }];
  }
}

/** Asks only where there is a choice; undefined: the user wants none. */
async function chooseKernel(
  folder: vscode.WorkspaceFolder | undefined,
  kernel: () => Promise<vscode.Uri>,
): Promise<vscode.DebugConfiguration | undefined> {
  const found = folder === undefined ? [] : await kernelsOf(folder);
  const copyable = folder !== undefined && found.length === 0 && (await isEmpty(folder));
  const command =
    folder !== undefined && found.length === 0 && !copyable ? await buildOf(folder) : undefined;
  if (found.length === 0 && !copyable && command === undefined) return { ...BUNDLED_KERNEL };
  const items: (vscode.QuickPickItem & {
    start(): Promise<vscode.DebugConfiguration | undefined>;
  })[] = [
    ...(folder !== undefined && command !== undefined
      ? [
          {
            label: t("Build the kernel first"),
            description: command,
            start: async () => {
              if (await build(folder, command)) return firstBuilt(folder);
              throw new Error(t("{0} failed: the terminal says why.", command));
            },
          },
        ]
      : []),
    ...found.map((path) => ({
      label: path.slice(path.lastIndexOf("/") + 1),
      description: path,
      start: async () => kernelConfiguration(path) as vscode.DebugConfiguration,
    })),
    {
      label: t("Bundled kernel"),
      description: t("comes with AsyncOS Debugger"),
      start: async () => ({ ...BUNDLED_KERNEL }),
    },
    ...(copyable
      ? [
          {
            label: t("A copy of it, to change"),
            description: t("its sources, image and a launch.json go into this folder"),
            start: async () => copyKernel(await kernel()),
          },
        ]
      : []),
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t("Debug a kernel"),
    placeHolder: copyable
      ? t("This folder is empty: debug the kernel that comes with the extension, or a copy of it")
      : command !== undefined
        ? t("No RISC-V image is built in this folder yet")
        : t("A RISC-V kernel of this folder, or the one that comes with the extension"),
    matchOnDescription: true,
  });
  return chosen?.start();
}

async function firstBuilt(folder: vscode.WorkspaceFolder): Promise<vscode.DebugConfiguration> {
  const [first] = await kernelsOf(folder);
  if (first === undefined)
    throw new Error(t("The build made no RISC-V image: name it in a launch.json (`program`)."));
  return kernelConfiguration(first);
}
