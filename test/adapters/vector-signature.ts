import { z } from "zod";
import type { FieldConstraints, FieldRole } from "../../src/signatures/field.ts";
import { typeSchema } from "../../src/signatures/field-schema.ts";
import type { FieldType } from "../../src/signatures/field-type.ts";
import type { FieldOverrides } from "../../src/signatures/field-options.ts";
import { signature } from "../../src/signatures/signature.ts";
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
  const side = (role: FieldRole): string =>
    data.fields.flatMap((field) => (field.role === role ? [field.name] : [])).join(", ");
  const text: string = `${side("input")} -> ${side("output")}`;
  const options = data.fields.map(({ name, role: _role, type, ...rest }) => [name, { ...rest, type: typeOf(type) }]);
  const untyped: AnySignature = signature(text, {
    name: "Vector",
    ...(data.instructions !== undefined && { instructions: data.instructions }),
  });
  return untyped.withFields(Object.fromEntries(options) as FieldOverrides);
}
