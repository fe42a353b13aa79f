/** What users pick in a view: stops at one coroutine or one bit, coroutines in the Call Stack, the focus. */
import * as vscode from "vscode";
import { t } from "../base/words.ts";
import type { Row } from "../views/row.ts";
import { COROUTINE_STOPS, type Coroutine, type CoroutineStop } from "../wire.ts";
import type { Session } from "./sessions.ts";

const stopWords = (): Readonly<
  Record<CoroutineStop, { readonly label: string; readonly detail: string }>
> => ({
  wake: { label: t("Wake"), detail: t("Its waker is called.") },
  poll: { label: t("Poll"), detail: t("An executor is about to poll it.") },
  complete: { label: t("Completion"), detail: t("It is done.") },
});

function coroutineOf(row: Row): Coroutine {
  if (row.target?.kind !== "coroutine")
    throw new Error(t("Choose a coroutine in the Coroutines view."));
  return row.target.coroutine;
}

const breakOn = (session: Session, { id }: Coroutine, kinds: readonly CoroutineStop[]) =>
  session.debug.customRequest("asyncos/breakOn", { coroutine: id, kinds });

/** Asks at which events of the row's coroutine to stop. */
export async function chooseBreaks(session: Session, row: Row): Promise<void> {
  const coroutine = coroutineOf(row);
  const before = coroutine.breakOn ?? [];
  const words = stopWords();
  const items = COROUTINE_STOPS.map((kind) => ({
    ...words[kind],
    stop: kind,
    picked: before.includes(kind),
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    title: t("Stop at coroutine {0} {1}", coroutine.id, coroutine.name),
    placeHolder: t("At which of its events? None: no longer"),
  });
  if (chosen)
    await breakOn(
      session,
      coroutine,
      chosen.map(({ stop }) => stop),
    );
}

export async function toggleBreak(session: Session, row: Row, kind: CoroutineStop): Promise<void> {
  const coroutine = coroutineOf(row);
  const before = coroutine.breakOn ?? [];
  const after = before.includes(kind) ? before.filter((each) => each !== kind) : [...before, kind];
  await breakOn(session, coroutine, after);
}

/** The coroutine is a thread of the Call Stack, or no longer. */
export async function pin(session: Session, row: Row, pinned: boolean): Promise<void> {
  await session.debug.customRequest("asyncos/pin", { coroutine: coroutineOf(row).id, pinned });
}

export async function toggleBit(session: Session, row: Row): Promise<void> {
  if (row.target?.kind !== "bit") throw new Error(t("Choose a bit in the Bitmaps view."));
  const { bit, bitmap } = row.target;
  await session.debug.customRequest("asyncos/breakOnBit", {
    bitmap: bitmap.name,
    process: bitmap.process,
    bit: bit.bit,
    on: bit.breaks !== true,
  });
}

/** Shows the row's thread in the Call Stack. */
export async function focusThread(session: Session, row: Row): Promise<void> {
  if (row.target?.kind !== "thread") throw new Error(t("Choose a thread in the Threads view."));
  await session.debug.customRequest("asyncos/focus", { threadId: row.target.thread.threadId });
}
