import { fitBool, fitFloat, fitInt, fits, misfit } from "../../adapters/values/fit-scalar.ts";
import type { Fit } from "../../adapters/values/fit-scalar.ts";
import { asError } from "../../foundation/errors.ts";
import { parseNow } from "../../signatures/parse-now.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { typeText } from "../../signatures/types/type-name.ts";
import { audioValue, fileValue, imageValue } from "../../signatures/values/media.ts";

/**
 * What the cell of a text file is, by its field's type and by nothing else: `007` is a text for a text, and 7 for a number.
 * Lists and objects are JSON. Whether the value keeps what else the field asks for is its schema's to say.
 */
export function cellValue(type: FieldType, text: string): Fit {
  switch (type.kind) {
    case "int":
      return fitInt(text.trim(), false);
    case "float":
      return fitFloat(text.trim(), false);
    case "bool":
      return fitBool(text.trim(), false);
    case "none":
      return text === "" ? fits(null) : misfit("an empty cell", text);
    case "literal":
      return literalValue(type, text);
    case "union":
      return unionValue(type, text);
    case "zod":
      return zodValue(type.schema, text);
    case "list":
    case "dict":
    case "tuple":
    case "history":
    case "tool":
    case "tool_calls":
      return jsonValue(type, text);
    case "image":
    case "audio":
    case "file":
      return text.trimStart().startsWith("{") ? jsonValue(type, text) : fits(text);
    case "str":
    case "any":
    case "code":
    case "date":
    case "datetime":
      return fits(text);
  }
}

function literalValue(type: FieldType & { kind: "literal" }, text: string): Fit {
  const found =
    type.values.find((value) => value === text) ??
    type.values.find((value) => String(value).toLowerCase() === text.trim().toLowerCase() && typeof value !== "string");
  if (found !== undefined) return fits(found);
  // Texts are choices exactly, but for the white space around them.
  return type.values.includes(text.trim()) ? fits(text.trim()) : fits(text);
}

/** Text is text wherever text may be. */
function unionValue(type: FieldType & { kind: "union" }, text: string): Fit {
  const members = type.members.filter(({ kind }) => kind !== "none");
  if (members.length < type.members.length && text === "") return fits(null);
  if (members.some(({ kind }) => kind === "str" || kind === "any" || kind === "code")) return fits(text);
  const [first, ...others] = members.map((member) => cellValue(member, text));
  return [first, ...others].find((fit) => fit?.ok) ?? first ?? fits(text);
}

/** What the schema takes: the text, else what the text is as JSON. */
function zodValue(schema: (FieldType & { kind: "zod" })["schema"], text: string): Fit {
  if (parseNow(schema, text, "a zod schema").success) return fits(text);
  try {
    return fits(JSON.parse(text));
  } catch {
    return fits(text);
  }
}

function jsonValue(type: FieldType, text: string): Fit {
  try {
    return fits(JSON.parse(text));
  } catch (thrown) {
    return {
      ok: false,
      problem: `expected JSON for ${typeText(type)} (${asError(thrown).message}), got ${JSON.stringify(text.slice(0, 80))}`,
    };
  }
}

const MAKERS = { image: imageValue, audio: audioValue, file: fileValue };

/** The value with images, audio and files made of the addresses, `data:` URLs and bytes that stand for them. */
export function withMedia(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case "image":
    case "audio":
    case "file":
      return typeof value === "string" || value instanceof Uint8Array ? MAKERS[type.kind](value) : value;
    case "list":
      return Array.isArray(value) ? value.map((item: unknown) => withMedia(type.items, item)) : value;
    case "union": {
      const [only, ...others] = type.members.filter(({ kind }) => kind !== "none");
      return only !== undefined && others.length === 0 ? withMedia(only, value) : value;
    }
    default:
      return value;
  }
}
