// A signature out of a vector's data: a text, or fields with types in DSPy's spelling and object types as data.
import { z } from "zod";
import type { FieldRole } from "../../src/signatures/field/field.ts";
import type { FieldConstraints } from "../../src/signatures/field/field-constraints.ts";
import { typeSchema } from "../../src/signatures/field/field-schema.ts";
import type { FieldType } from "../../src/signatures/types/field-type.ts";
import { unionOf } from "../../src/signatures/types/field-type.ts";
import type { FieldOverrides } from "../../src/signatures/field/field-options.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { SignatureOptions } from "../../src/signatures/signature.ts";
import type { AnySignature } from "../../src/signatures/signature-value.ts";
import { parseType } from "../../src/signatures/types/type-grammar.ts";

export interface VectorField {
  readonly name: string;
  readonly role: FieldRole;
  readonly type: string;
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  readonly default?: unknown;
}

interface ModelField extends FieldConstraints {
  readonly name: string;
  readonly type: string;
  readonly desc?: string;
  readonly default?: unknown;
}

interface Model {
  readonly doc?: string;
  readonly fields: readonly ModelField[];
}

export interface VectorSignature {
  readonly text?: string;
  readonly instructions?: string;
  readonly fields?: readonly VectorField[];
  readonly models?: Readonly<Record<string, Model>>;
  readonly schema_texts?: Readonly<Record<string, string>>;
}

export function vectorSignature(data: VectorSignature): AnySignature {
  const options: SignatureOptions = {
    name: "Vector",
    ...(data.instructions !== undefined && { instructions: data.instructions }),
  };
  // `string` widens: the compiler would else look for fields in a text that it cannot know.
  const given: string | undefined = data.text;
  if (given !== undefined) return signature(given, options);
  const fields = data.fields ?? [];
  const models = modelSchemas(data.models ?? {});
  const side = (role: FieldRole): string =>
    fields.flatMap((field) => (field.role === role ? [field.name] : [])).join(", ");
  const text: string = `${side("input")} -> ${side("output")}`;
  const untyped: AnySignature = signature(text, options);
  const typed = fields.map(({ name, type, desc, constraints, ...rest }) => [
    name,
    {
      type: typeOf(type, models),
      ...(desc !== undefined && { desc }),
      ...(constraints !== undefined && { constraints }),
      ...("default" in rest && { default: rest.default }),
    },
  ]);
  return untyped.withFields(Object.fromEntries(typed) as FieldOverrides);
}

type Models = ReadonlyMap<string, z.ZodType>;

/** A type in DSPy's spelling, which may name object types. */
function typeOf(text: string, models: Models): FieldType {
  const model = models.get(text.trim());
  if (model !== undefined) return { kind: "zod", schema: model };
  if (![...models.keys()].some((name) => new RegExp(`\\b${name}\\b`).test(text))) return parseType(text);
  const members = splitTop(text, "|");
  if (members.length > 1) return unionOf(members.map((member) => typeOf(member, models)));
  const [, outer = "", inside = ""] = /^\s*(\w+)\[(.+)\]\s*$/s.exec(text) ?? [];
  const parts = splitTop(inside, ",");
  const [first = { kind: "any" } as const, second = first, ...others] = parts
    .filter((part) => part.trim() !== "...")
    .map((part) => typeOf(part, models));
  switch (outer.toLowerCase()) {
    case "list":
      return { kind: "list", items: first, bare: false };
    case "dict":
      return { kind: "dict", keys: first, values: second, bare: false };
    case "optional":
      return unionOf([first, { kind: "none" }]);
    case "union":
      return unionOf([first, second, ...others]);
    case "tuple":
      return parts.length > 1 && parts.at(-1)?.trim() === "..."
        ? { kind: "tuple", items: [first], rest: true, bare: false }
        : { kind: "tuple", items: parts.length === 1 ? [first] : [first, second, ...others], rest: false, bare: false };
    default:
      throw new Error(`the type ${text} is not known`);
  }
}

/** The parts between signs that stand in no brackets. */
function splitTop(text: string, sign: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const each of text) {
    if (each === "[") depth += 1;
    if (each === "]") depth -= 1;
    if (each === sign && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + each);
  }
  return parts;
}

/** Models are declared before those that name them, or after: as long as one can be made, it is. */
function modelSchemas(models: Readonly<Record<string, Model>>): Models {
  const made = new Map<string, z.ZodType>();
  const waiting = new Map(Object.entries(models));
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, { fields }]) =>
      fields.every(({ type }) => ![...waiting.keys()].some((name) => new RegExp(`\\b${name}\\b`).test(type))),
    );
    if (ready.length === 0) throw new Error(`object types that contain themselves: ${[...waiting.keys()].join(", ")}`);
    for (const [name, model] of ready) {
      made.set(name, modelSchema(name, model, made));
      waiting.delete(name);
    }
  }
  return made;
}

function modelSchema(name: string, { doc, fields }: Model, models: Models): z.ZodType {
  const shape = fields.map((field) => {
    const schema = withBounds(propertySchema(typeOf(field.type, models)), field);
    const described = field.desc === undefined ? schema : schema.describe(field.desc);
    return [field.name, "default" in field ? described.default(field.default) : described];
  });
  return z
    .object(Object.fromEntries(shape) as Record<string, z.ZodType>)
    .meta({ id: name, ...(doc !== undefined && { description: doc }) });
}

/** As a user of zod writes the type. */
function propertySchema(type: FieldType): z.ZodType {
  switch (type.kind) {
    case "float":
      return z.number();
    case "date":
      return z.iso.date();
    case "datetime":
      return z.iso.datetime();
    case "list":
      return z.array(propertySchema(type.items));
    case "dict":
      return z.record(z.string(), propertySchema(type.values));
    case "union": {
      const members = type.members.filter(({ kind }) => kind !== "none").map(propertySchema);
      const [only] = members;
      const schema = members.length === 1 && only !== undefined ? only : z.union(members);
      return members.length < type.members.length ? schema.nullable() : schema;
    }
    default:
      return typeSchema(type);
  }
}

function withBounds(schema: z.ZodType, bounds: FieldConstraints): z.ZodType {
  return schema instanceof z.ZodNullable
    ? bounded(schema.unwrap() as z.ZodType, bounds).nullable()
    : bounded(schema, bounds);
}

function bounded(
  schema: z.ZodType,
  { ge, gt, le, lt, multiple_of, min_length, max_length }: FieldConstraints,
): z.ZodType {
  if (schema instanceof z.ZodNumber) {
    let number: z.ZodNumber = schema;
    if (ge !== undefined) number = number.gte(ge);
    if (gt !== undefined) number = number.gt(gt);
    if (le !== undefined) number = number.lte(le);
    if (lt !== undefined) number = number.lt(lt);
    return multiple_of === undefined ? number : number.multipleOf(multiple_of);
  }
  if (schema instanceof z.ZodString || schema instanceof z.ZodArray) {
    const long = min_length === undefined ? schema : schema.min(min_length);
    return max_length === undefined ? long : long.max(max_length);
  }
  return schema;
}
