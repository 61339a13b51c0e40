import { isOptional } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { fitValue } from "../values/fit-value.ts";
import { strip } from "../values/python-text.ts";
import { readValue } from "../values/read-value.ts";
import type { ReadValue } from "../values/read-value.ts";
import { isAsIs, isNested, listOf, propertyTypes } from "../prompt/xml-text.ts";

/** An element inside a value. */
interface XmlElement {
  readonly name: string;
  /** Of an `entry`. */
  readonly key: string | undefined;
  /** What stands between its tags, as it stands. */
  readonly inner: string;
  readonly children: readonly XmlElement[];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const CDATA = "<![CDATA[";
const CDATA_END = "]]>";

/** Text with its entities and CDATA sections resolved; an `&` that begins no entity is one itself. */
export function plainText(markup: string): string {
  const lastEnd = markup.lastIndexOf(CDATA_END);
  let text = "";
  let from = 0;
  for (;;) {
    const at = markup.indexOf(CDATA, from);
    // One that is not closed is text.
    if (at < 0 || at + CDATA.length > lastEnd) return text + withoutEntities(markup.slice(from));
    const end = markup.indexOf(CDATA_END, at + CDATA.length);
    text += withoutEntities(markup.slice(from, at)) + markup.slice(at + CDATA.length, end);
    from = end + CDATA_END.length;
  }
}

function withoutEntities(markup: string): string {
  return markup.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g,
    (whole: string, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 0x10_ffff ? whole : String.fromCodePoint(code);
    },
  );
}

/**
 * The contents of the tags of these names, in order: what stands inside another one's tags, around them or under other
 * names does not count. A tag that is not closed ends the search: what follows cannot be told from it.
 */
export function findTags(
  text: string,
  names: readonly string[],
): { readonly found: readonly (readonly [name: string, inner: string])[]; readonly open?: string } {
  const wanted = new Set(names);
  const found: (readonly [string, string])[] = [];
  let open: { readonly name: string; readonly start: number; depth: number } | undefined;
  for (const { name, closing, empty, start, end } of tagsIn(text)) {
    if (!wanted.has(name)) continue;
    if (open === undefined) {
      if (closing) continue;
      if (empty) found.push([name, ""]);
      else open = { name, start: end, depth: 1 };
    } else if (name === open.name && !empty) {
      open.depth += closing ? -1 : 1;
      if (open.depth === 0) {
        found.push([name, text.slice(open.start, start)]);
        open = undefined;
      }
    }
  }
  return { found, ...(open && { open: open.name }) };
}

interface XmlTag {
  readonly name: string;
  readonly closing: boolean;
  /** `<name/>`. */
  readonly empty: boolean;
  /** What stands in it behind its name. */
  readonly attributes: string;
  readonly start: number;
  readonly end: number;
}

const TAG = /<(\/?)([\p{L}_][\p{L}\p{N}\p{M}_.-]*)(\/|\s[^<>]*)?>|<!\[CDATA\[/gu;

/** The tags in a text, but for those in CDATA sections. Looks at each sign a fixed number of times. */
function* tagsIn(text: string): Generator<XmlTag, void, undefined> {
  const lastEnd = text.lastIndexOf(CDATA_END);
  const tags = new RegExp(TAG);
  for (let tag = tags.exec(text); tag !== null; tag = tags.exec(text)) {
    const [whole, closing, name, attributes = ""] = tag;
    const start = tag.index;
    const end = start + whole.length;
    if (name !== undefined) {
      yield { name, closing: closing === "/", empty: attributes.endsWith("/"), attributes, start, end };
    } else if (end <= lastEnd) tags.lastIndex = text.indexOf(CDATA_END, end) + CDATA_END.length;
  }
}

/** The elements in a value; undefined when its tags do not match, as in a text that only looks so. */
function elementsIn(markup: string): readonly XmlElement[] | undefined {
  interface Open {
    readonly name: string;
    readonly key: string | undefined;
    readonly start: number;
    readonly children: XmlElement[];
  }
  const top: XmlElement[] = [];
  const stack: Open[] = [];
  for (const { name, closing, empty, attributes, start, end } of tagsIn(markup)) {
    const siblings = stack.at(-1)?.children ?? top;
    if (closing) {
      const open = stack.pop();
      if (open?.name !== name) return undefined;
      const parent = stack.at(-1)?.children ?? top;
      parent.push({ ...open, inner: markup.slice(open.start, start) });
      continue;
    }
    const key = /\skey="([^"]*)"/.exec(attributes)?.[1];
    const element = { name, key: key === undefined ? undefined : plainText(key) };
    if (empty) siblings.push({ ...element, inner: "", children: [] });
    else if (stack.length >= MAX_NESTING) return undefined;
    else stack.push({ ...element, start: end, children: [] });
  }
  return stack.length === 0 ? top : undefined;
}

/** As deep as JSON may nest. */
const MAX_NESTING = 200;

/** A value of the type out of what stands between a field's tags; of a list, between each of its repeated tags. */
export function readXmlValue(type: FieldType, inners: readonly string[]): ReadValue {
  const [inner = "", ...others] = inners;
  if (others.length > 0 && listOf(type) !== undefined) {
    return fitted(
      type,
      inners.map((each) => valueOf(listOf(type)?.items ?? ANY, each, elementsIn(each))),
    );
  }
  if (isOptional(type) && strip(inner) === "") return { ok: true, value: null, mended: [] };
  if (!isNested(type)) return readValue(type, strip(isAsIs(type) && isUnescaped(inner) ? inner : plainText(inner)));
  const children = elementsIn(inner);
  if (children !== undefined && children.length > 0) return fitted(type, dataOf(type, children));
  const text = strip(plainText(inner));
  if (text === "") return fitted(type, listOf(type) === undefined ? {} : []);
  const read = readValue(type, text);
  if (read.ok) return read;
  const list = listOf(type);
  const single = list && readValue(list.items, text);
  return single?.ok ? { ok: true, value: [single.value], mended: ["a list of one item"] } : read;
}

/** Whether the text holds what an escaped one would not: then its entities are its own. */
function isUnescaped(markup: string): boolean {
  return !markup.includes(CDATA) && /<|&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot|apos);)/.test(markup);
}

const ANY: FieldType = { kind: "any" };

function fitted(type: FieldType, data: unknown): ReadValue {
  const fit = fitValue(type, data);
  return fit.ok ? { ...fit, mended: [] } : fit;
}

function dataOf(type: FieldType, children: readonly XmlElement[]): unknown {
  const list = listOf(type);
  if (list !== undefined) return children.map((child) => leafOrData(list.items, child));
  if (type.kind === "any" && children.every(({ name }) => name === "item")) {
    return children.map((child) => leafOrData(ANY, child));
  }
  const byName = new Map<string, XmlElement[]>();
  for (const child of children) {
    const name = child.key ?? child.name;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [child]);
    else same.push(child);
  }
  const typeOf = propertyTypes(type);
  const entries = [...byName].map(([name, same]) => {
    const inner = typeOf(name);
    const items = listOf(inner)?.items;
    if (items !== undefined && same.length > 1) return [name, same.map((child) => leafOrData(items, child))];
    return [name, same[0] === undefined ? null : leafOrData(inner, same[0])];
  });
  return Object.fromEntries(entries) as unknown;
}

function leafOrData(type: FieldType, { inner, children }: XmlElement): unknown {
  return valueOf(type, inner, children);
}

/** @param children the elements in it; undefined where its tags do not match */
function valueOf(type: FieldType, inner: string, children: readonly XmlElement[] | undefined): unknown {
  const mayNest = isNested(type) || type.kind === "any";
  if (mayNest && children !== undefined && children.length > 0) return dataOf(type, children);
  const text = strip(plainText(inner));
  if (text === "" && (type.kind === "any" || isOptional(type))) return null;
  if (text === "" && isNested(type)) return listOf(type) === undefined ? {} : [];
  if (text === "" && type.kind === "union" && !takesText(type)) return null;
  const read = readValue(type, text);
  return read.ok ? read.value : text;
}

function takesText(type: FieldType): boolean {
  return type.kind === "str" || (type.kind === "union" && type.members.some(takesText));
}
