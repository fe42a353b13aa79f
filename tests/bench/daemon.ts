/** A daemon of its own for measuring through the real wire, and sessions on it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DapClient } from "../../daemon/src/server/client.ts";

export interface Daemon {
  session(launch: object, configure?: (client: DapClient) => Promise<void>): Promise<DapClient>;
  close(): void;
}

export async function startDaemon(root: string): Promise<Daemon> {
  const child = spawn(process.execPath, [join(root, "daemon/bin/asyncos.mjs"), "daemon"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the daemon ended with ${code}`)));
  });
  const { url, token } = JSON.parse(line) as { url: string; token: string };
  return {
    async session(launch, configure) {
      const client = await DapClient.connect(url, token, 120_000);
      await client.request("initialize", { adapterID: "asyncos" });
      const launched = client.request("launch", launch);
      await client.event("initialized");
      await configure?.(client);
      await client.request("configurationDone");
      await launched;
      return client;
    },
    close: () => child.stdin.end(),
  };
}
