/** The page's side of the messages: questions with their answers, and what else is told. */
import type { FromPage, Request, ToPage } from "../messages.ts";

type Told = Exclude<ToPage, { readonly type: "answer" | "refused" }>;

export class Link {
  readonly #api = acquireVsCodeApi();
  readonly #open = new Map<number, (message: ToPage) => void>();
  #next = 1;

  constructor(told: (message: Told) => void) {
    window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
      if (data.type !== "answer" && data.type !== "refused") {
        told(data);
        return;
      }
      const answer = this.#open.get(data.id);
      this.#open.delete(data.id);
      answer?.(data);
    });
  }

  /** Rejects with the daemon's sentence. */
  ask<Body>(command: Request, args: object): Promise<Body> {
    const id = this.#next++;
    this.say({ type: "ask", id, command, args });
    return new Promise((resolve, reject) => {
      this.#open.set(id, (message) => {
        if (message.type === "answer") resolve(message.body as Body);
        else if (message.type === "refused") reject(new Error(message.message));
      });
    });
  }

  say(message: FromPage): void {
    this.#api.postMessage(message);
  }

  /** Kept while the page is away. */
  get kept(): unknown {
    return this.#api.getState();
  }

  keep(state: object): void {
    this.#api.setState(state);
  }
}
