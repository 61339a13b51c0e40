import { digest } from "../../foundation/digest.ts";
import { MEDIA } from "../saved/saved-json.ts";
import { RecordError } from "./record-error.ts";

/** The bytes of images, audio and files, as `data:` URL or base64, by their digest: kept once, beside many records. */
export type MediaTable = Map<string, string>;

/** Where values and parts of messages hold their bytes, by their `type`. */
const PLACES: ReadonlyMap<unknown, string> = new Map([
  ["image", "url"],
  ["file", "url"],
  ["audio", "data"],
]);

/** The JSON with digests for the bytes in it, which go to the table. Addresses stay as they are. */
export function mediaOut(json: unknown, table: MediaTable): unknown {
  return mapped(json, (text) => {
    if (typeof text !== "string") return text;
    const name = digest(text);
    table.set(name, text);
    return { [MEDIA]: name };
  });
}

/** The JSON that {@link mediaOut} was given. */
export function mediaIn(json: unknown, table: MediaTable | undefined, format: string): unknown {
  return mapped(json, (place) => {
    if (typeof place === "string" || typeof place !== "object" || place === null || !(MEDIA in place)) return place;
    const name = place[MEDIA];
    const text = typeof name === "string" ? table?.get(name) : undefined;
    if (text === undefined)
      throw new RecordError("missing_media", format, `the media table has nothing for ${JSON.stringify(name)}`);
    return text;
  });
}

/** The digests that stand for bytes in it. */
export function mediaNames(json: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  mapped(json, (place) => {
    if (typeof place === "object" && place !== null && MEDIA in place) names.add(String(place[MEDIA]));
    return place;
  });
  return names;
}

/** Whether there is anything for {@link mediaOut} to take out: most data has none, and is not to be copied for it. */
export function holdsBytes(json: unknown): boolean {
  if (Array.isArray(json)) return json.some(holdsBytes);
  if (typeof json !== "object" || json === null) return false;
  const place = PLACES.get((json as { readonly type?: unknown }).type);
  // Every result is looked through, and nothing is made for it.
  for (const key in json) {
    const value: unknown = (json as Readonly<Record<string, unknown>>)[key];
    if (key === place && typeof value === "string" ? isBytes(key, value) : holdsBytes(value)) return true;
  }
  return false;
}

function mapped(json: unknown, map: (bytes: unknown) => unknown): unknown {
  if (Array.isArray(json)) return json.map((item) => mapped(item, map));
  if (typeof json !== "object" || json === null) return json;
  const place = PLACES.get((json as { readonly type?: unknown }).type);
  const entries = Object.entries(json).map(([key, value]: [string, unknown]) => [
    key,
    key === place && isBytes(key, value) ? map(value) : mapped(value, map),
  ]);
  return Object.fromEntries(entries);
}

function isBytes(key: string, value: unknown): boolean {
  if (typeof value === "string") return key === "data" || value.startsWith("data:");
  return typeof value === "object" && value !== null && MEDIA in value;
}
