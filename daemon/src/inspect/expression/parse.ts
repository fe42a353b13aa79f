/**
 * Reads an expression in Rust's notation and precedence (`as` binds tighter than `*`, comparisons
 * do not chain); `->` is taken as `.` for those who think in C.
 */
import { syntaxError, type Token, tokenize } from "./lexer.ts";
import {
  type BinaryOperator,
  type Expression,
  METHODS,
  type Method,
  type TypeName,
  type UnaryOperator,
} from "./syntax.ts";

/** Loosest first. Operators of one row are left-associative. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const COMPARISON = 2;
const MAX_DEPTH = 64;
/** Types without generic arguments, so that `x as u8 < 3` compares. */
const PRIMITIVE = /^(?:[ui](?:8|16|32|64|128|size)|bool|char)$/;

/** Throws UserError naming the column of the first mistake. */
export function parse(text: string): Expression {
  const parser = new Parser(text);
  const expression = parser.expression();
  parser.finish();
  return expression;
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  expression(): Expression {
    return this.#binary(0);
  }

  finish(): void {
    const token = this.#token;
    if (token.kind !== "end") throw this.#error(`unexpected ${this.#shown(token)}`);
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.#cast();
    let left = this.#binary(level + 1);
    for (let count = 0; ; count++) {
      const operator = this.#sign(operators);
      if (operator === undefined) return left;
      if (level === COMPARISON && count > 0) {
        throw this.#error("comparisons do not chain: use && or parentheses");
      }
      const at = this.#token.at;
      this.#next++;
      left = { kind: "binary", at, operator, left, right: this.#binary(level + 1) };
    }
  }

  #cast(): Expression {
    let of = this.#unary();
    while (this.#word("as")) {
      const at = this.#token.at;
      this.#next++;
      of = { kind: "cast", at, of, to: this.#type() };
    }
    return of;
  }

  #unary(): Expression {
    const at = this.#token.at;
    // `&&x` is two references here: the logical operator has no left side.
    if (this.#sign(["&&"])) {
      this.#next++;
      const of = this.#nested(() => this.#unary());
      return {
        kind: "unary",
        at,
        operator: "&",
        of: { kind: "unary", at: at + 1, operator: "&", of },
      };
    }
    const operator = this.#sign<UnaryOperator>(["-", "!", "*", "&"]);
    if (operator === undefined) return this.#postfix();
    this.#next++;
    if (operator === "&" && this.#word("mut")) this.#next++;
    return { kind: "unary", at, operator, of: this.#nested(() => this.#unary()) };
  }

  #postfix(): Expression {
    let of = this.#primary();
    for (;;) {
      const at = this.#token.at;
      if (this.#sign([".", "->"])) {
        this.#next++;
        of = this.#member(of);
      } else if (this.#sign(["["])) {
        this.#next++;
        const index = this.#nested(() => this.expression());
        this.#expect("]");
        of = { kind: "index", at, of, index };
      } else return of;
    }
  }

  #member(of: Expression): Expression {
    const token = this.#token;
    if (token.kind === "integer") {
      this.#next++;
      return { kind: "field", at: token.at, of, name: token.value.toString() };
    }
    if (token.kind !== "word") throw this.#error("a field name was expected here");
    this.#next++;
    if (!this.#sign(["("])) return { kind: "field", at: token.at, of, name: token.text };
    const method = METHODS.find((name) => name === token.text);
    if (!method) {
      throw syntaxError(
        this.#text,
        token.at,
        `functions of the program are not called; only ${METHODS.map((m) => `${m}()`).join(", ")} are known`,
      );
    }
    this.#next++;
    this.#expect(")");
    return { kind: "method", at: token.at, of, name: method satisfies Method };
  }

  #primary(): Expression {
    const token = this.#token;
    const at = token.at;
    switch (token.kind) {
      case "integer":
      case "string":
      case "character":
        this.#next++;
        return { kind: token.kind, at, value: token.value } as Expression;
      case "register":
        this.#next++;
        return { kind: "register", at, name: token.text };
      case "word":
        if (token.text === "true" || token.text === "false") {
          this.#next++;
          return { kind: "boolean", at, value: token.text === "true" };
        }
        return { kind: "name", at, path: this.#path() };
      case "sign":
        if (token.text === "(") {
          this.#next++;
          const inner = this.#nested(() => this.expression());
          this.#expect(")");
          return inner;
        }
        if (token.text === "{") return { kind: "name", at, path: this.#path() };
        throw this.#error(`a value was expected here, not ${this.#shown(token)}`);
      case "end":
        throw this.#error("a value was expected here, but the expression ends");
    }
  }

  /** `a::b`, with generic arguments after `::<` (in types also after a bare `<`), `{impl#0}` segments. */
  #path(inType = false): string {
    let path = "";
    for (;;) {
      const token = this.#token;
      if (token.kind === "word") {
        this.#next++;
        path += token.text;
      } else if (this.#sign(["{"])) {
        path += this.#balanced("{", "}");
      } else if (path && this.#sign(["<"])) {
        path += this.#balanced("<", ">");
      } else {
        throw this.#error("a name was expected here");
      }
      if (inType && !PRIMITIVE.test(path) && this.#sign(["<"])) path += this.#balanced("<", ">");
      if (!this.#sign(["::"])) return path;
      this.#next++;
      path += "::";
    }
  }

  /** The source text from an opening sign to the one that closes it. */
  #balanced(open: string, close: string): string {
    const start = this.#token.at;
    let depth = 0;
    for (;;) {
      const token = this.#token;
      if (token.kind === "end") throw this.#error(`the closing ${close} is missing`);
      this.#next++;
      if (token.kind !== "sign") continue;
      if (token.text === open) depth++;
      if (token.text === close) depth--;
      if (token.text === close + close) depth -= 2;
      if (depth <= 0) return this.#text.slice(start, token.end).replace(/\s+/g, " ");
    }
  }

  #type(): TypeName {
    return this.#nested(() => {
      if (this.#sign(["*", "&"])) {
        this.#next++;
        if (this.#word("const") || this.#word("mut")) this.#next++;
        return { kind: "pointer", to: this.#type() } as const;
      }
      if (this.#sign(["["])) {
        this.#next++;
        const element = this.#type();
        this.#expect(";");
        const count = this.#token;
        if (count.kind !== "integer" || count.value > 1_000_000n) {
          throw this.#error("a length up to 1000000 was expected here");
        }
        this.#next++;
        this.#expect("]");
        return { kind: "array", element, count: Number(count.value) } as const;
      }
      if (this.#token.kind !== "word" && !this.#sign(["{"])) {
        throw this.#error("a type was expected here");
      }
      return { kind: "named", name: this.#path(true) } as const;
    });
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #sign<S extends string>(signs: readonly S[]): S | undefined {
    const token = this.#token;
    return token.kind === "sign" ? signs.find((sign) => sign === token.text) : undefined;
  }

  #word(text: string): boolean {
    const token = this.#token;
    return token.kind === "word" && token.text === text;
  }

  #expect(sign: string): void {
    if (!this.#sign([sign])) throw this.#error(`${sign} was expected here`);
    this.#next++;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.#error("nested too deeply");
    const result = read();
    this.#depth--;
    return result;
  }

  #error(problem: string): Error {
    return syntaxError(this.#text, this.#token.at, problem);
  }

  #shown(token: Token): string {
    return token.kind === "end" ? "the end" : JSON.stringify(this.#text.slice(token.at, token.end));
  }
}
