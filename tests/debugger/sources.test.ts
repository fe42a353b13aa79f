/** Paths of the compiler and of this host, both ways. */
import { describe, expect, it } from "vitest";
import { Sources } from "../../daemon/src/debugger/sources.ts";
import { environment } from "../dap/support.ts";

const here = new Set(["/box/kernel/src/main.rs", "/home/me/demo/src/lib.rs", "/abs/file.rs"]);
const sources = new Sources(
  {
    ...environment([]),
    exists: async (path) => here.has(path),
    bundled: { kernel: "", sources: { prefix: "/asyncos/kernel", path: "/box/kernel" } },
  },
  { "/build/demo": "/home/me/demo", "/build": "/nowhere/" },
);

describe("from the compiler's path to this host's", () => {
  const check = (compiled: string, host: string | undefined, tried: readonly string[]) =>
    it(`${compiled} is ${host}`, async () => {
      expect(await sources.find(compiled)).toEqual({ compiled, host, tried });
    });
  check("/asyncos/kernel/src/main.rs", "/box/kernel/src/main.rs", [
    "/box/kernel/src/main.rs",
    "/asyncos/kernel/src/main.rs",
  ]);
  check("/build/demo/src/lib.rs", "/home/me/demo/src/lib.rs", [
    "/home/me/demo/src/lib.rs",
    "/nowhere/demo/src/lib.rs",
    "/build/demo/src/lib.rs",
  ]);
  check("/abs/file.rs", "/abs/file.rs", ["/abs/file.rs"]);
  check("/asyncos/kernels/a.rs", undefined, ["/asyncos/kernels/a.rs"]);
});

describe("from this host's path to the compiler's", () => {
  const files = [
    "/asyncos/kernel/src/main.rs",
    "/asyncos/kernel/src/executor/mod.rs",
    "/asyncos/kernel/src/thread/mod.rs",
    "C:\\work\\lib.rs",
    "/rust/core/src/mod.rs",
  ];
  const check = (host: string, compiled: string | undefined) =>
    it(`${host} is ${compiled}`, () => expect(sources.compiledPath(host, files)).toBe(compiled));
  check("/box/kernel/src/main.rs", files[0]);
  check("/somewhere/else/src/main.rs", files[0]);
  check("/x/thread/mod.rs", files[2]);
  check("/x/other/mod.rs", undefined);
  check("/x/src/nothing.rs", undefined);
  check("c:/work/lib.rs", files[3]);
  check("src\\executor\\mod.rs", files[1]);
});
