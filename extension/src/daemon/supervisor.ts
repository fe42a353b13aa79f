/**
 * Keeps one daemon for the window: started when first needed, started anew when it died, ended with
 * the extension. Knows no Node and no VS Code; processes come in through `Launch`.
 */
import { t } from "../base/words.ts";
import type { Endpoint } from "./ready.ts";
import { parseReadyLine } from "./ready.ts";

/** A daemon's process, as far as it is watched. Listeners are set before anything is delivered. */
export interface DaemonProcess {
  onLine(listener: (line: string) => void): void;
  onErrorLine(listener: (line: string) => void): void;
  /** Called once, with a sentence that says how. */
  onExit(listener: (how: string) => void): void;
  /** Asks the process to end. */
  end(): void;
}

export type Launch = () => DaemonProcess;

export interface SupervisorOptions {
  readonly launch: Launch;
  readonly log: (line: string) => void;
  /** Milliseconds for the ready line. */
  readonly patience: number;
  /** Calls back after so many milliseconds; answers how to call it off. */
  readonly later: (milliseconds: number, callback: () => void) => () => void;
}

/** How much of the daemon's last words an error repeats. */
const LAST_WORDS = 3;

interface Running {
  readonly process: DaemonProcess;
  readonly endpoint: Promise<Endpoint>;
  readonly gone: Promise<void>;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  #running: Running | undefined;
  #ended = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Where the daemon serves; starts one when none runs. Rejects with a sentence. */
  endpoint(): Promise<Endpoint> {
    if (this.#ended) return Promise.reject(new Error(t("The AsyncOS extension is shutting down.")));
    this.#running ??= this.#start();
    return this.#running.endpoint;
  }

  /**
   * Opens something at the daemon. One that has just died may not have been noticed yet: when it
   * cannot be reached, another one is started, once.
   */
  async connect<T>(open: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    const endpoint = this.endpoint();
    const running = this.#running;
    try {
      return await open(await endpoint);
    } catch (error) {
      if (this.#ended || running === undefined || !(await settled(endpoint))) throw error;
      this.#options.log(`${error instanceof Error ? error.message : error} Starting another one.`);
      if (this.#running === running) this.#running = undefined;
      running.process.end();
      return open(await this.endpoint());
    }
  }

  /** Ends the daemon for good; resolves when it is gone. */
  async end(): Promise<void> {
    this.#ended = true;
    const running = this.#running;
    if (running === undefined) return;
    running.process.end();
    await running.gone;
  }

  #start(): Running {
    const { launch, log, patience, later } = this.#options;
    const process = launch();
    const lastWords: string[] = [];
    let gone = () => {};
    const running: Running = {
      process,
      gone: new Promise((resolve) => {
        gone = resolve;
      }),
      endpoint: new Promise((resolve, reject) => {
        const fail = (what: string) => {
          if (this.#running === running) this.#running = undefined;
          reject(new Error([what, ...lastWords, t("AsyncOS: Show Log says more.")].join(" ")));
        };
        const callOff = later(patience, () => {
          fail(t("The AsyncOS daemon did not get ready within {0} seconds.", patience / 1000));
          process.end();
        });
        process.onLine((line) => {
          const endpoint = parseReadyLine(line);
          if (endpoint === undefined) return log(line);
          callOff();
          log(`The daemon (process ${endpoint.pid}) serves ${endpoint.url}.`);
          resolve(endpoint);
        });
        process.onErrorLine((line) => {
          log(line);
          if (lastWords.push(line) > LAST_WORDS) lastWords.shift();
        });
        process.onExit((how) => {
          callOff();
          log(how);
          fail(how);
          gone();
        });
      }),
    };
    return running;
  }
}

function settled(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  );
}
