import type { Clock } from "../foundation/clock.ts";
import { sleep } from "../foundation/clock.ts";
import { UsageError } from "../foundation/errors.ts";
import type { Random } from "../foundation/random.ts";
import { LmError, cancelledError, withDetails } from "./failure.ts";
import type { LmFailureCode } from "./failure.ts";
import type { LanguageModel, LmRequest, LmResponse } from "./language-model.ts";
import { decideRetry } from "./retry-policy.ts";
import type { RetryDecision, RetryPolicy } from "./retry-policy.ts";

/**
 * How many requests a call has made. One object goes through the whole call, so that retries after failures and asking
 * again after unreadable output share one limit.
 */
export interface AttemptCounter {
  made: number;
}

/** One failed request and what was decided about it. */
export interface RetryEvent {
  readonly failure: LmError;
  /** Requests made so far, the failed one included. */
  readonly attempt: number;
  /** How long the failed request took. */
  readonly requestMs: number;
  /** Time since the call began. */
  readonly elapsedMs: number;
  readonly decision: RetryDecision;
}

export interface AskOptions {
  readonly policy: RetryPolicy;
  /** Counted up before each request. */
  readonly attempts: AttemptCounter;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the request in flight, or the wait for the next one, as `cancelled`. */
  readonly signal?: AbortSignal;
  /** When the call began by `clock.now()`; the policy's deadline counts from it. Default: now. */
  readonly startedAt?: number;
  /** Passed on to the model: see `LmCallOptions`. */
  readonly affinity?: string;
  /** Told of each decision before it is acted on. */
  readonly onDecision?: (event: RetryEvent) => void;
}

/** What one failed request cost: an entry of the final error's `details.tries`. */
export interface FailedTry {
  readonly code: LmFailureCode;
  readonly status?: number;
  readonly ms: number;
  /** The wait that followed it; absent for the last one. */
  readonly waitMs?: number;
}

/**
 * Puts a request to a model, and makes it again as the policy says. This is the only place that retries requests: models
 * never do.
 *
 * @throws LmError the last one, with `details.attempts` (requests made) and `details.tries` ({@link FailedTry}s of this
 * request); `cancelled` when the signal aborts
 * @throws UsageError when no attempt is left to begin with: compare `attempts.made` with `policy.maxAttempts` before
 * asking again
 */
export async function askWithRetries(lm: LanguageModel, request: LmRequest, options: AskOptions): Promise<LmResponse> {
  const { policy, attempts, clock, random, signal } = options;
  const startedAt = options.startedAt ?? clock.now();
  const callOptions = {
    ...(signal && { signal }),
    ...(options.affinity !== undefined && { affinity: options.affinity }),
  };
  const tries: FailedTry[] = [];
  let retriedAtOnce = false;
  if (attempts.made >= policy.maxAttempts) {
    throw new UsageError(`askWithRetries: all ${policy.maxAttempts} attempts are used; check before asking again`);
  }
  for (;;) {
    if (signal?.aborted) throw described(cancelledError(signal.reason), attempts, tries);
    attempts.made += 1;
    const askedAt = clock.now();
    try {
      return await lm.generate(request, callOptions);
    } catch (thrown) {
      // Anything else is a mistake in the program or a bug in the model's code: not ours to handle.
      if (!(thrown instanceof LmError)) throw thrown;
      const now = clock.now();
      const requestMs = now - askedAt;
      const elapsedMs = now - startedAt;
      const attempt = attempts.made;
      const decision = decideRetry(policy, { failure: thrown, attempt, elapsedMs, random, retriedAtOnce });
      tries.push({
        code: thrown.code,
        ...(thrown.status !== undefined && { status: thrown.status }),
        ms: requestMs,
        ...(decision.retry && { waitMs: decision.waitMs }),
      });
      options.onDecision?.({ failure: thrown, attempt, requestMs, elapsedMs, decision });
      if (!decision.retry) throw described(thrown, attempts, tries);
      if (decision.why === "reset_before_first_byte") retriedAtOnce = true;
      if (decision.waitMs > 0) await pause(decision.waitMs, options, tries);
    }
  }
}

async function pause(ms: number, { clock, signal, attempts }: AskOptions, tries: readonly FailedTry[]): Promise<void> {
  try {
    await sleep(clock, ms, signal);
  } catch (reason) {
    throw described(cancelledError(reason), attempts, tries);
  }
}

function described(error: LmError, attempts: AttemptCounter, tries: readonly FailedTry[]): LmError {
  return withDetails(error, { attempts: attempts.made, tries: [...tries] });
}
