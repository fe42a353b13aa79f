/** Holds what of the extension needs Node: a build for the web replaces these files and no others. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../../extension/src");
/** As docs/extension.md says. */
const AT_THE_HOST = [
  "daemon/host.ts",
  "daemon/json-socket-ws.ts",
  "daemon/kernel-folder.ts",
  // Has the same classes in `vscode-languageclient/browser`.
  "language/client.ts",
];

/** Node's modules and globals, and packages that need it. */
const NODE =
  /from "(node:[^"]+|ws|vscode-languageclient\/node)"|import\("(node:[^"]+|ws)"\)|\b(process\.(env|execPath|platform|versions|cwd)\b|Buffer\.|require\()/;

test("only the files at the host need Node", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => path.replaceAll("\\", "/"));
  expect(files.length).toBeGreaterThan(30);
  const needing = files.filter((path) =>
    NODE.test(
      readFileSync(join(source, path), "utf8").replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, ""),
    ),
  );
  expect(needing.sort()).toEqual(AT_THE_HOST);
});
