import { z } from "zod";
import type { FieldConstraints } from "./field-constraints.ts";
import { violation } from "./field-constraints.ts";
import type { FieldType } from "../types/field-type.ts";
import { readDate, readDateTime } from "../values/iso-date.ts";
import { MEDIA_SCHEMAS } from "../values/media.ts";
import { TOOLS_SCHEMA, TOOL_CALLS_SCHEMA, TOOL_SCHEMA } from "../values/tool.ts";
import { typeName } from "../types/type-name.ts";

/** Checks values of a field: those of its type (or of the user's own schema), within its constraints. */
export function fieldSchema(type: FieldType, constraints?: FieldConstraints, own?: z.ZodType): z.ZodType {
  const schema = own ?? typeSchema(type);
  if (constraints === undefined) return schema;
  return schema.superRefine((value, context) => {
    const violated = violation(value, constraints);
    if (violated !== undefined) context.addIssue({ code: "custom", message: violated });
  });
}

/** A zod schema for the values of a type. Values are checked, never converted. */
export function typeSchema(type: FieldType): z.ZodType {
  switch (type.kind) {
    case "str":
      return z.string();
    case "int":
      return z.int();
    case "float":
      return floatSchema();
    case "bool":
      return z.boolean();
    case "any":
      return z.unknown();
    case "none":
      return z.null();
    case "history":
      return z.array(z.record(z.string(), z.unknown()));
    case "list":
      return type.items.kind === "tool" ? TOOLS_SCHEMA : z.array(typeSchema(type.items));
    case "dict":
      return dictSchema(type.keys, typeSchema(type.values));
    case "tuple": {
      const [first, ...others] = type.items.map(typeSchema);
      if (first === undefined) return z.tuple([]);
      return type.rest ? z.array(first) : z.tuple([first, ...others]);
    }
    case "literal":
      return z.literal([...type.values]);
    case "union":
      return z.union(type.members.map(typeSchema));
    case "code":
      return z.string();
    case "date":
    case "datetime":
      return isoSchema(type.kind);
    case "image":
    case "audio":
    case "file":
      return MEDIA_SCHEMAS[type.kind];
    case "tool":
      return TOOL_SCHEMA;
    case "tool_calls":
      return TOOL_CALLS_SCHEMA;
    case "zod":
      return type.schema;
  }
}

/** ISO 8601 text or a `Date`; either becomes text as DSPy writes it. Nothing else of a value is ever converted. */
function isoSchema(kind: "date" | "datetime"): z.ZodType {
  const read = kind === "date" ? readDate : readDateTime;
  const schema = z.unknown().transform((value, context) => {
    const text = read(value);
    if (text === undefined) context.issues.push({ code: "custom", message: isoProblem(kind, value), input: value });
    return text ?? "";
  });
  // zod has no JSON Schema for transforms.
  schema._zod.toJSONSchema = () => ({ type: "string", format: kind === "date" ? "date" : "date-time" });
  return schema;
}

function isoProblem(kind: "date" | "datetime", value: unknown): string {
  if (kind === "datetime") return 'expected a Date or text such as "2024-01-15T10:30:00Z"';
  return readDateTime(value) === undefined
    ? 'expected text such as "2024-01-15", or a Date that is the day\'s midnight in UTC'
    : "it has a time, and in which zone its day is only you know: give the day as text";
}

/** Any number: DSPy's floats may be nan and infinite, which zod's `number` refuses. */
function floatSchema(): z.ZodType {
  const schema = z.custom<number>((value) => typeof value === "number", {
    error: (issue) => `expected a number, received ${issue.input === null ? "null" : typeof issue.input}`,
  });
  // zod has no JSON Schema for custom checks; this hook is how a schema says its own.
  schema._zod.toJSONSchema = () => ({ type: "number" });
  return schema;
}

const KEY_PATTERNS = {
  int: /^-?\d+$/,
  float: /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/,
  bool: /^(?:true|false)$/i,
};

function dictSchema(keys: FieldType, values: z.ZodType): z.ZodType {
  const fits = keyCheck(keys);
  const record = z.record(z.string(), values);
  if (fits === undefined) return record;
  return record.superRefine((value, context) => {
    for (const key of Object.keys(value))
      if (!fits(key)) context.addIssue({ code: "custom", message: `the key is no ${typeName(keys)}`, path: [key] });
  });
}

/** Keys of objects are texts: whether one reads as a value of the key type; undefined when every text does. */
function keyCheck(type: FieldType): ((key: string) => boolean) | undefined {
  switch (type.kind) {
    case "int":
    case "float":
    case "bool": {
      const pattern = KEY_PATTERNS[type.kind];
      return (key) => pattern.test(key);
    }
    case "literal": {
      const words = new Set(type.values.map(String));
      return (key) => words.has(key);
    }
    case "union": {
      const checks = type.members.map(keyCheck);
      return checks.includes(undefined) ? undefined : (key) => checks.some((check) => check?.(key));
    }
    default:
      return undefined;
  }
}
