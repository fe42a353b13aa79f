/**
 * Keeps the frame in focus in its thread's stack. At a stop VS Code asks for the first frame and gives
 * it the focus; its Call Stack asks for the same stack by itself when it is drawn before the answer is
 * there. What comes last replaces what came before, and a frame in focus that is no longer in its
 * thread's stack has no row and tells no event. So who asked first is answered last; and where the
 * first answer was on its way already, the stop is told once more.
 */

/** The parts of a DAP message that matter here. */
interface Message {
  readonly seq: number;
  readonly type: string;
  readonly command?: string;
  readonly event?: string;
  readonly request_seq?: number;
  readonly arguments?: { readonly threadId?: unknown; readonly startFrame?: number };
  readonly body?: { readonly threadId?: unknown; readonly preserveFocusHint?: boolean };
}

/** The stack of a thread from its first frame, which VS Code waits for. */
interface Asked {
  readonly seq: number;
  readonly threadId: unknown;
  /** It has the first frame, which it cannot have known when it asked. */
  readonly crossed: boolean;
  answer?: Message;
}

/** A stop is told so often at most: somebody may ask for a stack twice for reasons of his own. */
const TOLD_AGAIN = 2;

export class StackOrder {
  /** In the order in which they were asked. */
  #open: Asked[] = [];
  /** The stop whose thread gets the focus. */
  #stop: Message | undefined;
  #hasFirstFrame = false;
  #toldAgain = 0;

  /** A request of VS Code's. */
  asked({ seq, command, arguments: args }: Message): void {
    if (command !== "stackTrace" || (args?.startFrame ?? 0) !== 0) return;
    const crossed = this.#hasFirstFrame && args?.threadId === this.#stop?.body?.threadId;
    this.#open.push({ seq, threadId: args?.threadId, crossed });
  }

  /** A message of the daemon's; answers what VS Code is to hear now. */
  heard(message: Message): readonly Message[] {
    if (message.type === "response") return this.#answered(message);
    if (message.event === "stopped" && message.body?.preserveFocusHint !== true) {
      this.#stop = message;
      this.#hasFirstFrame = false;
      this.#toldAgain = 0;
    }
    return [message];
  }

  /** Nothing more will be answered: what VS Code has not heard. */
  ended(): readonly Message[] {
    const rest = this.#open.flatMap(({ answer }) => answer ?? []);
    this.#open = [];
    return rest;
  }

  #answered(answer: Message): readonly Message[] {
    const asked = this.#open.find(({ seq }) => seq === answer.request_seq);
    if (asked === undefined) return [answer];
    asked.answer = answer;
    const { threadId } = asked;
    const same = this.#open.filter((each) => each.threadId === threadId);
    if (!same.every(({ answer }) => answer !== undefined)) return [];
    this.#open = this.#open.filter((each) => each.threadId !== threadId);
    const answers = same.reverse().flatMap(({ answer }) => answer ?? []);
    if (threadId !== this.#stop?.body?.threadId) return answers;
    this.#hasFirstFrame = !same.some(({ crossed }) => crossed);
    return this.#hasFirstFrame ? answers : [...answers, ...this.#again()];
  }

  #again(): readonly Message[] {
    if (this.#stop === undefined || this.#toldAgain === TOLD_AGAIN) return [];
    this.#toldAgain += 1;
    // The other threads keep their stacks.
    const body = { ...this.#stop.body, allThreadsStopped: false, again: true };
    return [{ ...this.#stop, seq: 0, body }];
  }
}
