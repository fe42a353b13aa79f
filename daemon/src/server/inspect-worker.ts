/** A worker thread that says once what is known of a kernel; its death would be nobody else's. */
import { parentPort, workerData } from "node:worker_threads";
import { FormatError, UserError } from "../base/errors.ts";
import { knowledgeOf } from "../debugger/knowledge.ts";
import { createEnvironment } from "./environment.ts";
import type { Inspected, WorkerData } from "./session-messages.ts";

const { inspect, layout } = workerData as WorkerData;

async function look(): Promise<Inspected> {
  try {
    return { knowledge: await knowledgeOf(createEnvironment(layout), inspect ?? {}) };
  } catch (error) {
    if (!(error instanceof UserError || error instanceof FormatError)) throw error;
    return { problem: error.message };
  }
}

parentPort!.postMessage(await look());
