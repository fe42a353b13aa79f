/**
 * The Debug Adapter Protocol's edge: one adapter is one session. Messages come in by
 * `handleMessage` and go out by `onDidSendMessage`; how they travel is the server's business.
 * Requests are answered one after the other, in the order in which they came; only `PATIENT` ones let
 * others go first.
 */
import { DebugSession, Event, Response } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { z } from "zod";
import { FormatError, UserError } from "../base/errors.ts";
import type { Annotations, Environment } from "../debugger/api.ts";
import { Context } from "./context.ts";
import type { Debuggee } from "./debuggee.ts";
import { alone, type MachineNames } from "./machines.ts";
import { adoptSession, closeSession, leaveSession } from "./open.ts";
import { asyncos } from "./requests/asyncos.ts";
import { breakpoints, wireBreakpoint } from "./requests/breakpoints.ts";
import { completions } from "./requests/completions.ts";
import { execution } from "./requests/execution.ts";
import { goto } from "./requests/goto.ts";
import { greet, life } from "./requests/life.ts";
import { memory } from "./requests/memory.ts";
import { parallel } from "./requests/parallel.ts";
import { picked } from "./requests/picked.ts";
import { processes } from "./requests/processes.ts";
import { stacks } from "./requests/stacks.ts";
import { timeline } from "./requests/timeline.ts";
import { values } from "./requests/values.ts";
import type { Handlers } from "./table.ts";

/** Every request that is answered; whatever is not here gets an error. */
export const requests: Handlers = {
  ...life,
  ...breakpoints,
  ...execution,
  ...stacks,
  ...values,
  ...completions,
  ...memory,
  ...asyncos,
  ...parallel,
  ...picked,
  ...goto,
  ...processes,
  ...timeline,
};

export interface AdapterOptions {
  readonly environment: Environment;
  /** Other sessions' machines; left out: there are none. */
  readonly machines?: MachineNames;
  /** Told at each stop what the language server may show, and `undefined` when it no longer holds. */
  readonly annotate: (annotations: Annotations | undefined) => void;
}

/**
 * Requests by which a user does something: their errors pop up. Editors send all others by
 * themselves, also late ones, when what they ask for is gone.
 */
const ACTIONS = new Set([
  "launch",
  "attach",
  "restart",
  "continue",
  "pause",
  "next",
  "stepIn",
  "stepOut",
  "setVariable",
  "setExpression",
  "writeMemory",
  "asyncos/stepHart",
  "asyncos/runHart",
  "asyncos/freeze",
  "asyncos/thaw",
  "asyncos/breakOn",
  "asyncos/breakOnBit",
  "asyncos/pin",
  "asyncos/focus",
]);

/**
 * These take longer than all that a stop shows besides, and users look at the rest first: they are
 * answered when nothing else waits. They may be asked while the machine runs, too, so that it does not
 * matter what has gone first.
 */
const PATIENT = new Set(["asyncos/timeline", "asyncos/timelineStatistics"]);

/** So many turns without another request: an answer may be on its way that leads to the next one. */
const QUIET_TURNS = 2;

/** Ids of the errors in `body.error`, as DAP wants them. */
const USER_ERROR = 1;
const OUR_BUG = 2;

export class Adapter extends DebugSession {
  readonly #context: Context;
  readonly #defer: Environment["defer"];
  #queue: Promise<void> = Promise.resolve();
  #answers = 0;

  constructor({ environment, annotate, machines = alone }: AdapterOptions) {
    super();
    this.#defer = (callback) => environment.defer(callback);
    this.#context = new Context({
      environment,
      annotate,
      machines,
      emit: (event, body) => this.sendEvent(new Event(event, body)),
    });
    this.#context.breakpoints.changed.on((status) =>
      this.#context.emit("breakpoint", {
        reason: "changed",
        breakpoint: wireBreakpoint(this.#context, status),
      }),
    );
  }

  /** Debugs what another client left, for a client whose `initialize` that session had answered. */
  adopt(debuggee: Debuggee, initialize: unknown): void {
    greet(this.#context, (initialize ?? {}) as Parameters<typeof greet>[1]);
    adoptSession(this.#context, debuggee);
  }

  /** Whether anybody looks at what `annotate` is told; until this is called, somebody does. */
  wantAnnotations(wanted: boolean): void {
    this.#context.annotated = wanted;
    this.#context.annotatedChanged.emit(wanted);
  }

  /** The client is gone without a word, and its machine is to stay, if there is one that goes on. */
  leave(): void {
    const { session } = this.#context;
    if (session && session.state !== "ended") leaveSession(this.#context, false);
  }

  /** What the client has left, once it has. */
  get left(): Debuggee | undefined {
    return this.#context.left;
  }

  /** The client is gone: ends what is being debugged. */
  override dispose(): void {
    this.#context.closed = true;
    closeSession(this.#context);
    super.dispose();
  }

  /** Never throws: what is no message is told to the user, and changes nothing. */
  override handleMessage(message: DebugProtocol.ProtocolMessage): void {
    const { type, seq, command } = (message ?? {}) as Partial<DebugProtocol.Request>;
    if (type === "request" && Number.isSafeInteger(seq) && typeof command === "string") {
      super.handleMessage(message);
    } else if (type !== "response") {
      this.#context.emit("output", {
        category: "important",
        output: "A message that is no DAP request was ignored.\n",
      });
    }
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    if (PATIENT.has(request.command)) void this.#answerLater(request);
    else this.#enqueue(request);
  }

  #enqueue(request: DebugProtocol.Request): void {
    this.#queue = this.#queue.then(() => this.#answer(request));
  }

  async #answerLater(request: DebugProtocol.Request): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#answers;
      await new Promise<void>((resolve) => this.#defer(resolve));
      quiet = this.#answers === before ? quiet + 1 : 0;
    }
    // Who asked may be gone by now.
    if (!this.#context.closed) this.#enqueue(request);
  }

  async #answer(request: DebugProtocol.Request): Promise<void> {
    const response: DebugProtocol.Response = new Response(request);
    this.#answers += 1;
    try {
      const body = await this.#handle(request.command, request.arguments);
      if (body) response.body = body;
      this.sendResponse(response);
    } catch (error) {
      this.#refuse(response, error);
    }
    try {
      this.#context.responded();
    } catch (error) {
      this.#context.bug(error);
    }
  }

  async #handle(command: string, args: unknown): Promise<object | undefined> {
    const handler = Object.hasOwn(requests, command) ? requests[command] : undefined;
    if (!handler) throw new UserError(`The request "${command.slice(0, 80)}" is not supported.`);
    if (handler.when !== "any") {
      const session = this.#context.launched;
      if (handler.when === "stopped") session.requireStop();
    }
    const checked = handler.schema.safeParse(args ?? undefined);
    if (!checked.success) throw new UserError(argumentProblem(command, checked.error));
    return handler.handle(this.#context, checked.data);
  }

  /** A user's mistake is shown; a bug of ours is logged, and ends nothing but this request. */
  #refuse(response: DebugProtocol.Response, error: unknown): void {
    const expected = error instanceof UserError || error instanceof FormatError;
    if (!expected) this.#context.bug(error);
    const format = expected
      ? error.message
      : `Internal error: ${(error as Error)?.message ?? error}`;
    const id = expected ? USER_ERROR : OUR_BUG;
    const showUser = !expected || ACTIONS.has(response.command);
    // Braces in a format are variables, so the message is one itself; `_`: nothing private is in it.
    const message = { id, format: "{_text}", variables: { _text: format }, showUser };
    this.sendErrorResponse(response, message);
  }
}

function argumentProblem(command: string, error: z.ZodError): string {
  const issue = error.issues[0]!;
  const place = issue.path.length > 0 ? `"${issue.path.join(".")}"` : "arguments";
  return `${command}: ${place}: ${issue.message}.`;
}
