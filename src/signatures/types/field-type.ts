import type { z } from "zod";

/** A field's type as data: what the text grammar says, and what prompts, schemas and readers are made from. */
export type FieldType =
  | { readonly kind: "str" | "int" | "float" | "bool" | "any" | "none" }
  /** `list` alone is `list[Any]` that prints as `list`. */
  | { readonly kind: "list"; readonly items: FieldType; readonly bare: boolean }
  | { readonly kind: "dict"; readonly keys: FieldType; readonly values: FieldType; readonly bare: boolean }
  /** `rest`: `tuple[T, ...]`, any number of the one item type. */
  | { readonly kind: "tuple"; readonly items: readonly FieldType[]; readonly rest: boolean; readonly bare: boolean }
  | { readonly kind: "literal"; readonly values: readonly LiteralValue[] }
  /** Flat, two members or more, no doubles. `Optional[T]` is `[T, none]`. */
  | { readonly kind: "union"; readonly members: readonly FieldType[] }
  /** Code in a language. Its values are the code itself, as text; without a language DSPy says Python. */
  | { readonly kind: "code"; readonly language?: string }
  /** Days and moments. Their values are ISO 8601 text; inputs may also be `Date`s. */
  | { readonly kind: "date" | "datetime" }
  /** What is not text: inputs only, sent as parts of their own. */
  | { readonly kind: "image" | "audio" | "file" }
  /** What a model may ask to have called, and what it asks for. */
  | { readonly kind: "tool" | "tool_calls" }
  /** The turns of a conversation so far, each an object of field values. Adapters turn it into messages. */
  | { readonly kind: "history" }
  /** A type that only zod can say. Arrays, enums, numbers … of zod become the kinds above. */
  | { readonly kind: "zod"; readonly schema: z.ZodType };

export type LiteralValue = string | number | boolean | null;

/** Two types that mean the same print the same; zod types are the same only when they are one schema. */
export function sameType(a: FieldType, b: FieldType): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "list":
      return b.kind === "list" && a.bare === b.bare && sameType(a.items, b.items);
    case "dict":
      return b.kind === "dict" && a.bare === b.bare && sameType(a.keys, b.keys) && sameType(a.values, b.values);
    case "tuple":
      return b.kind === "tuple" && a.bare === b.bare && a.rest === b.rest && sameTypes(a.items, b.items);
    case "literal":
      return (
        b.kind === "literal" &&
        a.values.length === b.values.length &&
        a.values.every((v, i) => Object.is(v, b.values[i]))
      );
    case "union":
      return b.kind === "union" && sameTypes(a.members, b.members);
    case "code":
      return b.kind === "code" && a.language === b.language;
    case "zod":
      return b.kind === "zod" && a.schema === b.schema;
    default:
      return true;
  }
}

function sameTypes(a: readonly FieldType[], b: readonly FieldType[]): boolean {
  return a.length === b.length && a.every((type, index) => sameType(type, b[index]!));
}

/** The union of these, flat and without doubles; a lone member stays itself. */
export function unionOf(types: readonly FieldType[]): FieldType {
  const members: FieldType[] = [];
  for (const type of types.flatMap((each) => (each.kind === "union" ? each.members : [each])))
    if (!members.some((member) => sameType(member, type))) members.push(type);
  return members.length === 1 ? members[0]! : { kind: "union", members };
}

/** Whether the type is one of these kinds, or holds one of them. */
export function holdsKind(type: FieldType, kinds: readonly FieldType["kind"][]): boolean {
  if (kinds.includes(type.kind)) return true;
  // Asked for each value of each prompt.
  if (type.kind === "list") return holdsKind(type.items, kinds);
  return typesInside(type).some((inner) => holdsKind(inner, kinds));
}

/** The types that a type is made of, in the order in which they are written. */
export function typesInside(type: FieldType): readonly FieldType[] {
  switch (type.kind) {
    case "list":
      return [type.items];
    case "dict":
      return [type.keys, type.values];
    case "tuple":
      return type.items;
    case "union":
      return type.members;
    default:
      return NO_TYPES;
  }
}

const NO_TYPES: readonly FieldType[] = Object.freeze([]);

/** Whether null is a value of the type and means "none given" (`Any` takes null, but is not optional). */
export function isOptional(type: FieldType): boolean {
  if (type.kind === "literal") return type.values.includes(null);
  return type.kind === "none" || (type.kind === "union" && type.members.some(isOptional));
}

/** The member that is no null, of an optional type. */
export function withoutNone(type: FieldType): FieldType {
  if (type.kind !== "union") return type;
  const members = type.members.filter(({ kind }) => kind !== "none");
  return members.length === 1 ? (members[0] ?? type) : type;
}
