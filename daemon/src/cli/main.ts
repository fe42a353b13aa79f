/** The `asyncos` command: its sub-commands, their options, and how errors leave it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { FormatError, UserError } from "../base/errors.ts";
import { layoutOf, rootOfBundle } from "../server/layout.ts";
import { daemon } from "./daemon.ts";
import { inspect } from "./inspect/inspect.ts";
import { addGuestOptions, integer, UsageError } from "./options.ts";
import { run } from "./run.ts";
import { tour } from "./tour/tour.ts";
import { trace } from "./trace.ts";

/** Exit codes of our own; `run` ends with the guest's. */
const EXIT_ERROR = 1;
const EXIT_USAGE = 2;
/** 128 + SIGPIPE, as shells report it. */
const EXIT_NO_READER = 141;
/** Characters of an error that are shown. */
const MAX_ERROR = 4000;

const root = rootOfBundle(import.meta.url);
const layout = layoutOf(root);

// Whoever read stdout is gone (`asyncos run | head`): end as a process does that nobody reads.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT_NO_READER);
  throw error;
});

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
    return error instanceof UsageError ? EXIT_USAGE : EXIT_ERROR;
  }
}

function createProgram(end: (code: number) => void): Command {
  const program = new Command("asyncos")
    .description("Runs and debugs async kernels on a deterministic multi-hart RISC-V machine.")
    .version(version(), "--version", "print the version")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });

  addGuestOptions(
    program
      .command("run")
      .description("boot a kernel to its end: console on stdout, the guest's exit code")
      .argument("[kernel]", "ELF file (default: the kernel in the box)"),
  )
    .option("--json", "stdout as JSON lines")
    .option("--stats", "end with one JSON line of figures")
    .action(async (kernel, options) => end(await run(layout, kernel, options)));

  program
    .command("daemon")
    .description("serve DAP and LSP: WebSocket on the loopback, or DAP on stdin and stdout")
    .option("--stdio", "one DAP session on stdin and stdout")
    .option("--port <number>", "port to listen on (0: any free one)", integer(0, 65535), 0)
    .option("--parent-pid <pid>", "end when this process is gone", integer(1, 2 ** 31 - 1))
    .option("--kernel-folder <folder>", "the kernel in the box (default: beside the daemon)")
    .action(async (options) => end(await daemon(layoutOf(root, options.kernelFolder), options)));

  addGuestOptions(
    program
      .command("trace")
      .description("run a kernel and write its scheduling events as JSON lines")
      .argument("[kernel]", "ELF file (default: the kernel in the box)"),
  )
    .addOption(
      new Option("--format <format>", "JSON lines, or Chrome trace events as Perfetto opens them")
        .choices(["jsonl", "perfetto"])
        .default("jsonl"),
    )
    .option("--kinds <names>", "only these events, e.g. wake,bitmap", (text) => text.split(","))
    .option("--output <file>", "write there, whole or not at all (default: stdout)")
    .action(async (kernel, options) => end(await trace(layout, kernel, options)));

  program
    .command("inspect")
    .description("what is known of an ELF: coroutines, wakers, profile, gaps")
    .argument("[elf]", "ELF file (default: the kernel in the box)")
    .option("--profile <file>", "kernel profile (default: the one in the box that matches)")
    .option("--json", "one JSON document")
    .action(async (elf, options) => end(await inspect(layout, elf, options)));

  program
    .command("tour")
    .description("five minutes with the debugger, in the terminal")
    .action(async () => end(await tour(layout)));

  return program;
}

function version(): string {
  const manifest = join(root, "daemon", "package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

/** Commander's errors as one line that names the program. */
function oneLine(text: string): string {
  return `asyncos: ${text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")}\n`;
}

/** A name out of a malformed file may be of any length and hold anything. */
function clip(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a terminal.
  const visible = text.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, "?");
  return visible.length > MAX_ERROR ? `${visible.slice(0, MAX_ERROR)}...` : visible;
}

function complain(error: unknown): void {
  const expected = error instanceof UserError || error instanceof FormatError;
  const text = expected ? error.message : `internal error: ${(error as Error)?.stack ?? error}`;
  process.stderr.write(`asyncos: ${clip(text)}\n`);
}
