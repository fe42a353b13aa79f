import { describe, expect, test } from "vitest";
import { finish, type GuestOptions, guest } from "./support/guest.ts";

// Error codes: SBI 2.0, chapter 3.
const NOT_SUPPORTED = -2n;
const INVALID_PARAM = -3n;
const INVALID_ADDRESS = -5n;
const ALREADY_AVAILABLE = -6n;

const EXTENSIONS = {
  BASE: 0x10,
  TIME: 0x5449_4d45,
  IPI: 0x73_5049,
  RFENCE: 0x5246_4e43,
  HSM: 0x48_534d,
  SRST: 0x5352_5354,
  DBCN: 0x4442_434e,
} as const;
type Extension = keyof typeof EXTENSIONS;

const call = (extension: Extension | number, functionId: number, args: readonly bigint[] = []) =>
  `${args.map((value, index) => `li a${index}, ${value}`).join("\n")}
   li a6, ${functionId}
   li a7, ${typeof extension === "number" ? extension : EXTENSIONS[extension]}
   ecall`;

/** a0 and a1 after the call, as signed numbers. */
function sbi(
  extension: Extension | number,
  functionId: number,
  args: readonly bigint[] = [],
  options: GuestOptions = {},
) {
  const program = guest(`${call(extension, functionId, args)}\n done:\n wfi`, options);
  finish(program.machine);
  const hart = program.machine.harts[0]!;
  return { ...program, error: BigInt.asIntN(64, hart.x(10)), value: BigInt.asIntN(64, hart.x(11)) };
}

const ALL = -1n;

describe("values and errors", () => {
  const rows: [Extension | number, number, bigint[], error: bigint, value: bigint | undefined][] = [
    ["BASE", 0, [], 0n, 0x0200_0000n],
    ["BASE", 1, [], 0n, 0x414fn],
    ["BASE", 2, [], 0n, 1n],
    ["BASE", 3, [0x10n], 0n, 1n],
    ["BASE", 3, [BigInt(EXTENSIONS.HSM)], 0n, 1n],
    ["BASE", 3, [1n], 0n, 1n],
    ["BASE", 3, [0x50_4d55n], 0n, 0n], // PMU
    ["BASE", 4, [], 0n, 0n],
    ["BASE", 7, [], NOT_SUPPORTED, undefined],
    [0x1234, 0, [], NOT_SUPPORTED, undefined],
    ["TIME", 0, [ALL], 0n, undefined],
    ["TIME", 1, [], NOT_SUPPORTED, undefined],
    ["IPI", 0, [1n, 0n], 0n, undefined],
    ["IPI", 0, [0n, ALL], 0n, undefined],
    ["IPI", 0, [4n, 0n], INVALID_PARAM, undefined],
    ["IPI", 0, [1n, 2n], INVALID_PARAM, undefined],
    ["IPI", 1, [], NOT_SUPPORTED, undefined],
    ["RFENCE", 0, [3n, 0n], 0n, undefined],
    ["RFENCE", 1, [1n, 1n, 0n, ALL], 0n, undefined],
    ["RFENCE", 2, [0n, ALL, 0n, ALL, 0n], 0n, undefined],
    ["RFENCE", 1, [8n, 0n], INVALID_PARAM, undefined],
    ["RFENCE", 3, [1n, 0n], NOT_SUPPORTED, undefined],
    ["HSM", 0, [0n, 0x8020_0000n, 0n], ALREADY_AVAILABLE, undefined],
    ["HSM", 0, [2n, 0x8020_0000n, 0n], INVALID_PARAM, undefined],
    ["HSM", 0, [1n, 0x1000n, 0n], INVALID_ADDRESS, undefined],
    ["HSM", 0, [1n, 0x8020_0001n, 0n], INVALID_ADDRESS, undefined],
    ["HSM", 2, [0n], 0n, 0n],
    ["HSM", 2, [1n], 0n, 1n],
    ["HSM", 2, [2n], INVALID_PARAM, undefined],
    ["HSM", 3, [1n], INVALID_PARAM, undefined],
    ["HSM", 3, [0x1000_0000n], NOT_SUPPORTED, undefined],
    ["HSM", 3, [0x8000_0000n, 0x1000n, 0n], INVALID_ADDRESS, undefined],
    ["HSM", 4, [], NOT_SUPPORTED, undefined],
    ["SRST", 0, [3n, 0n], INVALID_PARAM, undefined],
    ["SRST", 0, [0n, 2n], INVALID_PARAM, undefined],
    ["SRST", 0, [0xf000_0000n, 0n], NOT_SUPPORTED, undefined],
    ["DBCN", 0, [4n, 0x1000n, 0n], INVALID_PARAM, undefined],
    ["DBCN", 0, [4n, 0x8020_0000n, 1n], INVALID_PARAM, undefined],
    ["DBCN", 1, [4n, 0x8030_0000n, 0n], 0n, 0n], // nothing to read
    ["DBCN", 3, [], NOT_SUPPORTED, undefined],
  ];
  test.each(rows)("%s %s %s", (extension, functionId, args, error, value) => {
    const result = sbi(extension, functionId, args, { harts: 2 });
    expect(result.error).toBe(error);
    if (value !== undefined) expect(result.value).toBe(value);
  });
});

describe("ending", () => {
  const rows: [type: bigint, reason: bigint, code: number][] = [
    [0n, 0n, 0],
    [0n, 1n, 1],
    [1n, 0n, 0],
  ];
  test.each(rows)("reset %s for reason %s exits %s", (type, reason, code) => {
    const { machine } = guest(call("SRST", 0, [type, reason]));
    expect(finish(machine)).toEqual({ kind: "exit", code });
    expect(machine.exit).toEqual({ code });
    const { time } = machine;
    expect(finish(machine)).toEqual({ kind: "exit", code });
    expect(machine.time).toBe(time);
  });
  test("legacy shutdown", () => {
    expect(finish(guest(call(8, 0)).machine)).toEqual({ kind: "exit", code: 0 });
  });
});

describe("console", () => {
  const text = (program: string, input = ""): string => {
    const { machine, output } = guest(program);
    machine.input(new TextEncoder().encode(input));
    finish(machine);
    return output();
  };
  test("writes from memory", () => {
    const program = `la a1, text\n li a0, 6\n li a2, 0\n li a6, 0\n li a7, ${EXTENSIONS.DBCN}\n ecall\n wfi\n text:\n .dword 0x0a6f6c6c6568`;
    expect(text(program)).toBe("hello\n");
  });
  test("writes single bytes, by both ways", () => {
    expect(text(`${call("DBCN", 2, [72n])}\n${call(1, 0, [105n])}\n wfi`)).toBe("Hi");
  });
  test("reads what there is", () => {
    const { machine } = guest(`${call("DBCN", 1, [16n, 0x8030_0000n, 0n])}\n wfi`);
    machine.input(Uint8Array.of(1, 2, 3));
    finish(machine);
    expect(machine.harts[0]!.x(11)).toBe(3n);
    expect(machine.readPhysical(0x8030_0000 as never, 4)).toEqual(Uint8Array.of(1, 2, 3, 0));
  });
  test("legacy getchar answers -1 when there is nothing", () => {
    const { machine } = guest(`${call(2, 0)}\n mv s0, a0\n ${call(2, 0)}\n wfi`);
    machine.input(Uint8Array.of(65));
    finish(machine);
    const hart = machine.harts[0]!;
    expect([hart.x(8), BigInt.asIntN(64, hart.x(10))]).toEqual([65n, -1n]);
  });
});

describe("harts", () => {
  const start = (rest: string, second: string) => `
    la a1, second
    li a0, 1
    li a2, 77
    li a6, 0
    li a7, ${EXTENSIONS.HSM}
    ecall
    ${rest}
    second:
    ${second}`;
  test("a started hart is in S with its id, the opaque value, and interrupts off", () => {
    const { machine, at } = guest(start("wfi", "loop:\n j loop"), { harts: 2 });
    expect(machine.harts[1]!.state).toBe("stopped");
    machine.run({ instructions: 200 });
    const hart = machine.harts[1]!;
    expect([hart.state, hart.privilege, hart.pc]).toEqual(["running", "S", BigInt(at("loop"))]);
    expect([hart.x(10), hart.x(11), hart.satp]).toEqual([1n, 77n, 0n]);
    expect(hart.csr(0x100)! & 2n).toBe(0n);
  });
  test("a stopped hart runs no more and can be started again", () => {
    const { machine } = guest(start("wfi", `addi s1, s1, 1\n ${call("HSM", 1)}`), { harts: 2 });
    expect(finish(machine)).toEqual({ kind: "idle" });
    expect(machine.harts.map((hart) => hart.state)).toEqual(["waiting", "stopped"]);
  });
  test("an IPI ends a wfi and is announced", () => {
    const { machine, at } = guest(
      start(
        `li t0, 100\n wait:\n addi t0, t0, -1\n bnez t0, wait\n ${call("IPI", 0, [2n, 0n])}\n wfi`,
        "csrrsi x0, sie, 2\n wfi\n csrr s1, sip\n csrrci x0, sip, 2\n csrr s2, sip\n awake:\n wfi",
      ),
      { harts: 2 },
    );
    const seen: (number | undefined)[][] = [];
    machine.onIpi((event) => {
      seen.push([event.from?.id, event.to.id]);
      return false;
    });
    expect(finish(machine)).toEqual({ kind: "idle" });
    const hart = machine.harts[1]!;
    expect([hart.x(9), hart.x(18), hart.pc]).toEqual([2n, 0n, BigInt(at("awake")) + 4n]);
    expect(seen).toEqual([[0, 1]]);
  });
  test("a suspended hart says so, and comes back at its address", () => {
    const { machine } = guest(
      start(
        `li t0, 100\n wait:\n addi t0, t0, -1\n bnez t0, wait
         ${call("HSM", 2, [1n])}\n mv s0, a1
         ${call("IPI", 0, [2n, 0n])}\n wfi`,
        `csrrsi x0, sie, 2
         li a0, 0x80000000
         la a1, resumed
         li a2, 99
         li a6, 3
         li a7, ${EXTENSIONS.HSM}
         ecall
         j bad
         resumed:
         mv s1, a1
         csrw sie, x0
         wfi
         bad:
         li s1, -1
         wfi`,
      ),
      { harts: 2 },
    );
    finish(machine);
    expect(machine.harts[0]!.x(8)).toBe(4n); // SUSPENDED
    expect(machine.harts[1]!.x(9)).toBe(99n);
  });
});

describe("timer", () => {
  test("time jumps to the timer that a wfi waits for", () => {
    const { machine } = guest(
      `la t0, handler
       csrw stvec, t0
       ${call("TIME", 0, [50_000n])}
       li t0, 0x20
       csrw sie, t0
       csrrsi x0, sstatus, 2
       wfi
       nop
       .org 0x80
       handler:
       csrr s0, time
       csrr s1, scause
       csrr s2, sip
       ${call("TIME", 0, [ALL])}
       csrr s3, sip
       csrw sie, x0
       wfi`,
    );
    expect(finish(machine)).toEqual({ kind: "idle" });
    const hart = machine.harts[0]!;
    expect([hart.x(8), hart.x(9)]).toEqual([50_000n, 0x8000_0000_0000_0005n]);
    expect([hart.x(18), hart.x(19)]).toEqual([0x20n, 0n]);
    expect(machine.time).toBeLessThan(100);
  });
  test("a timer that nobody enabled wakes nobody", () => {
    const { machine } = guest(`${call("TIME", 0, [50_000n])}\n wfi`);
    expect(finish(machine)).toEqual({ kind: "idle" });
  });
});
