/** The v0 mangling of Rust (RFC 2603): one method for each rule of its grammar, printing as it reads. */
import { decodePunycode } from "./punycode.ts";

/** Names that expand to more than this are not worth showing, and some are built to grow without end. */
const MAX_TEXT = 1 << 16;
const MAX_DEPTH = 200;

export interface Demangled {
  /** The path, without crate hashes. */
  readonly name: string;
  /** The innermost implementation on the way to the item: `impl Trait for Self` or `impl Self`. */
  readonly impl: { readonly self: string; readonly trait: string | undefined } | undefined;
}

/** The symbol is not of the grammar. */
export class Malformed extends Error {}

const BASIC_TYPES: Readonly<Record<string, string>> = {
  a: "i8",
  b: "bool",
  c: "char",
  d: "f64",
  e: "str",
  f: "f32",
  h: "u8",
  i: "isize",
  j: "usize",
  l: "i32",
  m: "u32",
  n: "i128",
  o: "u128",
  s: "i16",
  t: "u16",
  u: "()",
  v: "...",
  x: "i64",
  y: "u64",
  z: "!",
  p: "_",
};

export class V0 {
  readonly #text: string;
  #at = 0;
  #out = "";
  #silent = 0;
  #depth = 0;
  #lifetimes = 0;
  #impl: Demangled["impl"];

  constructor(text: string) {
    this.#text = text;
  }

  run(): Demangled {
    this.#path(true, true);
    const name = this.#out;
    const impl = this.#impl;
    // The crate that instantiated it is not part of the name, but must be well formed.
    if (/[A-Z]/.test(this.#peek())) this.#quietly(() => this.#path(false, false));
    const suffix = this.#text.slice(this.#at);
    if (suffix !== "" && !/^[.$]/.test(suffix)) throw new Malformed();
    return { name: name + suffix, impl };
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #next(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new Malformed();
    this.#at++;
    return char;
  }

  #eat(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #print(text: string): void {
    if (this.#silent > 0) return;
    this.#out += text;
    if (this.#out.length > MAX_TEXT) throw new Malformed();
  }

  #quietly(parse: () => void): void {
    this.#silent++;
    parse();
    this.#silent--;
  }

  #nested(parse: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw new Malformed();
    parse();
    this.#depth--;
  }

  /** `_` is 0, `0_` is 1, and so on. The hashes of crates go beyond what doubles count; nobody reads those. */
  #base62(): number {
    if (this.#eat("_")) return 0;
    let value = 0;
    for (;;) {
      const char = this.#next();
      if (char === "_") return value + 1;
      const digit = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(char);
      if (digit < 0) throw new Malformed();
      value = value * 62 + digit;
    }
  }

  #disambiguator(): number {
    return this.#eat("s") ? this.#base62() + 1 : 0;
  }

  /** An identifier without its disambiguator. */
  #identifier(): string {
    const punycode = this.#eat("u");
    const digits = /^(0|[1-9]\d{0,6})/.exec(this.#text.slice(this.#at, this.#at + 8))?.[0];
    if (digits === undefined) throw new Malformed();
    this.#at += digits.length;
    this.#eat("_");
    const length = Number(digits);
    const name = this.#text.slice(this.#at, this.#at + length);
    if (name.length < length) throw new Malformed();
    this.#at += length;
    const decoded = punycode ? decodePunycode(name) : name;
    if (decoded === undefined) throw new Malformed();
    return decoded;
  }

  /** Parses at an earlier place of the symbol. */
  #backref(parse: () => void): void {
    const here = this.#at - 1;
    const target = this.#base62();
    if (target >= here) throw new Malformed();
    if (this.#silent > 0) return;
    const resume = this.#at;
    this.#at = target;
    this.#nested(parse);
    this.#at = resume;
  }

  /** `spine`: on the way to the item itself, not in an argument. `value`: generics take a turbofish. */
  #path(value: boolean, spine: boolean): void {
    this.#nested(() => {
      switch (this.#next()) {
        case "C":
          this.#disambiguator();
          this.#print(this.#identifier());
          break;
        case "M":
          this.#implPath();
          this.#qualified(spine, false);
          break;
        case "X":
          this.#implPath();
          this.#qualified(spine, true);
          break;
        case "Y":
          this.#qualified(false, true);
          break;
        case "N":
          this.#nestedPath(value, spine);
          break;
        case "I":
          this.#path(value, spine);
          this.#print(value ? "::<" : "<");
          this.#list(() => this.#genericArgument());
          this.#print(">");
          break;
        case "B":
          this.#backref(() => this.#path(value, spine));
          break;
        default:
          throw new Malformed();
      }
    });
  }

  #implPath(): void {
    this.#disambiguator();
    this.#quietly(() => this.#path(false, false));
  }

  /** `<T>` or `<T as Trait>`. */
  #qualified(spine: boolean, ofTrait: boolean): void {
    this.#print("<");
    const selfStart = this.#out.length;
    this.#type();
    const self = this.#out.slice(selfStart);
    let trait: string | undefined;
    if (ofTrait) {
      this.#print(" as ");
      const traitStart = this.#out.length;
      this.#path(false, false);
      trait = this.#out.slice(traitStart);
    }
    this.#print(">");
    if (spine) this.#impl = { self, trait };
  }

  #nestedPath(value: boolean, spine: boolean): void {
    const namespace = this.#next();
    if (!/[a-zA-Z]/.test(namespace)) throw new Malformed();
    this.#path(value, spine);
    const disambiguator = this.#disambiguator();
    const name = this.#identifier();
    if (/[a-z]/.test(namespace)) {
      if (name !== "") this.#print(`::${name}`);
      return;
    }
    const kinds: Readonly<Record<string, string>> = { C: "closure", S: "shim" };
    const kind = kinds[namespace] ?? namespace;
    this.#print(`::{${kind}${name === "" ? "" : `:${name}`}#${disambiguator}}`);
  }

  /** Items up to `E`, separated by commas; answers how many. */
  #list(parse: () => void, separator = ", "): number {
    let count = 0;
    while (!this.#eat("E")) {
      if (count > 0) this.#print(separator);
      parse();
      count++;
    }
    return count;
  }

  #genericArgument(): void {
    if (this.#eat("L")) this.#lifetime(this.#base62());
    else if (this.#eat("K")) this.#constant(false);
    else this.#type();
  }

  #lifetime(index: number): void {
    if (index === 0) {
      this.#print("'_");
      return;
    }
    const depth = this.#lifetimes - index;
    if (depth < 0) throw new Malformed();
    this.#print(depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'z${depth - 25}`);
  }

  /** Lifetimes bound by `for<'a>` around what `parse` reads. */
  #binder(parse: () => void): void {
    const bound = this.#eat("G") ? this.#base62() + 1 : 0;
    if (bound > 1000) throw new Malformed();
    if (bound > 0) {
      this.#print("for<");
      for (let index = 0; index < bound; index++) {
        if (index > 0) this.#print(", ");
        this.#lifetimes++;
        this.#lifetime(1);
      }
      this.#print("> ");
    }
    parse();
    this.#lifetimes -= bound;
  }

  #type(): void {
    const char = this.#next();
    const basic = BASIC_TYPES[char];
    if (basic !== undefined) {
      this.#print(basic);
      return;
    }
    this.#nested(() => this.#compoundType(char));
  }

  #compoundType(char: string): void {
    switch (char) {
      case "A":
      case "S":
        this.#print("[");
        this.#type();
        if (char === "A") {
          this.#print("; ");
          this.#constant(true);
        }
        this.#print("]");
        break;
      case "T": {
        this.#print("(");
        const count = this.#list(() => this.#type());
        this.#print(count === 1 ? ",)" : ")");
        break;
      }
      case "R":
      case "Q":
        this.#print("&");
        this.#referenceLifetime();
        if (char === "Q") this.#print("mut ");
        this.#type();
        break;
      case "P":
      case "O":
        this.#print(char === "P" ? "*const " : "*mut ");
        this.#type();
        break;
      case "F":
        this.#binder(() => this.#signature());
        break;
      case "D":
        this.#dyn();
        break;
      case "B":
        this.#backref(() => this.#type());
        break;
      default:
        this.#at--;
        this.#path(false, false);
    }
  }

  #referenceLifetime(): void {
    if (!this.#eat("L")) return;
    const index = this.#base62();
    if (index === 0) return;
    this.#lifetime(index);
    this.#print(" ");
  }

  #signature(): void {
    if (this.#eat("U")) this.#print("unsafe ");
    if (this.#eat("K")) {
      const abi = this.#eat("C") ? "C" : this.#identifier().replaceAll("_", "-");
      this.#print(`extern "${abi}" `);
    }
    this.#print("fn(");
    this.#list(() => this.#type());
    this.#print(")");
    if (this.#eat("u")) return;
    this.#print(" -> ");
    this.#type();
  }

  #dyn(): void {
    this.#print("dyn ");
    this.#binder(() => this.#list(() => this.#dynTrait(), " + "));
    if (!this.#eat("L")) throw new Malformed();
    const lifetime = this.#base62();
    if (lifetime === 0) return;
    this.#print(" + ");
    this.#lifetime(lifetime);
  }

  /** A trait whose associated types join its generic arguments: `Iterator<Item = u8>`. */
  #dynTrait(): void {
    let open = this.#openGenerics();
    while (this.#eat("p")) {
      this.#print(open ? ", " : "<");
      open = true;
      this.#print(`${this.#identifier()} = `);
      this.#type();
    }
    if (open) this.#print(">");
  }

  /** A path whose closing `>` is left to the caller; answers whether there is one to print. */
  #openGenerics(): boolean {
    if (this.#eat("B")) {
      let open = false;
      this.#backref(() => {
        open = this.#openGenerics();
      });
      return open;
    }
    if (!this.#eat("I")) {
      this.#path(false, false);
      return false;
    }
    this.#path(false, false);
    this.#print("<");
    this.#list(() => this.#genericArgument());
    return true;
  }

  /** `plain`: where braces around an expression are not needed. */
  #constant(plain: boolean): void {
    const type = this.#next();
    this.#nested(() => this.#constantOf(type, plain));
  }

  #constantOf(type: string, plain: boolean): void {
    switch (type) {
      case "p":
        this.#print("_");
        break;
      case "B":
        this.#backref(() => this.#constant(plain));
        break;
      case "b":
        this.#print(this.#hexNumber() === 0n ? "false" : "true");
        break;
      case "c":
        this.#print(characterLiteral(this.#hexNumber()));
        break;
      case "e":
        this.#print("*");
        this.#stringLiteral();
        break;
      case "R":
      case "Q":
        if (type === "R" && this.#eat("e")) {
          this.#stringLiteral();
          break;
        }
        this.#print(type === "R" ? "&" : "&mut ");
        this.#constant(true);
        break;
      case "A":
        this.#print("[");
        this.#list(() => this.#constant(true));
        this.#print("]");
        break;
      case "T": {
        this.#print("(");
        const count = this.#list(() => this.#constant(true));
        this.#print(count === 1 ? ",)" : ")");
        break;
      }
      case "V":
        this.#structured();
        break;
      default:
        if (!/[ahijlmnostxy]/.test(type)) throw new Malformed();
        if (this.#eat("n")) this.#print("-");
        this.#print(this.#hexNumber().toString());
    }
  }

  #structured(): void {
    this.#path(true, false);
    switch (this.#next()) {
      case "U":
        break;
      case "T":
        this.#print("(");
        this.#list(() => this.#constant(true));
        this.#print(")");
        break;
      case "S":
        this.#print(" { ");
        this.#list(() => {
          this.#disambiguator();
          this.#print(`${this.#identifier()}: `);
          this.#constant(true);
        });
        this.#print(" }");
        break;
      default:
        throw new Malformed();
    }
  }

  #hexDigits(): string {
    const digits = /^[0-9a-f]*/.exec(this.#text.slice(this.#at))![0];
    this.#at += digits.length;
    if (!this.#eat("_")) throw new Malformed();
    return digits;
  }

  #hexNumber(): bigint {
    const digits = this.#hexDigits();
    return digits === "" ? 0n : BigInt(`0x${digits}`);
  }

  #stringLiteral(): void {
    const digits = this.#hexDigits();
    if (digits.length % 2 !== 0) throw new Malformed();
    const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    this.#print(JSON.stringify(new TextDecoder().decode(bytes)));
  }
}

function characterLiteral(code: bigint): string {
  if (code > 0x10ffffn) throw new Malformed();
  const char = String.fromCodePoint(Number(code));
  const escapes: Readonly<Record<string, string>> = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "'": "\\'",
    "\\": "\\\\",
    "\0": "\\0",
  };
  return `'${escapes[char] ?? char}'`;
}
