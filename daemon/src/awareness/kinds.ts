/**
 * Coroutine types, read fast: for each concrete future its name, and for each state of it the line
 * it waits at and where the awaited future stands. Worked out once for each type, so that a list of
 * thousands costs a few words of memory each.
 */
import type { Modules } from "../inspect/api.ts";
import { awaiteeMember, type CoroutineStage, stageOf } from "../inspect/coroutine.ts";
import { type AccessContext, slotPlace, walk } from "../inspect/expression/accessor.ts";
import { readInteger, readPointer, toAddress } from "../inspect/memory.ts";
import { inModule } from "../inspect/modules.ts";
import { userName } from "../inspect/names.ts";
import {
  isCoroutine,
  type Step,
  stepsTo,
  traitPointer,
  unwrap,
  unwrapFuture,
} from "../inspect/types.ts";
import type { SourceLocation, StructType, Type, Variant } from "../symbols/api.ts";
import { SLOT } from "./slots.ts";

export interface FutureKind {
  readonly type: Type;
  /** `ring::runner`; of a future that is no coroutine, its type. */
  readonly name: string;
  /** Where the async fn or block of a coroutine is declared. */
  readonly declared: SourceLocation | undefined;
  /** Undefined for leaves: futures written by hand. */
  readonly coroutine: CoroutineShape | undefined;
}

export interface CoroutineShape {
  readonly type: StructType;
  /** The state that the environment at this address is in, as memory has it. */
  state(context: AccessContext, at: number): StateShape | undefined;
}

export interface StateShape {
  readonly stage: CoroutineStage;
  readonly variant: Variant;
  readonly location: SourceLocation | undefined;
  /** The awaited future: its kind and address; undefined where there is none to follow. */
  next(
    context: AccessContext,
    at: number,
  ): { readonly kind: FutureKind; readonly at: number } | undefined;
}

export class FutureKinds {
  readonly #modules: Modules;
  readonly #byType = new Map<Type, FutureKind>();
  readonly #byVtable = new Map<number, FutureKind | undefined>();

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  /** By the address of a vtable; undefined when no DWARF describes it. */
  ofVtable(vtable: number): FutureKind | undefined {
    if (this.#byVtable.has(vtable)) return this.#byVtable.get(vtable);
    let found: FutureKind | undefined;
    for (const module of this.#modules.modules) {
      if (Number.isNaN(vtable)) break;
      const known = module.symbols.vtableAt(inModule(module, toAddress(vtable)));
      if (known) found = this.ofType(known.concrete);
      if (found) break;
    }
    // Garbage in memory must not fill the table.
    if (this.#byVtable.size < 10_000) this.#byVtable.set(vtable, found);
    return found;
  }

  ofType(type: Type): FutureKind {
    const known = this.#byType.get(type);
    if (known) return known;
    const { name, suffix } = userName(type.name);
    const coroutine = isCoroutine(type);
    // Looked up when first asked for: it takes an index of all that the source file declares.
    let declared: SourceLocation | undefined | null = coroutine ? null : undefined;
    const declaration = () => this.#declaration(type as StructType);
    const kind: FutureKind = {
      type,
      name: suffix === " (async)" ? name : name + suffix,
      get declared() {
        if (declared === null) declared = declaration();
        return declared;
      },
      coroutine: coroutine ? this.#shape(type) : undefined,
    };
    this.#byType.set(type, kind);
    return kind;
  }

  /**
   * Reads a future behind wrappers (`look` says which): from the place's type to a trait object or a
   * coroutine. Undefined when the type leads to neither.
   */
  reader(
    type: Type,
    look: typeof unwrap = unwrap,
  ):
    | ((context: AccessContext, at: number) => { kind: FutureKind; at: number } | undefined)
    | undefined {
    const isFuture = (inner: Type) => isCoroutine(inner) || traitPointer(inner) !== undefined;
    const way = stepsTo(type, isFuture, look);
    if (!way) return undefined;
    const base = follow(way.steps, type);
    if (!base) return undefined;
    const pointer = traitPointer(way.type);
    if (!pointer) {
      const kind = this.ofType(way.type);
      return (context, at) => {
        const address = base(context, at);
        return Number.isNaN(address) ? undefined : { kind, at: address };
      };
    }
    return (context, at) => {
      const fat = base(context, at);
      const data = readPointer(context.reader, fat + pointer.data.offset);
      const vtable = readPointer(context.reader, fat + pointer.vtable.offset);
      if (Number.isNaN(data) || Number.isNaN(vtable)) return undefined;
      const kind = this.ofVtable(vtable);
      return kind && { kind, at: data };
    };
  }

  /** The line of `async fn f(`; the body, which is all that the type itself says, begins at its brace. */
  #declaration(type: StructType): SourceLocation | undefined {
    const body = type.variants?.variants.find(({ name }) => name === "Unresumed")?.declaration;
    if (!body) return undefined;
    for (const module of this.#modules.modules) {
      const found = module.symbols
        .declarationsIn(body.path)
        .find(({ environments }) => environments.includes(type));
      if (found) return found.location;
    }
    return body;
  }

  #shape(type: StructType): CoroutineShape {
    const part = type.variants!;
    const { discriminant } = part;
    const states = new Map<number, StateShape>();
    for (const variant of part.variants) {
      for (const value of variant.values) states.set(Number(value), this.#state(variant));
    }
    const offset = discriminant?.offset ?? 0;
    const size = discriminant?.type.size ?? 0;
    return {
      type,
      state: ({ reader }, at) =>
        size === 0 ? undefined : states.get(readInteger(reader, at + offset, size, false)),
    };
  }

  #state(variant: Variant): StateShape {
    const member = awaiteeMember(variant);
    // Made when first asked for: types refer to each other in circles.
    let read: ReturnType<FutureKinds["reader"]> | null = null;
    return {
      stage: stageOf(variant),
      variant,
      location: variant.declaration,
      next: (context, at) => {
        if (!member) return undefined;
        if (read === null) read = this.reader(member.type, unwrapFuture) ?? this.#leaf(member.type);
        return read?.(context, at + variant.offset + member.offset);
      },
    };
  }

  #leaf(type: Type): ReturnType<FutureKinds["reader"]> {
    const kind = this.ofType(type);
    return (_context, at) => ({ kind, at });
  }
}

/** Address after taking the steps from a value of this type. */
function follow(
  steps: readonly Step[],
  type: Type,
): ((context: AccessContext, at: number) => number) | undefined {
  if (steps.length === 0) return (_context, at) => at;
  const node = walk(slotPlace(SLOT.element, type), steps);
  if (node.kind !== "place") return undefined;
  return (context, at) => {
    const { slots } = context;
    const before = slots[SLOT.element]!;
    slots[SLOT.element] = at;
    const address = node.at(context);
    slots[SLOT.element] = before;
    return address;
  };
}
