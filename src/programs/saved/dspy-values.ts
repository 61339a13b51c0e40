import { fitValue } from "../../adapters/values/fit-value.ts";
import { jsonText } from "../../adapters/values/format-value.ts";
import { promptData } from "../../adapters/prompt/prompt-data.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import type { MediaValue } from "../../signatures/values/media.ts";

/** What DSPy puts around what is not text, in prompts that are not yet sent and in files. */
const START = "<<CUSTOM-TYPE-START-IDENTIFIER>>";
const END = "<<CUSTOM-TYPE-END-IDENTIFIER>>";

/**
 * A demo's value as DSPy's files hold it: images, audio and files between its marks, tools as the text that prompts show
 * of them, calls under `tool_calls`.
 */
export function toDspyValue(type: FieldType | undefined, value: unknown): unknown {
  return type === undefined ? value : mapOwn(type, promptData(type, value), toFile);
}

/** The value that such a file holds. Tools stay text: what they take is not to be had back from it. */
export function fromDspyValue(type: FieldType | undefined, saved: unknown): unknown {
  return type === undefined ? saved : mapOwn(type, saved, fromFile);
}

/** The value with each that may be of a type of DSPy's own mapped. */
function mapOwn(type: FieldType, value: unknown, map: (type: FieldType, value: unknown) => unknown): unknown {
  switch (type.kind) {
    case "image":
    case "audio":
    case "file":
    case "tool_calls":
      return map(type, value);
    case "list":
      return Array.isArray(value) ? value.map((item) => mapOwn(type.items, item, map)) : value;
    case "tuple":
      return Array.isArray(value)
        ? value.map((item, index) => {
            const inner = type.rest ? type.items[0] : type.items[index];
            return inner === undefined ? item : mapOwn(inner, item, map);
          })
        : value;
    case "dict":
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapOwn(type.values, item, map)]))
        : value;
    case "union": {
      // A member that does not fit leaves the value as it is.
      for (const member of type.members) {
        const mapped = mapOwn(member, value, map);
        if (mapped !== value) return mapped;
      }
      return value;
    }
    default:
      return value;
  }
}

function toFile(type: FieldType, value: unknown): unknown {
  // Calls are in DSPy's form already.
  if (type.kind === "tool_calls") return value;
  const fit = fitValue(type, value);
  // What fits the type is one of its values.
  return fit.ok ? `${START}${jsonText([dspyPart(fit.value as MediaValue)])}${END}` : value;
}

function dspyPart(value: MediaValue): object {
  switch (value.type) {
    case "image":
      return { type: "image_url", image_url: { url: value.url } };
    case "audio":
      return { type: "input_audio", input_audio: { data: value.data, format: value.format } };
    case "file":
      return { type: "file", file: { file_data: value.url, file_id: value.fileId, filename: value.filename } };
  }
}

function fromFile(type: FieldType, saved: unknown): unknown {
  if (type.kind === "tool_calls") {
    const fit = fitValue(type, saved);
    return fit.ok ? fit.value : saved;
  }
  if (typeof saved !== "string" || !saved.startsWith(START) || !saved.endsWith(END)) return saved;
  const fit = fitValue(type, mediaOf(saved.slice(START.length, -END.length)));
  return fit.ok ? fit.value : saved;
}

function mediaOf(json: string): unknown {
  let parts: unknown;
  try {
    parts = JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
  const part: unknown = Array.isArray(parts) ? parts[0] : undefined;
  if (!isObject(part)) return undefined;
  const inner = part["image_url"] ?? part["input_audio"] ?? part["file"];
  if (!isObject(inner)) return undefined;
  if (part["type"] === "image_url") return { type: "image", url: inner["url"] };
  if (part["type"] === "input_audio") return { type: "audio", data: inner["data"], format: inner["format"] };
  const { file_data: url, file_id: fileId, filename } = inner;
  const entries = Object.entries({ type: "file", url, fileId, filename });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
