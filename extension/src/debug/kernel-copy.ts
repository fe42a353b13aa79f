/** Makes a copy of the bundled kernel to change and build: sources, image, and a launch.json for it. */
import * as vscode from "vscode";
import { Offer } from "../base/offer.ts";
import { t } from "../base/words.ts";
import { BUNDLED_KERNEL } from "./kernels.ts";

/** What a build leaves behind, in a checkout of the debugger. */
const NOT_COPIED = ["target", "node_modules"];

/** Its sources in the copy are what the image was compiled from. */
const LAUNCH = {
  version: "0.2.0",
  configurations: [
    {
      ...BUNDLED_KERNEL,
      name: "AsyncOS: my kernel",
      program: "${workspaceFolder}/kernel/prebuilt/asyncos-kernel.elf",
      sourceMap: { "/asyncos/kernel": "${workspaceFolder}/kernel" },
    },
  ],
};

/**
 * `source`: the bundled kernel's folder. Overwrites nothing; answers the launch configuration that
 * debugs the copy.
 */
export async function copyKernel(source: vscode.Uri): Promise<vscode.DebugConfiguration> {
  const { fs, workspaceFolders } = vscode.workspace;
  const folder = workspaceFolders?.[0]?.uri;
  if (folder === undefined) {
    throw new Offer(
      t("The copy goes into the open folder, and none is open. Open an empty folder first."),
      { title: t("Open Folder..."), command: "workbench.action.files.openFolder" },
    );
  }
  const kernel = vscode.Uri.joinPath(folder, "kernel");
  const launch = vscode.Uri.joinPath(folder, ".vscode", "launch.json");
  for (const each of [kernel, launch]) {
    if (await exists(each)) {
      throw new Offer(t("{0} is there already. Open an empty folder for the copy.", each.fsPath), {
        title: t("Open Folder..."),
        command: "workbench.action.files.openFolder",
      });
    }
  }
  const parts = (await fs.readDirectory(source)).filter(([name]) => !NOT_COPIED.includes(name));
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t("Copying the kernel"),
      cancellable: true,
    },
    async (progress, cancelled) => {
      await fs.createDirectory(kernel);
      for (const [name] of parts) {
        if (cancelled.isCancellationRequested) throw new vscode.CancellationError();
        progress.report({ message: name, increment: 100 / parts.length });
        const to = vscode.Uri.joinPath(kernel, name);
        await fs.copy(vscode.Uri.joinPath(source, name), to);
      }
      await fs.writeFile(launch, new TextEncoder().encode(`${JSON.stringify(LAUNCH, null, 2)}\n`));
    },
  );
  await vscode.window.showTextDocument(vscode.Uri.joinPath(kernel, "README.md"));
  return LAUNCH.configurations[0]!;
}

/** Nothing is in it but settings and what version control keeps. */
export async function isEmpty(folder: vscode.WorkspaceFolder): Promise<boolean> {
  const entries = await vscode.workspace.fs.readDirectory(folder.uri);
  return entries.every(([name]) => name.startsWith("."));
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
