import type { z } from "zod";
import { describe, UsageError } from "../../foundation/errors.ts";
import { type Field, type FieldInit, type FieldRole, makeField } from "./field.ts";
import type { FieldConstraints } from "./field-constraints.ts";
import type { FieldType } from "../types/field-type.ts";
import { nestsDeeper } from "../types/changes-values.ts";
import type { ParsedField } from "../types/grammar.ts";
import { MAX_DEPTH } from "../types/scanner.ts";
import { parseType } from "../types/type-grammar.ts";
import { fieldOfZod } from "../types/zod-type.ts";

/** What a user may say about a field beside the text. */
export interface FieldOptions {
  /** The field's type, in zod, as text (`"list[str]"`) or as data; it replaces the text's. Default: the text's. */
  readonly type?: z.ZodType | string | FieldType;
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  readonly default?: unknown;
}

/** By field: a zod schema, or its parts. */
export interface FieldOverrides {
  readonly [name: string]: z.ZodType | FieldOptions;
}

/** A field with what the options say of it; what they leave out stays, a new type sets bounds and default aside. */
export function applyOptions(field: ParsedField & Pick<FieldInit, "zod">, options: z.ZodType | FieldOptions): Field {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`Field "${field.name}": expected a zod schema or { type, desc }, got ${describe(options)}`);
  const parts: FieldOptions = isZod(options) ? { type: options } : options;
  const { name, role, desc } = field;
  const typed: TypeParts = parts.type === undefined ? kept(field) : ofType(parts.type);
  return makeField({
    ...typed,
    name,
    role,
    desc: parts.desc ?? typed.desc ?? desc,
    constraints: parts.constraints ?? typed.constraints,
    default: parts.default === undefined ? typed.default : parts.default,
  });
}

type TypeParts = Omit<FieldInit, "name" | "role">;

function kept({ type, written, constraints, default: preset, zod }: ParsedField & Pick<FieldInit, "zod">): TypeParts {
  return { type, written, constraints, default: preset, zod };
}

function ofType(type: z.ZodType | string | FieldType): TypeParts {
  if (typeof type === "string") return { type: parseType(type), written: type };
  if (!isZod(type)) return { type };
  if (nestsDeeper(type, MAX_DEPTH)) throw new UsageError(`signature: a type is nested more than ${MAX_DEPTH} deep`);
  const { schema, ...parts } = fieldOfZod(type);
  return { ...parts, zod: schema };
}

/** A field from a zod schema, for signatures that are given as zod objects. */
export function fieldFromZod(name: string, role: FieldRole, schema: z.ZodType): Field {
  return applyOptions({ name, role, type: { kind: "str" } }, schema);
}

export function isZod(value: object): value is z.ZodType {
  return "_zod" in value;
}
