import type { Clock } from "../../foundation/clock.ts";
import { sleep } from "../../foundation/clock.ts";
import type { Random } from "../../foundation/random.ts";
import { LmError, cancelledError, withDetails } from "../failure.ts";
import { decideRetry } from "./retry-policy.ts";
import type { RetryDecision, RetryPolicy } from "./retry-policy.ts";

export interface RetriesOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the wait for the next attempt. */
  readonly signal?: AbortSignal | undefined;
  /** When the call began by `clock.now()`; the policy's deadline counts from it. Default: now. */
  readonly startedAt?: number;
  /** When the caller waits no longer, by `clock.now()`: no wait that was asked for is begun that would last until then. Default: never. */
  readonly endsAt?: number | undefined;
  /** Told of each decision before it is acted on. */
  readonly onDecision?: (event: {
    readonly failure: LmError;
    readonly decision: RetryDecision;
    /** Attempts so far, the failed one included. */
    readonly attempt: number;
    /** How long the failed one took, in ms. */
    readonly ms: number;
  }) => void;
}

/**
 * Does it, and again as the policy says, where it is no completion that is asked for: a search, a batch of embeddings.
 * The same decisions as for a request to a model (`askWithRetries`), without what only those have: fallbacks, text that
 * has begun, attempts that are shared with asking again.
 *
 * @throws LmError the last one, with `details.attempts`; `cancelled` when the signal aborts
 */
export async function withRetries<T>(
  attemptOnce: () => Promise<T>,
  { policy, clock, random, signal, onDecision, startedAt = clock.now(), endsAt = Infinity }: RetriesOptions,
): Promise<{ readonly value: T; readonly attempts: number }> {
  let retriedAtOnce = false;
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw cancelledError(signal.reason);
    const askedAt = clock.now();
    try {
      return { value: await attemptOnce(), attempts: attempt };
    } catch (failure) {
      if (signal?.aborted) throw cancelledError(signal.reason);
      // Anything else is a mistake in the program or a bug in the code that was asked: not ours to handle.
      if (!(failure instanceof LmError)) throw failure;
      const now = clock.now();
      const elapsedMs = now - startedAt;
      const facts = { failure, attempt, elapsedMs, leftMs: endsAt - now, random, retriedAtOnce };
      const decision = decideRetry(policy, facts);
      onDecision?.({ failure, decision, attempt, ms: now - askedAt });
      if (!decision.retry) throw withDetails(failure, { attempts: attempt });
      if (decision.why === "reset_before_first_byte") retriedAtOnce = true;
      if (decision.waitMs > 0)
        await sleep(clock, decision.waitMs, signal).catch((reason: unknown) => Promise.reject(cancelledError(reason)));
    }
  }
}
