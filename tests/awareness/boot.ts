/** Boots the prebuilt kernel in the real machine, with everything above it, for tests of these layers. */
import { readFileSync } from "node:fs";
import { createAwareness } from "../../daemon/src/awareness/awareness.ts";
import { detectProfile } from "../../daemon/src/awareness/profile.ts";
import { physical } from "../../daemon/src/base/brand.ts";
import { createInspector } from "../../daemon/src/inspect/inspector.ts";
import type { Hart, MachineOptions, RunOutcome } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import type { SymbolFile } from "../../daemon/src/symbols/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { kernelDisk } from "../machine/support/kernel.ts";

const root = new URL("../../", import.meta.url);
const PROFILE = "daemon/profiles/asyncos.json";
const text = (path: string) => readFileSync(new URL(path, root), "utf8");

export const bundledProfile = (): string => text(PROFILE);

/** Opened once: images do not change, and reading DWARF is most of a boot's time. */
export const kernelSymbols: SymbolFile = openSymbols(
  readFileSync(new URL("kernel/prebuilt/asyncos-kernel.elf", root)),
  "asyncos-kernel.elf",
);

/** `change` edits the bundled profile first. */
export function bootKernel(
  append: string,
  options: Partial<MachineOptions> = {},
  change: (profile: Record<string, unknown>) => object = (profile) => profile,
) {
  const symbols = kernelSymbols;
  const image = {
    segments: symbols.segments.map((segment) => ({
      address: physical(Number(segment.physical)),
      bytes: segment.bytes,
      size: segment.size,
    })),
    entry: physical(Number(symbols.entry)),
  };
  const machine = createMachine(
    {
      harts: 4,
      memory: 128,
      append,
      schedule: "round-robin",
      seed: 0,
      quantum: 1000,
      disk: kernelDisk(),
      ...options,
    },
    image,
  );
  let console = "";
  const decoder = new TextDecoder();
  machine.console.on((bytes) => {
    console += decoder.decode(bytes, { stream: true });
  });
  const inspector = createInspector(machine);
  inspector.modules.add(symbols);
  const changed = JSON.stringify(change(JSON.parse(bundledProfile())));
  const profile = detectProfile(symbols, new Map([["asyncos.json", changed]]));
  const awareness = createAwareness(machine, inspector, profile);

  /** Runs until a function is entered; answers the hart that enters it. */
  const runTo = (path: string, instructions = 200_000_000): Hart => {
    const [fn] = symbols.functionsNamed(path);
    if (!fn) throw new Error(`no function ${path}`);
    let at: Hart | undefined;
    const hook = machine.hook(fn.entry, (hart) => {
      at = hart;
      return true;
    });
    const outcome = machine.run({ instructions });
    hook.dispose();
    if (!at) throw new Error(`${path} was not reached: ${outcome.kind}\n${console}`);
    return at;
  };
  const runToEnd = (instructions = 500_000_000): RunOutcome => machine.run({ instructions });
  return {
    symbols,
    machine,
    inspector,
    awareness,
    runTo,
    runToEnd,
    get console() {
      return console;
    },
  };
}
