/** What a guest writes to its disk: nowhere, or into the user's file when that is wanted. */
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { createEnvironment } from "../../daemon/src/server/environment.ts";
import { layoutOf } from "../../daemon/src/server/layout.ts";
import { Client } from "../dap/support.ts";
import { asyncos, fileWith, guest, root } from "./support.ts";

const BASE = 0x8020_0000;
const [DESCRIPTORS, AVAILABLE, USED, HEADER, DATA] = [0x800, 0x900, 0xa00, 0xb00, 0xc00];
const SECTOR = 3;
const TEXT = "guest's!";

/** A virtio driver that writes one sector, of which it sets the first eight bytes, and powers off. */
const WRITER = `
  li s0, 0x10001000
  sw x0, 0x70(s0)
  li t0, 3
  sw t0, 0x70(s0)
  li t0, 1
  sw t0, 0x24(s0)
  sw t0, 0x20(s0)
  li t0, 11
  sw t0, 0x70(s0)
  sw x0, 0x30(s0)
  li t0, 8
  sw t0, 0x38(s0)
  li t0, ${BASE + DESCRIPTORS}
  sw t0, 0x80(s0)
  sw x0, 0x84(s0)
  li t0, ${BASE + AVAILABLE}
  sw t0, 0x90(s0)
  sw x0, 0x94(s0)
  li t0, ${BASE + USED}
  sw t0, 0xa0(s0)
  sw x0, 0xa4(s0)
  li t0, 1
  sw t0, 0x44(s0)
  li t0, 15
  sw t0, 0x70(s0)
  sw x0, 0x50(s0)
  li t1, ${BASE + USED}
  wait:
  lhu t0, 2(t1)
  beqz t0, wait
  li a7, 0x53525354
  li a6, 0
  li a0, 0
  li a1, 0
  ecall
  end:
  j end`;

/** The program, and after it a queue with the request in it (virtio 1.2, 2.7 and 5.2.6). */
function writer(): Uint8Array {
  const elf = guest(`${WRITER}\n .org ${DATA + 512}`);
  const at = elf.length - (DATA + 512);
  const view = new DataView(elf.buffer);
  const descriptors: [address: number, size: number, flags: number][] = [
    [BASE + HEADER, 16, 1],
    [BASE + DATA, 512, 1],
    [BASE + HEADER + 16, 1, 2],
  ];
  descriptors.forEach(([address, size, flags], index) => {
    const descriptor = at + DESCRIPTORS + 16 * index;
    view.setBigUint64(descriptor, BigInt(address), true);
    view.setUint32(descriptor + 8, size, true);
    view.setUint16(descriptor + 12, flags, true);
    view.setUint16(descriptor + 14, index + 1, true);
  });
  view.setUint16(at + AVAILABLE + 2, 1, true);
  view.setUint32(at + HEADER, 1, true); // write
  view.setBigUint64(at + HEADER + 8, BigInt(SECTOR), true);
  elf.set(Buffer.from(TEXT), at + DATA);
  return elf;
}

const program = fileWith("writer.elf", writer());
/** With a rest that is no whole sector, which stays. */
const before = Buffer.alloc(8 * 512 + 5, 7);
const after = Buffer.from(before);
after.fill(0, 512 * SECTOR, 512 * (SECTOR + 1));
after.write(TEXT, 512 * SECTOR);

it("a run changes nothing", async () => {
  const disk = fileWith("kept", before);
  expect(await asyncos(["run", program, "--disk", disk])).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(disk)).toEqual(before);
});

it("with --disk-write the file is what the guest made of it, behind a link and with its mode", async () => {
  const disk = fileWith("written", before);
  chmodSync(disk, 0o640);
  const link = join(dirname(disk), "link");
  symlinkSync("written", link);
  const ended = await asyncos(["run", program, "--disk", link, "--disk-write"]);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(disk)).toEqual(after);
  expect(statSync(disk).mode & 0o777).toBe(0o640);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readdirSync(dirname(disk)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

it("a file that cannot be replaced is as it was, and the run says so", async () => {
  // No name beside it is left for what is being written.
  const disk = fileWith("x".repeat(254), before);
  const ended = await asyncos(["run", program, "--disk", disk, "--disk-write"]);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/x cannot be written, and is as it was: ENAMETOOLONG/);
  expect(readFileSync(disk)).toEqual(before);
});

it("a session of `diskWrite` replaces it when its client goes", async () => {
  const disk = fileWith("session", before);
  const { replaceFile } = createEnvironment(layoutOf(root));
  const client = new Client({ replaceFile });
  await client.request("initialize", { adapterID: "asyncos" });
  await client.request("launch", { program, disk, diskWrite: true });
  await client.event("initialized");
  await client.request("configurationDone");
  await client.event("exited");
  expect(readFileSync(disk)).toEqual(before);
  await client.request("disconnect");
  expect(readFileSync(disk)).toEqual(after);
});
