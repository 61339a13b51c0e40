import { z } from "zod";
import { UsageError, describe } from "../../foundation/errors.ts";
import { type MediaKind, formatOf, mediaTypeOf } from "./media-type.ts";

/**
 * Values that are not text, as plain frozen data that survives JSON. They have the shape of the message parts that
 * models are sent.
 */
export type MediaValue = ImageValue | AudioValue | FileValue;

export interface ImageValue {
  readonly type: "image";
  /** A `data:` URL, or an address that the provider fetches. */
  readonly url: string;
}

export interface AudioValue {
  readonly type: "audio";
  /** The bytes in base64. */
  readonly data: string;
  /** `wav`, `mp3`, … */
  readonly format: string;
}

/** A document: its bytes, an address, or the id of a file that the provider has already. */
export interface FileValue {
  readonly type: "file";
  /** A `data:` URL, or an address that the provider fetches. */
  readonly url?: string;
  readonly fileId?: string;
  readonly filename?: string;
}

/** What the makers take as bytes. */
export type Bytes = Uint8Array | ArrayBuffer;

export interface MediaOptions {
  /** What the bytes are (`image/png`); only for bytes. Default: what they begin with says it. */
  readonly mediaType?: string;
}

export interface FileOptions extends MediaOptions {
  /** What the model is told that the file is called; default none. */
  readonly filename?: string;
}

/** The most bytes that one value may have: OpenAI takes no more in a request. */
export const MAX_MEDIA_BYTES = 50 * 1024 * 1024;

/** @throws UsageError for what is no image: a path, another kind of data, too many bytes */
export function imageValue(source: string | URL | Bytes | ImageValue, { mediaType }: MediaOptions = {}): ImageValue {
  if (isMedia(source, "image")) return checked(IMAGE, source);
  const url = isBytes(source) ? dataUrl("image", source, mediaType) : addressOf("image", source);
  return checked(IMAGE, { type: "image", url });
}

/** @throws UsageError for what is no audio: a path, an address, another kind of data, too many bytes */
export function audioValue(source: string | URL | Bytes | AudioValue, { mediaType }: MediaOptions = {}): AudioValue {
  if (isMedia(source, "audio")) return checked(AUDIO, source);
  const url = isBytes(source) ? dataUrl("audio", source, mediaType) : addressOf("audio", source);
  const parts = partsOfDataUrl(url);
  if (parts === undefined)
    throw new UsageError(
      `audio: models take no addresses of audio; expected bytes or a data URL, got ${describe(url)} (await audio.fromUrl("…") downloads it)`,
    );
  return checked(AUDIO, { type: "audio", data: parts.data, format: formatOf(parts.mediaType) });
}

/** @throws UsageError for what is no file: a path, too many bytes */
export function fileValue(
  source: string | URL | Bytes | FileValue,
  { mediaType, filename }: FileOptions = {},
): FileValue {
  const named = filename === undefined ? {} : { filename };
  if (isMedia(source, "file")) return checked(FILE, { ...source, ...named });
  const url = isBytes(source) ? dataUrl("file", source, mediaType) : addressOf("file", source);
  return checked(FILE, { type: "file", url, ...named });
}

/** A file that the provider has already (OpenAI's Files API). */
export function fileById(fileId: string, { filename }: { readonly filename?: string } = {}): FileValue {
  return checked(FILE, { type: "file", fileId, ...(filename !== undefined && { filename }) });
}

function isMedia<Kind extends MediaKind>(value: unknown, kind: Kind): value is Extract<MediaValue, { type: Kind }> {
  return typeof value === "object" && value !== null && "type" in value && value.type === kind;
}

function isBytes(source: unknown): source is Bytes {
  return source instanceof Uint8Array || source instanceof ArrayBuffer;
}

function checked<Value extends MediaValue>(schema: z.ZodType<Value, Value>, value: Value): Value {
  const result = schema.safeParse(value);
  if (result.success) return Object.freeze(result.data);
  throw new UsageError(`${value.type}: ${result.error.issues[0]?.message ?? "not valid"}`);
}

function dataUrl(kind: MediaKind, source: Bytes, given: string | undefined): string {
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  if (bytes.length > MAX_MEDIA_BYTES)
    throw new UsageError(`${kind}: expected at most ${MAX_MEDIA_BYTES} bytes, got ${bytes.length}`);
  const mediaType = given ?? mediaTypeOf(bytes, kind);
  if (mediaType === undefined)
    throw new UsageError(
      `${kind}: expected bytes of a known kind of ${kind}, got ${bytes.length} others; say mediaType if they are one`,
    );
  if (!MEDIA_TYPE.test(mediaType))
    throw new UsageError(`${kind}: expected a media type such as "image/png", got ${describe(mediaType)}`);
  return `data:${mediaType};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}`;
}

const MEDIA_TYPE = /^[a-z]+\/[\w.+-]+$/i;

function addressOf(kind: MediaKind, source: unknown): string {
  const text = source instanceof URL ? source.href : source;
  if (typeof text !== "string")
    throw new UsageError(`${kind}: expected bytes, a data URL or an https URL, got ${describe(source)}`);
  const trimmed = text.trim();
  const problem = addressProblem(kind, trimmed);
  if (problem !== undefined) throw new UsageError(`${kind}: ${problem}`);
  return trimmed;
}

const DATA_URL = /^data:([a-z]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,/i;

function partsOfDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  const head = DATA_URL.exec(url);
  return head?.[1] === undefined ? undefined : { mediaType: head[1].toLowerCase(), data: url.slice(head[0].length) };
}

/** Why no model can be given this text for such a value; undefined when one can. */
function addressProblem(kind: MediaKind, url: string): string | undefined {
  if (/^(?:https?|gs):\/\/[^\s/]/i.test(url)) return undefined;
  if (!/^data:/i.test(url)) {
    const how = `a path is read only by await ${kind}.fromPath("…")`;
    return `expected bytes, a data URL or an https URL, got ${describe(url)}; ${how}`;
  }
  const parts = partsOfDataUrl(url);
  if (parts === undefined) return `expected a data URL in base64 (data:image/png;base64,…), got ${describe(url)}`;
  if (kind !== "file" && !parts.mediaType.startsWith(`${kind}/`))
    return `expected a data URL of type ${kind}/…, got one of type ${parts.mediaType}`;
  return base64Problem(parts.data);
}

function base64Problem(data: string): string | undefined {
  // In pieces of four signs; whether the last ones are padded is no matter to a reader.
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(data)) return "expected base64, got other signs in it";
  return data.length > Math.ceil(MAX_MEDIA_BYTES / 3) * 4
    ? `expected at most ${MAX_MEDIA_BYTES} bytes, got about ${Math.floor((data.length / 4) * 3)}`
    : undefined;
}

/** Checks values that were made elsewhere: a string says how to make one of it. */
function mediaSchema<Value extends MediaValue>(
  kind: Value["type"],
  shape: z.ZodType<Value, Value>,
  problemOf: (value: Value) => string | undefined,
): z.ZodType<Value, Value> {
  return shape.superRefine((value, context) => {
    const problem = problemOf(value);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}

function says(kind: MediaKind): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    const made = kind === "audio" ? "audio(bytes)" : `${kind}("https://…") or ${kind}(bytes)`;
    return typeof input === "string"
      ? `a text is no ${kind}: make one with ${made}, or of a file with await ${kind}.fromPath("…")`
      : `expected a value made by ${kind}(…), received ${describe(input)}`;
  };
}

const IMAGE: z.ZodType<ImageValue, ImageValue> = mediaSchema(
  "image",
  z.object({ type: z.literal("image"), url: z.string() }, { error: says("image") }).readonly(),
  ({ url }) => addressProblem("image", url),
);

const AUDIO: z.ZodType<AudioValue, AudioValue> = mediaSchema(
  "audio",
  z
    .object({ type: z.literal("audio"), data: z.string(), format: z.string().min(1) }, { error: says("audio") })
    .readonly(),
  ({ data }) => base64Problem(data),
);

const FILE: z.ZodType<FileValue, FileValue> = mediaSchema(
  "file",
  z
    .object(
      {
        type: z.literal("file"),
        url: z.string().exactOptional(),
        fileId: z.string().min(1).exactOptional(),
        filename: z.string().min(1).exactOptional(),
      },
      { error: says("file") },
    )
    .readonly(),
  ({ url, fileId }) => {
    if ((url === undefined) === (fileId === undefined)) return "expected either a url or a fileId";
    return url === undefined ? undefined : addressProblem("file", url);
  },
);

/** What a field of the kind holds; for zod objects that stand for signatures. */
export const MEDIA_SCHEMAS = Object.freeze({ image: IMAGE, audio: AUDIO, file: FILE });
