/** The buttons of the walkthrough, from the kernel in the box to the first stop at a waker. */
import * as vscode from "vscode";
import { t } from "./base/words.ts";
import { BUNDLED_KERNEL } from "./debug/kernels.ts";
import type { Session } from "./debug/sessions.ts";
import { EXAMPLE, nextWoken } from "./example.ts";

/** Among so many is one that somebody will wake. */
const LOOKED_AT = 50;

export async function openWalkthrough(extension: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", `${extension}#start`);
}

/** Sets the breakpoint and goes to it; starts a session where none runs. */
export async function breakInExample(
  sources: vscode.Uri,
  session: Session | undefined,
): Promise<void> {
  const uri = vscode.Uri.joinPath(sources, EXAMPLE.file);
  const document = await vscode.workspace.openTextDocument(uri);
  const line = document.lineAt(document.positionAt(document.getText().indexOf(EXAMPLE.text))).range;
  await vscode.window.showTextDocument(document, { selection: line, preview: true });
  const isThere = exampleBreakpoints(sources).length > 0;
  if (!isThere) {
    const place = new vscode.Location(uri, line.start);
    vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(place, true, EXAMPLE.condition)]);
  }
  if (!session) {
    const folder = vscode.workspace.workspaceFolders?.[0];
    await vscode.debug.startDebugging(folder, { ...BUNDLED_KERNEL, stopOnEntry: false });
  } else if (session.phase === "stopped" && !isThere) {
    await goOn();
  }
}

/**
 * Picks a waiting coroutine and goes on until it is woken. The example's breakpoint has been seen,
 * and would stop others before.
 */
export async function stopAtNextWake(sources: vscode.Uri, session: Session): Promise<void> {
  const page = await session.snapshot.coroutines({
    filter: "state:waiting",
    start: 0,
    count: LOOKED_AT,
  });
  const waiting = nextWoken(page.coroutines);
  if (!waiting) {
    throw new Error(t("No coroutine waits at this point. Continue for a while and pause again."));
  }
  vscode.debug.removeBreakpoints(exampleBreakpoints(sources));
  const kinds = [...new Set([...(waiting.breakOn ?? []), "wake"])];
  await session.debug.customRequest("asyncos/breakOn", { coroutine: waiting.id, kinds });
  await goOn();
}

const goOn = () => vscode.commands.executeCommand("workbench.action.debug.continue");

/** That of the walkthrough, told by its condition from those that the user has set in that file. */
function exampleBreakpoints(sources: vscode.Uri): readonly vscode.SourceBreakpoint[] {
  const file = vscode.Uri.joinPath(sources, EXAMPLE.file).toString();
  return vscode.debug.breakpoints.filter(
    (each): each is vscode.SourceBreakpoint =>
      each instanceof vscode.SourceBreakpoint &&
      each.location.uri.toString() === file &&
      each.condition === EXAMPLE.condition,
  );
}
