import { holdsKind, isOptional, unionOf, withoutNone } from "../../signatures/types/field-type.ts";
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
  const inner = seen(type);
  return inner.kind === "list" ? inner : undefined;
}

/** The properties of an object type, by name. */
export function propertiesOf(type: FieldType): ReadonlyMap<string, FieldType> | undefined {
  const shape = shapeOf(type);
  return shape && new Map(Object.entries(shape).map(([name, schema]) => [name, propertyOf(schema)]));
}

function shapeOf(type: FieldType): Readonly<Record<string, z.ZodType>> | undefined {
  const inner = seen(type);
  return inner.kind === "zod" && inner.schema instanceof z.ZodObject ? inner.schema.shape : undefined;
}

/** What can be left out can be null, of which the schema makes what it makes of nothing. An empty list, or text, is one, though. */
function propertyOf(schema: z.ZodType): FieldType {
  const type = typeOfZod(schema);
  const inner = seen(type);
  if (isOptional(type)) return unionOf([inner, { kind: "none" }]);
  const mayBeEmpty = inner.kind === "list" || inner.kind === "dict" || inner.kind === "str";
  return schema._zod.optin === undefined || mayBeEmpty ? inner : unionOf([inner, { kind: "none" }]);
}

/** The type as its values are written: without null, and without what only zod has to know of it. */
function seen(type: FieldType): FieldType {
  const inner = withoutNone(type);
  if (inner.kind !== "zod") return inner;
  const { schema } = inner;
  const inside = schemaInside(schema);
  if (inside !== undefined) return seen({ kind: "zod", schema: inside });
  const read = typeOfZod(schema);
  return read.kind === "zod" ? inner : seen(read);
}

function schemaInside(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodLazy) return schema._zod.innerType as z.ZodType;
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodCatch
  ) {
    // Inner schemas of zod's classic API are classic ones too, though typed by the core's interface.
    return schema.def.innerType as z.ZodType;
  }
  return schema instanceof z.ZodPipe && !(schema.in instanceof z.ZodTransform) ? (schema.in as z.ZodType) : undefined;
}

/** The types of what stands under the keys of a dict or an object. */
export function propertyTypes(type: FieldType): (name: string) => FieldType {
  const inner = seen(type);
  if (inner.kind === "dict") return () => inner.values;
  const shape = shapeOf(inner);
  return (name) => {
    const schema = shape !== undefined && Object.hasOwn(shape, name) ? shape[name] : undefined;
    return schema === undefined ? ANY : propertyOf(schema);
  };
}

const OWN_TYPES: readonly FieldType["kind"][] = ["code", "image", "audio", "file", "tool", "tool_calls"];

/** Whether values of the type are written as nested tags: lists, dicts and objects, optional ones too. */
export function isNested(type: FieldType): boolean {
  const inner = seen(type);
  // A list of DSPy's own types stays JSON.
  if (inner.kind === "list" && OWN_TYPES.includes(inner.items.kind)) return false;
  return inner.kind === "list" || inner.kind === "dict" || shapeOf(inner) !== undefined;
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

/** @param shown the types that hold themselves and have been shown: once is enough */
function shapeInside(type: FieldType, shown = new Set<object>()): string {
  const list = listOf(type);
  if (list !== undefined) return tagged("item", shapeInside(list.items, shown));
  const inner = seen(type);
  // DSPy shows neither types nor choices inside nested tags; a model cannot guess choices.
  if (inner.kind === "literal")
    return escapeXml(`one of: ${inner.values.map((value) => scalarText(value)).join("; ")}`);
  const shape = shapeOf(inner);
  const properties = propertiesOf(inner);
  if (shape === undefined || properties === undefined || properties.size === 0 || shown.has(shape)) return "...";
  if (holdsItself(inner, shape)) shown.add(shape);
  return [...properties].map(([name, each]) => tagged(name, shapeInside(each, shown))).join("");
}

/** Whether the object type stands somewhere inside itself, in what is shown of it. */
function holdsItself(type: FieldType, shape: object): boolean {
  const met = new Set<object>();
  const waiting = [...(propertiesOf(type)?.values() ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const list = listOf(next);
    if (list !== undefined) waiting.push(list.items);
    const inside = shapeOf(next);
    if (inside === shape) return true;
    if (inside === undefined || met.has(inside)) continue;
    met.add(inside);
    waiting.push(...(propertiesOf(next)?.values() ?? []));
  }
  return false;
}
