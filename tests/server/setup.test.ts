/** The set-up script in a checkout that is ready, and the bundles that it makes. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./support.ts";

const script = (name: string, ...args: string[]) => {
  const result = spawnSync(process.execPath, [join(root, "daemon/scripts", name), ...args]);
  return { code: result.status, output: `${result.stdout}${result.stderr}` };
};

it("says nothing and does nothing when all is there", () => {
  const stamp = join(root, "daemon/dist/.setup-stamp");
  // Sources may have changed since `npm test` began.
  script("setup.mjs", "daemon");
  const before = readFileSync(stamp, "utf8");
  expect(script("setup.mjs", "daemon")).toEqual({ code: 0, output: "" });
  expect(readFileSync(stamp, "utf8")).toBe(before);
});

it("names what it does not know", () => {
  const { code, output } = script("setup.mjs", "kernel");
  expect(code).toBe(1);
  expect(output).toMatch(
    /^setup: kernel is no workspace with a build; there are: daemon, extension/,
  );
});

it("the same sources make the same bundles", () => {
  const digests = () =>
    ["asyncos.mjs", "session.mjs"].map((name) =>
      createHash("sha256")
        .update(readFileSync(join(root, "daemon/dist", name)))
        .digest("hex"),
    );
  script("build.mjs");
  const first = digests();
  expect(script("build.mjs")).toEqual({ code: 0, output: "" });
  expect(digests()).toEqual(first);
});
