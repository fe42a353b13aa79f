/** Launch configurations: defaults, and one clear sentence for each mistake. */
import { describe, expect, it } from "vitest";
import { parseLaunch } from "../../daemon/src/dap/launch.ts";

describe("launch options", () => {
  it("has defaults, and leaves alone what editors add", () => {
    const options = parseLaunch({
      type: "asyncos",
      request: "launch",
      name: "kernel",
      __sessionId: "1",
      presentation: {},
      seed: 7,
    });
    expect(options).toMatchObject({
      target: { harts: 4, memory: 128, schedule: "round-robin", seed: 7, program: undefined },
      stopOnEntry: false,
      noDebug: false,
    });
  });

  const refuse = (config: unknown, message: string) =>
    it(`refuses ${JSON.stringify(config)}`, () => {
      expect(() => parseLaunch(config)).toThrow(message);
    });
  refuse({ hart: 4 }, 'There is no launch option "hart". Did you mean "harts"?');
  refuse({ shedule: "random" }, 'Did you mean "schedule"?');
  refuse({ bogus: 1 }, 'There is no launch option "bogus".');
  refuse({ harts: 0 }, 'Launch option "harts" must be a whole number of harts from 1 to 8, not 0.');
  refuse({ harts: "4" }, 'Launch option "harts" must be a whole number of harts');
  refuse({ harts: 2.5 }, "not 2.5.");
  refuse({ memory: 1e9 }, 'Launch option "memory" must be a whole number of MiB');
  refuse({ schedule: "fair" }, '"round-robin", "random" or "pct", not "fair".');
  refuse({ schedule: "pct", pctDepth: 33 }, 'Launch option "pctDepth" must be');
  refuse({ diskLatency: 0 }, 'Launch option "diskLatency" must be');
  refuse({ bootHart: 8 }, 'Launch option "bootHart" must be');
  refuse({ schedule: "pct", pctLength: 0 }, 'Launch option "pctLength" must be');
  refuse({ seed: -1 }, 'Launch option "seed" must be a whole number from 0');
  refuse({ quantum: 0 }, 'Launch option "quantum"');
  refuse({ program: "" }, 'Launch option "program" must be the path of an ELF file');
  refuse({ program: ["a"] }, 'Launch option "program" must be the path of an ELF file');
  refuse({ symbolFiles: "a" }, 'Launch option "symbolFiles" must be a list');
  refuse({ sourceMap: { a: 1 } }, 'Launch option "sourceMap" must be an object of strings');
  refuse({ stopOnEntry: "yes" }, 'Launch option "stopOnEntry" must be true or false');
  refuse({ disk: "" }, 'Launch option "disk" must be the path of a disk image');
  refuse({ console: "vga" }, 'Launch option "console" must be "uart" or "virtio"');
  refuse({ recording: "a" }, 'Launch option "recording" is not supported');
  refuse({ constructor: 1 }, 'There is no launch option "constructor".');
  refuse([], "must be an object");
  refuse("kernel", "must be an object");
  refuse(null, "must be an object");
});
