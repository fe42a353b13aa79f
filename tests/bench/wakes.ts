/** What a false condition on a wake costs: ours through DAP, and GDB's on QEMU. */
import { readFileSync } from "node:fs";
import { hex } from "../../daemon/src/base/brand.ts";
import type { DapClient } from "../../daemon/src/server/client.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { startDaemon } from "./daemon.ts";
import { gdbInstalled, qemuInstalled, runUnderGdb } from "./peers.ts";
import { median, print, type Row, timed } from "./table.ts";

const HERE = 1_000_000;
const THERE = 3_000;
const RUNS = 3;
/** What GDB is to find false each time. */
const FALSE = "$a0 == 1";

/** Seconds for each wake: what the condition adds, and the run as a whole divided by its wakes. */
interface Cost {
  readonly condition: number;
  readonly whole: number;
}

export async function wakes(root: string, kernel: string): Promise<void> {
  const daemon = await startDaemon(root);
  const append = (count: number) => `workload=wakes wakes=${count}`;
  const run = async (count: number, filters: object): Promise<number> => {
    const configure = async (client: DapClient): Promise<void> => {
      await client.request("setExceptionBreakpoints", { filters: [], ...filters });
    };
    const { value, seconds } = await timed(async () => {
      const client = await daemon.session({ harts: 1, append: append(count) }, configure);
      await client.event("terminated");
      return client;
    });
    value.close();
    return seconds;
  };
  const off = {};
  const simple = { filterOptions: [{ filterId: "wake", condition: "coroutine == 123456" }] };
  const longer = {
    filterOptions: [
      { filterId: "wake", condition: "coroutine == 123456 && prio < 3 && hart == 1" },
    ],
  };
  const cost = async (filters: object): Promise<Cost> => {
    // The best of interleaved runs: what another process took from one of them is not a cost.
    let bare = Number.POSITIVE_INFINITY;
    let held = Number.POSITIVE_INFINITY;
    for (let i = 0; i < RUNS; i++) {
      bare = Math.min(bare, await run(HERE, off));
      held = Math.min(held, await run(HERE, filters));
    }
    return { condition: (held - bare) / HERE, whole: held / HERE };
  };
  const ours = await cost(simple);
  const oursLonger = await cost(longer);
  daemon.close();

  let peer: number | undefined;
  if (qemuInstalled() && gdbInstalled()) {
    const addresses = openSymbols(readFileSync(kernel), kernel)
      .functionsNamed("raw_waker::wake_by_ref")
      .map((waker) => hex(waker.entry));
    const samples: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const bare = await timed(() => runUnderGdb(kernel, append(THERE), [], FALSE));
      const held = await timed(() => runUnderGdb(kernel, append(THERE), addresses, FALSE));
      samples.push((held.seconds - bare.seconds) / THERE);
    }
    peer = median(samples);
  }
  const nanoseconds = (seconds: number): string => `${(seconds * 1e9).toFixed(0)} ns`;
  const row = (what: string, { condition, whole }: Cost): Row => ({
    what,
    ours: `${nanoseconds(condition)} (${nanoseconds(whole)} with the wake itself)`,
    ...(peer !== undefined && { peer: `${(peer * 1e6).toFixed(0)} us`, ratio: peer / whole }),
  });
  print(`a false condition on a wake (${HERE} wakes; GDB ${THERE}; of ${RUNS} runs)`, [
    row("coroutine == N", ours),
    row("coroutine == N && prio < 3 && hart == 1", oursLonger),
  ]);
}
