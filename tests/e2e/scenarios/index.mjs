/** All scenarios, in the order in which they run, by what they share a workbench with. */
import { chinese } from "./chinese.mjs";
import { emptyFolder } from "./empty-folder.mjs";
import { emptyWindow } from "./empty-window.mjs";
import { kernelCopy } from "./kernel-copy.mjs";
import { repository } from "./repository.mjs";
import { trouble } from "./trouble.mjs";
import { bitmaps } from "./views/bitmaps.mjs";
import { coroutineList } from "./views/coroutine-list.mjs";
import { executors } from "./views/executors.mjs";
import { harts } from "./views/harts.mjs";
import { memory } from "./views/memory.mjs";
import { oneCoroutine } from "./views/one-coroutine.mjs";
import { stacks } from "./views/stacks.mjs";
import { stage } from "./views/stage.mjs";
import { themes } from "./views/themes.mjs";
import { threads } from "./views/threads.mjs";
import { timeline } from "./views/timeline.mjs";
import { walkthrough } from "./walkthrough.mjs";

const alone = (scenario) => ({ ...scenario, scenarios: [scenario] });

const views = [
  harts,
  coroutineList,
  oneCoroutine,
  executors,
  bitmaps,
  threads,
  stacks,
  timeline,
  memory,
];

export const stages = [
  alone(emptyFolder),
  alone(emptyWindow),
  alone(kernelCopy),
  alone(repository),
  { ...stage, scenarios: [...views.map((view) => ({ ...view, core: true })), themes] },
  alone(trouble),
  alone(walkthrough),
  alone(chinese),
];
