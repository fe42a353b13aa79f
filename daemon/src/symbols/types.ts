/** Types out of DWARF, each built when it is first asked for and then kept: identity is object identity. */
import { FormatError } from "../base/errors.ts";
import type { Encoding, Member, SourceLocation, StructType, Type } from "./api.ts";
import { At, Ate, Tag } from "./constants.ts";
import type { Die } from "./die.ts";
import { environmentForm, lastName, segments } from "./names.ts";
import { type Paths, rawPath } from "./paths.ts";
import type { InfoOffset } from "./positions.ts";
import { variantPart } from "./variants.ts";

/** Qualifiers and typedefs upon each other; a longer chain than this goes in circles. */
const MAX_CHAIN = 32;
const NO_ENUMERATORS: readonly { readonly name: string; readonly value: bigint }[] = [];

export type LocateDeclaration = (die: Die) => SourceLocation | undefined;
/** Finds the definition of a type that one unit only declares. */
export type FindDefinition = (name: string) => Die | undefined;

export class Types {
  readonly #paths: Paths;
  readonly #built = new Map<InfoOffset, Type>();
  /** Rust's structures by full name and size: the same type in several units is one. */
  readonly #shared = new Map<string, Type>();
  readonly #definition: FindDefinition;
  readonly declarationOf: LocateDeclaration;

  constructor(paths: Paths, declarationOf: LocateDeclaration, definition: FindDefinition) {
    this.#paths = paths;
    this.declarationOf = declarationOf;
    this.#definition = definition;
  }

  /** The type that DW_AT_type of an entry (or of its origin) names; undefined for none (C's void). */
  typeOf(die: Die): Type | undefined {
    const target = die.inherited((each) => each.reference(At.type));
    return target && this.from(target);
  }

  from(die: Die): Type {
    const known = this.#built.get(die.offset);
    if (known !== undefined) return known;
    const type = this.#build(die);
    this.#built.set(die.offset, type);
    return type;
  }

  #build(start: Die): Type {
    let die = start;
    let alias: string | undefined;
    for (let hop = 0; isTransparent(die.tag) && hop < MAX_CHAIN; hop++) {
      if (die.tag === Tag.typedef) alias ??= this.#paths.of(die);
      const target = die.reference(At.type);
      if (target === undefined) return unknown(alias ?? "void", 0);
      die = target;
    }
    die = die.reference(At.signature) ?? die;
    if (die.flag(At.declaration)) die = this.#definition(this.#paths.of(die)) ?? die;
    const name = this.#paths.of(die);
    if (die === start) return this.#concrete(die, name);
    // A structure goes by its own name; what has none, or is a scalar, by the one it was given.
    const isScalar = die.tag === Tag.baseType || die.tag === Tag.pointerType;
    if (alias !== undefined && (name === "" || isScalar)) return this.#concrete(die, alias);
    return this.from(die);
  }

  #concrete(die: Die, name: string): Type {
    const size = die.number(At.byteSize);
    switch (die.tag) {
      case Tag.baseType:
        return { kind: "base", name, size: size ?? 0, encoding: encodingOf(die) };
      case Tag.pointerType:
      case Tag.referenceType:
      case Tag.rvalueReferenceType:
        return this.#pointer(die, name, size ?? 8);
      case Tag.structureType:
      case Tag.classType:
        return size === undefined ? unknown(name, 0) : this.#shareable(die, name, size);
      case Tag.unionType:
        return size === undefined ? unknown(name, 0) : this.#union(die, name, size);
      case Tag.enumerationType:
        return this.#enumeration(die, name, size);
      case Tag.arrayType:
        return this.#array(die, name, size);
      case Tag.subroutineType:
        return { kind: "subroutine", name: name || "fn", size: 0 };
      default:
        return unknown(name, size ?? 0);
    }
  }

  #pointer(die: Die, name: string, size: number): Type {
    const target = lazily(() => this.typeOf(die));
    const fullName = lazily(() => name || `${target()?.name ?? "void"} *`);
    return {
      kind: "pointer",
      get name() {
        return fullName();
      },
      size,
      target,
    };
  }

  #shareable(die: Die, name: string, size: number): Type {
    if (name === "" || !die.unit.isRust) return this.#structure(die, name, size);
    // Two impls for one type may have functions of the same name: here they must stay apart.
    const key = `${size} ${rawPath(die)}`;
    const type = this.#shared.get(key) ?? this.#structure(die, name, size);
    this.#shared.set(key, type);
    return type;
  }

  #structure(die: Die, name: string, size: number): StructType {
    const members = lazily(() => this.members(die));
    const variants = lazily(() => variantPart(this, die));
    const parameters = lazily(() => this.#parameters(die));
    return {
      kind: "struct",
      name,
      size,
      environment: environmentForm(segments(name).at(-1) ?? ""),
      get members() {
        return members();
      },
      get variants() {
        return variants();
      },
      get parameters() {
        return parameters();
      },
    };
  }

  #union(die: Die, name: string, size: number): Type {
    const members = lazily(() => this.members(die));
    return {
      kind: "union",
      name,
      size,
      get members() {
        return members();
      },
    };
  }

  #enumeration(die: Die, name: string, declared: number | undefined): Type {
    const underlying = this.typeOf(die);
    const size = declared ?? underlying?.size ?? 0;
    const encoding = underlying?.kind === "base" ? underlying.encoding : undefined;
    const enumerators = lazily(() => readEnumerators(die, size, encoding ?? "unsigned"));
    return {
      kind: "enum",
      name,
      size,
      underlying: encoding ?? "unsigned",
      get enumerators() {
        return enumerators();
      },
    };
  }

  /** Dimensions of C's arrays of arrays become types of their own, the outermost first. */
  #array(die: Die, name: string, declared: number | undefined): Type {
    const counts: (number | undefined)[] = [];
    for (const child of die.unit.children(die)) {
      if (child.tag === Tag.subrangeType) counts.push(countOf(child));
    }
    let element = lazily(() => this.typeOf(die) ?? unknown("void", 0));
    for (const count of counts.slice(1).reverse()) {
      const inner = arrayOf("", element, count, undefined);
      element = () => inner;
    }
    return arrayOf(name, element, counts[0], declared);
  }

  /** Members outside the variant part, inherited classes included. */
  members(die: Die): Member[] {
    const members: Member[] = [];
    for (const child of die.unit.children(die)) {
      if (child.tag !== Tag.member && child.tag !== Tag.inheritance) continue;
      if (child.flag(At.external) || child.flag(At.declaration)) continue;
      members.push(this.member(child));
    }
    return members;
  }

  member(die: Die): Member {
    const type = lazily(() => this.typeOf(die) ?? unknown("void", 0));
    const declaration = lazily(() => this.declarationOf(die));
    const { offset, bits } = placement(die, () => type().size);
    return {
      name: die.string(At.name) ?? "",
      offset,
      get type() {
        return type();
      },
      get declaration() {
        return declaration();
      },
      artificial: die.flag(At.artificial),
      bits,
    };
  }

  #parameters(die: Die): { readonly name: string; readonly type: Type }[] {
    const parameters: { readonly name: string; readonly type: Type }[] = [];
    for (const child of die.unit.children(die)) {
      if (child.tag !== Tag.templateTypeParameter) continue;
      const type = this.typeOf(child) ?? unknown("void", 0);
      parameters.push({ name: child.string(At.name) ?? "", type });
    }
    return parameters;
  }
}

export const unknown = (name: string, size: number): Type => ({ kind: "unknown", name, size });

/** Without path and generic arguments. */
export const shortTypeName = (type: Type): string => lastName(type.name);

const isTransparent = (tag: number) =>
  tag === Tag.typedef ||
  tag === Tag.constType ||
  tag === Tag.volatileType ||
  tag === Tag.restrictType ||
  tag === Tag.atomicType;

/** The value of `compute`, computed at the first call. A type that needs itself to be known is malformed. */
export function lazily<T>(compute: () => T): () => T {
  let value: { readonly held: T } | undefined;
  let busy = false;
  return () => {
    if (value !== undefined) return value.held;
    if (busy) throw new FormatError("DWARF", "types", "a type that contains itself");
    busy = true;
    try {
      value = { held: compute() };
    } finally {
      busy = false;
    }
    return value.held;
  };
}

function encodingOf(die: Die): Encoding {
  switch (die.number(At.encoding)) {
    case Ate.address:
      return "address";
    case Ate.boolean:
      return "bool";
    case Ate.float:
      return "float";
    case Ate.signed:
      return "signed";
    case Ate.utf:
    case Ate.signedChar:
    case Ate.unsignedChar:
      return isCharacter(die) ? "char" : charInteger(die);
    default:
      return "unsigned";
  }
}

/** C's `char` is text, its `signed char` and `unsigned char` (uint8_t) are numbers. */
const isCharacter = (die: Die) =>
  die.number(At.encoding) === Ate.utf || die.string(At.name) === "char";
const charInteger = (die: Die): Encoding =>
  die.number(At.encoding) === Ate.signedChar ? "signed" : "unsigned";

function readEnumerators(die: Die, size: number, encoding: Encoding) {
  if (size > 16) return NO_ENUMERATORS;
  const enumerators: { readonly name: string; readonly value: bigint }[] = [];
  for (const child of die.unit.children(die)) {
    const value = child.tag === Tag.enumerator ? child.integer(At.constValue) : undefined;
    if (value === undefined) continue;
    enumerators.push({ name: child.string(At.name) ?? "", value: asValue(value, size, encoding) });
  }
  return enumerators;
}

/** A constant as a value of a type reads: DWARF's forms do not tell whether a small number is negative. */
export const asValue = (value: bigint, size: number, encoding: Encoding): bigint =>
  encoding === "signed" ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);

function countOf(die: Die): number | undefined {
  const count = die.number(At.count);
  if (count !== undefined) return count;
  const upper = die.integer(At.upperBound);
  if (upper === undefined || upper > 0xffff_ffff_ffffn) return undefined;
  // An upper bound of -1, in whatever form, is an array of nothing.
  return upper < 0n || upper === 0xffff_ffffn ? 0 : Number(upper) + 1;
}

function arrayOf(
  name: string,
  element: () => Type,
  count: number | undefined,
  declared: number | undefined,
): Type {
  const fullName = lazily(() =>
    count === undefined ? `[${element().name}]` : `[${element().name}; ${count}]`,
  );
  const size = lazily(() => declared ?? (count ?? 0) * element().size);
  return {
    kind: "array",
    get name() {
      return name || fullName();
    },
    get size() {
      return size();
    },
    element,
    count,
  };
}

/** Offset in bytes, and of C's bit fields the bits from there, as DWARF 5 (data_bit_offset) or 2 to 4 say. */
function placement(die: Die, typeSize: () => number) {
  const start =
    die.number(At.dataMemberLocation) ?? constantLocation(die.bytes(At.dataMemberLocation));
  const bitSize = die.number(At.bitSize);
  if (bitSize === undefined) return { offset: start, bits: undefined };
  const dataBit = die.number(At.dataBitOffset);
  if (dataBit !== undefined) {
    const unit = Math.max(1, typeSize());
    const offset = Math.floor(dataBit / (unit * 8)) * unit;
    return { offset, bits: { offset: dataBit - offset * 8, size: bitSize } };
  }
  const fromTop = die.number(At.bitOffset);
  if (fromTop === undefined) return { offset: start, bits: { offset: 0, size: bitSize } };
  const storage = die.number(At.byteSize) ?? typeSize();
  return { offset: start, bits: { offset: storage * 8 - fromTop - bitSize, size: bitSize } };
}

/** Old compilers write member offsets as `DW_OP_plus_uconst N`. */
function constantLocation(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes[0] !== 0x23) return 0;
  let value = 0;
  for (let index = 1, scale = 1; index < bytes.length; index++, scale *= 128) {
    value += (bytes[index]! & 0x7f) * scale;
  }
  return value;
}
