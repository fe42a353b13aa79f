/** How fast guest code runs: `asyncos run` of the bundled kernel's integer mix, beside QEMU. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { qemuInstalled, runOnQemu } from "./peers.ts";
import { median, print, type Row, timed } from "./table.ts";

interface Stats {
  readonly instructions: number;
  readonly seconds: number;
  readonly mips: number;
  readonly exit: number;
}

function runHere(root: string, args: readonly string[]): Stats {
  const asyncos = join(root, "daemon/bin/asyncos.mjs");
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [asyncos, "run", ...args, "--stats"],
    { encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(`asyncos run ${args.join(" ")} failed: ${stderr}${stdout}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Stats;
}

const ROUNDS = 60;
const RUNS = 3;

export async function speed(root: string, kernel: string): Promise<void> {
  const rows: Row[] = [];
  for (const harts of [1, 4]) {
    const append = (rounds: number) => `workload=compute rounds=${rounds}`;
    const ours: Stats[] = [];
    const baseline = runHere(root, ["--harts", `${harts}`, "--append", append(1)]);
    const peers: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      ours.push(runHere(root, ["--harts", `${harts}`, "--append", append(ROUNDS)]));
      if (qemuInstalled()) {
        const short = await timed(() => runOnQemu(kernel, harts, append(1)));
        const long = await timed(() => runOnQemu(kernel, harts, append(ROUNDS)));
        const instructions = ours[run]!.instructions - baseline.instructions;
        peers.push(instructions / (long.seconds - short.seconds) / 1e6);
      }
    }
    const mips = median(ours.map((stats) => stats.mips));
    const peer = peers.length > 0 ? median(peers) : undefined;
    rows.push({
      what: `integer mix, ${harts} hart${harts > 1 ? "s" : ""}`,
      ours: `${mips.toFixed(0)} MIPS`,
      ...(peer !== undefined && { peer: `${peer.toFixed(0)} MIPS`, ratio: mips / peer }),
    });
  }
  const turns = (): number => {
    const args = ["--harts", "4", "--quantum", "20", "--append", "workload=compute rounds=4"];
    return runHere(root, args).mips;
  };
  rows.push({
    what: "the same, turns of 20 instructions",
    ours: `${median(Array.from({ length: RUNS }, turns)).toFixed(0)} MIPS`,
  });
  print(`speed (workload=compute rounds=${ROUNDS}, median of ${RUNS})`, rows);
}
