import { stat, truncate } from "node:fs/promises";
import type { Clock } from "../../foundation/clock.ts";
import { asError } from "../../foundation/errors.ts";
import type { WeightsFacts } from "./embedded-model.ts";
import type { WeightsSource } from "./weights.ts";

/** The part of node-llama-cpp's downloader that is used here. */
export interface HubDownloader {
  download(options: { signal?: AbortSignal }): Promise<string>;
  cancel(): Promise<void>;
}

export interface HubOptions {
  readonly clock: Clock;
  /** One request without following redirects; the response's status is all that is read. */
  readonly probe: (url: string, signal: AbortSignal) => Promise<{ readonly status: number }>;
  readonly createDownloader: (options: {
    readonly modelUri: string;
    readonly dirPath: string;
    readonly fileName: string;
    readonly skipExisting: boolean;
    readonly endpoints: { readonly huggingFace: string };
    readonly onProgress: (status: { totalSize: number; downloadedSize: number }) => void;
  }) => Promise<HubDownloader>;
  /** Default: the public hub, or what `HF_ENDPOINT` says; `llama()` reads it. */
  readonly endpoint: string;
  /** How long the hub may take to answer at all; default 6,000 ms. */
  readonly connectMs?: number;
  /** How long the download may stand still; default 30,000 ms. */
  readonly idleMs?: number;
}

/**
 * The model hub, through node-llama-cpp's own downloader (several connections, its own resumption). A hub that cannot be
 * reached is noticed by one small request first: the downloader by itself would try for minutes.
 */
export function hubSource(options: HubOptions): WeightsSource {
  const { clock, connectMs = 6_000, idleMs = 30_000 } = options;
  const endpoint = options.endpoint.replace(/\/+$/, "");
  return Object.freeze({
    name: "the model hub",
    async fetch(
      facts: WeightsFacts,
      folder: string,
      report: (bytes: number, total: number) => void,
      signal?: AbortSignal,
    ) {
      const { repository, revision, file } = facts.hub;
      const host = new URL(endpoint).host;

      await within(clock, connectMs, `${host} did not answer in ${connectMs / 1_000} s`, signal, async (inner) => {
        const { status } = await options
          .probe(`${endpoint}/${repository}/resolve/${revision}/${file}`, inner.signal)
          .catch((thrown: unknown) => {
            throw new Error(`${host} cannot be reached (${rootMessage(thrown)})`, { cause: thrown });
          });
        if (status >= 400) throw new Error(`${host} answered with status ${status}`);
      });

      return within(clock, idleMs, `the download stood still for ${idleMs / 1_000} s`, signal, async (inner) => {
        const downloader = await options.createDownloader({
          modelUri: `hf:${repository}/${file}#${revision}`,
          dirPath: folder,
          fileName: facts.fileName,
          skipExisting: false,
          endpoints: { huggingFace: `${endpoint}/` },
          onProgress: ({ downloadedSize, totalSize }) => {
            inner.alive();
            report(downloadedSize, totalSize || facts.bytes);
          },
        });
        try {
          const path = await downloader.download({ signal: inner.signal });
          await cutNotes(path, facts.bytes);
          return path;
        } catch (thrown) {
          await downloader.cancel().catch(() => undefined);
          throw thrown;
        }
      });
    },
  });
}

/**
 * The downloader keeps its progress as JSON right behind the file's own bytes and cuts it off in the end, but a note that is
 * still being written then lands behind the cut (ipull 3.9.5, some four of 1,000 downloads). Its descriptor is closed by
 * now, so nothing more can come; whether what stays is the right file is for the checksum to say.
 */
async function cutNotes(path: string, bytes: number): Promise<void> {
  if ((await stat(path)).size > bytes) await truncate(path, bytes);
}

interface Watched {
  readonly signal: AbortSignal;
  /** Starts the time limit anew. */
  alive(): void;
}

/** Runs `work` until it is done, `ms` have passed since its last sign of life, or the signal aborts; whatever is first. */
function within<T>(
  clock: Clock,
  ms: number,
  problem: string,
  signal: AbortSignal | undefined,
  work: (watched: Watched) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const inner = new AbortController();
    const stop = (reason: unknown): void => {
      settle();
      inner.abort(reason);
      reject(asError(reason));
    };
    const onAbort = (): void => stop(signal?.reason);
    const start = () => clock.setTimer(ms, () => stop(new Error(problem)));
    let timer = start();
    const settle = (): void => {
      clock.clearTimer(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const alive = (): void => {
      if (inner.signal.aborted) return;
      clock.clearTimer(timer);
      timer = start();
    };
    work({ signal: inner.signal, alive }).then(
      (value) => {
        settle();
        resolve(value);
      },
      (thrown: unknown) => {
        settle();
        reject(asError(thrown));
      },
    );
  });
}

/** `fetch failed` says nothing; what lies beneath it does. */
function rootMessage(thrown: unknown): string {
  let error = asError(thrown);
  while (error.cause instanceof Error) error = error.cause;
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
