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
  /** A type that only zod can say. Arrays, enums, numbers … of zod become the kinds above. */
  | { readonly kind: "zod"; readonly schema: z.ZodType };

export type LiteralValue = string | number | boolean | null;
