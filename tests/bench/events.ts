/**
 * What events cost a kernel that makes many of them: MIPS without listeners, while they are counted,
 * recorded, and while a condition is false for each. All kinds that the kernel reports, bitmaps too.
 */
import { EVENT_KINDS, type EventKind } from "../../daemon/src/awareness/api.ts";
import { MACHINE_DEFAULTS, openTarget, type Target } from "../../daemon/src/debugger/target.ts";
import { compileCondition } from "../../daemon/src/inspect/expression/condition.ts";
import { createEnvironment } from "../../daemon/src/server/environment.ts";
import { layoutOf } from "../../daemon/src/server/layout.ts";
import { print, type Row } from "./table.ts";

const RUNS = 4;
const SLICE = 4_000_000;
const workloads = ["workload=ring rounds=2000", "workload=wakes wakes=300000"];

/** Has somebody listen; answers how many events there have been so far. */
type Listen = (target: Target, kinds: readonly EventKind[]) => () => number;

const modes: readonly (readonly [what: string, listen: Listen])[] = [
  [
    "counted",
    ({ awareness }, kinds) => {
      const counts = awareness.count(kinds);
      return () => kinds.reduce((sum, kind) => sum + counts.of(kind), 0);
    },
  ],
  [
    "recorded, with the timeline",
    ({ trace }, kinds) => {
      trace.record(kinds);
      return () => [...trace.counts.values()].reduce((sum, count) => sum + count, 0);
    },
  ],
  [
    "a false condition for each",
    ({ awareness }, kinds) => {
      const counts = awareness.count(kinds);
      const never = compileCondition("coroutine == 123456 || prio > 9", ["coroutine", "prio"]);
      awareness.listen(kinds, () => true, never);
      return () => kinds.reduce((sum, kind) => sum + counts.of(kind), 0);
    },
  ],
];

interface Run {
  readonly seconds: number;
  readonly instructions: number;
  readonly events: number;
}

export async function events(root: string): Promise<void> {
  const environment = createEnvironment(layoutOf(root));
  const once = async (append: string, listen: Listen | undefined): Promise<Run> => {
    const target = await openTarget(environment, {
      ...MACHINE_DEFAULTS,
      append,
      program: undefined,
      symbolFiles: [],
      profile: undefined,
    });
    const { awareness, machine } = target;
    const known = EVENT_KINDS.filter((kind) => awareness.available.get(kind) === true);
    const count = listen?.(target, known);
    const start = performance.now();
    while (machine.run({ instructions: SLICE }).kind === "limit");
    const seconds = (performance.now() - start) / 1000;
    if (machine.exit?.code !== 0) throw new Error(`${append} did not end well`);
    return { seconds, instructions: machine.time, events: count?.() ?? 0 };
  };
  for (const append of workloads) {
    // The best of interleaved runs, after one that warms up.
    const best = new Map<Listen | undefined, Run>();
    for (let run = 0; run <= RUNS; run++) {
      for (const listen of [undefined, ...modes.map(([, listen]) => listen)]) {
        const now = await once(append, listen);
        const before = best.get(listen);
        if (run > 0 && !(before && before.seconds <= now.seconds)) best.set(listen, now);
      }
    }
    const bare = best.get(undefined)!;
    const mips = ({ instructions, seconds }: Run) => (instructions / seconds / 1e6).toFixed(0);
    const rows: Row[] = modes.map(([what, listen]) => {
      const run = best.get(listen)!;
      const nanoseconds = ((run.seconds - bare.seconds) / run.events) * 1e9;
      return { what, ours: `${nanoseconds.toFixed(0)} ns an event, ${mips(run)} MIPS` };
    });
    const { events } = best.get(modes[0]![1])!;
    print(`events (${append}: ${events} of them, best of ${RUNS})`, [
      { what: "nobody listens", ours: `${mips(bare)} MIPS` },
      ...rows,
    ]);
  }
}
