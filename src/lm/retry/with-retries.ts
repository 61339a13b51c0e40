import type { Clock } from "../../foundation/clock.ts";
import { sleep } from "../../foundation/clock.ts";
import { asError, type ErrorDetails } from "../../foundation/errors.ts";
import type { Random } from "../../foundation/random.ts";
import { LmError, cancelledError, withDetails } from "../failure.ts";
import { decideRetry } from "./retry-policy.ts";
import type { RetryDecision, RetryPolicy } from "./retry-policy.ts";

/**
 * How many requests a call has made. One object goes through the whole call, so that retries after failures and asking
 * again after unreadable output share one limit.
 */
export interface AttemptCounter {
  made: number;
  /** Those beside them that brought their output, and do not use the limit up. Default 0. */
  answered?: number;
}

/** An attempt that failed. */
export interface FailedAttempt {
  readonly failure: LmError;
  /** Attempts so far, this one included. */
  readonly attempt: number;
  /** How long it took, in ms. */
  readonly ms: number;
  /** Time since the call began, in ms. */
  readonly elapsedMs: number;
}

/** Something with an end. Its signal may be made when it is asked for. */
export interface Life {
  readonly signal: AbortSignal;
}

export interface RetriesOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** For the jitter of the waits. */
  readonly random: Random;
  /** Ends the wait for the next attempt, as `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Whose signal ends that wait where no `signal` is given. */
  readonly life?: Life | undefined;
  /** When the call began by `clock.now()`; the policy's deadline counts from it. Default: now. */
  readonly startedAt?: number | undefined;
  /** When the caller waits no longer, by `clock.now()`: no wait that was asked for is begun that would last until then. Default: never. */
  readonly endsAt?: number | undefined;
  /** Counted up before each attempt. Default: those made here. */
  readonly attempts?: AttemptCounter;
  /** What becomes of a failure where something else than the policy has a say in it. Default: what the policy decided. */
  decide?(failed: FailedAttempt, decided: RetryDecision): RetryDecision;
  /** Told of each decision before it is acted on. */
  onDecision?(failed: FailedAttempt, decision: RetryDecision): void;
  /** What the error that ends it says besides, in its details. Default: nothing. */
  details?(): ErrorDetails;
}

/**
 * Does it, told which time it is, and again as the policy says. This is the only loop that does: a request to a model goes through it
 * (`askWithRetries`), and so do a search and a batch of embeddings.
 *
 * @throws LmError the last one, with `details.attempts`; `cancelled` when the signal aborts
 */
export async function withRetries<T>(
  attemptOnce: (attempt: number) => Promise<T>,
  options: RetriesOptions,
): Promise<{ readonly value: T; readonly attempts: number }> {
  const { attempts = { made: 0 } } = options;
  const value = await retried({ ...options, attempts, attempt: attemptOnce });
  return { value, attempts: attempts.made };
}

/** What is tried, as often as its own options say. */
export interface Trying<T> extends RetriesOptions {
  readonly attempts: AttemptCounter;
  attempt(attempt: number): Promise<T>;
  /** Makes of what an attempt gave what all of it gives; what it throws is what the attempt failed with. Default: as it is. */
  accepted?(value: T): T;
  /** Told of each attempt that failed otherwise. */
  failed?(thrown: unknown): void;
}

/** The same for whoever counts the attempts, without their number. */
export function retried<T>(trying: Trying<T>): Promise<T> {
  const { attempts, clock, signal } = trying;
  if (signal?.aborted) return Promise.reject(described(cancelledError(signal.reason), trying));
  attempts.made += 1;
  const askedAt = clock.now();
  // What it takes to try again is made when the first attempt has failed: nearly all calls that wait are in their first.
  // One that is given up then is so at once: a promise that rejects before anybody hears it is told to the process.
  const goOn = (thrown: unknown): Promise<T> => {
    const { startedAt = askedAt, random } = trying;
    const course: Course = { startedAt, random, askedAt, retriedAtOnce: false };
    return tryAgain(trying, course, verdictOn(trying, course, thrown));
  };
  const failed = (thrown: unknown): Promise<T> => {
    trying.failed?.(thrown);
    return goOn(thrown);
  };
  let first: Promise<T>;
  try {
    first = trying.attempt(attempts.made);
  } catch (thrown) {
    first = Promise.reject(asError(thrown));
  }
  return first.then((value) => {
    try {
      return trying.accepted === undefined ? value : trying.accepted(value);
    } catch (thrown) {
      return goOn(thrown);
    }
  }, failed);
}

/** How far it has come, once an attempt has failed. */
interface Course {
  readonly startedAt: number;
  /** One for all its draws: it may be made anew each time that it is asked for. */
  readonly random: Random;
  /** When the last attempt began. */
  askedAt: number;
  retriedAtOnce: boolean;
}

/** That there is another attempt, after a wait. @throws what ends it, where there is none */
function verdictOn(trying: Trying<unknown>, course: Course, thrown: unknown): Retry {
  const { policy, clock, attempts, signal, endsAt = Infinity } = trying;
  const { startedAt, random, askedAt, retriedAtOnce } = course;
  // What was asked may say in its own words that it was told to stop.
  const failure = signal?.aborted && !(thrown instanceof LmError) ? cancelledError(signal.reason) : thrown;
  // Anything else is a mistake in the program or a bug in the code that was asked: not ours to handle.
  if (!(failure instanceof LmError)) throw failure;
  const now = clock.now();
  const failed: FailedAttempt = { failure, attempt: attempts.made, ms: now - askedAt, elapsedMs: now - startedAt };
  const decided = decideRetry(policy, { ...failed, leftMs: endsAt - now, random, retriedAtOnce });
  const decision = trying.decide?.(failed, decided) ?? decided;
  trying.onDecision?.(failed, decision);
  if (!decision.retry) throw described(failure, trying);
  // A retry at once is for one connection; another client has its own.
  if (decision.why === "fallback") course.retriedAtOnce = false;
  if (decision.why === "reset_before_first_byte") course.retriedAtOnce = true;
  return decision;
}

type Retry = RetryDecision & { readonly retry: true };

async function tryAgain<T>(trying: Trying<T>, course: Course, first: Retry): Promise<T> {
  const { clock, attempts, signal } = trying;
  for (let { waitMs } = first; ;) {
    if (waitMs > 0) {
      await sleep(clock, waitMs, signal ?? trying.life?.signal).catch((reason: unknown) => {
        throw described(cancelledError(reason), trying);
      });
    }
    if (signal?.aborted) throw described(cancelledError(signal.reason), trying);
    attempts.made += 1;
    course.askedAt = clock.now();
    let value: T;
    try {
      value = await trying.attempt(attempts.made);
    } catch (thrown) {
      trying.failed?.(thrown);
      ({ waitMs } = verdictOn(trying, course, thrown));
      continue;
    }
    try {
      return trying.accepted === undefined ? value : trying.accepted(value);
    } catch (thrown) {
      ({ waitMs } = verdictOn(trying, course, thrown));
    }
  }
}

function described(error: LmError, trying: Trying<unknown>): LmError {
  const { made, answered = 0 } = trying.attempts;
  return withDetails(error, { attempts: made + answered, ...trying.details?.() });
}
