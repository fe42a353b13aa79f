// Firmware and kernels that were built by others: Debian's OpenSBI and U-Boot. Each is skipped, with
// the reason, where its package is not installed. Linux is in linux.test.ts.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  elfOf,
  firmwareImage,
  linuxImage,
  refusePacked,
} from "../../daemon/src/debugger/images.ts";
import type { MachineOptions } from "../../daemon/src/machine/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { boot, firmware, OPENSBI, waitFor } from "./support/foreign.ts";
import { kernelImage } from "./support/kernel.ts";

const U_BOOT = "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf";

const missing = (what: string, path: string): boolean => {
  const absent = !existsSync(path);
  if (absent) console.log(`skipped: ${what} (${path} is not there)`);
  return absent;
};

describe.skipIf(missing("OpenSBI", `${OPENSBI}/fw_dynamic.bin`))("OpenSBI", () => {
  const kernel = kernelImage();
  const facts = (options: Partial<MachineOptions>): readonly string[] => {
    const booted = boot(kernel, options);
    expect(booted.machine.run({ instructions: 200_000_000 })).toEqual({ kind: "exit", code: 0 });
    // OpenSBI ends lines with a carriage return too.
    return booted.output().match(/^\[kernel\].*\w/gm) ?? [];
  };
  const rows: [name: string, harts: number][] = [
    ["fw_dynamic.bin", 1],
    ["fw_dynamic.elf", 4],
    ["fw_jump.bin", 2],
    ["fw_jump.elf", 8],
  ];
  test.each(rows)("%s on %i harts: the bundled kernel prints the same facts", (name, harts) => {
    const expected = facts({ harts });
    expect(expected.length).toBe(2);
    expect(facts({ harts, firmware: firmware(name) })).toEqual(expected);
  });
  test("fw_dynamic boots on the hart that it is told", () => {
    const booted = boot(kernel, { firmware: firmware("fw_dynamic.bin"), bootHart: 2 });
    waitFor(booted, "[boot] hart 2,", 0, 100_000_000);
    expect(booted.output()).toContain("Boot HART ID              : 2");
  });
  test("sees the harts as they are", () => {
    const booted = boot(kernel, { firmware: firmware("fw_dynamic.bin") });
    waitFor(booted, "[kernel]", 0, 100_000_000);
    for (const line of [
      "Platform HART Count       : 4",
      "Platform Timer Device     : aclint-mtimer @ 10000000Hz",
      "Platform Console Device   : uart8250",
      "Boot HART PMP Count       : 16",
      "Boot HART PMP Granularity : 4",
      "Boot HART ISA Extensions  : time,sstc",
    ]) {
      expect(booted.output()).toContain(line);
    }
  });
});

describe.skipIf(missing("U-Boot", U_BOOT))("U-Boot", () => {
  const disk = Uint8Array.from({ length: 64 * 512 }, (_, at) => (at >>> 9) + (at & 0xf0));
  const flavours = existsSync(`${OPENSBI}/fw_jump.bin`) ? ["builtin", "fw_jump.bin"] : ["builtin"];
  test.each(flavours)("reaches its prompt over %s, and does what is typed", (name) => {
    const booted = boot(firmwareImage(new Uint8Array(readFileSync(U_BOOT)), "uboot.elf"), {
      harts: 2,
      disk,
      firmware: name === "builtin" ? undefined : firmware(name),
    });
    let at = waitFor(booted, "autoboot", 0, 400_000_000);
    // Each command's echo comes back, then what it prints, then the next prompt.
    const say = (command: string, answer: string): void => {
      booted.machine.input(new TextEncoder().encode(`${command}\r`));
      at = waitFor(booted, answer, at, 100_000_000);
      at = waitFor(booted, "=> ", at, 100_000_000);
    };
    booted.machine.input(Uint8Array.of(13));
    at = waitFor(booted, "=> ", at, 100_000_000);
    say("version", "U-Boot 20");
    say("printenv bootcmd", "bootcmd=run distro_bootcmd");
    say("virtio info", "Device 0: QEMU VirtIO Block Device");
    say("virtio read 84000000 3 2", "2 blocks read: OK");
    say("md.b 840001fc 8", "f3 f3 f3 f3 04 04 04 04");
    say("mw.b 84000000 5a 200", "5a 200");
    say("virtio write 84000000 9 1", "1 blocks written: OK");
    say("virtio read 85000000 9 1", "1 blocks read: OK");
    say("cmp.b 84000000 85000000 200", "Total of 512 byte(s) were the same");
    expect(disk[9 * 512]).toBe(9);
  });
});

describe("boot images", () => {
  const header = (): Uint8Array => {
    const bytes = new Uint8Array(100);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0x08, 0x20_0000n, true);
    view.setBigUint64(0x10, 0x1000n, true);
    view.setUint32(0x38, 0x0543_5352, true);
    return bytes;
  };
  test("Linux's stands where its header says", () => {
    const image = linuxImage(header())!;
    expect(image.entry).toBe(0x8020_0000);
    expect(image.segments).toEqual([{ address: 0x8020_0000, bytes: header(), size: 0x1000 }]);
    expect(linuxImage(new Uint8Array(100))).toBeUndefined();
    expect(linuxImage(header().subarray(0, 40))).toBeUndefined();
  });
  test("an ELF around it is the same image", () => {
    const image = linuxImage(header())!;
    const elf = elfOf(image);
    expect(firmwareImage(elf, "wrapped")).toEqual(image);
    expect(openSymbols(elf, "wrapped").entry).toBe(0x8020_0000n);
  });
  test("raw firmware begins at the beginning of RAM", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect(firmwareImage(bytes, "raw").segments).toEqual([
      { address: 0x8000_0000, bytes, size: 4 },
    ]);
  });
  const packed: [name: string, bytes: string, message: RegExp][] = [
    ["vmlinuz", "\x1f\x8b\x08", /vmlinuz is packed: unpack it first \(gzip -dc vmlinuz\)/],
    ["vmlinuz.zst", "\x28\xb5\x2f\xfd", /\(zstd -dc vmlinuz.zst\)/],
    ["vmlinuz.efi", "MZ\0\0zimg", /EFI program with a packed kernel/],
  ];
  test.each(packed)("%s is refused with what unpacks it", (name, text, message) => {
    expect(() => refusePacked(Buffer.from(text, "latin1"), name)).toThrow(message);
  });
  test("an Image that is an EFI program too is none of these", () => {
    const image = header();
    image.set([0x4d, 0x5a]);
    expect(() => refusePacked(image, "Image")).not.toThrow();
  });
  test("a first file system lies whole where the device tree says", () => {
    const initrd = Uint8Array.from({ length: 5000 }, (_, at) => at);
    const { machine } = boot(linuxImage(header())!, { initrd });
    const tree = Number(machine.harts[0]!.x(11));
    const start = tree - 8192;
    expect(machine.readPhysical(start as never, 5000)).toEqual(initrd);
    const blob = Buffer.from(machine.readPhysical(tree as never, 4096)!);
    for (const address of [start, start + 5000]) {
      const cell = Buffer.alloc(8);
      cell.writeUInt32BE(address, 4);
      expect(blob.includes(cell)).toBe(true);
    }
  });
  const refused: [what: string, options: Partial<MachineOptions>, message: RegExp][] = [
    [
      "firmware over the image",
      { firmware: linuxImage(header()) },
      /image's bytes .* overlap the firmware/,
    ],
    ["too large a first file system", { initrd: new Uint8Array(2 ** 28) }, /initrd has 0x10000000/],
    [
      "firmware outside of RAM",
      { firmware: { entry: 0x1000 as never, segments: [] } },
      /firmware's entry 0x1000 is no address/,
    ],
  ];
  test.each(refused)("%s is refused", (_, options, message) => {
    expect(() => boot(linuxImage(header())!, options)).toThrow(message);
  });
});
