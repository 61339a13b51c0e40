import { saysItsCaller } from "./call-site.ts";

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
  /** As of the run that it ends: see `RunErrorCode`. */
  readonly code = "misuse";
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
  /** Whether its stack says where it was made. */
  #located: boolean;

  constructor(message: string, options: DspexErrorOptions<Code>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.#located = Error.stackTraceLimit !== 0;
    this.code = options.code;
    this.retryable = options.retryable;
    this.details = options.details ?? {};
  }

  /** @internal See {@link copied}. */
  static withStackOf<E extends DspexError>(error: E, copy: E): E {
    // What only looks like one of ours has what it has.
    if (#located in error && !error.#located && !saysItsCaller(error)) return copy;
    const stack = stackOf(error);
    if (stack === undefined) return copy;
    copy.stack = stack;
    copy.#located = true;
    return copy;
  }
}

/**
 * Makes a copy of an error, with the stack of the one that it is a copy of: where it failed matters, not where it was
 * copied. A {@link stackless} one has none, and to ask for it would cost more than the copy.
 */
export function copied<E extends DspexError>(error: E, make: () => E): E {
  return DspexError.withStackOf(error, stackless(make));
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

/**
 * What was thrown, as an Error whose name and message are texts: JavaScript lets people throw anything, and gives an
 * error's name and message any value. What is something else becomes the `cause` of an Error that describes it.
 */
export function asError(thrown: unknown): Error {
  if (isReadableError(thrown)) return thrown;
  if (typeof thrown === "string") return new Error(thrown, { cause: thrown });
  const what = isError(thrown) ? "an Error without a name and a message in words" : "a value that is no Error";
  return new Error(`${what} was thrown: ${describe(thrown)}`, { cause: thrown });
}

/** Whether it is an Error whose name and message are the texts that everybody takes them for. */
export function isReadableError(value: unknown): value is Error {
  try {
    return value instanceof Error && typeof value.name === "string" && typeof value.message === "string";
  } catch {
    return false;
  }
}

/** Its stack, where there is one to be had. */
export function stackOf(error: Error): string | undefined {
  try {
    return typeof error.stack === "string" ? error.stack : undefined;
  } catch {
    return undefined;
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/**
 * A short, single-line description of any value for an error message ("expected … , got …"). Never throws, whatever the
 * value does when it is looked at.
 */
export function describe(value: unknown, maxLength = 80): string {
  const text = inWords(value).replaceAll("\n", "\\n");
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

function inWords(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value === "function") return `function ${word(() => value.name) || "(anonymous)"}`;
    if (typeof value !== "object") return String(value);
    if (value instanceof Error) return `${word(() => value.name)}: ${word(() => value.message)}`;
    return asJson(value) ?? Object.prototype.toString.call(value);
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = "a value that cannot be looked at";

/** A part of an error, which may be anything, or throw. */
function word(part: () => unknown): string {
  try {
    const found = part();
    return typeof found === "string" ? found : describe(found);
  } catch {
    return "(unreadable)";
  }
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Says, as a warning of the process, what went wrong where nobody can be told and nothing else may go wrong for it. */
export function warnOf(what: string, thrown: unknown): void {
  const { name, message } = asError(thrown);
  process.emitWarning(`${what}: ${name}: ${message}`, "DspexWarning");
}
