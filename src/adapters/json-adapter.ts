import type { LmCapabilities } from "../lm/language-model.ts";
import type { Field } from "../signatures/field/field.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import type { Adapter, FieldValues } from "./adapter.ts";
import { inputSections, shownSections } from "./answer/chat-sections.ts";
import { fitValue } from "./values/fit-value.ts";
import { jsonText } from "./values/format-value.ts";
import { jsonPartial } from "./answer/json-partial.ts";
import { repairJson } from "./answer/json-repair.ts";
import type { RepairedJson } from "./answer/json-repair.ts";
import { layoutAdapter } from "./layout.ts";
import type { BoundLayout } from "./layout.ts";
import { STRUCTURE, formatReminder, placeholder } from "./prompt/prompt-text.ts";
import { promptData } from "./prompt/prompt-data.ts";
import { numberText } from "./values/python-text.ts";
import type { ReadOutputs } from "./answer/read-fields.ts";
import { oneOf } from "./answer/reasoning-block.ts";
import { missingValue, readValue } from "./values/read-value.ts";
import type { ReadValue } from "./values/read-value.ts";
import { outputFormat } from "./prompt/response-schema.ts";

export interface JsonAdapterOptions {
  /**
   * What the model is held to: `"schema"` a strict schema, `"json_object"` any JSON object, `"none"` nothing but the
   * prompt. Default: `"schema"` for models that take one, else `"none"`.
   */
  readonly format?: "schema" | "json_object" | "none" | undefined;
  /**
   * Whether a signature's tools and calls go by the model's own means where it has them, and not as text. Default true,
   * as in DSPy.
   */
  readonly nativeTools?: boolean | undefined;
}

/**
 * DSPy's JSONAdapter: inputs under headers as in the chat layout, outputs as one JSON object, held to a strict schema
 * where the model takes one. Answers are mended where they have to be.
 */
export function jsonAdapter({ format, nativeTools = true }: JsonAdapterOptions = {}): Adapter {
  return layoutAdapter({
    name: "json",
    settings: { ...(format !== undefined && { format }), nativeTools },
    fits: ({ schema }) => schema || format !== "schema",
    nativeTools,
    bind: (signature) => {
      const layout = bind(signature);
      const schema = outputFormat(signature.outputFields);
      return {
        ...layout,
        responseFormat(capabilities: LmCapabilities) {
          const chosen = format ?? (capabilities.schema ? "schema" : "none");
          if (chosen === "none") return undefined;
          return chosen === "schema" ? schema : { type: "json_object" };
        },
      };
    },
  });
}

function bind({ inputFields, outputFields }: AnySignature): BoundLayout {
  const shown = outputFields.map((field) => [field, placeholder(field)] as const);
  const structure = [
    STRUCTURE,
    "Inputs will have the following structure:",
    shownSections(inputFields),
    "Outputs will be a JSON object with the following fields.",
    objectText(shown.map(([field, text]) => [field.name, JSON.stringify(text)])),
  ];
  const fields = outputFields.map((field) => `\`${field.name}\`${formatReminder(field)}`);
  return {
    structure: structure.join("\n\n"),
    closing: `Respond with a JSON object in the following order of fields: ${fields.join(", then ")}.`,
    inputs: inputSections,
    answer(values: FieldValues, missing?: string) {
      const entries = outputFields.flatMap(({ name, type }): [string, string][] => {
        const value = values[name] === undefined ? missing : values[name];
        return value === undefined ? [] : [[name, jsonText(promptData(type, value), type, { step: 2, depth: 1 })]];
      });
      return objectText(entries);
    },
    read: (text) => readObject(outputFields, text),
    isWhole: (text) => isWhole(outputFields, text),
    partial: () => jsonPartial(outputFields),
    marks: { opening: new RegExp(`["'“]${oneOf(outputFields)}["'”]\\s{0,9}:`, "gu") },
  };
}

function objectText(entries: readonly (readonly [name: string, json: string])[]): string {
  if (entries.length === 0) return "{}";
  return `{\n${entries.map(([name, json]) => `  ${JSON.stringify(name)}: ${json}`).join(",\n")}\n}`;
}

/** The object of the answer; where none holds an output, the first one. */
function answerObject(outputs: readonly Field[], text: string): RepairedJson | undefined {
  return repairJson(text, (value) => outputs.some(({ name }) => Object.hasOwn(value, name)));
}

/** Whether the object is closed, or holds every output and the last one has come to its end. */
function isWhole(outputs: readonly Field[], text: string): boolean {
  const repaired = answerObject(outputs, text);
  if (repaired === undefined || repaired.ended === "within") return false;
  const found = objectIn(repaired.value) ?? {};
  return repaired.ended === "behind" || outputs.every(({ name }) => Object.hasOwn(found, name));
}

function readObject(outputs: readonly Field[], text: string): ReadOutputs {
  const repaired = answerObject(outputs, text);
  const found = repaired && objectIn(repaired.value);
  if (found === undefined) return { ok: false, problem: "the answer holds no JSON object" };
  // No field may be called `__proto__` or the like.
  const values: Record<string, unknown> = {};
  const mended = [...(repaired?.mended ?? [])];
  for (const field of outputs) {
    const raw = Object.hasOwn(found, field.name) ? found[field.name] : undefined;
    if (raw === undefined || (raw === null && isNothing(field))) {
      const fallback = missingValue(field);
      const problem = `the JSON object has no ${raw === null ? "text for" : "key"} "${field.name}"`;
      if (!fallback.ok) return { ok: false, problem, field: field.name };
      values[field.name] = fallback.value;
      continue;
    }
    const read = readJsonValue(field, raw);
    if (!read.ok) return { ok: false, problem: `${field.name}: ${read.problem}`, field: field.name };
    values[field.name] = read.value;
    for (const what of read.mended) mended.push(`${field.name}: ${what}`);
  }
  return { ok: true, fields: values, mended };
}

/** Null is no text, and where the type does not take it, as good as a default. */
function isNothing({ type, default: preset }: Field): boolean {
  return type.kind === "str" || (preset !== undefined && !fitValue(type, null, true).ok);
}

/** The object itself, or the first one in a list. */
function objectIn(value: unknown): FieldValues | undefined {
  if (Array.isArray(value)) return value.map(objectIn).find((item) => item !== undefined);
  // What JSON calls an object.
  return typeof value === "object" && value !== null ? (value as FieldValues) : undefined;
}

/**
 * A JSON value for a field: text for a text as it is, for another type as in the chat layout. Departs from DSPy for
 * booleans, lists and objects in a text field, which it prints as Python's words.
 */
function readJsonValue({ type }: Field, raw: unknown): ReadValue {
  if (type.kind === "str" && typeof raw !== "string") {
    const text = typeof raw === "number" ? numberText(raw) : jsonText(raw);
    return { ok: true, value: text, mended: [] };
  }
  const fit = fitValue(type, raw);
  if (fit.ok) return { ...fit, mended: [] };
  const read = typeof raw === "string" ? readValue(type, raw) : undefined;
  return read?.ok ? read : fit;
}
