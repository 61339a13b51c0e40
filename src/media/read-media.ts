import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { ABOVE_0_MS, checkNumber, checkSignal } from "../foundation/check-options.ts";
import type { Clock } from "../foundation/clock.ts";
import { systemClock } from "../foundation/clock.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import { MAX_MEDIA_BYTES } from "../signatures/values/media.ts";
import type { MediaKind } from "../signatures/values/media-type.ts";
import { openDownload } from "./download.ts";

/** What was read, and what the place where it lay says that it is. */
export interface ReadMedia {
  readonly bytes: Uint8Array;
  readonly mediaType: string | undefined;
}

/** A pipe without a writer must not be waited for. Where there is no such flag, there are no such pipes. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * @throws Node's error when the file cannot be read; UsageError for what is no file (a folder, a device, a pipe), and when
 *   it is too big, before it is read
 */
export async function readMediaFile(kind: MediaKind, path: string): Promise<Uint8Array> {
  const handle = await open(path, READ);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new UsageError(`${kind}.fromPath: expected a file, and ${path} is none`);
    const { size } = stat;
    if (size > MAX_MEDIA_BYTES) throw tooBig(kind, path, size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

export interface FetchOptions {
  /** Aborting ends the download with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take in all; default 60,000 ms. */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether addresses of this machine and of private networks may be asked, redirects included. Default false: the address
   * may be a stranger's wish.
   */
  readonly allowPrivate?: boolean | undefined;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Follows redirects; nothing but http and https.
 * @throws UsageError for another address, a private one that is not allowed, an answer that is no success or takes too long,
 *   and one that is too big, as soon as that is known; Node's error when no connection comes about. No message holds more
 *   of the address than its host
 */
export async function fetchMedia(
  kind: MediaKind,
  source: string | URL,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS, allowPrivate = false, clock = systemClock }: FetchOptions,
): Promise<ReadMedia> {
  const what = `${kind}.fromUrl`;
  checkSignal(what, signal);
  checkNumber(what, "timeoutMs", timeoutMs, ABOVE_0_MS);
  const url = parseUrl(what, source);
  signal?.throwIfAborted();
  const giveUp = new AbortController();
  const timer = clock.setTimer(timeoutMs, () =>
    giveUp.abort(new UsageError(`${what}: ${url.host} did not answer in full within ${timeoutMs} ms`)),
  );
  const onAbort = (): void => giveUp.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const answer = await openDownload(url, { signal: giveUp.signal, allowPrivate, what });
    try {
      const { statusCode = 0, headers } = answer;
      if (statusCode < 200 || statusCode > 299) throw new UsageError(`${what}: ${url.host} answered ${statusCode}`);
      const declared = Number(headers["content-length"] ?? 0);
      if (declared > MAX_MEDIA_BYTES) throw tooBig(kind, url.host, declared);
      const pieces: Uint8Array[] = [];
      let size = 0;
      // A stream of bytes: no encoding was set.
      for await (const piece of answer as AsyncIterable<Uint8Array>) {
        size += piece.length;
        if (size > MAX_MEDIA_BYTES) throw tooBig(kind, url.host, `at least ${size}`);
        pieces.push(piece);
      }
      const mediaType = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
      return { bytes: Buffer.concat(pieces), mediaType };
    } finally {
      answer.destroy();
    }
  } catch (thrown) {
    throw giveUp.signal.aborted ? giveUp.signal.reason : thrown;
  } finally {
    clock.clearTimer(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function parseUrl(what: string, source: string | URL): URL {
  const address = String(source);
  if (/^https?:\/\//i.test(address) && URL.canParse(address)) return new URL(address);
  // What stands before an @ may be a password.
  const shown = address.replace(/^([^/]*:\/\/)?[^/]*@/, "$1");
  const got = typeof source === "string" || source instanceof URL ? shown : source;
  throw new UsageError(`${what}: expected an http or https URL, got ${describe(got)}`);
}

function tooBig(kind: MediaKind, where: string, size: number | string): UsageError {
  return new UsageError(`${kind}: expected at most ${MAX_MEDIA_BYTES} bytes, and ${where} has ${size}`);
}
