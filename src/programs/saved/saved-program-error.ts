import { DspexError } from "../../foundation/errors.ts";

/**
 * `unreadable`: the file cannot be read, or holds no JSON. `unknown_format`: it is no saved program. `newer_version`: a
 * newer dspex has written it. `mismatch`: it was saved from a program that is not like the one it is loaded into.
 */
export type SavedProgramErrorCode = "unreadable" | "unknown_format" | "newer_version" | "mismatch";

export interface SavedProgramPlace {
  /** The predictor's path. */
  readonly predictor?: string;
  readonly field?: string;
  readonly cause?: unknown;
}

/** A saved program that cannot be loaded. `details` hold `predictor` and `field` where it is known which. */
export class SavedProgramError extends DspexError<SavedProgramErrorCode> {
  override readonly name = "SavedProgramError";

  constructor(code: SavedProgramErrorCode, message: string, { cause, ...details }: SavedProgramPlace = {}) {
    super(message, { code, retryable: false, details: { ...details }, cause });
  }
}

export function mismatch(problem: string, predictor: string, field?: string): SavedProgramError {
  const place = `predictor "${predictor}"${field === undefined ? "" : `, field "${field}"`}`;
  return new SavedProgramError("mismatch", `${place}: ${problem}`, {
    predictor,
    ...(field !== undefined && { field }),
  });
}
