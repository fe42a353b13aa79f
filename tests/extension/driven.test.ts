/**
 * The end-to-end scenarios reach every command and every view by mouse and by keyboard: each names
 * what it drives, and the runner fails one that does not do what it names.
 */
import { expect, test } from "vitest";
import { stages } from "../e2e/scenarios/index.mjs";
import { contributed } from "../e2e/workbench/manifest.mjs";

const scenarios: readonly {
  readonly name: string;
  readonly drives?: Readonly<Record<"mouse" | "keyboard", readonly string[]>>;
}[] = stages.flatMap((stage) => stage.scenarios);

test.each(["mouse", "keyboard"] as const)("by %s: every command and every view", (hand) => {
  const driven = scenarios.flatMap(({ drives }) => drives?.[hand] ?? []);
  expect([...new Set(driven)].sort()).toEqual([...contributed].sort());
});

test("every scenario has a name of its own", () => {
  const names = scenarios.map(({ name }) => name);
  expect([...new Set(names)]).toEqual(names);
});
