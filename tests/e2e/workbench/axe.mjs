/** Accessibility of a page in a webview, as axe sees it: WCAG 2.1 A and AA, and its best practices. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Throws with each violation and the elements that have it. `page` is a Playwright page or frame (of
 * a webview: `await webviewFrame(locator)`); rules in `without` are left out, each for a reason that
 * stands where it is asked for.
 */
export async function checkAccessibility(page, without = []) {
  // Evaluated, not loaded: the page's own policy allows no script of others.
  await page.evaluate(`if (!globalThis.axe) { ${source}; }`);
  const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]));
  const { passes, violations } = await page.evaluate(
    (options) => globalThis.axe.run(document, options),
    { rules, resultTypes: ["violations"] },
  );
  if (passes.length === 0) throw new Error("axe found nothing to check");
  if (violations.length === 0) return;
  const lines = violations.flatMap(({ help, id, nodes }) => [
    `${id}: ${help}`,
    ...nodes.map(({ failureSummary, html }) => `  ${html}\n    ${failureSummary}`),
  ]);
  throw new Error(`axe finds violations:\n${lines.join("\n")}`);
}

/** The frame that a locator inside a webview is in. */
export async function webviewFrame(locator) {
  const element = await locator.elementHandle();
  const frame = await element?.ownerFrame();
  if (!frame) throw new Error("no frame holds this element");
  return frame;
}
