/** The rows of the custom requests, as far as the tour reads them. */

export interface HartRow {
  readonly id: number;
  readonly threadId: number;
  readonly state: string;
  readonly privilege: string;
  readonly pc: string;
  readonly thread?: number;
  readonly coroutine?: number;
  readonly instructions: number;
  readonly name?: string;
  readonly path?: string;
  readonly line?: number;
}

export interface CoroutineRow {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly priority?: number;
  readonly hart?: number;
}

export interface AwaitRow {
  readonly name: string;
  readonly path?: string;
  readonly line?: number;
  readonly note?: string;
  readonly variablesReference: number;
}

export interface EventRow {
  readonly time: string;
  readonly hart?: number;
  readonly kind: string;
  readonly thread?: number;
  readonly coroutine?: number;
  readonly old?: string;
  readonly new?: string;
}

export interface ExecutorRow {
  readonly name: string;
  readonly mode: string;
  readonly queues: readonly { readonly priority: number; readonly coroutines: readonly number[] }[];
  readonly wakers: readonly unknown[];
  readonly current?: number;
}

export interface BitmapRow {
  readonly name: string;
  readonly address: string;
  readonly value: string;
  readonly bits: readonly number[];
}
