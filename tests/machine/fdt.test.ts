import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { encodeFdt } from "../../daemon/src/machine/fdt.ts";
import { virtTree } from "../../daemon/src/machine/virt.ts";
import { guest } from "./support/guest.ts";

describe("the writer", () => {
  test("a small tree, byte for byte", () => {
    const blob = encodeFdt({
      properties: { a: [1, 0x8000_0000], e: [] },
      children: { n: { properties: { a: "xyz" } } },
    });
    const view = new DataView(blob.buffer);
    const words = Array.from({ length: blob.length / 4 }, (_, i) =>
      view.getUint32(4 * i).toString(16),
    );
    // Devicetree Specification 0.4, 5.2 to 5.5.
    expect(words.join(" ")).toBe(
      [
        "d00dfeed 88 38 84 28 11 10 0 4 4c", // header
        "0 0 0 0", // no reservations
        "1 0 3 8 0 1 80000000 3 0 2", // root, a = <1 0x80000000>, e
        "1 6e000000 3 4 0 78797a00 2 2 9", // n, a = "xyz", end
        "61006500", // names
      ].join(" "),
    );
  });
});

const dtc = spawnSync("dtc", ["--version"]).status === 0;

describe("the board's tree", () => {
  const source = (): string => {
    const blob = encodeFdt(
      virtTree({
        harts: 3,
        ramSize: 0x800_0000,
        bootargs: 'workload="ring" x=1',
        seed: 1,
        initrd: { start: 0x8700_0000, end: 0x8712_3456 },
      }),
    );
    const run = spawnSync("dtc", ["-I", "dtb", "-O", "dts"], { input: blob });
    expect(run.stderr.toString()).toBe("");
    return run.stdout.toString();
  };
  test.skipIf(!dtc)("is a tree that dtc reads without a warning", () => {
    const text = source();
    for (const line of [
      'bootargs = "workload=\\"ring\\" x=1";',
      'stdout-path = "/soc/serial@10000000";',
      "reg = <0x00 0x80000000 0x00 0x8000000>;",
      "timebase-frequency = <0x989680>;",
      'riscv,isa = "rv64imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_sstc";',
      "linux,initrd-start = <0x00 0x87000000>;",
      "linux,initrd-end = <0x00 0x87123456>;",
      'mmu-type = "riscv,sv48";',
      "cpu@2 {",
      'compatible = "sifive,test1\\0sifive,test0\\0syscon";',
      'compatible = "ns16550a";',
      "interrupts-extended = <0x02 0x03 0x02 0x07 0x04 0x03 0x04 0x07 0x06 0x03 0x06 0x07>;",
    ]) {
      expect(text).toContain(line);
    }
  });
  test("lies at the address that the boot hart gets in a1", () => {
    const { machine } = guest("nop", { memory: 128, harts: 2 });
    const at = Number(machine.harts[0]!.x(11));
    expect(at).toBe(0x87e0_0000); // where QEMU puts it for 128 MiB
    expect(machine.readPhysical(at as never, 4)).toEqual(Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed));
    expect(machine.harts[0]!.x(10)).toBe(0n);
  });
});
