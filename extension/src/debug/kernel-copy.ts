/** Makes a copy of the bundled kernel to change and build: sources, image, and a launch.json for it. */
import * as vscode from "vscode";
import { t } from "../base/words.ts";
import { BUNDLED_KERNEL } from "./configuration.ts";

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

/** `sources`: the bundled kernel's folder. Overwrites nothing. */
export async function copyKernel(sources: vscode.Uri): Promise<void> {
  const { fs, workspaceFolders } = vscode.workspace;
  const folder = workspaceFolders?.[0]?.uri;
  if (folder === undefined) {
    throw new Error(
      t("The copy goes into the open folder, and none is open. Open an empty folder first."),
    );
  }
  const kernel = vscode.Uri.joinPath(folder, "kernel");
  const launch = vscode.Uri.joinPath(folder, ".vscode", "launch.json");
  for (const each of [kernel, launch]) {
    if (await exists(each)) {
      throw new Error(t("{0} is there already. Open an empty folder for the copy.", each.fsPath));
    }
  }
  const parts = (await fs.readDirectory(sources)).filter(([name]) => !NOT_COPIED.includes(name));
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
        await fs.copy(vscode.Uri.joinPath(sources, name), to);
      }
      await fs.writeFile(launch, new TextEncoder().encode(`${JSON.stringify(LAUNCH, null, 2)}\n`));
    },
  );
  await vscode.window.showTextDocument(vscode.Uri.joinPath(kernel, "README.md"));
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
