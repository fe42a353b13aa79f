/** Where the tour is shown: headings, lines, and a pause for the reader when there is one. */
import { type Paint, painter } from "../paint.ts";

/** How long a reader has for a step; any key goes on at once. */
const PAUSE_MS = 4000;
const CTRL_C = 3;

export interface Stage {
  readonly paint: Paint;
  /** Whether steps wait for a reader. */
  readonly paced: boolean;
  /** Begins a step. Before it, a reader at a terminal has time for what is there already. */
  step(title: string, hint: string): Promise<void>;
  line(text?: string): void;
}

export function createStage(): Stage {
  const paint = painter(process.stdout);
  const line = (text = "") => void process.stdout.write(text === "" ? "\n" : `  ${text}\n`);
  const paced = process.stdin.isTTY && process.stdout.isTTY && !process.env.CI;
  let steps = 0;
  return {
    paint,
    paced,
    line,
    async step(title, hint) {
      if (paced && steps > 0) await pause();
      steps++;
      process.stdout.write(`\n${paint("bold", `${steps}  ${title}`)}  ${paint("dim", hint)}\n`);
    },
  };
}

async function pause(): Promise<void> {
  const { stdin } = process;
  stdin.setRawMode(true);
  const key = await new Promise<Buffer | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PAUSE_MS);
    stdin.once("data", (bytes: Buffer) => {
      clearTimeout(timer);
      resolve(bytes);
    });
    stdin.resume();
  });
  stdin.removeAllListeners("data");
  stdin.pause();
  stdin.setRawMode(false);
  // In raw mode the terminal makes no signal of it.
  if (key?.[0] === CTRL_C) process.kill(process.pid, "SIGINT");
}
