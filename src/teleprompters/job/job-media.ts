import { open } from "node:fs/promises";
import { recordAt } from "../../foundation/journal.ts";
import { holdsBytes, mediaIn, mediaNames, mediaOut, type MediaTable } from "../../programs/records/media-table.ts";
import { RecordError } from "../../programs/records/record-error.ts";
import type { AskDone, TrialTry } from "./job-log.ts";
import { FORMAT, type MediaValue } from "./job-records.ts";

/** Where the bytes begin in the journal that results hold, by their digest. */
export type MediaPlaces = Map<string, number>;

/** What a job's results hold besides text. */
export interface JobMedia {
  /** A result with digests for bytes. @param write takes what has to stand in the journal before it */
  out<Json>(json: Json, write: (value: MediaValue) => void): Json;
  /** One that was written, whole again. Undefined: the journal has lost bytes of it. */
  in<Json>(json: Json): Json | undefined;
}

/**
 * Reads the bytes that these results hold, as far as the journal still has them.
 * @param places where they stand; those that are lost are taken out
 */
export async function openMedia(
  path: string,
  places: MediaPlaces,
  results: readonly (AskDone | TrialTry)[],
): Promise<JobMedia> {
  const holdsAny = places.size > 0;
  const table = holdsAny ? await readMedia(path, places, results) : new Map<string, string>();
  return Object.freeze({
    out<Json>(json: Json, write: (value: MediaValue) => void): Json {
      if (!holdsBytes(json)) return json;
      const found: MediaTable = new Map();
      // As it was, but for the bytes.
      const short = mediaOut(json, found) as Json;
      for (const [media, is] of found) if (!places.has(media)) write({ media, is });
      return short;
    },
    in<Json>(json: Json): Json | undefined {
      if (!holdsAny) return json;
      try {
        // As it was before it was written.
        return mediaIn(json, table, FORMAT.format) as Json;
      } catch (thrown) {
        if (!(thrown instanceof RecordError)) throw thrown;
        return undefined;
      }
    },
  });
}

async function readMedia(
  path: string,
  places: MediaPlaces,
  results: readonly (AskDone | TrialTry)[],
): Promise<MediaTable> {
  const table: MediaTable = new Map();
  const names = new Set(results.flatMap(({ seen }) => [...mediaNames(seen)]));
  const file = await open(path, "r");
  try {
    for (const name of names) {
      const offset = places.get(name);
      const { media, is } = ((offset !== undefined && (await recordAt(file, offset))) || {}) as Partial<MediaValue>;
      if (media === name && is !== undefined) table.set(name, is);
      // It is written again with whatever shows it next.
      else places.delete(name);
    }
  } finally {
    await file.close();
  }
  return table;
}
