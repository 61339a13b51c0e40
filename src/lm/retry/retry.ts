import type { Clock } from "../../foundation/clock.ts";
import { sleep } from "../../foundation/clock.ts";
import { UsageError } from "../../foundation/errors.ts";
import type { Random } from "../../foundation/random.ts";
import { LmError, cancelledError, withDetails } from "../failure.ts";
import type { LmFailureCode } from "../failure.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LanguageModel, LmRequest, LmResponse, LmUsage, RequestAbout } from "../language-model.ts";
import { decideFallback } from "./fallback-policy.ts";
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

/** A model to ask when the one before it is no use, under its client's name. */
export interface Fallback {
  readonly name: string;
  readonly lm: LanguageModel;
}

/** One failed request and what was decided about it. */
export interface RetryEvent {
  readonly failure: LmError;
  /** Where the next request goes, when that is another client. */
  readonly fallback?: string;
  /** The fallback that failed; left out where it was the client that was asked first. */
  readonly client?: string;
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
  /** When the caller waits no longer, by `clock.now()`: no wait that was asked for is begun that would last until then. Default: never. */
  readonly endsAt?: number | undefined;
  /** Passed on to the model: see `LmCallOptions`. */
  readonly affinity?: string;
  /** Of the call: its requests are counted there, those that left and no others. Default: every attempt counts as one. */
  readonly ledger?: Ledger;
  /** Of the predictor that asks, for those who watch. Default: nobody says. */
  readonly path?: string;
  /** Asked in this order where `decideFallback` says so. Default: none. */
  readonly fallbacks?: readonly Fallback[];
  /** The tries of the call so far, to which those that fail here are added. Default: none. */
  readonly tries?: FailedTry[];
  /** What a failed request cost, where that is known. Default: nobody knows. */
  readonly costOf?: (failure: LmError) => TryCost | undefined;
  /** Whether somebody has heard of an answer's beginning: then it is too late to ask for another. Default: nobody. */
  readonly answerBegun?: () => boolean;
  /** Told of each decision before it is acted on. */
  readonly onDecision?: (event: RetryEvent) => void;
}

/** What a request cost, as far as it is known. */
export interface TryCost {
  readonly usage?: LmUsage;
  /** US dollars, where the model's price is known. */
  readonly usd?: number;
}

/**
 * A request that brought nothing, or an answer that cannot be read, and what it cost: an entry of the final error's
 * `details.tries`.
 */
export interface FailedTry extends TryCost {
  readonly code: LmFailureCode;
  /** The fallback that was asked; left out for the client that was asked first. */
  readonly client?: string;
  readonly status?: number;
  readonly requestId?: string;
  /** From when a permit was asked for until its end. */
  readonly ms: number;
  /** The wait that followed it; absent for the last one. */
  readonly waitMs?: number;
}

/**
 * Puts a request to a model, and makes it again as the policy says. This is the only place that retries requests: models
 * never do.
 *
 * An answer of a fallback says so (`client`).
 *
 * @throws LmError the last one, with `details.attempts` (requests made) and `details.tries` ({@link FailedTry}s of the
 * call); `cancelled` when the signal aborts
 * @throws UsageError when no attempt is left to begin with: compare `attempts.made` with `policy.maxAttempts` before
 * asking again
 */
export async function askWithRetries(lm: LanguageModel, request: LmRequest, options: AskOptions): Promise<LmResponse> {
  const { policy, attempts, clock, random, signal, endsAt = Infinity } = options;
  const startedAt = options.startedAt ?? clock.now();
  const callOptions = {
    ...(signal && { signal }),
    ...(options.affinity !== undefined && { affinity: options.affinity }),
    ...(options.ledger && { ledger: options.ledger }),
    ...(policy.deadlineMs !== Infinity && { startBy: startedAt + policy.deadlineMs }),
  };
  const fallbacks = options.fallbacks?.filter((each) => canTake(each.lm, request)) ?? [];
  let asked: Fallback | undefined;
  let lastCode: LmFailureCode | undefined;
  let inARow = 0;
  const tries: FailedTry[] = options.tries ?? [];
  let retriedAtOnce = false;
  if (attempts.made >= policy.maxAttempts) {
    throw new UsageError(`askWithRetries: all ${policy.maxAttempts} attempts are used; check before asking again`);
  }
  for (;;) {
    if (signal?.aborted) throw described(cancelledError(signal.reason), options, tries);
    attempts.made += 1;
    const askedAt = clock.now();
    try {
      const about = options.path !== undefined && { about: aboutOf(options.path, attempts) };
      if (asked === undefined) return await lm.generate(request, { ...callOptions, ...about });
      const response = await asked.lm.generate(fitted(asked.lm, request), { ...callOptions, ...about });
      return { ...response, client: response.client ?? asked.name };
    } catch (thrown) {
      // Anything else is a mistake in the program or a bug in the model's code: not ours to handle.
      if (!(thrown instanceof LmError)) throw thrown;
      const now = clock.now();
      const requestMs = now - askedAt;
      const elapsedMs = now - startedAt;
      const attempt = attempts.made;
      const begun = options.answerBegun?.() ?? false;
      const facts = { failure: thrown, attempt, elapsedMs, leftMs: endsAt - now, random, retriedAtOnce };
      const decided = decideRetry(policy, facts);
      const here: RetryDecision = begun && decided.retry ? { retry: false, why: "answer_begun" } : decided;
      inARow = thrown.code === lastCode ? inARow + 1 : 1;
      lastCode = thrown.code;
      const moves = !begun && fallbacks.length > 0 && decideFallback({ failure: thrown, inARow, decision: here });
      const fallback = moves ? fallbacks.shift() : undefined;
      const decision: RetryDecision = fallback === undefined ? here : { retry: true, waitMs: 0, why: "fallback" };
      tries.push({
        code: thrown.code,
        ...(asked !== undefined && { client: asked.name }),
        ...(thrown.status !== undefined && { status: thrown.status }),
        ...(thrown.requestId !== undefined && { requestId: thrown.requestId }),
        ...options.costOf?.(thrown),
        ms: requestMs,
        ...(decision.retry && { waitMs: decision.waitMs }),
      });
      options.onDecision?.({
        failure: thrown,
        attempt,
        requestMs,
        elapsedMs,
        decision,
        ...(fallback !== undefined && { fallback: fallback.name }),
        ...(asked !== undefined && { client: asked.name }),
      });
      if (!decision.retry) throw described(thrown, options, tries);
      if (fallback !== undefined) {
        asked = fallback;
        lastCode = undefined;
        retriedAtOnce = false;
      }
      if (decision.why === "reset_before_first_byte") retriedAtOnce = true;
      if (decision.waitMs > 0) await pause(decision.waitMs, options, tries);
    }
  }
}

function aboutOf(path: string, { made, answered = 0 }: AttemptCounter): RequestAbout {
  return { path, attempt: made + answered };
}

/** A turn that was opened for the model can only be gone on with, and tools can only be asked for natively. */
function canTake({ capabilities }: LanguageModel, { messages, tools = [] }: LmRequest): boolean {
  if (tools.length > 0 && !capabilities.tools) return false;
  return capabilities.prefill || messages.at(-1)?.role !== "assistant";
}

/** The request without what this model cannot be held to: the prompt asks for the same in words. */
function fitted({ capabilities }: LanguageModel, request: LmRequest): LmRequest {
  const { responseFormat, grammar, ...rest } = request;
  return {
    ...rest,
    ...(responseFormat !== undefined && capabilities.schema && { responseFormat }),
    ...(grammar !== undefined && capabilities.grammar && { grammar }),
  };
}

async function pause(ms: number, options: AskOptions, tries: readonly FailedTry[]): Promise<void> {
  try {
    await sleep(options.clock, ms, options.signal);
  } catch (reason) {
    throw described(cancelledError(reason), options, tries);
  }
}

function described(error: LmError, { attempts, ledger }: AskOptions, tries: readonly FailedTry[]): LmError {
  const made = ledger?.sent ?? attempts.made + (attempts.answered ?? 0);
  return withDetails(error, { attempts: made, tries: [...tries] });
}
