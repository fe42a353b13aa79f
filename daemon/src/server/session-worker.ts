/**
 * The worker thread of one debug session: DAP text in, DAP text out, an adapter between them for
 * each client that comes. The machine runs in slices between messages, and rests while the client
 * does not read.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { assert, UserError } from "../base/errors.ts";
import { Adapter } from "../dap/adapter.ts";
import type { Debuggee } from "../dap/debuggee.ts";
import { keepDisk } from "../debugger/target.ts";
import { createEnvironment } from "./environment.ts";
import { type FromWorker, type ToWorker, WINDOW, type WorkerData } from "./session-messages.ts";

const port = parentPort;
assert(port, "a session runs in a worker thread");
const post = (message: FromWorker) => port.postMessage(message);

/** Characters on the way to the client, and what waits until they are fewer. */
let underWay = 0;
let held: (() => void)[] = [];
/** The last `seq` that the client saw. */
let sent = 0;
/** What the client said in `initialize`. */
let initialize: unknown;
/** While `attach` (this `seq`) is answered: what came after it, which may be for another session. */
let attaching: { readonly seq: number; readonly texts: string[] } | undefined;
let debuggee: Debuggee | undefined;
/** The daemon's answer to the one question that is open. */
let asked: { answer(name: string): void; refuse(error: Error): void } | undefined;

const environment = createEnvironment((workerData as WorkerData).layout, {
  defer: (callback) => {
    if (underWay > WINDOW) held.push(callback);
    else setImmediate(callback);
  },
});

const ask = (question: FromWorker): Promise<string> =>
  new Promise((answer, refuse) => {
    asked = { answer, refuse };
    post(question);
  });

/** Whether somebody looks at annotations. */
let wanted = false;
let adapter = createAdapter();

function createAdapter(): Adapter {
  const created = new Adapter({
    environment,
    annotate: (annotations) => post({ kind: "annotations", annotations }),
    machines: {
      publish: (given, base) => ask({ kind: "publish", given, base }),
      reserve: async (name) => void (await ask({ kind: "reserve", name })),
    },
  });
  created.wantAnnotations(wanted);
  created.onDidSendMessage((message) => send(message as DebugProtocol.ProtocolMessage));
  return created;
}

function send(message: DebugProtocol.ProtocolMessage): void {
  message.seq = ++sent;
  const text = JSON.stringify(message);
  underWay += text.length;
  post({ kind: "message", text });
  if (message.type === "response") answered(message as DebugProtocol.Response);
}

/** Some answers change whose client this is. */
function answered(response: DebugProtocol.Response): void {
  if (response.command === "disconnect") {
    if (!detach()) post({ kind: "ended" });
  } else if (response.request_seq === attaching?.seq) {
    if (response.success) {
      post({ kind: "leaving" });
      return;
    }
    const { texts } = attaching;
    attaching = undefined;
    for (const text of texts) take(text);
  }
}

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "message":
      post({ kind: "taken", length: message.text.length });
      take(message.text);
      return;
    case "flushed":
      // What a client that is gone had not read is forgotten.
      underWay = Math.max(0, underWay - message.length);
      if (underWay <= WINDOW) release();
      return;
    case "annotate":
      wanted = message.wanted;
      adapter.wantAnnotations(wanted);
      return;
    case "named":
      asked?.answer(message.name);
      return;
    case "refused":
      asked?.refuse(new UserError(message.problem));
      return;
    case "leave":
      post({ kind: "left", passage: { initialize, texts: attaching?.texts ?? [] } });
      return;
    case "attached":
      attach(message.initialize, message.sent);
      return;
    case "abandoned":
      adapter.leave();
      if (!detach()) post({ kind: "ended" });
      return;
  }
});

function take(text: string): void {
  if (attaching) {
    attaching.texts.push(text);
    return;
  }
  let parsed: DebugProtocol.Request;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    complain(error);
    return;
  }
  if (parsed?.command === "initialize") initialize = parsed.arguments;
  if (isRequest(parsed) && parsed.command === "attach") attaching = { seq: parsed.seq, texts: [] };
  adapter.handleMessage(parsed);
}

/** The adapter answers nothing else. */
const isRequest = (message: DebugProtocol.Request): boolean =>
  message?.type === "request" && Number.isSafeInteger(message.seq);

/** The client has left its machine: it goes on here. False when there is none left. */
function detach(): boolean {
  const left = adapter.left;
  if (!left) return false;
  if (left === debuggee) return true;
  adapter.dispose();
  underWay = 0;
  release();
  debuggee = left;
  left.ended.on(() => {
    keepDisk(environment, left.session.target)
      .catch((error: Error) => environment.log(error.message))
      .finally(() => post({ kind: "ended" }));
  });
  post({ kind: "detached" });
  return true;
}

function attach(greeting: unknown, seen: number): void {
  assert(debuggee, "a machine that nobody debugs is attached to");
  const taken = debuggee;
  debuggee = undefined;
  sent = seen;
  initialize = greeting;
  adapter = createAdapter();
  adapter.adopt(taken, greeting);
}

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
