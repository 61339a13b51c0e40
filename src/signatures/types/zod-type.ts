import { z } from "zod";
import { changesValues } from "./changes-values.ts";
import type { FieldConstraints } from "../field/field-constraints.ts";
import { type FieldType, type LiteralValue, unionOf } from "./field-type.ts";
import { MEDIA_SCHEMAS } from "../values/media.ts";
import { TOOL_CALLS_SCHEMA, TOOL_SCHEMA } from "../values/tool.ts";

/** What a field takes over from a zod schema. */
export interface ZodField {
  readonly type: FieldType;
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  readonly default?: unknown;
  /** Checks the values: the user's own schema, its optional and default wrappers taken off. */
  readonly schema: z.ZodType;
}

/**
 * Reads a zod schema as a field: its type in DSPy's kinds as far as it has them, `.describe()` as description, bounds as
 * constraints. The schema itself goes on checking the values, so nothing that zod says is lost.
 */
export function fieldOfZod(schema: z.ZodType): ZodField {
  const desc = schema.description;
  const inner = zodFieldInside(schema);
  return desc === undefined ? inner : { ...inner, desc };
}

function zodFieldInside(schema: z.ZodType): ZodField {
  const def = definition(schema);
  switch (def.type) {
    case "default":
    case "prefault": {
      const inner = fieldOfZod(asType(def.innerType));
      return { ...inner, default: def.defaultValue };
    }
    case "optional":
    case "nullable": {
      const inner = fieldOfZod(asType(def.innerType));
      // One optional is `value or null`, in zod's words nullable: what a model leaves out comes as null.
      return { ...inner, type: unionOf([inner.type, { kind: "none" }]), schema: inner.schema.nullable() };
    }
    default: {
      // Zod has to read the whole of what it will change inside.
      const whole = CONTAINERS.has(def.type ?? "") && changesValues(schema);
      return { type: whole ? { kind: "zod", schema } : typeOfZod(schema), ...constraintsOf(def), schema };
    }
  }
}

const CONTAINERS: ReadonlySet<string> = new Set(["array", "record", "tuple", "union", "readonly"]);

/** The kind of type that a zod schema is; `zod` where the grammar has no word for it. */
export function typeOfZod(schema: z.ZodType): FieldType {
  const ours = ownKindOf(schema);
  if (ours !== undefined) return { kind: ours };
  const def = definition(schema);
  const own: FieldType = { kind: "zod", schema };
  switch (def.type) {
    case "string":
      // One that wants so many digits would not take a moment in our form.
      return { kind: typeof def.precision === "number" ? "str" : (ISO_FORMATS.get(def.format ?? "") ?? "str") };
    case "number":
      return { kind: isInt(def) ? "int" : "float" };
    case "boolean":
      return { kind: "bool" };
    case "any":
    case "unknown":
      return { kind: "any" };
    case "null":
      return { kind: "none" };
    case "array":
      return { kind: "list", items: typeOfZod(asType(def.element)), bare: false };
    case "record": {
      const keys = typeOfZod(asType(def.keyType));
      return keys.kind === "zod" ? own : { kind: "dict", keys, values: typeOfZod(asType(def.valueType)), bare: false };
    }
    case "tuple":
      return def.rest ? own : { kind: "tuple", items: (def.items ?? []).map(inItem), rest: false, bare: false };
    case "enum":
      return { kind: "literal", values: enumValues(def.entries ?? {}) };
    case "literal":
      return isLiteralValues(def.values) ? { kind: "literal", values: [...new Set(def.values)] } : own;
    case "union":
      return unionOf((def.options ?? []).map(inItem));
    case "nullable":
      return unionOf([typeOfZod(asType(def.innerType)), { kind: "none" }]);
    case "readonly":
      return typeOfZod(asType(def.innerType));
    default:
      return own;
  }
}

/** Which of our own values it is a schema of; undefined for the user's schemas. */
export function ownKindOf(schema: z.ZodType): OwnKind | undefined {
  return OURS.find(([own]) => own === schema)?.[1];
}

type OwnKind = (typeof OURS)[number][1];

/** The schemas of our own values, which are known by being the same ones. */
const OURS = [
  [MEDIA_SCHEMAS.image, "image"],
  [MEDIA_SCHEMAS.audio, "audio"],
  [MEDIA_SCHEMAS.file, "file"],
  [TOOL_SCHEMA, "tool"],
  [TOOL_CALLS_SCHEMA, "tool_calls"],
] as const;

/** zod's ISO texts are what days and moments are here. Its `date` is a `Date`, which stays zod's own. */
const ISO_FORMATS: ReadonlyMap<string, "date" | "datetime"> = new Map([
  ["date", "date"],
  ["datetime", "datetime"],
]);

function inItem(schema: z.core.$ZodType): FieldType {
  return typeOfZod(asType(schema));
}

function isInt(def: Definition): boolean {
  return [def, ...checksOf(def)].some(
    ({ format }) => format === "safeint" || format === "int32" || format === "uint32",
  );
}

/** A numeric TypeScript enum also maps its numbers back to names: those are no values. */
function enumValues(entries: Readonly<Record<string, string | number>>): LiteralValue[] {
  const numbers = Object.values(entries).filter((value) => typeof value === "number");
  return Object.entries(entries)
    .filter(([key]) => !numbers.includes(Number(key)))
    .map(([, value]) => value);
}

function isLiteralValues(values: readonly unknown[] | undefined): values is readonly LiteralValue[] {
  return values?.every((value) => value === null || ["string", "number", "boolean"].includes(typeof value)) ?? false;
}

/** zod's bounds in DSPy's words. What has no word (patterns, formats) stays with the schema. */
function constraintsOf(def: Definition): { readonly constraints?: FieldConstraints } {
  const found: Record<string, number> = {};
  for (const check of [def, ...checksOf(def)]) {
    const { value, minimum, maximum, length, inclusive } = check;
    if (check.check === "greater_than" && typeof value === "number") found[inclusive ? "ge" : "gt"] = value;
    if (check.check === "less_than" && typeof value === "number") found[inclusive ? "le" : "lt"] = value;
    if (check.check === "multiple_of" && typeof value === "number") found["multiple_of"] = value;
    if (minimum !== undefined) found["min_length"] = minimum;
    if (maximum !== undefined) found["max_length"] = maximum;
    if (length !== undefined) found["min_length"] = found["max_length"] = length;
  }
  return Object.keys(found).length === 0 ? {} : { constraints: found };
}

function checksOf(def: Definition): readonly Definition[] {
  return (def.checks ?? []).map((check) => check._zod.def as Definition);
}

/** The parts of zod's definitions that are read here: one loose shape instead of thirty exact ones. */
interface Definition {
  readonly type?: string;
  readonly check?: string;
  readonly format?: string;
  readonly precision?: number | null;
  readonly checks?: readonly z.core.$ZodCheck[];
  readonly innerType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly keyType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly items?: readonly z.core.$ZodType[];
  readonly options?: readonly z.core.$ZodType[];
  readonly rest?: z.core.$ZodType | null;
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly values?: readonly unknown[];
  readonly value?: unknown;
  readonly inclusive?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly defaultValue?: unknown;
}

function definition(schema: z.ZodType): Definition {
  return schema.def;
}

function asType(schema: z.core.$ZodType | undefined): z.ZodType {
  // The inner schemas of zod's classic API are classic ones too, though typed by the core's interface.
  return (schema ?? z.unknown()) as z.ZodType;
}
