/** What the extension contributes, and the English words under which VS Code shows it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", "..", "..", "extension");
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));

const { contributes } = read("package.json");
const words = read("package.nls.json");

const word = (text) => text.replace(/^%(.*)%$/, (_, key) => words[key]);

const commands = new Map(contributes.commands.map((each) => [each.command, each]));
const views = new Map(
  Object.entries(contributes.views).flatMap(([container, list]) =>
    list.map((view) => [view.id, { ...view, container }]),
  ),
);
const containers = new Map(
  Object.values(contributes.viewsContainers)
    .flat()
    .map((container) => [container.id, container]),
);

/** Ids of everything that a user can reach: commands and views. */
export const contributed = [...commands.keys(), ...views.keys()];

/** What menus and buttons say. */
export function titleOf(command) {
  const found = commands.get(command);
  if (found === undefined) throw new Error(`the manifest has no command ${command}`);
  return word(found.title);
}

export function viewNamed(view) {
  const found = views.get(view);
  if (found === undefined) throw new Error(`the manifest has no view ${view}`);
  return {
    name: word(found.name),
    /** The panel's tab that holds it. */
    tab: word(containers.get(found.container).title),
    /** It has no header of its own: the tab is its title. */
    alone:
      [...views.values()].filter(({ container }) => container === found.container).length === 1,
  };
}
