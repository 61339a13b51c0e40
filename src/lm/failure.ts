import { copied, DspexError, type ErrorDetails, isReadableError, stackless } from "../foundation/errors.ts";
import type { LmRateLimit } from "./limits/rate-limit.ts";

/**
 * Why an LM call failed: a closed list, so that a `switch` over it is checked. Who adds a code adds its row here, and
 * the compiler shows each place that has to decide what to do about it.
 */
export const LM_FAILURES = Object.freeze({
  /** 401 (some say 400 or 403), or no key where one is needed. */
  auth: { retryable: false },
  /** 403: the key is known but may not do this. */
  permission: { retryable: false },
  /** 404: no such model, or no such address. */
  not_found: { retryable: false },
  /**
   * 400, 422: the request is wrong. Retryable only where `details.unsupported` names what the server turned down and the
   * model leaves out from now on.
   */
  bad_request: { retryable: false },
  /** The prompt and the answer's room do not fit the model's window. */
  context_too_long: { retryable: false },
  /** The provider refused the contents. */
  content_filter: { retryable: false },
  /** 429: too many requests or tokens at the moment. */
  rate_limited: { retryable: true },
  /** 402, and 429, 400, 401 or 403 that say so: the account has run out, which no waiting mends. */
  insufficient_quota: { retryable: false },
  /** A deadline passed: `details.phase` is `connect`, `first_byte`, `idle` or `total`. */
  timeout: { retryable: true },
  /**
   * Refused, reset, cut, no such host: nothing usable came. Where a connection was made and then lost,
   * `details.beforeFirstByte` says whether that was before anything of the answer had come.
   */
  connection: { retryable: true },
  /** 5xx. */
  server: { retryable: true },
  /** 503 or 529 that says the provider is full. */
  overloaded: { retryable: true },
  /** The answer stopped at the token limit (finish reason `length`) before it was whole. */
  cut_off: { retryable: false },
  /** A 200 whose body is not what the protocol promises; a 400 that says so of what the model wrote. */
  malformed_response: { retryable: true },
  /** The model answered, but not in the layout that was asked for, also after asking again. */
  unparsable_output: { retryable: false },
  /** An AbortSignal, a caller that died, a system that stops. */
  cancelled: { retryable: false },
  /** The call would pass the budget that was given. */
  budget_exceeded: { retryable: false },
  /** The client's process is gone or went down under the request, or its model has been closed. */
  client_down: { retryable: true },
  /** The client's circuit breaker is open. */
  circuit_open: { retryable: true },
  /** The name is no client of this system; the message lists those there are. */
  no_such_client: { retryable: false },
  /** Our own mailbox or waiting line is full (`overloaded` is the provider's). */
  busy: { retryable: true },
  /**
   * The request's own process ended abnormally: a bug in a client, or somebody's kill. Not retryable where what makes the
   * requests (a `fetch`, a package) has the bug.
   */
  request_crashed: { retryable: true },
} as const satisfies Record<string, { readonly retryable: boolean }>);

export type LmFailureCode = keyof typeof LM_FAILURES;

export interface LmErrorOptions {
  readonly code: LmFailureCode;
  /** Overrides the code's row in {@link LM_FAILURES}. */
  readonly retryable?: boolean;
  readonly provider?: string;
  /** HTTP status, where there was one. */
  readonly status?: number;
  readonly requestId?: string;
  /** How long the provider asked to wait, in ms from when the error was made. */
  readonly retryAfterMs?: number;
  /** What the provider said is left of its limits, where it did. */
  readonly rateLimit?: LmRateLimit;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/** The failure of one LM call (or of a run's last try at one). The message is one line and holds no key. */
export class LmError extends DspexError<LmFailureCode> {
  override readonly name: string = "LmError";
  // Declared alone: a printed error has no row for what nobody knows.
  declare readonly provider: string | undefined;
  declare readonly status: number | undefined;
  declare readonly requestId: string | undefined;
  declare readonly retryAfterMs: number | undefined;
  declare readonly rateLimit: LmRateLimit | undefined;

  constructor(message: string, options: LmErrorOptions) {
    super(message, {
      code: options.code,
      retryable: options.retryable ?? LM_FAILURES[options.code].retryable,
      ...(options.details && { details: options.details }),
      cause: options.cause,
    });
    const { provider, status, requestId, retryAfterMs, rateLimit } = options;
    if (provider !== undefined) this.provider = provider;
    if (status !== undefined) this.status = status;
    if (requestId !== undefined) this.requestId = requestId;
    // What is no span of time would stop the clocks of those that wait for it.
    if (retryAfterMs !== undefined && retryAfterMs >= 0) this.retryAfterMs = retryAfterMs;
    if (rateLimit !== undefined) this.rateLimit = rateLimit;
  }
}

/** The same failure with further facts in its `details`; itself where it has them already. */
export function withDetails(error: LmError, details: ErrorDetails): LmError {
  const known = error.details;
  if (Object.keys(details).every((name) => name in known && known[name] === details[name])) return error;
  return withFacts(error, { details });
}

/** The same failure without some facts in its `details`; itself where it has none of them. */
export function withoutDetails(error: LmError, names: readonly string[]): LmError {
  const kept = Object.entries(error.details).filter(([name]) => !names.includes(name));
  if (kept.length === Object.keys(error.details).length) return error;
  return copyWith(error, { details: Object.fromEntries(kept) });
}

/** The same failure with further facts; what it knows itself stays, but for `details`, which are laid over. */
export function withFacts(error: LmError, facts: Omit<LmErrorOptions, "code" | "retryable" | "cause">): LmError {
  return copyWith(error, { ...facts, details: { ...error.details, ...facts.details } });
}

/** With these details, and with facts that it does not know itself. */
function copyWith(
  error: LmError,
  facts: Omit<LmErrorOptions, "code" | "retryable" | "cause"> & { readonly details: ErrorDetails },
): LmError {
  const provider = error.provider ?? facts.provider;
  const status = error.status ?? facts.status;
  const requestId = error.requestId ?? facts.requestId;
  const retryAfterMs = error.retryAfterMs ?? facts.retryAfterMs;
  const rateLimit = error.rateLimit ?? facts.rateLimit;
  const options: LmErrorOptions = {
    code: error.code,
    retryable: error.retryable,
    ...(provider !== undefined && { provider }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(rateLimit !== undefined && { rateLimit }),
    details: facts.details,
    cause: error.cause,
  };
  return copied(error, () => new LmError(error.message, options));
}

/** The failure that an aborted call ends in; `reason` is the signal's. */
export function cancelledError(reason?: unknown, provider?: string, details?: ErrorDetails): LmError {
  const said = isReadableError(reason) && reason.name !== "AbortError" && reason.message !== "";
  const message = said ? `the call was cancelled: ${oneLine(reason.message)}` : "the call was cancelled";
  const options: LmErrorOptions = {
    code: "cancelled",
    ...(provider !== undefined && { provider }),
    ...(details !== undefined && { details }),
    cause: reason,
  };
  return stackless(() => new LmError(message, options));
}

/** Text from elsewhere as part of a one-line message. */
export function oneLine(text: string, maxLength = 300): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  // Never half a character.
  return line.length > maxLength ? `${line.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : line;
}
