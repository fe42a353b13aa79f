/** The `asyncos` command: its sub-commands, their options, and how errors leave it. */
import { Command, CommanderError } from "commander";
import { FormatError, UserError } from "../base/errors.ts";
import { layoutOf, rootOfBundle } from "../server/layout.ts";
import { daemon } from "./daemon.ts";
import { integer } from "./options.ts";

/** Exit codes of our own; `run` ends with the guest's. */
const EXIT_ERROR = 1;
const EXIT_USAGE = 2;

const layout = layoutOf(rootOfBundle(import.meta.url));

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let code = 0;
  const program = createProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    complain(error);
    return EXIT_ERROR;
  }
}

function createProgram(end: (code: number) => void): Command {
  const program = new Command("asyncos")
    .description("Runs and debugs async kernels on a deterministic multi-hart RISC-V machine.")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });

  program
    .command("daemon")
    .description("serve DAP and LSP: WebSocket on the loopback, or DAP on stdin and stdout")
    .option("--stdio", "one DAP session on stdin and stdout")
    .option("--port <number>", "port to listen on (0: any free one)", integer(0, 65535), 0)
    .option("--parent-pid <pid>", "end when this process is gone", integer(1, 2 ** 31 - 1))
    .action(async (options) => end(await daemon(layout, options)));

  return program;
}

/** Commander's errors as one line that names the program. */
function oneLine(text: string): string {
  return `asyncos: ${text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")}\n`;
}

function complain(error: unknown): void {
  const expected = error instanceof UserError || error instanceof FormatError;
  const text = expected ? error.message : `internal error: ${(error as Error)?.stack ?? error}`;
  process.stderr.write(`asyncos: ${text}\n`);
}
