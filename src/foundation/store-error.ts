import { DspexError } from "./errors.ts";

/**
 * Why something could not be kept.
 *
 * - `locked`: another writer has the folder, or may have it; `details.pid` and `details.host` say which process.
 * - `fenced`: this writer had the folder and was replaced by a later one; nothing of it was written since.
 * - `write_failed`: the disk refused, or the folder was removed; what was not confirmed by then counts as not written. Retryable by opening anew.
 * - `closed`: the store was closed already.
 */
export type StoreErrorCode = "locked" | "fenced" | "write_failed" | "closed";

/** A journal, a checkpoint store or a cache could not keep something. */
export class StoreError extends DspexError<StoreErrorCode> {
  override readonly name: string = "StoreError";
}
