/**
 * The worker thread of one debug session: DAP text in, DAP text out, the adapter between them.
 * The machine runs in slices between messages, and rests while the client does not read.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { assert } from "../base/errors.ts";
import { Adapter } from "../dap/adapter.ts";
import { createEnvironment } from "./environment.ts";
import { type FromWorker, type ToWorker, WINDOW, type WorkerData } from "./session-messages.ts";

const port = parentPort;
assert(port, "a session runs in a worker thread");
const post = (message: FromWorker) => port.postMessage(message);

/** Characters on the way to the client, and what waits until they are fewer. */
let underWay = 0;
let held: (() => void)[] = [];

const environment = createEnvironment((workerData as WorkerData).layout, {
  defer: (callback) => {
    if (underWay > WINDOW) held.push(callback);
    else setImmediate(callback);
  },
});

const adapter = new Adapter({
  environment,
  annotate: (annotations) => post({ kind: "annotations", annotations }),
});

adapter.onDidSendMessage((message) => {
  const text = JSON.stringify(message);
  underWay += text.length;
  post({ kind: "message", text });
  const response = message as DebugProtocol.Response;
  if (response.type === "response" && response.command === "disconnect") post({ kind: "ended" });
});

port.on("message", (message: ToWorker) => {
  if (message.kind === "flushed") {
    underWay -= message.length;
    if (underWay <= WINDOW) release();
    return;
  }
  post({ kind: "taken", length: message.text.length });
  let parsed: DebugProtocol.ProtocolMessage;
  try {
    parsed = JSON.parse(message.text);
  } catch (error) {
    complain(error);
    return;
  }
  adapter.handleMessage(parsed);
});

function release(): void {
  const ready = held;
  held = [];
  for (const callback of ready) setImmediate(callback);
}

/** A text that is not JSON has no `seq` to be answered by: an output event says so. */
function complain(error: unknown): void {
  adapter.sendEvent({
    seq: 0,
    type: "event",
    event: "output",
    body: {
      category: "important",
      output: `Malformed DAP message: not JSON: ${(error as Error).message}\n`,
    },
  } as DebugProtocol.OutputEvent);
}
