import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { NO_CAPABILITIES, vectorAdapter } from "./vector-adapters.ts";
import type { AdapterCase, Outcome } from "./vector-case.ts";
import { vectorSignature } from "./vector-signature.ts";

export interface ResponseFormatCase extends AdapterCase {
  readonly lm?: { readonly supports?: readonly string[] };
  /** The call's options, which the request has as well. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The request's options in the words of the OpenAI API. */
export function playResponseFormat(played: ResponseFormatCase): Outcome {
  const supports = played.lm?.supports ?? [];
  const schema = supports.includes("response_schema");
  const onlyObjects = supports.includes("response_format") && !schema;
  const adapter =
    played.adapter === "json" && onlyObjects ? jsonAdapter({ format: "json_object" }) : vectorAdapter(played.adapter);
  const prepared = adapter.prepare(vectorSignature(played.signature), []);
  const format = prepared.begin({}, { ...NO_CAPABILITIES, schema }).request.responseFormat;
  const options = { ...played.config };
  if (format === undefined) return { kwargs: options };
  if (format.type !== "json_schema") return { kwargs: { ...options, response_format: format } };
  const { type, ...rest } = format;
  const named = { type, json_schema: { ...rest, schema: withoutTitles(format.schema) } };
  return { kwargs: { ...options, response_format: named } };
}

export function expectedResponseFormat(expected: object): Outcome {
  return withoutTitles(expected) as object;
}

/** Named definitions are ours to name; where a schema stands by reference or in place makes no difference to a model. */
function withoutTitles(schema: unknown, defs: Readonly<Record<string, unknown>> = {}): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutTitles(item, defs));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $defs, title, $ref, ...rest } = schema as Record<string, unknown>;
  const known = { ...defs, ...($defs as Record<string, unknown> | undefined) };
  if (typeof $ref === "string") return withoutTitles(known[$ref.replace("#/$defs/", "")], known);
  // A property may be called so.
  const kept = typeof title === "string" || title === undefined ? rest : { ...rest, title };
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, withoutTitles(value, known)]));
}
