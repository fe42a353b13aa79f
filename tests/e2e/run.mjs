/**
 * End-to-end tests in a real VS Code workbench: packages the extension, installs the package into a
 * workbench that has nothing else, and uses it as a person would: all scenarios in the newest VS Code,
 * then those that matter most in the oldest supported one. `--vscode newest` or `oldest` runs all
 * of them in that one, `--only TEXT` those whose name contains it (`A|B`: or the other), `--without
 * TEXT` the others, `--repeat N` each of them so many times, `--retry` once more what failed,
 * `--media` renews the pictures of the extension's README. Screenshots and logs go to
 * test-results/e2e.
 */
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stages } from "./scenarios/index.mjs";
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
      repeat: { type: "string", default: "1" },
      retry: { type: "boolean", default: false },
      without: { type: "string" },
    },
  });
  const runs = chosenRuns(options);
  const executable = findBrowser();
  const vsix = await packageExtension(root);
  await rm(results, { recursive: true, force: true });

  // Ends the browser too; a workbench ends with whoever started it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  const tally = { passed: 0, failed: [], unsteady: [], retry: options.retry };
  const browser = await startBrowser(executable);
  try {
    for (const [which, chosen] of runs) {
      const install = await installWorkbench(which, join(root, ".cache"), console.log);
      const folder = join(results, which);
      await mkdir(folder, { recursive: true });
      const media =
        options.media && which === "newest" ? join(root, "extension", "media") : undefined;
      const open = async (stage, scenario) => {
        const workbench = await startWorkbench(install, {
          vsix,
          fill: (workspace) => stage.fill?.(workspace, root),
          settings: stage.settings,
          logFile: join(folder, `${slug(scenario)}.log`),
        });
        const address = workbench.address(stage.open);
        // Whoever fails to open has a workbench to end.
        const window = await openWindow(browser, address, {
          screenshots: folder,
          media,
          language: stage.language,
        }).catch(async (error) => {
          await workbench.end();
          throw error;
        });
        return { install, window, workbench };
      };
      for (const stage of chosen) await runStage({ stage, open, tally, version: install.version });
    }
  } finally {
    await browser.close();
  }
  console.log(`\n${tally.passed} steps passed, ${tally.failed.length} scenarios failed`);
  for (const name of tally.failed) console.log(`  ${name}`);
  for (const name of tally.unsteady) console.log(`  unsteady: ${name}`);
  return tally.failed.length === 0 && tally.passed > 0 ? 0 : 1;
}

/** Which scenarios run in which VS Code. */
function chosenRuns({ only, without, repeat, vscode }) {
  if (vscode !== undefined && !(vscode in WORKBENCHES)) {
    throw new MissingTool(
      `--vscode takes ${Object.keys(WORKBENCHES).join(" or ")}, not ${vscode}.`,
    );
  }
  const among = (texts, name) => texts.split("|").some((text) => name.includes(text));
  const named = ({ name }) => among(only, name) && !(without !== undefined && among(without, name));
  const times = Array.from({ length: Number(repeat) });
  const choose = (wanted) =>
    stages
      .map((stage) => ({
        ...stage,
        scenarios: stage.scenarios.filter((scenario) => named(scenario) && wanted(scenario)),
      }))
      .filter(({ scenarios }) => scenarios.length > 0)
      // Each time in a workbench that nobody has used.
      .flatMap((stage) => times.map(() => stage));
  const all = () => true;
  if (vscode !== undefined) return [[vscode, choose(all)]];
  return [
    ["newest", choose(all)],
    ["oldest", choose(({ core }) => core)],
  ];
}

/**
 * The scenarios of a stage share its workbench as long as they pass: what a failed one leaves behind
 * is nobody's to explain, so the next one gets another.
 */
async function runStage({ stage, open, tally, version }) {
  let opened;
  const close = async () => {
    await opened?.window?.close();
    await opened?.workbench.end();
    opened = undefined;
  };
  const passes = async (scenario) => {
    console.log(`\n${scenario.name} (VS Code ${version})`);
    const start = performance.now();
    try {
      opened ??= await open(stage, scenario);
      await runScenario(stage, scenario, opened, tally);
      console.log(`  ${((performance.now() - start) / 1000).toFixed(1)} s`);
      return true;
    } catch (error) {
      console.log(`  FAIL  ${error.stack ?? error}`);
      await opened?.window?.screenshot(`failed-${slug(scenario)}`);
      await close();
      return false;
    }
  };
  for (const scenario of stage.scenarios) {
    if (await passes(scenario)) continue;
    const again = tally.retry && (await passes(scenario));
    (again ? tally.unsteady : tally.failed).push(`${scenario.name} (VS Code ${version})`);
  }
  await close();
}

/** The steps of a scenario build on each other: the first failure ends it. */
async function runScenario(stage, scenario, { install, window, workbench }, tally) {
  const step = async (name, body) => {
    const start = performance.now();
    await body();
    tally.passed += 1;
    console.log(`  ok    ${name} (${Math.round(performance.now() - start)} ms)`);
  };
  window.mouse.used.clear();
  window.keyboard.used.clear();
  await stage.begin?.(window, scenario.session);
  await scenario.run({ step, window, workbench, install, root });
  for (const hand of ["mouse", "keyboard"]) {
    const used = window[hand].used;
    const missing = (scenario.drives?.[hand] ?? []).filter((id) => !used.has(id));
    if (missing.length > 0) throw new Error(`not driven by ${hand}: ${missing.join(", ")}`);
  }
  await stage.end?.(window);
}

const slug = ({ name }) => name.replaceAll(/[^a-z0-9]+/gi, "-");

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof MissingTool ? error.message : error);
  process.exitCode = 2;
}
