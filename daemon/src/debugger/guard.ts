/** What a breakpoint asks before it stops: its condition, its hit count, and whether it only logs. */
import { UserError } from "../base/errors.ts";
import type {
  CompiledExpression,
  Condition,
  FieldValues,
  Inspector,
  StackFrame,
} from "../inspect/api.ts";
import { type HitTest, parseHitCount } from "./hit-count.ts";
import { parseLogMessage } from "./log-message.ts";

export interface GuardOptions {
  readonly condition?: string | undefined;
  readonly hitCondition?: string | undefined;
  readonly logMessage?: string | undefined;
}

type LogPart = string | CompiledExpression;

export class Guard {
  readonly #condition: Condition | undefined;
  readonly #hit: HitTest | undefined;
  readonly #message: readonly LogPart[] | undefined;
  readonly #fields: readonly string[];
  readonly #inspector: Inspector;
  readonly #print: (text: string) => void;
  #hits = 0;
  #complained = false;

  /** Compiles everything once; throws UserError when any part is malformed. */
  constructor(
    options: GuardOptions,
    fields: readonly string[],
    inspector: Inspector,
    print: (text: string) => void,
  ) {
    const { condition, hitCondition, logMessage } = options;
    this.#fields = fields;
    this.#inspector = inspector;
    this.#print = print;
    this.#condition = condition?.trim() ? inspector.condition(condition, fields) : undefined;
    this.#hit = hitCondition?.trim() ? parseHitCount(hitCondition) : undefined;
    this.#message = logMessage
      ? parseLogMessage(logMessage).map((part) =>
          part.kind === "text" ? part.text : inspector.compile(part.text),
        )
      : undefined;
  }

  /** Whether working this out takes long (a stack, an expression): such listeners mind the slice's length. */
  get slow(): boolean {
    return this.#message !== undefined || this.#condition?.needsFrame === true;
  }

  /** Called at each hit; true: stop here. */
  stops(fields: FieldValues, frame: () => StackFrame | undefined): boolean {
    if (this.#condition && !this.#condition.test(fields, frame)) {
      if (!this.#complained && this.#condition.needsFrame) this.#complain(frame());
      return false;
    }
    this.#hits += 1;
    if (this.#hit && !this.#hit(this.#hits)) return false;
    if (!this.#message) return true;
    this.#print(`${this.#text(fields, frame())}\n`);
    return false;
  }

  #text(fields: FieldValues, frame: StackFrame | undefined): string {
    const names = (name: string) => {
      const value = fields[name];
      return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : undefined;
    };
    const show = (expression: CompiledExpression): string => {
      if (!frame) return "<no frame>";
      try {
        return expression.evaluate(frame, names).text;
      } catch (error) {
        if (error instanceof UserError) return `<${error.message}>`;
        throw error;
      }
    };
    return this.#message!.map((part) => (typeof part === "string" ? part : show(part))).join("");
  }

  /** A condition that names what is not there is never true: say so, once. */
  #complain(frame: StackFrame | undefined): void {
    this.#complained = true;
    if (!frame) return;
    try {
      const names = (name: string) => (this.#fields.includes(name) ? 0n : undefined);
      const { unavailable } = this.#inspector.evaluate(this.#condition!.text, frame, names);
      if (unavailable !== undefined) this.#tell(unavailable);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#tell(error.message);
    }
  }

  #tell(problem: string): void {
    const { text } = this.#condition!;
    this.#print(`Condition \`${text}\` cannot be told where it was first tested: ${problem}\n`);
  }
}
