/**
 * In which order VS Code hears of a thread's stack. At a stop it asks for the first frame and gives it
 * the focus; its Call Stack asks for the same stack by itself when it is drawn before the answer is
 * there. What comes last replaces what came before, and a frame in focus that is no longer in its
 * thread's stack has no row and tells no event. So who asked first is answered last.
 */

/** The parts of a request and its response that matter here. */
interface Asked {
  readonly seq: number;
  readonly command?: string;
  readonly arguments?: { readonly threadId?: unknown; readonly startFrame?: number };
}

interface Answer {
  readonly request_seq?: number;
}

export class StackOrder<Message extends Answer> {
  /** Those that begin with the first frame, in the order in which they were asked. */
  #open: { readonly seq: number; readonly threadId: unknown; answer?: Message }[] = [];

  asked({ seq, command, arguments: args }: Asked): void {
    if (command !== "stackTrace" || (args?.startFrame ?? 0) !== 0) return;
    this.#open.push({ seq, threadId: args?.threadId });
  }

  /** What VS Code is to hear now. */
  answered(answer: Message): readonly Message[] {
    const asked = this.#open.find(({ seq }) => seq === answer.request_seq);
    if (asked === undefined) return [answer];
    asked.answer = answer;
    const same = this.#open.filter(({ threadId }) => threadId === asked.threadId);
    if (!same.every(({ answer }) => answer !== undefined)) return [];
    this.#open = this.#open.filter(({ threadId }) => threadId !== asked.threadId);
    return same.reverse().flatMap(({ answer }) => answer ?? []);
  }

  /** Nothing more will be answered: what VS Code has not heard. */
  ended(): readonly Message[] {
    const rest = this.#open.flatMap(({ answer }) => answer ?? []);
    this.#open = [];
    return rest;
  }
}
