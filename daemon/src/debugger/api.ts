/**
 * What the entry point lends to a session, and what a session tells others than its own client.
 * Everything that touches the host (files, clock) comes in through `Environment`, so that the
 * layers below the server stay deterministic and free of Node.
 */
export interface Environment {
  /** Bytes of a file that the user named; throws UserError with the path when it cannot be read. */
  readFile(path: string): Promise<Uint8Array>;
  /**
   * A file that the user named gets other contents, all of them or (with a UserError) none: it is as
   * it was if anything goes wrong on the way.
   */
  replaceFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Names of the files in a folder; none where there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** Whether a file exists, for mapping the compiler's paths to sources on this host. */
  exists(path: string): Promise<boolean>;
  /** Calls back soon, after outside messages had their turn: what separates two slices of a run. */
  defer(callback: () => void): void;
  /**
   * Milliseconds of a clock that never goes back. Only the length of a slice follows it, and
   * splitting a run into slices changes nothing in the run.
   */
  now(): number;
  /** One entry of the daemon's log: our own bugs, with their stack. */
  log(text: string): void;
  /** The kernel in the box: its ELF, and where its sources are (`prefix` is what the ELF's paths begin with). */
  readonly bundled: {
    readonly kernel: string;
    readonly sources: { readonly prefix: string; readonly path: string };
  };
  /** The profiles in the box: texts by file name. */
  readonly profiles: ReadonlyMap<string, string>;
}

/** What the language server shows while a session is stopped; paths are the host's. */
export interface Annotations {
  readonly functions: readonly {
    readonly path: string;
    readonly line: number;
    readonly name: string;
    readonly counts: {
      readonly ready: number;
      readonly running: number;
      readonly waiting: number;
      readonly done: number;
      /** How often those were polled whose own body it is, where that is known. */
      readonly polls?: number | undefined;
    };
  }[];
  /** Lines with an `.await` at which coroutines are suspended: how many, and the ids of the first few. */
  readonly awaits: readonly {
    readonly path: string;
    readonly line: number;
    /** Of the async fn. */
    readonly name: string;
    readonly count: number;
    readonly coroutines: readonly (number | string)[];
  }[];
  /** What the ELFs say of sources: async fns and blocks, and the methods that wakers call. */
  readonly code?: {
    readonly functions: readonly {
      readonly path: string;
      readonly line: number;
      readonly name: string;
      readonly form: string;
      /** Bytes of the suspended coroutine, and lines of its `.await`s in the order of its states. */
      readonly size?: number;
      readonly awaits?: readonly number[];
    }[];
    readonly wakers: readonly {
      readonly path: string;
      readonly line: number;
      readonly name: string;
    }[];
  };
  /** The coroutine that the user has selected, with the values of its frames, innermost first. */
  readonly selected?:
    | {
        readonly coroutine: number | string;
        readonly name: string;
        readonly frames: readonly {
          readonly path: string;
          readonly line: number;
          readonly name: string;
          readonly values: readonly {
            readonly name: string;
            readonly text: string;
            readonly type: string;
          }[];
        }[];
      }
    | undefined;
}

/** What is known of a kernel that nobody runs. */
export interface Knowledge {
  readonly code: NonNullable<Annotations["code"]>;
  /** The name of the profile that fits it. */
  readonly profile: string | undefined;
  /** What of the profile does not: where in it, as far as that is known, and why. */
  readonly findings: readonly { readonly place: string; readonly problem: string }[];
}
