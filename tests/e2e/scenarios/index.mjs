/** All scenarios, in the order in which they run. */
import { chinese } from "./chinese.mjs";
import { emptyFolder } from "./empty-folder.mjs";
import { emptyWindow } from "./empty-window.mjs";
import { kernelCopy } from "./kernel-copy.mjs";
import { repository } from "./repository.mjs";
import { timeline } from "./timeline.mjs";
import { trouble } from "./trouble.mjs";
import { walkthrough } from "./walkthrough.mjs";

export const scenarios = [
  emptyFolder,
  emptyWindow,
  kernelCopy,
  repository,
  timeline,
  trouble,
  walkthrough,
  chinese,
];
