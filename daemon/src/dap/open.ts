/**
 * Makes a session out of a launch configuration, and ties its signals to the client; leaves it and
 * takes it over.
 */
import { disposable } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import { Annotator } from "../debugger/annotations.ts";
import { Session } from "../debugger/session.ts";
import { Sources } from "../debugger/sources.ts";
import { keepDisk, openTarget } from "../debugger/target.ts";
import type { Context } from "./context.ts";
import { Debuggee } from "./debuggee.ts";
import type { LaunchOptions } from "./launch.ts";
import { stoppedEvents } from "./stopped.ts";

/** Throws UserError or FormatError when there is nothing to debug; the adapter is then as before. */
export async function openSession(context: Context, options: LaunchOptions): Promise<void> {
  const { environment, emit } = context;
  const target = await openTarget(environment, options.target);
  const files = target.inspector.modules.modules.flatMap(({ symbols }) => symbols.sourceFiles());
  const sources = new Sources(environment, options.sourceMap, [...new Set(files)]);
  await sources.findAll();
  if (context.closed) return;
  const session = new Session(target, environment, sources, options.maxInstructions);
  try {
    context.machineName ??= await context.machines.publish(options.machine, target.name);
  } catch (error) {
    session.dispose();
    throw error;
  }
  context.launch = options;
  context.session = session;
  listen(context, session);
  target.trace.record(options.events);
  if (!options.noDebug) session.bind(...context.halting);
  for (const note of target.notes) emit("output", { category: "console", output: `${note}\n` });
}

/** Ends the session at the user's wish: what its guest wrote to the disk is kept, where that is wanted. */
export async function endSession(context: Context): Promise<void> {
  const { session, environment, emit } = context;
  closeSession(context);
  if (!session) return;
  try {
    await keepDisk(environment, session.target);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    emit("output", { category: "important", output: `${error.message}\n` });
  }
}

/** Ends the session; what the user set stays for the next one. */
export function closeSession(context: Context): void {
  release(context)?.dispose();
}

/** The client goes and the machine stays, without breakpoints: it runs on, or stands. */
export function leaveSession(context: Context, stand: boolean): void {
  const { environment, launch, machineName } = context;
  const session = release(context);
  if (!session) return;
  for (const part of context.halting) part.unbind();
  session.pinned.clear();
  session.select(undefined);
  context.left = new Debuggee(session, launch!, machineName!, environment);
  session.leave(stand);
}

/** A client that takes over what another one left. */
export function adoptSession(context: Context, debuggee: Debuggee): void {
  const { session, launch, name } = debuggee;
  const missed = debuggee.taken();
  context.attached = true;
  context.session = session;
  context.launch = launch;
  context.machineName = name;
  listen(context, session);
  session.bind(...context.halting);
  if (missed) context.emit("output", { category: "stdout", output: missed });
  context.emit("initialized");
}

/** The session is no longer this client's. */
function release(context: Context): Session | undefined {
  const { session } = context;
  context.session = undefined;
  if (!session) return undefined;
  for (const subscription of context.listening.splice(0)) subscription.dispose();
  context.clearHandles();
  context.annotate(undefined);
  return session;
}

function listen(context: Context, session: Session): void {
  const { emit } = context;
  const annotator = new Annotator(session, context.environment, context.annotate);
  const annotate = (): void => {
    if (context.annotated && session.stop) annotator.refresh();
  };
  context.listening.push(
    disposable(() => annotator.clear()),
    session.stopped.on((stop) => {
      context.clearHandles();
      for (const body of stoppedEvents(stop)) emit("stopped", body);
      annotate();
    }),
    session.selection.on(annotate),
    session.edited.on(annotate),
    context.annotatedChanged.on((wanted) => (wanted ? annotate() : annotator.clear())),
    session.resumed.on(() => {
      context.clearHandles();
      annotator.clear();
    }),
    session.output.on(({ from, text }) =>
      emit("output", { category: from === "guest" ? "stdout" : "console", output: text }),
    ),
    session.exited.on((exitCode) => {
      annotator.clear();
      emit("exited", { exitCode });
      emit("terminated");
    }),
    session.failed.on((error) => context.bug(error)),
  );
}
