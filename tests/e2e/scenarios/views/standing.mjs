/** What tells in the Harts view whether a hart has gone on. */
import assert from "node:assert/strict";
import { until } from "../../workbench/until.mjs";

const VIEW = "asyncos.harts";
const hart = (id) => new RegExp(`^Hart ${id}\\b`);

/** Names of all harts, as at this stop. */
export async function standing(window) {
  return window.view(VIEW).names(/^Hart \d/);
}

/** How many instructions a hart has retired, to the last one. */
export async function instructions(window, id) {
  const hover = await window.view(VIEW).hover(hart(id));
  return Number(/([\d,]+) instructions/.exec(hover)[1].replaceAll(",", ""));
}

/** That one hart goes on by `action`, until it stops or is paused, and the others stand still. */
export async function onlyGoesOn(window, id, action) {
  const names = await standing(window);
  const before = await instructions(window, id);
  await action();
  await until(`hart ${id} has gone on`, async () => {
    await window.pauseWhatRuns();
    return (await instructions(window, id)) > before;
  });
  const after = await standing(window);
  for (const [each, name] of names.entries()) if (each !== id) assert.equal(after[each], name);
}
