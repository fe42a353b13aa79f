/** What every page in a webview and the extension say to each other. */

/** Where a page finds the user's language: the id of an element with it as JSON. */
export const LANGUAGE_ID = "language";

/** `none`: no session yet. `ended`: what is shown stays, and nothing more can be asked. */
export type PagePhase = "none" | "starting" | "running" | "stopped" | "ended";

export type ToAnyPage =
  | { readonly type: "phase"; readonly phase: PagePhase; readonly session: string }
  /** The machine has stopped anew: what was asked may be another now. */
  | { readonly type: "changed" }
  | { readonly type: "answer"; readonly id: number; readonly body: unknown }
  | { readonly type: "refused"; readonly id: number; readonly message: string };

export type FromAnyPage =
  | { readonly type: "ready" }
  | { readonly type: "ask"; readonly id: number; readonly command: string; readonly args: object }
  /** The user wants a session to look at. */
  | { readonly type: "start" };
