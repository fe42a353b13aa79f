/**
 * The Debug Adapter Protocol's edge: one adapter is one session. Messages come in by
 * `handleMessage` and go out by `onDidSendMessage`; how they travel is the server's business.
 */
import { DebugSession } from "@vscode/debugadapter";
import type { Annotations, Environment } from "../debugger/api.ts";

export interface AdapterOptions {
  readonly environment: Environment;
  /** Told at each stop what the language server may show, and `undefined` when it no longer holds. */
  readonly annotate: (annotations: Annotations | undefined) => void;
}

export class Adapter extends DebugSession {
  readonly #options: AdapterOptions;

  constructor(options: AdapterOptions) {
    super();
    this.#options = options;
    this.#options.annotate(undefined);
  }
}
