// What the kernel must print last, command line by command line: on any number of harts, under any
// interleaving, on the debugger's machine and on QEMU.

const CLEAN = "leaked_coroutines=0 leaked_objects=0 leaked_frames=0 leaked_spaces=0";

/** Interleavings that each command line is run under, on each number of harts. */
const SEEDS = 200;

const MIX = "tokens=4 hops=1600 sleeps=40 alarms=4 answers=40 spawned=59 completed=59";

const SYNC =
  "locked=240 meals=60 lent=6 messages=90 first=12 cancelled=12 abandoned=51 inherited=6 withdrawn=3 raised=6 turns=3 spawned=130 completed=130";

/**
 * Command lines that end well: their figures, and where it is not 200 how many interleavings they
 * need, and not 128 how many MiB. What is large to show that it fits has a smaller row beside it
 * for the interleavings. `says`: a line that a program prints; `typed`: what is typed for
 * it, after it has asked or before.
 */
const ROWS = [
  { append: "", figures: `workload=mix ${MIX}` },
  { append: "workload=ring", figures: "workload=ring tokens=4 hops=1600 spawned=9 completed=9" },
  {
    append: "workload=ring coroutines=3 rounds=7",
    figures: "workload=ring tokens=4 hops=84 spawned=4 completed=4",
  },
  {
    append: "workload=priorities",
    figures: "workload=priorities alarms=4 spawned=37 completed=37",
  },
  {
    append: "workload=turns",
    figures: "workload=turns turns=8 spawned=69 completed=69",
  },
  {
    append: "workload=turns prio-bits=1",
    figures: "workload=turns turns=8 spawned=69 completed=69",
  },
  {
    append: "workload=turns executor=per-thread",
    figures: "workload=turns turns=8 spawned=69 completed=69",
  },
  { append: "workload=lines", figures: "workload=lines lines=80 spawned=9 completed=9" },
  { append: "workload=sleepers", figures: "workload=sleepers sleeps=40 spawned=9 completed=9" },
  {
    append: "workload=nested",
    figures: "workload=nested suspended=8 digest=4000074025 spawned=9 completed=9",
  },
  {
    append: "workload=storm",
    figures: "workload=storm woken=1000 spawned=1001 completed=1001",
  },
  {
    append: "workload=storm coroutines=10000",
    figures: "workload=storm woken=10000 spawned=10001 completed=10001",
    seeds: 4,
  },
  {
    append: "workload=storm coroutines=100000",
    figures: "workload=storm woken=100000 spawned=100001 completed=100001",
    memory: 512,
    seeds: 1,
  },
  {
    // One coroutine: there is nothing to interleave.
    append: "workload=compute",
    figures: "workload=compute rounds=1 checksum=9148412545958282263 spawned=1 completed=1",
    seeds: 4,
  },
  {
    append: "workload=wakes wakes=5000",
    figures: "workload=wakes wakes=5000 spawned=3 completed=3",
  },
  {
    append: "workload=wakes wakes=100000",
    figures: "workload=wakes wakes=100000 spawned=3 completed=3",
    seeds: 4,
  },
  ...[
    "",
    " roles=split",
    " executor=per-thread",
    " executor=per-thread migrate=none",
    " executor=per-thread migrate=threshold",
  ].map((mode) => ({ append: `workload=sync${mode}`, figures: `workload=sync ${SYNC}` })),
  {
    append: "workload=files coroutines=4 rounds=1",
    figures: "workload=files files=4 bytes=331001 rounds=1 spawned=109 completed=109",
  },
  {
    append: "workload=files",
    figures: "workload=files files=8 bytes=662002 rounds=2 spawned=421 completed=421",
    seeds: 8,
  },
  {
    append: "workload=io-mix coroutines=4",
    figures:
      "workload=io-mix files=4 bytes=65536 checksum=14837852311876272128 spawned=62 completed=62",
  },
  {
    append: "workload=io-mix",
    figures:
      "workload=io-mix files=16 bytes=262144 checksum=825100952875827200 spawned=218 completed=218",
    seeds: 4,
  },
  { append: "workload=run", figures: "workload=run processes=1 exit=0 spawned=1 completed=1" },
  {
    append: "workload=run program=ring processes=8",
    figures: "workload=run processes=8 exit=0 spawned=1 completed=1",
  },
  {
    append: "workload=run program=ring processes=64",
    figures: "workload=run processes=64 exit=0 spawned=1 completed=1",
    seeds: 4,
  },
  {
    append: "workload=run program=threads",
    figures: "workload=run processes=1 exit=0 spawned=1 completed=1",
  },
  {
    append: "workload=run program=wild processes=2",
    figures: "workload=run processes=2 exit=4294967309 spawned=1 completed=1",
  },
  {
    append: "workload=run program=nested",
    figures: "workload=run processes=1 exit=0 spawned=1 completed=1",
  },
  {
    append: "workload=run program=crowd",
    figures: "workload=run processes=1 exit=0 spawned=1 completed=1",
    says: "crowd: waited=10000",
    seeds: 4,
  },
  ...["", " roles=split"].map((mode) => ({
    append: `workload=run program=pipes${mode}`,
    figures: "workload=run processes=1 exit=0 spawned=409 completed=409",
    says: "pipes: bytes=51200 sum=6527910",
  })),
  {
    append: "workload=run program=files",
    figures: "workload=run processes=1 exit=0 spawned=127 completed=127",
    says: "files: files=4 bytes=48000 kept=/files-1/0",
  },
  ...["", " executor=per-thread migrate=threshold"].map((mode) => ({
    append: `workload=run program=files processes=3${mode}`,
    figures: "workload=run processes=3 exit=0 spawned=379 completed=379",
    says: "files: files=4 bytes=48000 kept=/files-3/0",
  })),
  {
    append: "workload=run program=parent",
    figures: "workload=run processes=1 exit=0 spawned=15 completed=15",
    says: "parent: children=5 refused=3",
  },
  {
    append: "workload=run program=peek",
    figures: "workload=run processes=1 exit=0 spawned=31 completed=31",
    says: "peek: killed=10 apart=2",
  },
  ...["", " executor=per-thread"].map((mode) => ({
    append: `workload=run program=rivals${mode}`,
    figures: "workload=run processes=1 exit=0 spawned=62 completed=62",
    says: "rivals: urgent=5 sleeps=50",
  })),
  {
    append: "workload=run program=timers",
    figures: "workload=run processes=1 exit=0 spawned=154 completed=154",
    says: "timers: sleeps=24 late=5 first=2 given_up=100",
  },
  {
    append: "workload=run program=giveup processes=2",
    figures: "workload=run processes=2 exit=0 spawned=389 completed=389",
    says: "giveup: pieces=48",
  },
  {
    append: "workload=run program=echo",
    figures: "workload=run processes=1 exit=0 spawned=6 completed=6",
    typed: { after: "echo: type lines", text: "hello\rab\x7fc d\r\x04" },
    says: "echo: lines=2 bytes=11",
  },
  {
    append: "workload=run program=greedy",
    figures: "workload=run processes=1 exit=0 spawned=401 completed=401",
    says: "greedy: eaters=3 calls=381",
    seeds: 8,
  },
  {
    append: "workload=run program=calls",
    figures: "workload=run processes=1 exit=0 spawned=1171 completed=1171",
    says: "calls: made=3000 cancelled=128 too_many=2",
    seeds: 20,
  },
  ...[
    "executor=global roles=symmetric",
    "executor=per-thread",
    "executor=per-thread migrate=threshold",
    "roles=split",
    "roles=split executor=per-thread prio-bits=3",
  ].map((mode) => ({ append: `workload=mix ${mode}`, figures: `workload=mix ${MIX}` })),
  {
    append: "workload=storm executor=per-thread migrate=none",
    figures: "workload=storm woken=1000 spawned=1001 completed=1001",
  },
];

/** The same rows with the whole last line, and every column. */
export const EXPECTED = ROWS.map(
  ({ append, figures, says, typed, seeds = SEEDS, memory = 128 }) => ({
    append,
    last: `[kernel] done: ${figures} ${CLEAN}`,
    says,
    typed,
    seeds,
    memory,
  }),
);

/** Command lines that must fail, and how their last line begins. */
export const FAILING = [
  ["workload=none", "[kernel] failed: workload=none: it must be one of mix ring"],
  ["color=blue", '[kernel] failed: unknown argument "color"'],
  ["quick", '[kernel] failed: unknown argument "quick"'],
  ["coroutines=0", "[kernel] failed: coroutines=0: it must be a number from 1 to 100000"],
  ["executor=one", "[kernel] failed: executor=one: it must be one of global per-thread"],
  ["migrate=steal", "[kernel] failed: migrate= needs executor=per-thread"],
  ["executor=per-thread migrate=none", "[kernel] failed: this workload needs migrate=steal"],
  ["workload=run program=none", "[kernel] failed: /bin/none: there is no such file"],
  ["workload=panic", "[kernel] panic on hart "],
  ["workload=wild", "[kernel] panic on hart "],
].map(([append, last]) => ({ append, last }));

/** Whether a console ends with the row's last line, and has what its program says. */
export function isExpected(console, { last, says }) {
  const lines = console.split(/\r?\n/);
  return kernelLines(console).at(-1) === last && (says === undefined || lines.includes(says));
}

/** Lines of the kernel's own; what firmware prints is different everywhere. */
export function kernelLines(console) {
  return console.split(/\r?\n/).filter((line) => /^\[(kernel|facts)\] /.test(line));
}
