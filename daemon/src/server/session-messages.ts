/** What the main thread and a session's worker say to each other. DAP messages pass as JSON text. */
import type { Annotations, Knowledge } from "../debugger/api.ts";
import type { KernelFiles } from "../debugger/knowledge.ts";
import type { Layout } from "./layout.ts";

/** A client that goes from one session over to another. */
export interface Passage {
  /** The arguments of its `initialize`. */
  readonly initialize: unknown;
  /** What it said that nobody has answered yet. */
  readonly texts: readonly string[];
}

export type ToWorker =
  | { readonly kind: "message"; readonly text: string }
  /** So many characters of the worker's messages left for the client. */
  | { readonly kind: "flushed"; readonly length: number }
  /** Whether somebody looks at what sessions have to say of source files; not, at first. */
  | { readonly kind: "annotate"; readonly wanted: boolean }
  /** Answers to `publish` and `reserve`: a machine's name, or why not. */
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "refused"; readonly problem: string }
  /** Nothing more comes from the client. */
  | { readonly kind: "leave" }
  /** A client has come over; it has seen messages up to this `seq`. */
  | { readonly kind: "attached"; readonly initialize: unknown; readonly sent: number }
  /** The client is gone, the machine may stay. */
  | { readonly kind: "abandoned" };

export type FromWorker =
  | { readonly kind: "message"; readonly text: string }
  /** So many characters of the client's messages were taken. */
  | { readonly kind: "taken"; readonly length: number }
  | { readonly kind: "annotations"; readonly annotations: Annotations | undefined }
  /** The machine wants a name (see dap/machines.ts). */
  | { readonly kind: "publish"; readonly given: string | undefined; readonly base: string }
  /** The client wants to go over to another machine; and goes, once that was answered. */
  | { readonly kind: "reserve"; readonly name: string | undefined }
  | { readonly kind: "leaving" }
  | { readonly kind: "left"; readonly passage: Passage }
  /** The client disconnected by the protocol, and the machine stays. */
  | { readonly kind: "detached" }
  /** The client disconnected by the protocol, or the guest ended with no client: nothing more will come. */
  | { readonly kind: "ended" };

export interface WorkerData {
  readonly layout: Layout;
  /** Given to a worker that is no session: it looks at a kernel, says what it knows, and ends. */
  readonly inspect?: KernelFiles;
}

export type Inspected =
  | { readonly knowledge: Knowledge }
  /** A sentence for the user. */
  | { readonly problem: string };

/** Characters that may be under way in either direction before the sender has to wait. */
export const WINDOW = 1024 * 1024;
