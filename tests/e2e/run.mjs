/**
 * End-to-end tests in a real VS Code workbench: packages the extension, installs the package into a
 * workbench that has nothing else, and uses it as a person would. `--only TEXT` runs the scenarios
 * whose name contains it, `--media` renews the pictures of the extension's README. Screenshots and logs go to test-results/e2e.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { scenarios } from "./scenarios/index.mjs";
import { findBrowser, installWorkbench, MissingTool } from "./workbench/install.mjs";
import { startWorkbench } from "./workbench/server.mjs";
import { openWindow, startBrowser } from "./workbench/window.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const results = join(root, "test-results", "e2e");

async function main() {
  const only = process.argv.indexOf("--only");
  const wanted = only < 0 ? "" : (process.argv[only + 1] ?? "");
  const chosen = scenarios.filter(({ name }) => name.includes(wanted));
  const executable = findBrowser();
  const install = await installWorkbench(join(root, ".cache"), console.log);
  const vsix = await packageExtension();
  await rm(results, { recursive: true, force: true });
  await mkdir(results, { recursive: true });

  const tally = { passed: 0, failed: 0 };
  const browser = await startBrowser(executable);
  try {
    for (const scenario of chosen) await runScenario({ scenario, browser, install, vsix, tally });
  } finally {
    await browser.close();
  }
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

/** The steps of a scenario build on each other: the first failure ends it. */
async function runScenario({ scenario, browser, install, vsix, tally }) {
  console.log(`\n${scenario.name}`);
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
      fill: (folder) => scenario.fill?.(folder, root),
      settings: scenario.settings,
      logFile: join(results, `${slug}.log`),
    });
    const media = process.argv.includes("--media") ? join(root, "extension", "media") : undefined;
    const address = workbench.address(scenario.open);
    window = await openWindow(browser, address, { screenshots: results, media });
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

async function packageExtension() {
  const extension = join(root, "extension");
  execFileSync(process.execPath, [join(extension, "scripts", "package.mjs")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const made = (await readdir(extension)).filter((name) => name.endsWith(".vsix"));
  if (made.length !== 1) throw new Error(`one .vsix expected in extension/, found ${made.length}`);
  return join(extension, made[0]);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof MissingTool ? error.message : error);
  process.exitCode = 2;
}
