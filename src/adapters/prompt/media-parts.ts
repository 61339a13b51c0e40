import { UsageError } from "../../foundation/errors.ts";
import type { LmContent, LmContentPart } from "../../lm/message.ts";
import type { Field } from "../../signatures/field/field.ts";
import { holdsKind } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { firstIssue } from "../../signatures/issue-text.ts";
import { MEDIA_SCHEMAS, type MediaValue } from "../../signatures/values/media.ts";
import type { MediaKind } from "../../signatures/values/media-type.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import type { FieldValues } from "../adapter.ts";
import { fitValue } from "../values/fit-value.ts";

const MEDIA: readonly FieldType["kind"][] = ["image", "audio", "file"];

/**
 * Models answer in text, so nothing else can be an output; and what a model may call is for inputs to say.
 * @throws UsageError that names the field
 */
export function refuseUnwritable({ name, outputFields }: AnySignature): void {
  for (const { name: field, type } of outputFields) {
    if (holdsKind(type, MEDIA))
      throw new UsageError(`${name}: the output "${field}" is an image, audio or a file; models answer in text alone`);
    if (holdsKind(type, ["tool"]))
      throw new UsageError(
        `${name}: the output "${field}" holds a Tool; tools are inputs, and calls of them ToolCalls`,
      );
  }
}

/** Writes a message about values, some of which may be no text. */
export type ContentWriter = (values: FieldValues, write: (values: FieldValues) => string) => LmContent;

/**
 * What is no text becomes a part of its own, at its place in the text that a layout writes. Where no value is one, the
 * content is the text itself.
 *
 * The layout writes a mark for each such value. DSPy's marks are fixed words, by which the writer of an input can have
 * the model shown an address of their choice; here a mark counts only if the values themselves do not hold it.
 */
export function contentWriter(fields: readonly Field[]): ContentWriter {
  const media = fields.filter(({ type }) => holdsKind(type, MEDIA));
  if (media.length === 0) return (values, write) => write(values);
  return (values, write) => {
    const written = (number: number): { readonly text: string; readonly content: LmContent | undefined } => {
      const mark = markOf(number);
      const parts: MediaValue[] = [];
      const marked = media.map(({ name, type }) => [name, withMarks(type, values[name], mark, parts)] as const);
      const text = write({ ...values, ...Object.fromEntries(marked.filter(([, value]) => value !== undefined)) });
      const pieces = text.split(mark);
      if (pieces.length !== parts.length + 1) return { text, content: undefined };
      return { text, content: parts.length === 0 ? text : interleave(pieces, parts) };
    };
    const { text, content } = written(0);
    const found = content ?? written(freeNumber(text)).content;
    // No layout makes a mark of its own, so this is a fault of one.
    if (found === undefined) throw new Error("a layout does not write each value at one place");
    return found;
  };
}

/** Signs of Unicode's private use, which no layout escapes or trims. */
function markOf(number: number): string {
  return `\uE000${number}\uE001`;
}

/** The first mark that the text does not hold. */
function freeNumber(text: string): number {
  const taken = new Set(Array.from(text.matchAll(/\uE000(\d+)\uE001/g), ([, number]) => number));
  let free = 0;
  while (taken.has(String(free))) free += 1;
  return free;
}

/**
 * Inputs have been checked by now; demos and the turns of a history may hold anything.
 * @throws UsageError that names the field, for what says that it is an image, audio or a file and is none
 */
export function checkMedia(fields: readonly Field[], values: FieldValues, where: string): void {
  for (const { name, type } of fields) {
    const parts: MediaValue[] = [];
    if (holdsKind(type, MEDIA)) withMarks(type, values[name], "", parts);
    for (const part of parts) {
      const checked = MEDIA_SCHEMAS[part.type].safeParse(part);
      if (!checked.success) throw new UsageError(`${where}: "${name}": ${firstIssue(checked.error)}`);
    }
  }
}

function withMarks(type: FieldType, value: unknown, mark: string, parts: MediaValue[]): unknown {
  switch (type.kind) {
    case "image":
    case "audio":
    case "file": {
      if (!isMedia(type.kind, value)) return value;
      parts.push(value);
      return mark;
    }
    case "list":
      return Array.isArray(value) ? value.map((item) => withMarks(type.items, item, mark, parts)) : value;
    case "tuple":
      return Array.isArray(value)
        ? value.map((item, index) => withMarks(itemType(type, index), item, mark, parts))
        : value;
    case "dict":
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, item]) => [key, withMarks(type.values, item, mark, parts)]),
          )
        : value;
    case "union":
      return withMarks(type.members.find((member) => fits(member, value)) ?? ANY, value, mark, parts);
    default:
      return value;
  }
}

/** Whether a value is a part; what is in it is checked elsewhere. */
function isMedia(kind: MediaKind, value: unknown): value is MediaValue {
  return typeof value === "object" && value !== null && "type" in value && value.type === kind;
}

function fits(type: FieldType, value: unknown): boolean {
  if (type.kind === "image" || type.kind === "audio" || type.kind === "file") return isMedia(type.kind, value);
  return fitValue(type, value, true).ok;
}

const ANY: FieldType = { kind: "any" };

function itemType(type: FieldType & { kind: "tuple" }, index: number): FieldType {
  return (type.rest ? type.items[0] : type.items[index]) ?? ANY;
}

function interleave(pieces: readonly string[], parts: readonly MediaValue[]): readonly LmContentPart[] {
  return Object.freeze(
    pieces.flatMap((text, index): LmContentPart[] => {
      const part = parts[index];
      return [...(text === "" ? [] : [{ type: "text" as const, text }]), ...(part === undefined ? [] : [part])];
    }),
  );
}
