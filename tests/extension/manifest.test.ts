/** The manifest and the code name the same commands and views, and no menu leads nowhere. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVENT_KINDS } from "../../daemon/src/awareness/api.ts";
import { parseLaunch } from "../../daemon/src/dap/launch.ts";
import raw from "../../extension/package.json" with { type: "json" };
import english from "../../extension/package.nls.json" with { type: "json" };

const read = (path: string) =>
  readFileSync(new URL(`../../extension/src/${path}`, import.meta.url), "utf8");
/** The manifest as an English user reads it. */
const manifest: typeof raw = JSON.parse(JSON.stringify(raw), (_, value: unknown) => {
  const key = typeof value === "string" ? /^%(.+)%$/.exec(value)?.[1] : undefined;
  return key === undefined ? value : (english as Record<string, string>)[key];
});
const { commands, menus, views, viewsWelcome } = manifest.contributes;
const declared = commands.map(({ command }) => command).sort();

/** Run by rows and lenses only, so never shown in a menu. */
const INTERNAL = ["asyncos.showCoroutines", "asyncos.showPlace"];

test("every command is registered, and every registered one declared", () => {
  const registered = [...read("commands.ts").matchAll(/^ {2}"(asyncos\.\w+)":/gm)].map(
    ([, command]) => command!,
  );
  expect(registered.sort()).toEqual([...declared, ...INTERNAL].sort());
});

test("menus and welcome texts name declared commands", () => {
  const inMenus = Object.values(menus).flatMap((items) => items.map(({ command }) => command));
  const inTexts = viewsWelcome.flatMap(({ contents }) =>
    [...contents.matchAll(/\(command:(asyncos\.\w+)\)/g)].map(([, command]) => command!),
  );
  expect([...inMenus, ...inTexts].filter((command) => !declared.includes(command))).toEqual([]);
});

test("every view has its rows, and an empty state for running and stopped", () => {
  const code = read("extension.ts") + read("views/coroutines-view.ts");
  for (const { id } of [...views.asyncos, ...views.asyncosKernel]) {
    expect(code).toContain(`"${id}"`);
    for (const phase of id === "asyncos.harts" ? ["running"] : ["running", "stopped"]) {
      const states = viewsWelcome.filter(({ view, when }) => {
        return view === id && when?.includes(`asyncos.phase == ${phase}`);
      });
      expect(states, `${id} ${phase}`).not.toEqual([]);
    }
  }
});

const [walkthrough] = manifest.contributes.walkthroughs;

test.each(walkthrough!.steps)(
  "the walkthrough's step $id has one button, a picture, and an end",
  (step) => {
    const buttons = step.description
      .split("\n")
      .filter((line) => /^\[[^\]]+\]\([^)]+\)$/.test(line));
    expect(buttons).toHaveLength(1);
    const command = /\(command:(asyncos\.\w+)\)/.exec(buttons[0]!)?.[1];
    expect(declared).toContain(command);
    expect(step.completionEvents.length).toBeGreaterThan(0);
    for (const event of step.completionEvents) {
      const [, kind, what] = /^on(Command|View|Context):([\w.]+)$/.exec(event) ?? [];
      if (kind === "Command") expect(what).toBe(command);
      else if (kind === "View")
        expect(
          Object.values(views)
            .flat()
            .map(({ id }) => id),
        ).toContain(what);
      else expect(read("extension.ts")).toContain(`"${what}"`);
    }
    expect(existsSync(new URL(`../../extension/${step.media.image}`, import.meta.url))).toBe(true);
    expect(step.media.altText.length).toBeGreaterThan(20);
  },
);

test("every command and setting says what it is", () => {
  for (const { title } of commands) expect(title).not.toBe("");
  for (const { description } of Object.values(manifest.contributes.configuration.properties)) {
    expect(description).toMatch(/\.$/);
  }
  const attributes = manifest.contributes.debuggers[0]!.configurationAttributes.launch.properties;
  for (const { markdownDescription } of Object.values(attributes)) {
    expect(markdownDescription).toMatch(/\.$/);
  }
});

/** A value that the manifest's schema allows. */
function sample(schema: Record<string, unknown>): unknown {
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.type === "integer") return schema.minimum;
  const items = schema.items as { enum?: unknown[] } | undefined;
  if (items?.enum) return items.enum;
  return { string: "x", array: ["x"], object: { a: "x" }, boolean: true }[String(schema.type)];
}

const attributes: Record<string, Record<string, unknown>> = manifest.contributes.debuggers[0]!
  .configurationAttributes.launch.properties;

test.each(Object.entries(attributes))("the daemon takes the launch option %s", (name, schema) => {
  expect(() => parseLaunch({ [name]: sample(schema) })).not.toThrow();
  for (const value of (schema.enum as unknown[] | undefined) ?? []) {
    expect(() => parseLaunch({ [name]: value })).not.toThrow();
  }
  const beyond = schema.type === "string" ? 7 : { not: 7 };
  expect(() => parseLaunch({ [name]: beyond })).toThrow(`"${name}" must be`);
});

test("the event kinds of the manifest are the daemon's", () => {
  expect((attributes.events!.items as { enum: unknown }).enum).toEqual(EVENT_KINDS);
});
