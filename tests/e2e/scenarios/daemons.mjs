/** The daemons of one workbench, as the system tells. */
import { readdir, readFile, readlink } from "node:fs/promises";

/** Each with the executable that runs it. */
export async function daemons({ extensions }) {
  const found = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes(extensions) || !command.includes("asyncos.mjs\0daemon\0")) continue;
    found.push({ pid: Number(pid), executable: await readlink(`/proc/${pid}/exe`) });
  }
  return found;
}
