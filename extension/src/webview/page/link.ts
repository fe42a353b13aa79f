/** A page's side of the messages: questions with their answers, and what else is told. */
import { type Language, speak } from "../../base/words.ts";
import { type FromAnyPage, LANGUAGE_ID, type ToAnyPage } from "../messages.ts";

type Answer = Extract<ToAnyPage, { readonly type: "answer" | "refused" }>;
/** What a page is told: all but answers, and what only this page is told. */
export type Told<Own = never> = Exclude<ToAnyPage, Answer> | Own;

export class Link<ToPage = never, FromPage = never> {
  readonly #api = acquireVsCodeApi();
  readonly #open = new Map<number, (message: Answer) => void>();
  #next = 1;

  /** From here on the page speaks the user's language. */
  constructor(told: (message: Told<ToPage>) => void) {
    const language = document.getElementById(LANGUAGE_ID)?.textContent;
    if (language) speak(JSON.parse(language) as Language);
    window.addEventListener("message", ({ data }: MessageEvent<Answer | Told<ToPage>>) => {
      const message = data as Answer;
      if (message.type !== "answer" && message.type !== "refused") {
        told(data as Told<ToPage>);
        return;
      }
      const answer = this.#open.get(message.id);
      this.#open.delete(message.id);
      answer?.(message);
    });
  }

  /** Rejects with the daemon's sentence. */
  ask<Body>(command: string, args: object): Promise<Body> {
    const id = this.#next++;
    this.say({ type: "ask", id, command, args });
    return new Promise((resolve, reject) => {
      this.#open.set(id, (message) => {
        if (message.type === "answer") resolve(message.body as Body);
        else reject(new Error(message.message));
      });
    });
  }

  say(message: FromAnyPage | FromPage): void {
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
