import { describe } from "../../foundation/errors.ts";
import { toSavedJson } from "../../programs/saved/saved-json.ts";

/** Bytes of media up to which they are shown as they are. */
const SHORT = 100;

/** A value for people: texts as they are, others as JSON, bytes of media by their size. Never throws. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return shortBytes(value);
  if (value === undefined) return "";
  try {
    return JSON.stringify(toSavedJson(value, "value"), shortMedia);
  } catch {
    return describe(value, 1_000);
  }
}

function shortMedia(_key: string, value: unknown): unknown {
  if (typeof value === "string") return shortBytes(value);
  if (typeof value !== "object" || value === null || !("type" in value && "data" in value)) return value;
  const { data } = value;
  return value.type === "audio" && typeof data === "string" && data.length > SHORT
    ? { ...value, data: sized(data.length) }
    : value;
}

function shortBytes(text: string): string {
  const kind = text.length > SHORT ? /^data:[\w.+-]*\/[\w.+-]*[;,]/.exec(text)?.[0] : undefined;
  return kind === undefined ? text : `${kind}${sized(text.length - kind.length)}`;
}

function sized(signs: number): string {
  return `(${signs.toLocaleString("en-US")} characters)`;
}
