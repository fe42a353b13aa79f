/** What users type to find coroutines: `state:waiting prio:<3 hart:1 text`. */
import { UserError } from "../base/errors.ts";
import type { CoroutineState } from "./api.ts";
import { parseId } from "./ids.ts";

/** What a filter can ask without working a coroutine's name out. NaN: unknown. */
export interface Numbers {
  readonly id: number;
  readonly state: CoroutineState | "unknown";
  readonly prio: number;
  readonly hart: number;
  readonly thread: number;
  readonly executor: number;
  /** 0: the kernel's own. */
  readonly process: number;
}

export interface CoroutineFilter {
  /** Undefined: any. */
  readonly ids: ReadonlySet<number> | undefined;
  /** Undefined when none is asked about. */
  readonly numbers: ((coroutine: Numbers) => boolean) | undefined;
  /** Undefined when the name does not matter. */
  readonly name: ((name: string) => boolean) | undefined;
}

const STATES = ["ready", "running", "waiting", "done", "unknown"] as const;
const NUMERIC = ["prio", "hart", "thread", "executor", "process"] as const;
const KEYS = ["id", "state", ...NUMERIC, "name"];

/** Throws UserError for a key or a number that is none. */
export function parseFilter(text: string | undefined): CoroutineFilter {
  const tests: ((coroutine: Numbers) => boolean)[] = [];
  const words: string[] = [];
  let ids: Set<number> | undefined;
  for (const token of (text ?? "").split(/\s+/).filter((part) => part !== "")) {
    const [, key, value] = /^([a-z]+):(?!:)(.*)$/i.exec(token) ?? [];
    if (key === undefined || value === undefined) {
      words.push(token.toLowerCase());
    } else if (key === "id") {
      const given = value.split(",").map((part) => anId(part, token));
      ids = new Set(ids ? given.filter((id) => ids!.has(id)) : given);
    } else if (key === "state") tests.push(stateTest(value));
    else if (key === "name") words.push(value.toLowerCase());
    else tests.push(numericTest(key, value, token));
  }
  return {
    ids,
    numbers: tests.length === 0 ? undefined : (coroutine) => tests.every((test) => test(coroutine)),
    name:
      words.length === 0
        ? undefined
        : (name) => words.every((word) => name.toLowerCase().includes(word)),
  };
}

function stateTest(value: string): (coroutine: Numbers) => boolean {
  const wanted = value.split(",");
  for (const state of wanted) {
    if (!(STATES as readonly string[]).includes(state)) {
      throw new UserError(
        `no coroutine state is called \`${state}\`: there are ${STATES.join(", ")}`,
      );
    }
  }
  return ({ state }) => wanted.includes(state);
}

function numericTest(key: string, value: string, token: string): (coroutine: Numbers) => boolean {
  const field = NUMERIC.find((known) => known === key);
  if (!field) throw new UserError(`a filter knows ${KEYS.join(", ")}, not \`${key}\``);
  const [, operator, digits] = /^(<=|>=|<|>|=)?(.*)$/.exec(value)!;
  const wanted = digits!.split(",").map((part) => wholeNumber(part, token));
  const [first] = wanted;
  switch (operator) {
    case "<":
      return (coroutine) => coroutine[field] < first!;
    case "<=":
      return (coroutine) => coroutine[field] <= first!;
    case ">":
      return (coroutine) => coroutine[field] > first!;
    case ">=":
      return (coroutine) => coroutine[field] >= first!;
    default:
      return (coroutine) => wanted.includes(coroutine[field]);
  }
}

function anId(text: string, token: string): number {
  const id = parseId(text);
  if (id === undefined) {
    throw new UserError(`\`${token}\`: an id was expected, e.g. 17, or 3:17 of process 3`);
  }
  return id;
}

function wholeNumber(text: string, token: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UserError(`\`${token}\`: a whole number was expected`);
  return Number(text);
}
