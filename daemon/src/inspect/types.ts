/**
 * Finding one's way in types, without any value: members, wrappers that one looks through, and the
 * steps from a value to a field of what it refers to. Expressions, displays and profiles all take
 * these same steps, so they cannot disagree.
 */
import type { Member, StructType, Type, Variant, VariantPart } from "../symbols/api.ts";

/** From a value to one inside it or behind it. */
export type Step =
  | {
      readonly kind: "offset";
      readonly offset: number;
      readonly type: Type;
      /** For a bit field. */
      readonly bits?: Member["bits"];
    }
  /** Load the pointer that stands here (its first word); the target is of this type. */
  | { readonly kind: "deref"; readonly type: Type }
  /** Only while this variant is the active one. */
  | {
      readonly kind: "variant";
      readonly part: VariantPart;
      readonly variant: Variant;
      readonly offset: number;
      readonly type: Type;
    };

/** How deep wrappers may be nested around what one means. */
const MAX_STEPS = 24;

export const POINTER_SIZE = 8;

export function isStruct(type: Type, path: string): boolean {
  return type.kind === "struct" && isInstance(type.name, path);
}

/** Whether `name` is the path itself or an instance of it: `core::pin::Pin<..>`. */
export function isInstance(name: string, path: string): boolean {
  return name.startsWith(path) && (name.length === path.length || name[path.length] === "<");
}

/** A member by name; `0` is found as `__0`, and members of unnamed C structs as if they were here. */
export function memberOf(type: Type, name: string): Member | undefined {
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  const wanted = /^\d/.test(name) ? `__${name}` : name;
  for (const member of type.members) {
    if (member.name === wanted || member.name === name) return member;
  }
  for (const member of type.members) {
    if (member.name !== "") continue;
    const inner = memberOf(member.type, name);
    if (inner) return { ...inner, offset: member.offset + inner.offset };
  }
  return undefined;
}

/** The one member that takes up space, of a struct that has no other. */
export function soleMember(type: Type): Member | undefined {
  if (type.kind !== "struct" || type.variants) return undefined;
  let sole: Member | undefined;
  for (const member of type.members) {
    if (member.type.size === 0) continue;
    if (sole || member.bits) return undefined;
    sole = member;
  }
  return sole;
}

/** `&str`, `&[T]`, `Box<[T]>` and their like: the data pointer and the length. */
export function slicePointer(type: Type): { data: Member; length: Member } | undefined {
  if (type.kind !== "struct") return undefined;
  const data = memberOf(type, "data_ptr");
  const length = memberOf(type, "length");
  return data && length ? { data, length } : undefined;
}

/** `&dyn Trait`, `Box<dyn Trait>` and their like: the data and the vtable pointer. */
export function traitPointer(type: Type): { data: Member; vtable: Member } | undefined {
  if (type.kind !== "struct") return undefined;
  const data = memberOf(type, "pointer");
  const vtable = memberOf(type, "vtable");
  return data && vtable && data.type.kind === "pointer" ? { data, vtable } : undefined;
}

const WRAPPERS =
  /^core::(?:pin::Pin|ptr::|cell::(?:Unsafe)?Cell<|sync::atomic::|num::|mem::manually_drop::)|^alloc::boxed::Box</;

/** Wrappers that are shown as what they wrap. */
export const isWrapper = (type: Type): boolean => WRAPPERS.test(type.name);

/** Pointers that always point to something: references and boxes. */
export function isReference(type: Type): boolean {
  return (
    type.kind === "pointer" &&
    (type.name.startsWith("&") || isInstance(type.name, "alloc::boxed::Box"))
  );
}

/** Whether the type is a coroutine's environment: its variants are states. */
export function isCoroutine(type: Type): type is StructType & { variants: VariantPart } {
  return (
    type.kind === "struct" &&
    (type.environment === "async fn" || type.environment === "async block") &&
    type.variants !== undefined
  );
}

/** What one looks through to what is meant: references, smart pointers, `Some`, cells and locks. */
export function unwrap(type: Type): readonly Step[] | undefined {
  const cached = unwrapped.get(type);
  if (cached !== undefined) return cached ?? undefined;
  const steps = unwrapUncached(type);
  unwrapped.set(type, steps ?? null);
  return steps;
}
const unwrapped = new WeakMap<Type, readonly Step[] | null>();

function unwrapUncached(type: Type): readonly Step[] | undefined {
  if (type.kind === "pointer") {
    const target = type.target();
    return target && target.kind !== "subroutine" ? [{ kind: "deref", type: target }] : undefined;
  }
  if (type.kind === "union" && isInstance(type.name, "core::mem::maybe_uninit::MaybeUninit")) {
    const value = memberOf(type, "value");
    return value && [stepTo(value)];
  }
  if (type.kind !== "struct") return undefined;
  if (isStruct(type, "core::option::Option")) return somePayload(type);
  if (type.variants || slicePointer(type) || traitPointer(type)) return undefined;
  if (isStruct(type, "alloc::sync::Arc") || isStruct(type, "alloc::rc::Rc")) return counted(type);
  const sole = soleMember(type);
  if (sole) return [stepTo(sole)];
  const guarded = type.members.filter((member) => isStruct(member.type, "core::cell::UnsafeCell"));
  return guarded.length === 1 ? [stepTo(guarded[0]!)] : undefined;
}

/** What a future that is awaited may be wrapped in; what it merely knows of is another's. */
export function unwrapFuture(type: Type): readonly Step[] | undefined {
  const wraps =
    isReference(type) ||
    ["core::pin::Pin", "alloc::boxed::Box", "core::mem::manually_drop::ManuallyDrop"].some((path) =>
      isStruct(type, path),
    ) ||
    (type.kind === "union" && isInstance(type.name, "core::mem::maybe_uninit::MaybeUninit"));
  return wraps ? unwrap(type) : undefined;
}

const stepTo = (member: Member): Step => ({
  kind: "offset",
  offset: member.offset,
  type: member.type,
  bits: member.bits,
});

/** Members as the source writes them: those of unnamed C structs and unions stand in their holder. */
export function visibleMembers(type: Type & { kind: "struct" | "union" }): readonly Member[] {
  if (!type.members.some(({ name }) => name === "")) return type.members;
  return type.members.flatMap((member) => {
    const { offset, type: inner } = member;
    if (member.name !== "" || (inner.kind !== "struct" && inner.kind !== "union")) return [member];
    return visibleMembers(inner).map((one) => ({ ...one, offset: offset + one.offset }));
  });
}

function somePayload(type: StructType): readonly Step[] | undefined {
  const part = type.variants;
  const variant = part?.variants.find(({ name }) => name === "Some");
  const member = variant && memberOf(variant.type, "0");
  if (!part || !variant || !member) return undefined;
  const offset = variant.offset + member.offset;
  return [{ kind: "variant", part, variant, offset, type: member.type }];
}

/** Rc and Arc point to the counts; the value stands behind them. */
function counted(type: StructType): readonly Step[] | undefined {
  const pointer = memberOf(type, "ptr");
  if (!pointer) return undefined;
  const steps = [stepTo(pointer)];
  const inner = toPointer(pointer.type, steps);
  const box = inner?.kind === "pointer" ? inner.target() : undefined;
  const value = box && (memberOf(box, "data") ?? memberOf(box, "value"));
  return box && value ? [...steps, { kind: "deref", type: box }, stepTo(value)] : undefined;
}

/** Through wrappers of one member (NonNull, Unique, Pin) to the raw pointer; appends the steps. */
export function toPointer(type: Type, steps: Step[] = []): Type | undefined {
  for (let depth = 0; depth < MAX_STEPS; depth++) {
    if (type.kind === "pointer") return type;
    const sole = soleMember(type);
    if (!sole) return undefined;
    steps.push(stepTo(sole));
    type = sole.type;
  }
  return undefined;
}

/** The integer, bool, char, C-like enum or raw pointer that a type is, under wrappers of one member. */
export function scalarOf(type: Type): { readonly type: Type; readonly offset: number } | undefined {
  let offset = 0;
  for (let depth = 0; depth < MAX_STEPS; depth++) {
    if (type.kind === "base" || type.kind === "enum" || type.kind === "pointer") {
      return { type, offset };
    }
    const sole = soleMember(type);
    if (!sole) return undefined;
    offset += sole.offset;
    type = sole.type;
  }
  return undefined;
}

/** The way to a field, looked for in the type itself first and then through one wrapper after another. */
export function stepsToField(type: Type, name: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (let depth = 0; depth < MAX_STEPS; depth++) {
    const own = ownField(type, name);
    if (own) return [...steps, own];
    const through = unwrap(type);
    if (!through) return undefined;
    steps.push(...through);
    type = through.at(-1)!.type;
  }
  return undefined;
}

/** A field of the type itself, or of the one variant that has it. */
export function ownField(type: Type, name: string): Step | undefined {
  const member = memberOf(type, name);
  if (member) return stepTo(member);
  if (type.kind !== "struct" || !type.variants) return undefined;
  const part = type.variants;
  const holders = part.variants.filter((variant) => memberOf(variant.type, name));
  const [variant] = holders;
  if (!variant || holders.length !== 1) return undefined;
  const inner = memberOf(variant.type, name)!;
  return {
    kind: "variant",
    part,
    variant,
    offset: variant.offset + inner.offset,
    type: inner.type,
  };
}

/** The way through wrappers to the first type that passes the test. */
export function stepsTo(
  type: Type,
  test: (type: Type) => boolean,
  look: (type: Type) => readonly Step[] | undefined = unwrap,
): { readonly steps: readonly Step[]; readonly type: Type } | undefined {
  const steps: Step[] = [];
  for (let depth = 0; depth < MAX_STEPS; depth++) {
    if (test(type)) return { steps, type };
    const through = look(type);
    if (!through) return undefined;
    steps.push(...through);
    type = through.at(-1)!.type;
  }
  return undefined;
}

/** The variant that a discriminant selects; undefined when none claims it and none is the default. */
export function selectVariant(part: VariantPart, discriminant: bigint): Variant | undefined {
  const bits = (part.discriminant?.type.size ?? 0) * 8;
  const wanted = BigInt.asUintN(bits, discriminant);
  return (
    part.variants.find(({ values }) => values.some((v) => BigInt.asUintN(bits, v) === wanted)) ??
    part.variants.find(({ values }) => values.length === 0)
  );
}
