/**
 * The kernels of the window's folders, for the language server: those that launch configurations
 * name, or else the likeliest image of each folder. Watches their files.
 */
import * as vscode from "vscode";
import { absolute, DEBUG_TYPE, located } from "../debug/paths.ts";
import { kernelsOf } from "../debug/workspace-kernels.ts";

/** What the daemon takes in `asyncos/kernels`. */
export interface KernelFiles {
  readonly program?: string;
  readonly profile?: string;
  readonly symbolFiles?: readonly string[];
  readonly sourceMap?: Readonly<Record<string, string>>;
}

/** A build writes its image for a while. */
const REST_MILLISECONDS = 700;

export class WorkspaceKernels implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<readonly KernelFiles[]>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #watchers: readonly vscode.Disposable[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #found: readonly KernelFiles[] = [];

  /** Others are there, or their files are others. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscriptions = [
      this.#changed,
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#later()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("launch")) this.#later();
      }),
    ];
  }

  get found(): readonly KernelFiles[] {
    return this.#found;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const each of [...this.#subscriptions, ...this.#watchers]) each.dispose();
  }

  async look(): Promise<readonly KernelFiles[]> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    this.#found = (await Promise.all(folders.map(kernelsIn))).flat();
    for (const each of this.#watchers) each.dispose();
    this.#watchers = this.#found.flatMap(watch(() => this.#later()));
    return this.#found;
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), REST_MILLISECONDS);
  }

  async #tell(): Promise<void> {
    this.#changed.fire(await this.look());
  }
}

async function kernelsIn(folder: vscode.WorkspaceFolder): Promise<readonly KernelFiles[]> {
  const launch = vscode.workspace.getConfiguration("launch", folder);
  const configured = launch
    .get<readonly vscode.DebugConfiguration[]>("configurations", [])
    .filter(({ request, type }) => type === DEBUG_TYPE && request === "launch")
    .map((configuration) => filesOf(folder, configuration));
  if (configured.length > 0) return distinct(configured);
  const [likeliest] = await kernelsOf(folder);
  return likeliest === undefined ? [] : [{ program: absolute(folder, likeliest) }];
}

/** Variables of which only the folder is known before a session starts. */
function filesOf(folder: vscode.WorkspaceFolder, given: vscode.DebugConfiguration): KernelFiles {
  const substituted = JSON.parse(
    JSON.stringify(given, ["program", "profile", "symbolFiles"]).replaceAll(
      "${workspaceFolder}",
      JSON.stringify(folder.uri.fsPath).slice(1, -1),
    ),
  );
  const sourceMap = Object.fromEntries(
    Object.entries((given.sourceMap as Record<string, string> | undefined) ?? {}).map(
      ([compiled, host]) => [
        compiled,
        String(host).replaceAll("${workspaceFolder}", folder.uri.fsPath),
      ],
    ),
  );
  return located(folder, { ...substituted, sourceMap });
}

const distinct = (kernels: readonly KernelFiles[]): KernelFiles[] => [
  ...new Map(kernels.map((kernel) => [JSON.stringify(kernel), kernel])).values(),
];

const watch =
  (changed: () => void) =>
  ({ profile, program }: KernelFiles): vscode.Disposable[] =>
    [program, profile].flatMap((path) => {
      if (path === undefined) return [];
      const uri = vscode.Uri.file(path);
      const pattern = new vscode.RelativePattern(
        vscode.Uri.joinPath(uri, ".."),
        path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1),
      );
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      watcher.onDidChange(changed);
      watcher.onDidCreate(changed);
      watcher.onDidDelete(changed);
      return [watcher];
    });
