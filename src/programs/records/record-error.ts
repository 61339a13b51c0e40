import { DspexError } from "../../foundation/errors.ts";

/**
 * `unknown_format`: it is no record of that kind. `newer_version`: a newer dspex has written it. `damaged`: it is not as it
 * was written. `missing_media`: it stands for media that the table has not.
 */
export type RecordErrorCode = "unknown_format" | "newer_version" | "damaged" | "missing_media";

/** A record that cannot be read. `details` hold its `format`. */
export class RecordError extends DspexError<RecordErrorCode> {
  override readonly name = "RecordError";

  constructor(code: RecordErrorCode, format: string, problem: string) {
    super(`${format}: ${problem}`, { code, retryable: false, details: { format } });
  }
}
