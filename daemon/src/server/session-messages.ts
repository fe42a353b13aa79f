/** What the main thread and a session's worker say to each other. DAP messages pass as JSON text. */
import type { Annotations } from "../debugger/api.ts";
import type { Layout } from "./layout.ts";

export type ToWorker =
  | { readonly kind: "message"; readonly text: string }
  /** So many characters of the worker's messages left for the client. */
  | { readonly kind: "flushed"; readonly length: number };

export type FromWorker =
  | { readonly kind: "message"; readonly text: string }
  /** So many characters of the client's messages were taken. */
  | { readonly kind: "taken"; readonly length: number }
  | { readonly kind: "annotations"; readonly annotations: Annotations | undefined }
  /** The client disconnected by the protocol: nothing more will come. */
  | { readonly kind: "ended" };

export interface WorkerData {
  readonly layout: Layout;
}

/** Characters that may be under way in either direction before the sender has to wait. */
export const WINDOW = 1024 * 1024;
