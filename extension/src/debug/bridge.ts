/**
 * Carries DAP messages between VS Code and the daemon, and keeps the promise that every request is
 * answered also when the daemon goes away: then what is open fails with a sentence and the session
 * ends.
 */

import type { JsonSocket } from "../base/json-socket.ts";
import { t } from "../base/words.ts";
import { Hearing } from "./hearing.ts";
import { StackOrder } from "./stack-order.ts";

/** The envelope of a DAP message. */
export interface ProtocolMessage {
  readonly seq: number;
  readonly type: string;
  readonly command?: string;
  readonly request_seq?: number;
}

export class Bridge {
  readonly #socket: JsonSocket;
  readonly #deliver: (message: object) => void;
  /** Requests that the daemon has not answered, by their number. */
  readonly #open = new Map<number, string>();
  readonly #hearing = new Hearing();
  readonly #stacks = new StackOrder();
  #lost: string | undefined;

  constructor(socket: JsonSocket, deliver: (message: object) => void) {
    this.#socket = socket;
    this.#deliver = deliver;
    socket.onMessage((message) => {
      const { type, request_seq } = message as ProtocolMessage;
      if (type === "response" && request_seq !== undefined) this.#open.delete(request_seq);
      const heard = this.#hearing.hear(message as ProtocolMessage);
      for (const each of this.#stacks.heard(heard)) deliver(each);
    });
    socket.onClose((reason, peer) => this.#lose(reason, peer));
  }

  /** A message of VS Code. */
  handle(message: ProtocolMessage): void {
    if (message.type === "request") {
      this.#open.set(message.seq, message.command ?? "");
      this.#hearing.asked(message);
      this.#stacks.asked(message);
    }
    if (this.#lost === undefined) this.#socket.send(message);
    else this.#failOpen();
  }

  dispose(): void {
    this.#lost ??= "closed";
    this.#open.clear();
    this.#socket.close();
  }

  #lose(reason: string, told: boolean): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    const ending = [...this.#open.values()].some(
      (command) => command === "disconnect" || command === "terminate",
    );
    this.#failOpen();
    // A daemon that gives a reason has written it into the console already.
    if (!ending && !told) {
      const output = t("The AsyncOS session ended: {0}. Start it again to go on.", reason);
      this.#event("output", { category: "stderr", output: `${output}\n` });
    }
    this.#event("terminated");
  }

  #failOpen(): void {
    for (const answer of this.#stacks.ended()) this.#deliver(answer);
    for (const [request_seq, command] of this.#open) {
      const success = command === "disconnect" || command === "terminate";
      const answer = { seq: 0, type: "response", request_seq, command, success };
      this.#deliver(
        success
          ? answer
          : { ...answer, message: t("The AsyncOS session ended: {0}.", this.#lost ?? "") },
      );
    }
    this.#open.clear();
  }

  #event(event: string, body?: object): void {
    this.#deliver({ seq: 0, type: "event", event, body });
  }
}
