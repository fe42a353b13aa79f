/** The integer registers by number and by the names of the RISC-V psABI. */

export const registerNames: readonly string[] = [
  "zero ra sp gp tp t0 t1 t2",
  "s0 s1 a0 a1 a2 a3 a4 a5",
  "a6 a7 s2 s3 s4 s5 s6 s7",
  "s8 s9 s10 s11 t3 t4 t5 t6",
].flatMap((line) => line.split(" "));

const numbers = new Map<string, number>([
  ...registerNames.map((name, number): [string, number] => [name, number]),
  ...registerNames.map((_, number): [string, number] => [`x${number}`, number]),
  ["fp", 8],
]);

/** The number of `a0`, `x10`, `fp`, ...; undefined when there is no such register. */
export const registerNumber = (name: string): number | undefined => numbers.get(name);
