/**
 * `asyncos tour`: a real daemon, a real debug session on the bundled kernel, and what the debugger
 * answers, shown in the terminal. Whatever is not as it must be ends the tour with an error.
 */
import { join } from "node:path";
import { UserError } from "../../base/errors.ts";
import { DapClient } from "../../server/client.ts";
import type { Layout } from "../../server/layout.ts";
import { spawnDaemon } from "../../server/spawn.ts";
import { createStage, type Stage } from "./stage.ts";
import { bitmap, boot, end, executors, step, type Tour, wake } from "./steps.ts";

const HARTS = 4;
const ANSWER_MS = 20_000;
const DAEMON_END_MS = 5000;

/** Resolves to the exit code. */
export async function tour(layout: Layout): Promise<number> {
  const stage = createStage();
  const daemon = await spawnDaemon(join(layout.root, "daemon", "dist", "asyncos.mjs"), [
    "--parent-pid",
    `${process.pid}`,
  ]);
  try {
    const client = await DapClient.connect(daemon.url, daemon.token, ANSWER_MS);
    introduce(stage, daemon.url);
    await walk({ client, stage, harts: HARTS, root: layout.root });
    client.close();
  } catch (error) {
    const errors = daemon.errors().trim();
    const detail = errors ? `\n${errors}` : "";
    throw new UserError(`the tour went wrong: ${(error as Error).message}${detail}`);
  } finally {
    // Its stdin is the leash.
    daemon.process.stdin?.end();
    const late = setTimeout(() => daemon.process.kill("SIGKILL"), DAEMON_END_MS);
    await daemon.ended;
    clearTimeout(late);
  }
  farewell(stage);
  return 0;
}

async function walk(tour: Tour): Promise<void> {
  await boot(tour);
  await wake(tour);
  const threadId = await bitmap(tour);
  await step(tour, threadId);
  await executors(tour);
  await end(tour);
}

function introduce({ line, paint, paced }: Stage, url: string): void {
  line(`${paint("bold", "AsyncOS Debugger")}: ${HARTS} RISC-V harts, an async kernel on them.`);
  line(paint("dim", `Everything below is what the debugger answers at ${url}/dap.`));
  if (paced) line(paint("dim", "It goes on by itself; any key hurries it."));
}

function farewell({ line, paint }: Stage): void {
  line();
  line(`${paint("bold", "Now in VS Code:")} open this folder and press F5.`);
  line(paint("dim", "The extension: npm run package, then install extension/asyncos-*.vsix."));
}
