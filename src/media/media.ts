import { basename } from "node:path";
import { MEDIA_SCHEMAS, audioValue, fileById, fileValue, imageValue } from "../signatures/values/media.ts";
import type {
  AudioValue,
  Bytes,
  FileOptions,
  FileValue,
  ImageValue,
  MediaOptions,
} from "../signatures/values/media.ts";
import { type MediaKind, mediaTypeOf, mediaTypeOfName } from "../signatures/values/media-type.ts";
import type { z } from "zod";
import { type FetchOptions, type ReadMedia, fetchMedia, readMediaFile } from "./read-media.ts";

export interface ImageMaker {
  (source: string | URL | Bytes | ImageValue, options?: MediaOptions): ImageValue;
  /** Reads a file, whose bytes or name say what it is. */
  fromPath(path: string, options?: MediaOptions): Promise<ImageValue>;
  /** Downloads it, so that its bytes are sent and not its address. */
  fromUrl(url: string | URL, options?: MediaOptions & FetchOptions): Promise<ImageValue>;
  /** What a field of the type holds, for signatures of zod objects. */
  readonly schema: z.ZodType<ImageValue, ImageValue>;
}

export interface AudioMaker {
  (source: string | URL | Bytes | AudioValue, options?: MediaOptions): AudioValue;
  /** Reads a file, whose bytes or name say what it is. */
  fromPath(path: string, options?: MediaOptions): Promise<AudioValue>;
  /** Downloads it, so that its bytes are sent and not its address. */
  fromUrl(url: string | URL, options?: MediaOptions & FetchOptions): Promise<AudioValue>;
  /** What a field of the type holds, for signatures of zod objects. */
  readonly schema: z.ZodType<AudioValue, AudioValue>;
}

export interface FileMaker {
  (source: string | URL | Bytes | FileValue, options?: FileOptions): FileValue;
  /** Reads a file; what it is called and what it is are taken from it where they are not given. */
  fromPath(path: string, options?: FileOptions): Promise<FileValue>;
  /** Downloads it, so that its bytes are sent and not its address. */
  fromUrl(url: string | URL, options?: FileOptions & FetchOptions): Promise<FileValue>;
  /** A file that the provider has already (OpenAI's Files API). */
  fromId(fileId: string, options?: { readonly filename?: string }): FileValue;
  /** What a field of the type holds, for signatures of zod objects. */
  readonly schema: z.ZodType<FileValue, FileValue>;
}

/**
 * An image for an input of the type `Image`, as a frozen plain value that survives JSON: from bytes (PNG, JPEG, GIF, WebP
 * and others, by what they begin with), a data URL, or an address that the provider fetches. Only `fromPath` reads a file,
 * and only `fromUrl` asks another server:
 *
 *     image("https://example.com/cat.png")
 *     image(bytes)
 *     await image.fromPath("cat.png")
 *
 * @throws UsageError for a path, for what is no image, and for more than 50 MiB
 */
export const image: ImageMaker = Object.freeze(
  Object.assign((source: string | URL | Bytes | ImageValue, options?: MediaOptions) => imageValue(source, options), {
    async fromPath(path: string, { mediaType }: MediaOptions = {}): Promise<ImageValue> {
      const bytes = await readMediaFile("image", path);
      return imageValue(bytes, typed(mediaType ?? mediaTypeOf(bytes, "image") ?? mediaTypeOfName(path)));
    },
    async fromUrl(url: string | URL, { mediaType, ...options }: MediaOptions & FetchOptions = {}): Promise<ImageValue> {
      const read = await fetchMedia("image", url, options);
      return imageValue(read.bytes, typed(mediaType ?? mediaTypeOf(read.bytes, "image") ?? saidType(read, "image")));
    },
    schema: MEDIA_SCHEMAS.image,
  }),
);

/**
 * Speech or other sound for an input of the type `Audio`, as a frozen plain value that survives JSON: from bytes (WAV,
 * MP3, FLAC, Ogg and others) or a data URL. Providers fetch no audio, so an address is refused: `await audio.fromUrl(…)`
 * downloads it. Only `fromPath` reads a file.
 *
 * @throws UsageError for a path or an address, for what is no audio, and for more than 50 MiB
 */
export const audio: AudioMaker = Object.freeze(
  Object.assign((source: string | URL | Bytes | AudioValue, options?: MediaOptions) => audioValue(source, options), {
    async fromPath(path: string, { mediaType }: MediaOptions = {}): Promise<AudioValue> {
      const bytes = await readMediaFile("audio", path);
      return audioValue(bytes, typed(mediaType ?? mediaTypeOf(bytes, "audio") ?? mediaTypeOfName(path)));
    },
    async fromUrl(url: string | URL, { mediaType, ...options }: MediaOptions & FetchOptions = {}): Promise<AudioValue> {
      const read = await fetchMedia("audio", url, options);
      return audioValue(read.bytes, typed(mediaType ?? mediaTypeOf(read.bytes, "audio") ?? saidType(read, "audio")));
    },
    schema: MEDIA_SCHEMAS.audio,
  }),
);

/**
 * A document for an input of the type `File`, as a frozen plain value that survives JSON: from bytes, a data URL, an
 * address (where the provider fetches it: OpenAI's Responses API), or the id of a file that the provider has. Only
 * `fromPath` reads a file, and only `fromUrl` asks another server.
 *
 * @throws UsageError for a path, and for more than 50 MiB
 */
export const file: FileMaker = Object.freeze(
  Object.assign((source: string | URL | Bytes | FileValue, options?: FileOptions) => fileValue(source, options), {
    async fromPath(path: string, { mediaType, filename = basename(path) }: FileOptions = {}): Promise<FileValue> {
      const bytes = await readMediaFile("file", path);
      return fileValue(bytes, { ...typed(mediaType ?? mediaTypeOfName(path)), filename });
    },
    async fromUrl(
      url: string | URL,
      { mediaType, filename, ...options }: FileOptions & FetchOptions = {},
    ): Promise<FileValue> {
      const read = await fetchMedia("file", url, options);
      const name = filename ?? basename(new URL(url).pathname);
      return fileValue(read.bytes, { ...typed(mediaType ?? read.mediaType), ...(name !== "" && { filename: name }) });
    },
    fromId: (fileId: string, options?: { readonly filename?: string }) => fileById(fileId, options),
    schema: MEDIA_SCHEMAS.file,
  }),
);

function typed(mediaType: string | undefined): MediaOptions {
  return mediaType === undefined ? {} : { mediaType };
}

/** What the server said, where that is of the kind at all. */
function saidType({ mediaType }: ReadMedia, kind: MediaKind): string | undefined {
  return mediaType?.startsWith(`${kind}/`) === true ? mediaType : undefined;
}
