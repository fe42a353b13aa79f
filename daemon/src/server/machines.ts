/** The machines that this daemon runs, by name: who has one, and who may have it. */
import { UserError } from "../base/errors.ts";

/** A session that runs a machine. */
interface Holder {
  /** A client debugs it, or is about to. */
  readonly taken: boolean;
}

export class Machines<Session extends Holder> {
  readonly #sessions = new Map<string, Session>();

  /** The name under which the session's machine is found: `given`, or a free one from `base`. */
  publish(session: Session, given: string | undefined, base: string): string {
    if (given !== undefined && this.#sessions.has(given)) {
      throw new UserError(
        `There is a machine "${given}" already: attach to it, or choose another name.`,
      );
    }
    let name = given ?? base;
    for (let number = 2; this.#sessions.has(name); number++) name = `${base}-${number}`;
    this.#sessions.set(name, session);
    return name;
  }

  withdraw(session: Session): void {
    for (const [name, other] of this.#sessions) if (other === session) this.#sessions.delete(name);
  }

  /** The session of a machine that no client debugs. */
  free(name: string | undefined): Session {
    const session = name === undefined ? undefined : this.#sessions.get(name);
    if (session === undefined) throw new UserError(this.#missing(name));
    if (session.taken) {
      throw new UserError(
        `The machine "${name}" is being debugged by another client: let that one disconnect without ending it (terminateDebuggee: false) first.`,
      );
    }
    return session;
  }

  #missing(name: string | undefined): string {
    const wrong =
      name === undefined ? "`attach` needs `machine`, a name" : `There is no machine "${name}"`;
    if (this.#sessions.size === 0) return `${wrong}; none runs here: use \`launch\`.`;
    const names = [...this.#sessions].map(([other, { taken }]) =>
      taken ? `${other} (being debugged)` : other,
    );
    return `${wrong}. There are: ${names.join(", ")}.`;
  }
}
