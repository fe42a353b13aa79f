/** The interleavings of `npm run test:kernel`: what is to be run, by whom, and what has been. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { EXPECTED } from "../../kernel/expected.mjs";
import { bootImage } from "../machine/support/kernel.ts";
import { type Kernel, type Result, type Row, runRow } from "./support/interleaving.ts";

export interface Extent {
  readonly seeds: number;
  readonly first: number;
  readonly harts: readonly number[];
  /** Only rows that have this in them. */
  readonly only: string;
  readonly jobs: number;
  readonly minutes: number;
  /** Also what has been run before. */
  readonly again: boolean;
}

interface Task {
  readonly row: Row;
  readonly harts: number;
  readonly seed: number;
}

const nameOf = ({ row, harts, seed }: Task): string => JSON.stringify([row.append, harts, seed]);

/** Seed by seed, over all rows that need so many; the large ones, which need few, come last. */
function tasksOf({ seeds, first, harts, only }: Extent): Task[] {
  const rows = (EXPECTED as readonly Row[])
    .filter(({ append }) => append.includes(only))
    .sort((one, other) => other.seeds - one.seeds);
  return Array.from({ length: seeds }, (_, index) => index).flatMap((index) =>
    rows
      .filter((row) => index < row.seeds)
      .flatMap((row) => harts.map((count) => ({ row, harts: count, seed: first + index }))),
  );
}

/** What ended well, by image: a line for each run. */
class Log {
  readonly #file: string;
  readonly #done: Set<string>;

  constructor(root: string, { image, disk }: Files) {
    const id = createHash("sha256").update(image).update(disk).digest("hex").slice(0, 16);
    this.#file = join(root, ".cache/kernel", `${id}.jsonl`);
    const lines = existsSync(this.#file) ? readFileSync(this.#file, "utf8").split("\n") : [];
    this.#done = new Set(lines);
  }

  has(task: Task): boolean {
    return this.#done.has(nameOf(task));
  }

  add(task: Task): void {
    appendFileSync(this.#file, `${nameOf(task)}\n`);
  }
}

interface Files {
  readonly image: Uint8Array;
  readonly disk: Uint8Array;
}

function readFiles(root: string): Files {
  const read = (name: string) => new Uint8Array(readFileSync(join(root, "kernel/prebuilt", name)));
  return { image: read("asyncos-kernel.elf"), disk: read("disk.img") };
}

/** Runs all of it, and says whether all was well. */
export async function prove(root: string, bundle: string, extent: Extent): Promise<boolean> {
  const files = readFiles(root);
  const log = new Log(root, files);
  const all = tasksOf(extent);
  const tasks = extent.again ? all : all.filter((task) => !log.has(task));
  const began = performance.now();
  const minutes = () => (performance.now() - began) / 60_000;
  let [next, done, failures, instructions] = [0, 0, 0, 0];

  const progress = () => {
    const before = all.length - tasks.length;
    const seed = tasks[next]?.seed ?? extent.first + extent.seeds - 1;
    console.log(
      `seed ${seed}: ${before + done} of ${all.length} runs, ${failures} failures, ${(instructions / 1e9).toFixed(1)} billion instructions in ${minutes().toFixed(1)} minutes`,
    );
  };
  const report = (task: Task, { instructions: count, problem }: Result) => {
    done += 1;
    instructions += count;
    if (problem === undefined) log.add(task);
    else {
      failures += 1;
      console.error(problem);
    }
  };
  const timer = setInterval(progress, 30_000);
  const take = () => (minutes() < extent.minutes ? tasks[next++] : undefined);
  const jobs = Math.min(extent.jobs, tasks.length);
  await Promise.all(Array.from({ length: jobs }, () => work(bundle, files, take, report)));
  clearInterval(timer);
  progress();
  if (done < tasks.length) console.log("The time is over; the same command goes on from here.");
  return failures === 0;
}

/** A worker that runs one task after the other, until there are none. */
async function work(
  bundle: string,
  files: Files,
  take: () => Task | undefined,
  report: (task: Task, result: Result) => void,
): Promise<void> {
  const worker = new Worker(bundle, { workerData: files });
  try {
    for (let task = take(); task !== undefined; task = take()) {
      const result = new Promise<Result>((resolve, reject) => {
        worker.once("message", resolve).once("error", reject);
      });
      worker.postMessage(task);
      report(task, await result);
      worker.removeAllListeners("error");
    }
  } finally {
    await worker.terminate();
  }
}

if (!isMainThread) {
  const { image, disk }: Files = workerData;
  const kernel: Kernel = { image: bootImage(image), disk };
  parentPort!.on("message", ({ row, harts, seed }: Task) => {
    parentPort!.postMessage(runRow(kernel, row, harts, seed));
  });
}
