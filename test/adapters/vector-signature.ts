import { z } from "zod";
import { makeField } from "../../src/signatures/field.ts";
import type { FieldConstraints, FieldRole } from "../../src/signatures/field.ts";
import { typeSchema } from "../../src/signatures/field-schema.ts";
import type { FieldType } from "../../src/signatures/field-type.ts";
import { cleanInstructions, defaultInstructions } from "../../src/signatures/instructions.ts";
import type { AnySignature } from "../../src/signatures/signature.ts";
import { parseType } from "../../src/signatures/type-grammar.ts";

export interface VectorField {
  readonly name: string;
  readonly role: FieldRole;
  readonly type: string;
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  readonly default?: unknown;
}

interface ModelField {
  readonly name: string;
  readonly type: string;
  readonly desc?: string;
  readonly default?: unknown;
  readonly ge?: number;
  readonly le?: number;
}

export interface VectorSignature {
  readonly instructions?: string;
  readonly fields: readonly VectorField[];
  readonly models?: Readonly<Record<string, { readonly doc?: string; readonly fields: readonly ModelField[] }>>;
  readonly schema_texts?: Readonly<Record<string, string>>;
}

/** A signature out of a vector's data. */
export function vectorSignature(data: VectorSignature): AnySignature {
  const models = new Map<string, z.ZodType>();
  const typeOf = (text: string): FieldType => {
    const model = models.get(text);
    if (model !== undefined) return { kind: "zod", schema: model };
    if (![...models.keys()].some((name) => new RegExp(`\\b${name}\\b`).test(text))) return parseType(text);
    const [, outer, inner = ""] = /^(list|Optional|dict)\[(?:str, )?(.+)\]$/.exec(text) ?? [];
    const items = typeOf(inner);
    if (outer === "list") return { kind: "list", items, bare: false };
    if (outer === "dict") return { kind: "dict", keys: { kind: "str" }, values: items, bare: false };
    return { kind: "union", members: [items, { kind: "none" }] };
  };
  for (const [name, model] of Object.entries(data.models ?? {})) {
    const shape = Object.fromEntries(
      model.fields.map((field) => {
        let schema = typeSchema(typeOf(field.type));
        if (schema instanceof z.ZodNumber && field.ge !== undefined) schema = schema.min(field.ge);
        return [field.name, field.default === undefined ? schema : schema.default(field.default)];
      }),
    );
    models.set(name, z.object(shape).meta({ title: name }));
  }
  const fields = data.fields.map((field) => makeField({ ...field, type: typeOf(field.type) }));
  const inputFields = fields.filter(({ role }) => role === "input");
  const outputFields = fields.filter(({ role }) => role === "output");
  const names = (list: typeof fields): string[] => list.map(({ name }) => name);
  return {
    kind: "signature",
    name: "Vector",
    instructions: data.instructions
      ? cleanInstructions(data.instructions)
      : defaultInstructions(names(inputFields), names(outputFields)),
    fields: [...inputFields, ...outputFields],
    inputFields,
    outputFields,
    inputSchema: z.any(),
    outputSchema: z.any(),
    // Adapters read a signature's data and never edit it.
  } as unknown as AnySignature;
}
