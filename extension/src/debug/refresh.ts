/** When the views read a session again: once for what comes together, and at a stop after VS Code. */

/** What comes within this time is one refresh. */
const COALESCE_MILLISECONDS = 10;

/**
 * At a stop the views wait for VS Code to have the stack that it shows first. It fetches a stack twice
 * when the first answer takes it more than 50 ms, and then marks no frame and tells no event, because
 * the frame in focus is of the stack that was replaced. This long at most: it may not ask.
 */
const STACK_MILLISECONDS = 200;

export class Refresh {
  readonly #run: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #awaitsStack = false;

  constructor(run: () => void) {
    this.#run = run;
  }

  soon(): void {
    if (this.#timer === undefined) this.#start(COALESCE_MILLISECONDS);
  }

  /** The session has stopped; what was to be read before is not there any more. */
  afterStack(): void {
    this.#start(STACK_MILLISECONDS);
    this.#awaitsStack = true;
  }

  /** VS Code has got a stack. */
  stackCame(): void {
    if (this.#awaitsStack) this.#start(COALESCE_MILLISECONDS);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #start(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#awaitsStack = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#awaitsStack = false;
      this.#run();
    }, milliseconds);
  }
}
