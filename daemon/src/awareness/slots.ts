/** What the names of profile expressions stand for while one is evaluated: indices into `slots`. */
export const SLOT = {
  /** Id of the hart that is asked about. */
  hart: 0,
  /** Address of a thread's record. */
  thread: 1,
  /** Address of a coroutine's record. */
  task: 2,
  /** Address of an executor. */
  executor: 3,
  /** The data pointer of a raw waker. */
  data: 4,
  /** Address of a saved trap frame. */
  frame: 5,
  /** Address of a collection's element, while one is walked. */
  element: 6,
  /** The same for a collection of collections. */
  outer: 7,
  /** Address of a process's record. */
  process: 8,
  /** Address of a future that is awaited. */
  future: 9,
} as const;

export const makeSlots = (): number[] => new Array<number>(10).fill(Number.NaN);
