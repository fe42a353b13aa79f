/** The page of the parallel stacks: asks at each stop, and when the user wants other stacks. */
import { t } from "../../base/words.ts";
import type { PagePhase } from "../../webview/messages.ts";
import { Link, type Told } from "../../webview/page/link.ts";
import {
  type FromStacks,
  KINDS,
  type StackKind,
  type StacksBody,
  type StacksQuery,
} from "../messages.ts";
import { summary } from "../words.ts";
import { Forest } from "./forest.ts";

interface Kept {
  readonly kinds?: readonly StackKind[];
  readonly filter?: string;
}

/** Typing asks when it rests. */
const REST_MILLISECONDS = 150;
/** A machine that runs shorter than this (a step) leaves the words alone. */
const RUNNING_MILLISECONDS = 500;

const element = <Type extends HTMLElement>(id: string): Type => document.getElementById(id) as Type;
const filter = element<HTMLInputElement>("filter");
const boxes = new Map(KINDS.map((kind) => [kind, element<HTMLInputElement>(kind)]));
const note = element("note");
const empty = element("empty");
const start = element("start");

let phase: PagePhase = "none";
let body: StacksBody | undefined;
let asking = false;
let again = false;
let rest: number | undefined;
let running: number | undefined;

const link = new Link<never, FromStacks>((message) => told(message));
const forest = new Forest(element("forest"), (message) => link.say(message));

const kept = (link.kept ?? {}) as Kept;
filter.value = kept.filter ?? "";
for (const [kind, box] of boxes) {
  box.checked = kept.kinds?.includes(kind) ?? true;
  box.addEventListener("change", () => void ask());
}
filter.addEventListener("input", () => {
  window.clearTimeout(rest);
  rest = window.setTimeout(() => void ask(), REST_MILLISECONDS);
});
start.addEventListener("click", () => link.say({ type: "start" }));
link.say({ type: "ready" });

function told(message: Told): void {
  if (message.type === "phase") phase = message.phase;
  window.clearTimeout(running);
  if (phase === "stopped") void ask();
  else if (phase === "running" && body) {
    running = window.setTimeout(describe, RUNNING_MILLISECONDS);
  } else describe();
}

function query(): StacksQuery {
  const kinds = KINDS.filter((kind) => boxes.get(kind)!.checked);
  const text = filter.value.trim();
  return { kinds, ...(text !== "" && { filter: text }) };
}

/** One question at a time; what was wanted meanwhile is one more. */
async function ask(): Promise<void> {
  const wanted = query();
  link.keep({ kinds: wanted.kinds, filter: filter.value } satisfies Kept);
  if (phase !== "stopped") return;
  again = asking;
  if (asking) return;
  asking = true;
  try {
    body = await link.ask<StacksBody>("asyncos/parallelStacks", wanted);
    forest.show(body.boxes);
    describe();
  } catch (error) {
    // The machine may have gone on meanwhile: then the next stop asks again.
    if (phase === "stopped") note.textContent = (error as Error).message;
  } finally {
    asking = false;
    if (again) void ask();
  }
}

function describe(): void {
  const nothing = !body || body.boxes.length === 0;
  // Before the first answer nobody knows.
  empty.hidden = !nothing || (!body && phase === "stopped");
  if (nothing) {
    element("why").textContent = body && phase === "stopped" ? nothingFound() : emptyText(phase);
    start.hidden = phase !== "none";
  }
  if (!body) return;
  const words = summary(body, filter.value.trim() !== "");
  const stale =
    phase === "running"
      ? t("as of the last stop")
      : phase === "ended"
        ? t("the session has ended")
        : "";
  note.textContent = [words, stale].filter((part) => part !== "").join(" · ");
}

function nothingFound(): string {
  return t("No stack has this text. Clear the box above, or choose more kinds of stacks.");
}

function emptyText(phase: PagePhase): string {
  switch (phase) {
    case "none":
      return t(
        "The stacks of all harts, threads and suspended coroutines, merged where they are equal. Start a session (F5) to see them.",
      );
    case "starting":
      return t("The session starts. Its stacks are shown at the first stop.");
    case "running":
      return t("The machine runs. Pause it to see its stacks.");
    case "stopped":
      return t("Nothing has a stack at this point.");
    case "ended":
      return t("The session ended before it stopped.");
  }
}
