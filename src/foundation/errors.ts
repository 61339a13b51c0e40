/**
 * Errors travel on three channels that never mix:
 *
 * 1. *Misuse* throws {@link UsageError} at the call that is wrong; its message says what was expected and what came.
 * 2. A *domain failure* is a {@link DspexError}: `code`, `retryable`, `details`, `cause`.
 * 3. The death of an actor is an exit reason, delivered by link or monitor (see `runtime/exit-reason`).
 */

/** The caller's program is wrong: a bad argument, an unknown field, a setting that makes no sense. Never retried. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

export interface ErrorDetails {
  readonly [key: string]: unknown;
}

export interface DspexErrorOptions<Code extends string> {
  readonly code: Code;
  /** True where the very same call may well succeed later. */
  readonly retryable: boolean;
  /** Facts for programs and logs; holds neither keys nor prompt contents. */
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/** Something that can go wrong in a right program: the network, a model, a process. `code` is from a closed list. */
export class DspexError<Code extends string = string> extends Error {
  override readonly name: string = "DspexError";
  readonly code: Code;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(message: string, options: DspexErrorOptions<Code>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.retryable = options.retryable;
    this.details = options.details ?? {};
  }
}

/**
 * Makes an error without a stack trace, which costs more than all else about it: for failures that are told by the
 * thousand when a client goes down, and that say by their data where they came from.
 */
export function stackless<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What was thrown, as an Error: JavaScript lets people throw anything. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === "string" ? thrown : `a value that is no Error was thrown: ${describe(thrown)}`, {
    cause: thrown,
  });
}

/** A short, single-line description of any value for an error message ("expected … , got …"). */
export function describe(value: unknown, maxLength = 80): string {
  let text: string;
  if (typeof value === "string") text = JSON.stringify(value);
  else if (typeof value === "function") text = `function ${value.name || "(anonymous)"}`;
  else if (typeof value === "bigint" || typeof value === "symbol" || value === undefined) text = String(value);
  else if (value instanceof Error) text = `${value.name}: ${value.message}`;
  else {
    try {
      text = JSON.stringify(value) ?? String(value);
    } catch {
      text = Object.prototype.toString.call(value);
    }
  }
  text = text.replaceAll("\n", "\\n");
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}
