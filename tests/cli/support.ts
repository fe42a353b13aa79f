/** The built `asyncos` command as a process, and small guests for it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assemble } from "../machine/support/assembler.ts";
import { scratch } from "../scratch.ts";

export const root = join(import.meta.dirname, "../..");
const command = join(root, "daemon/bin/asyncos.mjs");

export interface Finished {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface How {
  /** Bytes for stdin, which then ends; undefined: there is none. */
  readonly input?: string;
  /** Called with all of stdout so far, to act upon it. */
  readonly during?: (stdout: string, process: ReturnType<typeof spawn>) => void;
}

export async function asyncos(args: readonly string[], how: How = {}): Promise<Finished> {
  const env = { ...process.env, NO_COLOR: "1" };
  const stdin = how.input === undefined && !how.during ? "ignore" : "pipe";
  const child = spawn(process.execPath, [command, ...args], {
    env,
    stdio: [stdin, "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (bytes) => {
    stdout += bytes;
    how.during?.(stdout, child);
  });
  child.stderr?.on("data", (bytes) => {
    stderr += bytes;
  });
  child.stdin?.on("error", () => {});
  if (how.input !== undefined) child.stdin?.end(how.input);
  const [code, signal] = await once(child, "close");
  return { code: code ?? signal, stdout, stderr };
}

const BASE = 0x8020_0000;

let folder: string | undefined;

/** The path of a new file, which goes when the tests of this file are over. */
export function fileWith(name: string, bytes: string | Uint8Array): string {
  folder ??= scratch();
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** An ELF with one segment: the assembled text at 0x8020_0000 (System V gABI, ELF-64). */
export function guest(text: string): Uint8Array {
  const { bytes: code } = assemble(text, BASE);
  const offset = 0x1000;
  const bytes = new Uint8Array(offset + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 243, true); // EM_RISCV
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE), true); // e_entry
  view.setBigUint64(32, 64n, true); // e_phoff
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true); // e_phentsize
  view.setUint16(56, 1, true); // e_phnum
  view.setUint16(58, 64, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 7, true); // rwx
  view.setBigUint64(72, BigInt(offset), true);
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(code.length), true);
  view.setBigUint64(104, BigInt(code.length), true);
  view.setBigUint64(112, 4096n, true);
  bytes.set(code, offset);
  return bytes;
}
