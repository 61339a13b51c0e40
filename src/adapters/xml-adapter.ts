import type { Field } from "../signatures/field/field.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import type { Adapter, FieldValues } from "./adapter.ts";
import { formatAnswer, formatValue } from "./values/format-value.ts";
import { layoutAdapter } from "./layout.ts";
import type { BoundLayout } from "./layout.ts";
import { STRUCTURE, placeholder } from "./prompt/prompt-text.ts";
import { strip } from "./values/python-text.ts";
import type { ReadOutputs } from "./answer/read-fields.ts";
import { oneOf } from "./answer/reasoning-block.ts";
import { missingValue } from "./values/read-value.ts";
import { xmlPartial } from "./answer/xml-partial.ts";
import { findTags, readXmlValue } from "./answer/xml-read.ts";
import { escapeXml, isAsIs, isNested, listOf, nestedShape, nestedXml } from "./prompt/xml-text.ts";

export interface XmlAdapterOptions {
  /**
   * Whether a signature's tools and calls go by the model's own means where it has them, and not as text. Default false,
   * as in DSPy.
   */
  readonly nativeTools?: boolean | undefined;
}

/**
 * DSPy's XMLAdapter: each value between tags of its field's name; lists, dicts and objects of an answer as nested tags.
 *
 * Reading departs from DSPy, which takes an answer only if it is well-formed XML as a whole: here the outputs' own tags
 * are looked for, and a bare `&` or `<` anywhere is text. Inputs that hold tags of the signature's fields have them
 * escaped, so that no input can close its own field.
 */
export function xmlAdapter({ nativeTools = false }: XmlAdapterOptions = {}): Adapter {
  return nativeTools ? NATIVE : XML;
}

const XML = xmlLayout(false);
const NATIVE = xmlLayout(true);

function xmlLayout(nativeTools: boolean): Adapter {
  return layoutAdapter({ name: "xml", settings: { nativeTools }, fits: () => true, nativeTools, bind });
}

function bind({ fields, inputFields, outputFields }: AnySignature): BoundLayout {
  const nested = outputFields.filter(({ type }) => isNested(type));
  const shown = (side: readonly Field[]): string =>
    side.map((field) => (nested.includes(field) ? shapeOf(field) : tagged(field, placeholder(field)))).join("\n\n");
  const ownTag = new RegExp(`<(?=/?(?:${fields.map(({ name }) => name).join("|")})>)`, "gu");
  const names = outputFields.map(({ name }) => `\`<${name}>\``).join(", then ");
  const shapes = nested.length === 0 ? "" : ` Use this nested XML structure: ${nested.map(shapeOf).join(" ")}`;
  return {
    structure: [STRUCTURE, shown(inputFields), shown(outputFields)].join("\n\n"),
    closing: `Respond with the corresponding output fields wrapped in XML tags ${names}.${shapes}`,
    inputs: (asked) => (values) =>
      asked
        .flatMap((field) => {
          const value = values[field.name];
          return value === undefined ? [] : [tagged(field, formatValue(field.type, value).replaceAll(ownTag, "&lt;"))];
        })
        .join("\n\n"),
    answer(values: FieldValues, missing?: string) {
      const parts = outputFields.flatMap((field) => {
        const value = values[field.name];
        if (value === undefined) return missing === undefined ? [] : [tagged(field, missing)];
        if (isNested(field.type)) return [nestedXml(field.name, value, field.type)];
        const text = formatAnswer(field.type, value);
        return [tagged(field, isAsIs(field.type) ? text : escapeXml(text))];
      });
      return strip(parts.join("\n\n"));
    },
    read: (text) => read(outputFields, text),
    isWhole: (text) => isWhole(outputFields, text),
    partial: () => xmlPartial(outputFields),
    marks: {
      opening: new RegExp(`<${oneOf(outputFields)}[\\s/>]`, "gu"),
      tags: outputFields.map(({ name }) => name),
    },
  };
}

function tagged({ name }: Field, text: string): string {
  return `<${name}>\n${text}\n</${name}>`;
}

function shapeOf({ name, type }: Field): string {
  return nestedShape(name, type);
}

/** Whether every output's tag has come and is closed. A list in repeated tags may go on where the last one is its own. */
function isWhole(outputs: readonly Field[], text: string): boolean {
  const { found, open } = findTags(
    text,
    outputs.map(({ name }) => name),
  );
  const last = found.at(-1)?.[0];
  const isRepeated = found.length > 1 && found.at(-2)?.[0] === last;
  const isList = outputs.some(({ name, type }) => name === last && listOf(type) !== undefined);
  if (open !== undefined || (isRepeated && isList)) return false;
  return outputs.every(({ name }) => found.some(([each]) => each === name));
}

function read(outputs: readonly Field[], text: string): ReadOutputs {
  const { found, open } = findTags(
    text,
    outputs.map(({ name }) => name),
  );
  if (open !== undefined) return { ok: false, problem: `the tag <${open}> is not closed`, field: open };
  const values: [string, unknown][] = [];
  const mended: string[] = [];
  for (const field of outputs) {
    const inners = found.filter(([name]) => name === field.name).map(([, inner]) => inner);
    if (inners.length === 0) {
      const fallback = missingValue(field);
      if (!fallback.ok) return { ok: false, problem: `the answer has no tag <${field.name}>`, field: field.name };
      values.push([field.name, fallback.value]);
      continue;
    }
    const value = readXmlValue(field.type, inners);
    if (!value.ok) return { ok: false, problem: `${field.name}: ${value.problem}`, field: field.name };
    values.push([field.name, value.value]);
    mended.push(...value.mended.map((what) => `${field.name}: ${what}`));
  }
  return { ok: true, fields: Object.fromEntries(values), mended };
}
