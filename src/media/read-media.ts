import { open } from "node:fs/promises";
import { UsageError, describe } from "../foundation/errors.ts";
import { MAX_MEDIA_BYTES } from "../signatures/values/media.ts";
import type { MediaKind } from "../signatures/values/media-type.ts";

/** What was read, and what the place where it lay says that it is. */
export interface ReadMedia {
  readonly bytes: Uint8Array;
  readonly mediaType: string | undefined;
}

/** @throws Node's error when the file cannot be read; UsageError when it is too big, before it is */
export async function readMediaFile(kind: MediaKind, path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    if (size > MAX_MEDIA_BYTES) throw tooBig(kind, path, size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * Follows redirects; nothing but http and https.
 * @throws UsageError for another address, an answer that is no success, and one that is too big, as soon as that is known;
 * what `fetch` rejects with
 */
export async function fetchMedia(kind: MediaKind, source: string | URL, signal?: AbortSignal): Promise<ReadMedia> {
  const address = String(source);
  if (!/^https?:\/\//i.test(address))
    throw new UsageError(`${kind}.fromUrl: expected an http or https URL, got ${describe(source)}`);
  const response = await fetch(address, signal === undefined ? {} : { signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new UsageError(`${kind}.fromUrl: ${hostOf(address)} answered ${response.status}`);
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    // Leaving the loop closes the connection.
    if (size > MAX_MEDIA_BYTES) throw tooBig(kind, hostOf(address), `at least ${size}`);
    pieces.push(piece);
  }
  const mediaType = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  return { bytes: Buffer.concat(pieces), mediaType };
}

/** Addresses may hold secrets. */
function hostOf(address: string): string {
  return new URL(address).host;
}

function tooBig(kind: MediaKind, where: string, size: number | string): UsageError {
  return new UsageError(`${kind}: expected at most ${MAX_MEDIA_BYTES} bytes, and ${where} has ${size}`);
}
