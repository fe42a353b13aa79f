/**
 * End-to-end tests in a real VS Code workbench: packages the extension, installs the package into a
 * workbench that has nothing else, and uses it as a person would: all scenarios in the newest VS Code,
 * then those that matter most in the oldest supported one. `--vscode newest` or `oldest` runs all
 * of them in that one, `--only TEXT` those whose name contains it, `--media` renews the pictures of
 * the extension's README and walkthrough. Screenshots and logs go to test-results/e2e.
 */
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/index.mjs";
import { packageExtension } from "./workbench/extension.mjs";
import { findBrowser, installWorkbench, MissingTool, WORKBENCHES } from "./workbench/install.mjs";
import { startWorkbench } from "./workbench/server.mjs";
import { openWindow, startBrowser } from "./workbench/window.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const results = join(root, "test-results", "e2e");

async function main() {
  const { values: options } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      vscode: { type: "string" },
      media: { type: "boolean", default: false },
    },
  });
  const runs = chosenRuns(options);
  const executable = findBrowser();
  const vsix = await packageExtension(root);
  await rm(results, { recursive: true, force: true });

  const tally = { passed: 0, failed: 0 };
  const browser = await startBrowser(executable);
  try {
    for (const [which, chosen] of runs) {
      const install = await installWorkbench(which, join(root, ".cache"), console.log);
      const folder = join(results, which);
      await mkdir(folder, { recursive: true });
      const media =
        options.media && which === "newest" ? join(root, "extension", "media") : undefined;
      for (const scenario of chosen) {
        console.log(`\n${scenario.name} (VS Code ${install.version})`);
        await runScenario({ scenario, browser, install, vsix, tally, folder, media });
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

/** Which scenarios run in which VS Code. */
function chosenRuns({ only, vscode }) {
  if (vscode !== undefined && !(vscode in WORKBENCHES)) {
    throw new MissingTool(
      `--vscode takes ${Object.keys(WORKBENCHES).join(" or ")}, not ${vscode}.`,
    );
  }
  const named = scenarios.filter(({ name }) => name.includes(only));
  if (vscode !== undefined) return [[vscode, named]];
  return [
    ["newest", named],
    ["oldest", named.filter(({ core }) => core)],
  ];
}

/** The steps of a scenario build on each other: the first failure ends it. */
async function runScenario({ scenario, browser, install, vsix, tally, folder, media }) {
  const slug = scenario.name.replaceAll(/[^a-z0-9]+/gi, "-");
  let workbench;
  let window;
  const step = async (name, body) => {
    const start = performance.now();
    await body();
    tally.passed += 1;
    console.log(`  ok    ${name} (${Math.round(performance.now() - start)} ms)`);
  };
  try {
    workbench = await startWorkbench(install, {
      vsix,
      fill: (workspace) => scenario.fill?.(workspace, root),
      settings: scenario.settings,
      logFile: join(folder, `${slug}.log`),
    });
    const address = workbench.address(scenario.open);
    window = await openWindow(browser, address, {
      screenshots: folder,
      media,
      language: scenario.language,
    });
    await scenario.run({ step, window, workbench, install, root });
  } catch (error) {
    tally.failed += 1;
    console.log(`  FAIL  ${error.stack ?? error}`);
    await window?.screenshot(`failed-${slug}`);
  } finally {
    await window?.close();
    await workbench?.end();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof MissingTool ? error.message : error);
  process.exitCode = 2;
}
