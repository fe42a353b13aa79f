/**
 * The daemon's words in what passes to VS Code, in the user's language. Codes and events become
 * sentences here; in English, which the daemon speaks, a message stays as it is.
 */
import { heard } from "../base/heard.ts";
import { spoken, t } from "../base/words.ts";
import type { Passing } from "./phase.ts";

/** A scheduling event as the daemon tells it; 64-bit values are hex strings. */
interface WireEvent {
  readonly kind: string;
  readonly hart?: number;
  readonly coroutine?: number | string;
  readonly thread?: number;
  readonly prio?: number;
  readonly old?: string;
  readonly new?: string;
  readonly bitmap?: string;
}

type Body = Readonly<Record<string, unknown>>;

/** The messages of one session. */
export class Hearing {
  /** What the last stop of each thread was told with. */
  readonly #stops = new Map<unknown, string>();
  /** Threads whose stop is asked about, by the request's number. */
  readonly #asked = new Map<number, unknown>();

  /** A request of VS Code's. */
  asked({ arguments: args, command, seq }: Asked): void {
    if (command === "exceptionInfo") this.#asked.set(seq, args?.threadId);
  }

  /** A message of the daemon's as VS Code shall have it. */
  hear<Message extends Told>(message: Message): Message {
    if (Object.keys(spoken().texts).length === 0) return message;
    const body = message.body as Body | undefined;
    if (!body) return message;
    if (message.event === "stopped") return { ...message, body: this.#stopped(body) };
    if (message.type === "event") return { ...message, body: eventBody(message.event, body) };
    if (message.success === false) return { ...message, ...refusal(body) };
    if (message.command === "exceptionInfo") {
      return { ...message, body: this.#about(message.request_seq, body) };
    }
    return { ...message, body: responseBody(message.command, body) };
  }

  #stopped(body: Body): Body {
    const text = stopText(body, String(body.text ?? body.description ?? ""), eventText);
    this.#stops.set(body.threadId, text);
    return {
      ...body,
      description: stopText(body, String(body.description ?? ""), eventLabel),
      ...(body.text !== undefined && { text }),
    };
  }

  #about(request: number | undefined, body: Body): Body {
    const description = this.#stops.get(this.#asked.get(request ?? 0)) ?? body.description;
    this.#asked.delete(request ?? 0);
    return { ...body, description };
  }
}

interface Asked {
  readonly seq: number;
  readonly command?: string;
  readonly arguments?: { readonly threadId?: unknown };
}

type Told = Passing & { readonly request_seq?: number };

function eventBody(event: string | undefined, body: Body): Body {
  if (event === "breakpoint") return { ...body, breakpoint: withWords(body.breakpoint, "message") };
  return body;
}

function responseBody(command: string | undefined, body: Body): Body {
  switch (command) {
    case "initialize": {
      const filters = ["label", "description", "conditionDescription"];
      const filtered = each(body, "exceptionBreakpointFilters", filters);
      return each(filtered, "breakpointModes", ["label", "description"]);
    }
    case "stackTrace":
      return { ...body, stackFrames: (body.stackFrames as readonly Named[]).map(noted) };
    case "threads":
      return { ...body, threads: (body.threads as readonly Named[]).map(threadNamed) };
    case "scopes":
      return each(body, "scopes", ["name"]);
    default:
      return each(body, "breakpoints", ["message"]);
  }
}

interface Named {
  readonly name: string;
}

/** `poll [line unknown]`: the name is the program's, the notes behind it are the daemon's. */
function noted(frame: Named): Named {
  const [, name, notes] = /^(.+) \[([^[\]]+)\]$/.exec(frame.name) ?? [];
  if (name === undefined || notes === undefined) return { ...frame, name: label(frame.name) };
  return { ...frame, name: `${name} [${notes.split("; ").map(heard).join(t("; "))}]` };
}

/** `hart 0: running, frozen, thread 3 main`: what there is of each kind, and its state. */
function threadNamed(thread: Named): Named {
  const parts = thread.name.split(", ").map((part) => {
    if (part === "frozen") return t("frozen");
    const [, kind, what, state] = /^(hart|thread|coroutine) (.+?)(?:: (\w+))?$/.exec(part) ?? [];
    if (what === undefined) return part;
    const named =
      kind === "hart"
        ? t("hart {0}", what)
        : kind === "thread"
          ? t("thread {0}", what)
          : t("coroutine {0}", what);
    return state === undefined ? named : t("{0}: {1}", named, heard(state));
  });
  return { ...thread, name: parts.join(t(", ")) };
}

/** A label between frames; the names of frames stay. */
const label = (name: string): string => (name === "spawned at" ? heard(name) : name);

/** An error's sentence stands in a variable of its format. */
function refusal(body: Body): object {
  const error = body.error as
    | { readonly format: string; readonly variables?: Record<string, string> }
    | undefined;
  const sentence = error?.variables?._text;
  if (sentence === undefined) return {};
  const text = heard(sentence);
  return { message: text, body: { ...body, error: { ...error, variables: { _text: text } } } };
}

function each(body: Body, member: string, words: readonly string[]): Body {
  const list = body[member];
  if (!Array.isArray(list)) return body;
  return { ...body, [member]: list.map((item) => withWords(item, ...words)) };
}

function withWords(item: unknown, ...words: readonly string[]): object {
  const known = item as Record<string, unknown>;
  const said = words.filter((word) => typeof known[word] === "string");
  return {
    ...known,
    ...Object.fromEntries(said.map((word) => [word, heard(known[word] as string)])),
  };
}

/** How the daemon tells what stops besides events. */
const NO_EVENT =
  /^(entry|paused|step\b.*|(\w+ )?breakpoint|.* (read|written)(: .*)?|stuck|limit reached)$/i;

/** All that stopped; of what is no event the daemon's own word, one after the other. */
function stopText(body: Body, told: string, describe: (event: WireEvent) => string): string {
  const events = (body.events ?? []) as readonly WireEvent[];
  const parts = told.split("; ");
  if (events.length === 0) return parts.map(phrase).join(t("; "));
  const others = parts.filter((part) => NO_EVENT.test(part)).map(phrase);
  return [...new Set([...events.map(describe), ...others])].join(t("; "));
}

/** The first of a stop's words begins with a capital. */
function phrase(words: string): string {
  const known = heard(words);
  if (known !== words) return known;
  const small = words.charAt(0).toLowerCase() + words.slice(1);
  const found = heard(small);
  return found === small ? words : found;
}

/** `Wake 17`: for where there is little room. */
const eventLabel = (event: WireEvent): string =>
  [kindWord(event.kind), event.coroutine].filter((part) => part !== undefined).join(" ");

function eventText(event: WireEvent): string {
  const { bitmap, coroutine, hart, kind, prio, thread } = event;
  const who =
    coroutine !== undefined
      ? t("coroutine {0}", coroutine)
      : thread !== undefined && kind.startsWith("thread.")
        ? t("thread {0}", thread)
        : undefined;
  const details = [
    bitmap,
    who,
    prio === undefined ? undefined : t("priority {0}", prio),
    change(event),
    hart === undefined ? undefined : t("hart {0}", hart),
  ].filter((part) => part !== undefined && part !== "");
  return details.length === 0
    ? kindWord(kind)
    : t("{0}: {1}", kindWord(kind), details.join(t(", ")));
}

/** What the event changes from and to; of a bitmap its bits. */
function change({ kind, new: now, old }: WireEvent): string | undefined {
  if (old === undefined || now === undefined) return undefined;
  if (kind === "bitmap") return `0b${BigInt(old).toString(2)} → 0b${BigInt(now).toString(2)}`;
  const numbers = kind === "migrate" || kind === "ipi" || kind.endsWith(".switch");
  return numbers ? `${BigInt(old)} → ${BigInt(now)}` : undefined;
}

function kindWord(kind: string): string {
  switch (kind) {
    case "wake":
      return t("Wake");
    case "waker.clone":
      return t("Waker cloned");
    case "waker.drop":
      return t("Waker dropped");
    case "bitmap":
      return t("Bitmap update");
    case "spawn":
      return t("Spawn");
    case "poll":
      return t("Poll");
    case "pending":
      return t("Pending");
    case "complete":
      return t("Completion");
    case "migrate":
      return t("Migration");
    case "thread.switch":
      return t("Thread switch");
    case "thread.block":
      return t("Thread blocks");
    case "process.switch":
      return t("Process switch");
    case "syscall":
      return t("System call");
    case "trap":
      return t("Trap");
    case "interrupt":
      return t("Interrupt");
    case "ipi":
      return t("Interrupt between harts");
    case "panic":
      return t("Panic");
    default:
      return kind;
  }
}
