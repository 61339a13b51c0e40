import { z } from "zod";
import { firstIssue } from "../../signatures/issue-text.ts";
import { parseNow } from "../../signatures/parse-now.ts";
import { readDateTime } from "../../signatures/values/iso-date.ts";
import { fitBool, fitFloat } from "./fit-scalar.ts";
import type { Fit } from "./fit-scalar.ts";

/**
 * Data as a value of a zod schema. Zod checks and does not convert (`"4"` is no number to it), while a model's numbers
 * may come as text: so what the schema expects is converted first, by the same rules as for other types.
 */
export function fitZod(schema: z.ZodType, raw: unknown, exact: boolean): Fit {
  const parsed = parseNow(schema, exact ? raw : converted(schema, raw), "a zod schema");
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: firstIssue(parsed.error) };
}

/** The data with what can be converted converted; the rest as it was, for zod to refuse. */
function converted(schema: z.core.$ZodType, raw: unknown): unknown {
  if (schema instanceof z.ZodObject) return convertedObject(schema, raw);
  if (schema instanceof z.ZodArray) {
    return Array.isArray(raw) ? raw.map((item) => converted(schema.element, item)) : raw;
  }
  if (schema instanceof z.ZodTuple) {
    const { items } = schema.def;
    return Array.isArray(raw) ? raw.map((item, index) => (items[index] ? converted(items[index], item) : item)) : raw;
  }
  if (schema instanceof z.ZodRecord) {
    if (!isObject(raw)) return raw;
    return Object.fromEntries(Object.entries(raw).map(([key, item]) => [key, converted(schema.valueType, item)]));
  }
  if (isLeftOut(schema, raw)) return undefined;
  if (schema instanceof z.ZodIntersection) return converted(schema.def.right, converted(schema.def.left, raw));
  const inside = schemaInside(schema);
  if (inside !== undefined) return raw === null || raw === undefined ? raw : converted(inside, raw);
  if (schema instanceof z.ZodUnion) {
    if (schema.options.some((option) => parseNow(asType(option), raw, "a zod schema").success)) return raw;
    for (const option of schema.options) {
      const attempt = converted(option, raw);
      if (parseNow(asType(option), attempt, "a zod schema").success) return attempt;
    }
    return raw;
  }
  if (schema instanceof z.ZodPipe) return converted(schema.in, raw);
  if (schema instanceof z.ZodLazy) return converted(schema.unwrap(), raw);
  return convertedScalar(schema, raw);
}

/** What wraps another schema, and takes what that one takes. */
function schemaInside(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
    ? schema.def.innerType
    : undefined;
}

/** Strict schemas have no optional properties: a model that has nothing to say says null, which is not for the type to take. */
function isLeftOut(schema: z.core.$ZodType, raw: unknown): boolean {
  if (raw !== null || schema._zod.optin === undefined) return false;
  return !parseNow(asType(schema), null, "a zod schema").success;
}

/** zod's classic API holds classic schemas, though it types them by its core. */
function asType(schema: z.core.$ZodType): z.ZodType {
  return schema as z.ZodType;
}

function convertedObject(schema: z.ZodObject, raw: unknown): unknown {
  if (!isObject(raw)) return raw;
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  return Object.fromEntries(
    Object.entries(raw).flatMap(([key, item]): [string, unknown][] => {
      const inner = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (inner === undefined) return [[key, item]];
      return isLeftOut(inner, item) ? [] : [[key, converted(inner, item)]];
    }),
  );
}

function convertedScalar(schema: z.core.$ZodType, raw: unknown): unknown {
  if (schema instanceof z.ZodDate && typeof raw === "string") return dateOf(raw);
  if (schema instanceof z.ZodBigInt) return bigintOf(raw) ?? raw;
  let fit: Fit | undefined;
  if (schema instanceof z.ZodNumber) fit = fitFloat(raw, false);
  else if (schema instanceof z.ZodBoolean) fit = fitBool(raw, false);
  return fit?.ok ? fit.value : raw;
}

/**
 * JavaScript's `Date` takes much more for a moment than ISO 8601 says, and each in its own way (`"01/02/2024"`, `"5"`): such
 * a text is none. A day is its midnight in UTC, and a moment without a zone is in the process's, as `Date` has them.
 */
function dateOf(text: string): Date {
  const moment = readDateTime(text);
  const isDay = text.trim().length === "2024-01-15".length;
  return moment === undefined ? new Date(Number.NaN) : new Date(isDay ? text.trim() : moment);
}

function bigintOf(raw: unknown): bigint | undefined {
  if (typeof raw === "number" && Number.isSafeInteger(raw)) return BigInt(raw);
  const digits = typeof raw === "string" ? raw.trim() : "";
  return /^[+-]?\d+(?:_\d+)*$/.test(digits) ? BigInt(digits.replace("+", "").replaceAll("_", "")) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
