import type { z } from "zod";
import { UsageError } from "../foundation/errors.ts";
import type { Field, FieldRole } from "./field/field.ts";
import { makeField } from "./field/field.ts";
import { applyOptions, type FieldOptions, type FieldOverrides } from "./field/field-options.ts";
import type { ParsedField } from "./types/grammar.ts";
import { parseFieldText } from "./types/grammar.ts";

/** The field that `append`, `prepend` or `insert` was given. */
export function fieldFromText(text: string, role: FieldRole, options: FieldOptions): Field {
  if (role !== "input" && role !== "output")
    throw new UsageError(
      `Field ${JSON.stringify(text)}: expected side "input" or "output", got ${JSON.stringify(role)}`,
    );
  return applyOptions(parseFieldText(text, role), options);
}

/**
 * The fields with one more at `index` of its side; negative counts from the end, -1 is behind the last. A field of that
 * name on the same side is replaced: in its place by `index` -1, else it moves.
 * @throws UsageError for an index outside the side, or a name that is on the other side
 */
export function insertField(fields: readonly Field[], field: Field, index: number): readonly Field[] {
  const there = fields.find(({ name }) => name === field.name);
  if (there && there.role !== field.role)
    throw new UsageError(`"${field.name}" is an ${there.role} already; names must be distinct`);
  if (there && index === -1) return fields.map((each) => (each === there ? field : each));
  const side = fields.filter((each) => each.role === field.role && each !== there);
  const size = fields.filter(({ role }) => role === field.role).length;
  const at = index < 0 ? size + index + 1 : index;
  if (!Number.isInteger(index) || at < 0 || at > size)
    throw new UsageError(`Cannot insert "${field.name}" at ${index}: there are ${size} ${field.role} fields`);
  side.splice(at, 0, field);
  const others = fields.filter(({ role }) => role !== field.role);
  return field.role === "input" ? [...side, ...others] : [...others, ...side];
}

/**
 * The fields, as a text gives them or as they are, with what the overrides say of them.
 * @throws UsageError for a name that is no field
 */
export function overrideFields(fields: readonly (ParsedField | Field)[], overrides: FieldOverrides): readonly Field[] {
  const names = fields.map(({ name }) => name);
  const given: ReadonlyMap<string, z.ZodType | FieldOptions> = new Map(Object.entries(overrides));
  for (const name of given.keys())
    if (!names.includes(name)) throw new UsageError(`No field "${name}"; the fields are ${names.join(", ") || "none"}`);
  return fields.map((field) => {
    const options = given.get(field.name);
    if (options !== undefined) return applyOptions(field, options);
    return "schema" in field ? field : makeField(field);
  });
}
