/** Makes a session out of a launch configuration, and ties its signals to the client. */
import { Annotator } from "../debugger/annotations.ts";
import { Session } from "../debugger/session.ts";
import { Sources } from "../debugger/sources.ts";
import { openTarget } from "../debugger/target.ts";
import type { Context } from "./context.ts";
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
  context.launch = options;
  context.session = session;
  listen(context, session);
  target.trace.record(options.events);
  if (!options.noDebug) session.bind(context.breakpoints, context.filters);
  for (const note of target.notes) emit("output", { category: "console", output: `${note}\n` });
}

/** Ends the session; what the user set stays for the next one. */
export function closeSession(context: Context): void {
  const { session } = context;
  if (!session) return;
  context.session = undefined;
  context.clearHandles();
  context.annotate(undefined);
  session.dispose();
}

function listen(context: Context, session: Session): void {
  const { emit } = context;
  const annotator = new Annotator(session, context.environment, context.annotate);
  session.stopped.on((stop) => {
    context.clearHandles();
    for (const body of stoppedEvents(stop)) emit("stopped", body);
    annotator.refresh();
  });
  session.resumed.on(() => {
    context.clearHandles();
    annotator.clear();
  });
  session.output.on(({ from, text }) =>
    emit("output", { category: from === "guest" ? "stdout" : "console", output: text }),
  );
  session.exited.on((exitCode) => {
    annotator.clear();
    emit("exited", { exitCode });
    emit("terminated");
  });
  session.failed.on((error) => context.bug(error));
}
