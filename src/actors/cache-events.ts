import { eventKind, type TelemetryEvent } from "../foundation/telemetry.ts";
import type { CacheTrouble } from "../lm/cache/disk.ts";
import type { ExitReason } from "../runtime/exit-reason.ts";

/** A call that got an answer without a request: from memory, from disk, or from an equal call that was in flight. */
export const cacheHit = eventKind<TelemetryEvent & { readonly from: "memory" | "disk" | "flight" }>("cache:hit");

/** A call that went on without the cache, since the cache's process ended or was not there. */
export const cacheBypassed = eventKind<TelemetryEvent & { readonly reason: ExitReason }>("cache:bypassed");

/**
 * The cache on disk cannot do its part: see {@link CacheTrouble}; and `locked`: another process writes in the folder,
 * `message` says which (it is tried again every ten seconds); `open_failed`: the folder cannot be used. Answers are kept
 * in memory all the same.
 */
export const cacheTrouble = eventKind<
  TelemetryEvent & {
    readonly what: CacheTrouble["what"] | "locked" | "open_failed";
    readonly path: string;
    readonly lines?: number;
    readonly message?: string;
  }
>("cache:trouble");
