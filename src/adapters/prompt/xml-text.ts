import { holdsKind, withoutNone } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { typeOfZod } from "../../signatures/types/zod-type.ts";
import { z } from "zod";
import { numberTypeOf } from "../values/format-value.ts";
import { promptData } from "./prompt-data.ts";
import { scalarText } from "../values/python-text.ts";

/** `&` and `<` as entities, which is all that DSPy escapes. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** In keys DSPy escapes these too. */
function escapeKey(name: string): string {
  return escapeXml(name).replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const AS_IS: readonly FieldType["kind"][] = ["code", "tool_calls"];

/** Types whose values DSPy puts between tags as they are: code is full of `<` and `&`. */
export function isAsIs(type: FieldType): boolean {
  return holdsKind(type, AS_IS);
}

const NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_.-]*$/u;

/** A value as nested tags on one line: `<item>` for items, keys as tags, or `<entry key="…">` where a key is no name. */
export function nestedXml(tag: string, value: unknown, type: FieldType): string {
  return element(tag, tag, promptData(type, value), type);
}

function element(open: string, close: string, value: unknown, type: FieldType): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return `<${open} />`;
  return `<${open}>${content(value, type)}</${close}>`;
}

function content(value: unknown, type: FieldType): string {
  if (Array.isArray(value)) {
    const items = listOf(type)?.items ?? ANY;
    return value.map((item) => element("item", "item", item, items)).join("");
  }
  if (typeof value !== "object" || value === null) {
    return escapeXml(typeof value === "string" ? value : scalarText(value, numberTypeOf(type)));
  }
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const typeOf = propertyTypes(type);
  return [...entries]
    .map(([key, item]) => {
      const name = String(key);
      const inner = typeOf(name);
      if (NAME.test(name)) return element(name, name, item, inner);
      return element(`entry key="${escapeKey(name)}"`, "entry", item, inner);
    })
    .join("");
}

const ANY: FieldType = { kind: "any" };

export function listOf(type: FieldType): (FieldType & { kind: "list" }) | undefined {
  const inner = withoutNone(type);
  return inner.kind === "list" ? inner : undefined;
}

/** The properties of an object type, by name. */
export function propertiesOf(type: FieldType): ReadonlyMap<string, FieldType> | undefined {
  const inner = withoutNone(type);
  if (inner.kind !== "zod" || !(inner.schema instanceof z.ZodObject)) return undefined;
  const shape: Readonly<Record<string, z.ZodType>> = inner.schema.shape;
  return new Map(Object.entries(shape).map(([name, schema]) => [name, typeOfZod(unwrapped(schema))]));
}

/** Defaults and optionals are the schema's to fill in; for reading and writing the type inside counts. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    // Inner schemas of zod's classic API are classic ones too, though typed by the core's interface.
    return unwrapped(schema.def.innerType as z.ZodType);
  }
  return schema;
}

/** The types of what stands under the keys of a dict or an object. */
export function propertyTypes(type: FieldType): (name: string) => FieldType {
  const inner = withoutNone(type);
  if (inner.kind === "dict") return () => inner.values;
  const properties = propertiesOf(inner);
  return (name) => properties?.get(name) ?? ANY;
}

const OWN_TYPES: readonly FieldType["kind"][] = ["code", "image", "audio", "file", "tool", "tool_calls"];

/** Whether values of the type are written as nested tags: lists, dicts and objects, optional ones too. */
export function isNested(type: FieldType): boolean {
  const inner = withoutNone(type);
  // A list of DSPy's own types stays JSON.
  if (inner.kind === "list" && OWN_TYPES.includes(inner.items.kind)) return false;
  return inner.kind === "list" || inner.kind === "dict" || propertiesOf(inner) !== undefined;
}

/** What a nested value looks like, for a model to imitate: `<xs><item>...</item></xs>`. */
export function nestedShape(tag: string, type: FieldType): string {
  const items = listOf(type)?.items;
  const words = items && SCALAR_WORDS[withoutNone(items).kind];
  return tagged(tag, words === undefined ? shapeInside(type) : tagged("item", words));
}

function tagged(tag: string, inside: string): string {
  return `<${tag}>${inside}</${tag}>`;
}

/**
 * Of the items of an output that is a list, in the words of DSPy's notes on fields of these types. DSPy says nothing here;
 * deeper in (`list[list[int]]`, `dict[str, int]`, objects) we say as little, since there its text is to be kept.
 */
const SCALAR_WORDS: Readonly<Partial<Record<FieldType["kind"], string>>> = Object.freeze({
  int: "a single int value",
  float: "a single float value",
  bool: "True or False",
});

function shapeInside(type: FieldType): string {
  const list = listOf(type);
  if (list !== undefined) return tagged("item", shapeInside(list.items));
  const inner = withoutNone(type);
  // DSPy shows neither types nor choices inside nested tags; a model cannot guess choices.
  if (inner.kind === "literal")
    return escapeXml(`one of: ${inner.values.map((value) => scalarText(value)).join("; ")}`);
  const properties = propertiesOf(type);
  if (properties === undefined || properties.size === 0) return "...";
  return [...properties].map(([name, inner]) => tagged(name, shapeInside(inner))).join("");
}
