import { eventKind, type TelemetryEvent } from "../../foundation/telemetry.ts";
import type { CacheTrouble } from "../../lm/cache/disk.ts";
import type { ExitReason } from "../../runtime/exit-reason.ts";

/** A call that got an answer without a request: from memory, from disk, or from an equal call that was in flight. */
export const cacheHit = eventKind<
  TelemetryEvent & {
    readonly from: "memory" | "disk" | "flight";
    readonly run: string;
    /** Of the predictor that asked. Left out: nobody said. */
    readonly path?: string;
  }
>("cache:hit", "debug", ({ from, run }) => `${run}: an answer from ${HITS[from]}`);

const HITS = Object.freeze({
  memory: "the cache",
  disk: "the cache on disk",
  flight: "an equal call that was under way",
});

/** A call that went on without the cache, since the cache's process ended or was not there. */
export const cacheBypassed = eventKind<TelemetryEvent & { readonly reason: ExitReason }>(
  "cache:bypassed",
  "warn",
  (_event, reason) => `a call goes on without the cache: ${reason}`,
);

/**
 * The cache on disk cannot do its part: see {@link CacheTrouble}; and `locked`: another process writes in the folder,
 * `message` says which (it is taken as soon as that one is done); `open_failed`: the folder cannot be used. Answers are
 * kept in memory all the same, and the folder is tried again after a second, then ever more rarely, up to every ten. Each kind of trouble is told once until
 * {@link cacheMended}.
 */
export const cacheTrouble = eventKind<
  TelemetryEvent & {
    readonly what: CacheTrouble["what"] | "locked" | "open_failed";
    readonly path: string;
    readonly lines?: number;
    readonly message?: string;
  }
>("cache:trouble", "warn", ({ what, path }) => `the cache on disk, ${path}: ${what.replaceAll("_", " ")}`);

/**
 * After a {@link cacheTrouble}, the cache's folder is written to again, what came meanwhile included. As loud as the
 * trouble was: who was warned hears that it is over.
 */
export const cacheMended = eventKind<TelemetryEvent & { readonly path: string }>(
  "cache:mended",
  "warn",
  ({ path }) => `the cache on disk, ${path}, is written to again`,
);
