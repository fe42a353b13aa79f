/** A machine that goes on while no client debugs it, until the next one attaches. */
import { type Disposable, Signal } from "../base/disposable.ts";
import type { Environment } from "../debugger/api.ts";
import type { Session } from "../debugger/session.ts";
import type { LaunchOptions } from "./launch.ts";

/** Characters of output that are kept for the next client. */
const KEPT = 64 * 1024;

export class Debuggee {
  readonly session: Session;
  readonly launch: LaunchOptions;
  readonly name: string;
  /** The guest ended before the next client came. */
  readonly ended = new Signal<undefined>();
  readonly #subscriptions: Disposable[];
  #output = "";

  constructor(session: Session, launch: LaunchOptions, name: string, environment: Environment) {
    this.session = session;
    this.launch = launch;
    this.name = name;
    this.#subscriptions = [
      session.output.on(({ text }) => {
        this.#output = (this.#output + text).slice(-KEPT);
      }),
      session.failed.on((error) =>
        environment.log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      ),
      session.exited.on(() => this.ended.emit(undefined)),
    ];
  }

  /** A client is there again: what was printed meanwhile, the last of it. */
  taken(): string {
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
    return this.#output;
  }
}
