/** Builds a folder's kernel in a terminal, for whoever pressed F5 before there was an image. */
import * as vscode from "vscode";

/** Whether it went well; the terminal says what did not. */
export async function build(folder: vscode.WorkspaceFolder, command: string): Promise<boolean> {
  const task = new vscode.Task(
    { type: "shell" },
    folder,
    command,
    "AsyncOS",
    new vscode.ShellExecution(command),
    "$rustc",
  );
  task.group = vscode.TaskGroup.Build;
  const running = await vscode.tasks.executeTask(task);
  return new Promise((resolve) => {
    const ended = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution !== running) return;
      ended.dispose();
      resolve(exitCode === 0);
    });
  });
}
