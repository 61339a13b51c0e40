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

/** Whether null is a value of the type and means "none given" (`Any` takes null, but is not optional). */
export function isOptional(type: FieldType): boolean {
  if (type.kind === "literal") return type.values.includes(null);
  return type.kind === "none" || (type.kind === "union" && type.members.some(isOptional));
}
