// Debian's Linux for riscv64, unchanged, with busybox as its user space. `.ci/linux` fetches both;
// where they are not there the tests are skipped and say so.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linuxImage } from "../../daemon/src/debugger/images.ts";
import { initramfs } from "./support/cpio.ts";
import { boot, firmware, OPENSBI, waitFor } from "./support/foreign.ts";

const FOLDER = new URL("../../.cache/linux/", import.meta.url);
const KERNEL = new URL("kernel", FOLDER);
const BUSYBOX = new URL("busybox", FOLDER);
const absent = !existsSync(KERNEL) || !existsSync(BUSYBOX);
if (absent) console.log("skipped: Linux (`.ci/linux` fetches it, on Debian)");
const flavours = existsSync(`${OPENSBI}/fw_dynamic.bin`)
  ? ["builtin", "fw_dynamic.bin"]
  : ["builtin"];

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
echo "user space on $(grep -c ^processor /proc/cpuinfo) harts"
exec setsid cttyhack sh
`;
/** In instructions; a boot takes some 900 million. */
const LIMIT = 4_000_000_000;

const read = (file: URL): Uint8Array => new Uint8Array(readFileSync(file));
const bootLinux = (name: string, initrd?: Uint8Array) =>
  boot(linuxImage(read(KERNEL))!, {
    memory: 256,
    append: "console=ttyS0 earlycon=sbi",
    firmware: name === "builtin" ? undefined : firmware(name),
    initrd,
  });

describe.skipIf(absent)("Linux on four harts", { timeout: 600_000 }, () => {
  test.each(flavours)("over %s: a shell that does what is typed, and power off", (name) => {
    const programs = [
      { path: "init", bytes: new TextEncoder().encode(INIT) },
      { path: "bin/busybox", bytes: read(BUSYBOX) },
    ];
    const booted = bootLinux(name, initramfs(["bin", "proc", "dev"], programs));
    let at = waitFor(booted, "smp: Brought up 1 node, 4 CPUs", 0, LIMIT);
    at = waitFor(booted, "user space on 4 harts", at, LIMIT);
    at = waitFor(booted, "# ", at, LIMIT);
    const say = (command: string, answer: string): void => {
      booted.machine.input(new TextEncoder().encode(`${command}\n`));
      at = waitFor(booted, `${answer}\r\n`, at, LIMIT);
      at = waitFor(booted, "# ", at, LIMIT);
    };
    say("uname -sm", "Linux riscv64");
    say("echo $((6 * 7))", "42");
    const numbers = Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join("");
    say("seq 1000 | md5sum", `${createHash("md5").update(numbers).digest("hex")}  -`);
    booted.machine.input(new TextEncoder().encode("poweroff -f\n"));
    expect(booted.machine.run({ instructions: LIMIT })).toEqual({ kind: "exit", code: 0 });
  });

  test("without a file system: it says that there is none", () => {
    waitFor(bootLinux("builtin"), "VFS: Unable to mount root fs", 0, LIMIT);
  });
});
