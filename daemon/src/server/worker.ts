/** What the daemon's worker threads run: a debug session, or a look at a kernel that nobody runs. */
import { workerData } from "node:worker_threads";
import type { WorkerData } from "./session-messages.ts";

if ((workerData as WorkerData).inspect) await import("./inspect-worker.ts");
else await import("./session-worker.ts");
