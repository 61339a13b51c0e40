import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import type { LmMessage } from "../../src/lm/language-model.ts";
import { parseOrdered } from "./ordered-json.ts";
import { vectorSignature } from "./vector-signature.ts";
import type { VectorSignature } from "./vector-signature.ts";

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  chat: chatAdapter(),
  json: jsonAdapter(),
  xml: xmlAdapter(),
  two_step: twoStepAdapter(),
};

interface Case {
  readonly name: string;
  readonly rule: string;
  readonly adapter: string;
  readonly signature: VectorSignature;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly demos?: readonly Readonly<Record<string, unknown>>[];
  readonly completion?: string;
  readonly lm?: { readonly supports?: readonly string[] };
  readonly better?: string;
  readonly expect: Outcome;
  readonly ours?: Outcome;
}

interface Outcome {
  readonly kwargs?: { readonly response_format?: unknown };
  readonly messages?: readonly LmMessage[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly error?: boolean;
}

function cases(file: string): readonly Case[] {
  const text = readFileSync(join(import.meta.dirname, "..", "fixtures", "dspy", file), "utf8");
  // The recorded files have this shape; the tests fail where they do not.
  return (parseOrdered(text) as Case[]).filter(({ adapter }) => adapter in ADAPTERS);
}

const NO_CAPABILITIES = { schema: false, tools: false, prefill: false, grammar: false };

function messagesOf(vector: Case): readonly LmMessage[] {
  const signature = vectorSignature(vector.signature);
  let inputs = vector.inputs ?? {};
  if (vector.signature.models !== undefined) {
    // Objects are filled in by their schemas, as a call does before it formats.
    const checked = signature.inputFields.map(({ name, schema }) => [name, schema.parse(inputs[name])]);
    inputs = Object.fromEntries(checked) as typeof inputs;
  }
  const prepared = ADAPTERS[vector.adapter]!.prepare(signature, vector.demos ?? []);
  return prepared.begin(inputs, NO_CAPABILITIES).request.messages;
}

function outcomeOf(vector: Case): unknown {
  const prepared = ADAPTERS[vector.adapter]!.prepare(vectorSignature(vector.signature), []);
  const ask = prepared.begin({}, NO_CAPABILITIES);
  const step = ask.read({ text: vector.completion ?? "", finishReason: "stop" });
  return step.kind === "done" ? { fields: step.fields, order: Object.keys(step.fields) } : "error";
}

/** `$float` marks stand for what JSON lacks; maps are objects again. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const mark = (value as { $float?: string }).$float;
  if (mark !== undefined) return { nan: Number.NaN, inf: Infinity, "-inf": -Infinity }[mark];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function played(what: string, file: string): [string, readonly Case[]] {
  const list = cases(file);
  return [
    `${what}: the ${list.length} cases for the adapters that are there (${Object.keys(ADAPTERS).join(", ")})`,
    list,
  ];
}

for (const file of ["format.json", "format-floats.json", "format-objects.json"]) {
  const [title, list] = played(`messages as DSPy sends them, ${file}`, file);
  describe(title, () => {
    test.each(list.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
      const masked = (messages: readonly LmMessage[] | undefined): readonly LmMessage[] | undefined =>
        messages?.map(({ role, content }) => ({ role, content: maskSchemas(content, vector) }));
      expect(masked(messagesOf(vector))).toEqual(masked(vector.expect.messages));
    });
  });
}

/** Schema texts of object types may be another generator's: what stands after the note's words is not compared. */
function maskSchemas(content: string, vector: Case): string {
  if (vector.signature.schema_texts === undefined) return content;
  return content.replaceAll(/(must adhere to the JSON schema: ).*/g, "$1<<SCHEMA>>");
}

const [parseTitle, parseList] = played("answers as DSPy reads them, parse.json", "parse.json");
describe(parseTitle, () => {
  test.each(parseList.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const { fields } = vector.expect;
    const expected = fields === undefined ? "error" : { fields: plain(fields), order: Object.keys(fields) };
    expect(outcomeOf(vector)).toEqual(expected);
  });
});

/** The request's format in the words of the OpenAI API, without the titles of DSPy's generator. */
function formatOf(vector: Case): unknown {
  const supports = vector.lm?.supports ?? [];
  const schema = supports.includes("response_schema");
  const plainJson = supports.includes("response_format") && !schema;
  const adapter =
    vector.adapter === "json" && plainJson ? jsonAdapter({ format: "json_object" }) : ADAPTERS[vector.adapter]!;
  const prepared = adapter.prepare(vectorSignature(vector.signature), []);
  const format = prepared.begin({}, { ...NO_CAPABILITIES, schema }).request.responseFormat;
  if (format?.type !== "json_schema") return format;
  const { type, ...rest } = format;
  return { type, json_schema: { ...rest, schema: withoutTitles(format.schema) } };
}

/** Named definitions are ours to name; where a schema stands by reference or in place makes no difference to a model. */
function withoutTitles(schema: unknown, defs: Record<string, unknown> = {}): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutTitles(item, defs));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $defs, title: _title, $ref, ...rest } = schema as Record<string, unknown>;
  const known = { ...defs, ...($defs as Record<string, unknown> | undefined) };
  if (typeof $ref === "string") return withoutTitles(known[$ref.replace("#/$defs/", "")], known);
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withoutTitles(value, known)]));
}

const [formatTitle, formatList] = played("response formats as DSPy asks for them", "response-format.json");
describe(formatTitle, () => {
  test.each(formatList.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    expect(formatOf(vector)).toEqual(withoutTitles(vector.expect.kwargs?.response_format));
  });
});

// Where DSPy's behaviour was judged a mistake, `better` says what a user would want, and `ours` what is done here.
describe("departures from DSPy", () => {
  const formats = cases("format-bugs.json");
  const answers = cases("parse-bugs.json");
  test.each(formats.map((vector) => [`${vector.name}: ${vector.better}`, vector] as const))("%s", (_name, vector) => {
    expect(messagesOf(vector)).toEqual(vector.ours?.messages);
    expect(vector.ours).toBeDefined();
  });
  test.each(answers.map((vector) => [`${vector.name}: ${vector.better}`, vector] as const))("%s", (_name, vector) => {
    const fields = vector.ours?.fields;
    const expected = fields === undefined ? "error" : { fields: plain(fields), order: Object.keys(fields) };
    expect(vector.ours).toBeDefined();
    expect(outcomeOf(vector)).toEqual(expected);
  });

  const dicts = cases("response-format-bugs.json");
  test.each(dicts.map((vector) => [`${vector.name}: ${vector.better}`, vector] as const))("%s", (_name, vector) => {
    expect(formatOf(vector)).toEqual(vector.ours?.kwargs?.response_format);
    expect(vector.ours).toBeDefined();
  });
});
