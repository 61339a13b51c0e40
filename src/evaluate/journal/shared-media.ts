import type { FileHandle } from "node:fs/promises";
import { recordAt } from "../../foundation/journal.ts";
import { mediaIn, mediaNames, mediaOut } from "../../programs/records/media-table.ts";
import type { MediaTable } from "../../programs/records/media-table.ts";
import { FORMAT } from "./journal-format.ts";

/** The bytes of an image, an audio or a file: they stand in the journal once, however many predictions show them. */
export interface MediaValue {
  readonly media: string;
  readonly is: string;
}

export interface SharedMedia {
  /** The JSON of a prediction with digests for bytes. @param write takes what has to stand in the file before it */
  out(json: unknown, write: (value: MediaValue) => void): unknown;
  /**
   * What was written, whole again.
   * @throws RecordError `missing_media` (rejects) where the file has lost bytes
   */
  in(json: unknown, file: FileHandle): Promise<unknown>;
}

/** @param places of those that are in the file, by digest */
export function sharedMedia(places: ReadonlyMap<string, number>): SharedMedia {
  const written = new Set<string>();
  return Object.freeze({
    out(json: unknown, write: (value: MediaValue) => void): unknown {
      const table: MediaTable = new Map();
      const short = mediaOut(json, table);
      for (const [media, is] of table) {
        if (places.has(media) || written.has(media)) continue;
        written.add(media);
        write({ media, is });
      }
      return short;
    },
    async in(json: unknown, file: FileHandle): Promise<unknown> {
      const names = mediaNames(json);
      if (names.size === 0) return json;
      const table: MediaTable = new Map();
      for (const name of names) {
        const place = places.get(name);
        const { is } = ((place !== undefined && (await recordAt(file, place))) || {}) as Partial<MediaValue>;
        if (is !== undefined) table.set(name, is);
      }
      return mediaIn(json, table, FORMAT.format);
    },
  });
}
