import type { Clock } from "../../foundation/clock.ts";
import { type ErrorDetails, UsageError } from "../../foundation/errors.ts";
import type { Random } from "../../foundation/random.ts";
import type { LmError, LmFailureCode } from "../failure.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LanguageModel, LmCallOptions, LmRequest, LmResponse, LmUsage, RequestAbout } from "../language-model.ts";
import { costOfFailure } from "../told-usage.ts";
import { decideFallback } from "./fallback-policy.ts";
import type { RetryDecision, RetryPolicy } from "./retry-policy.ts";
import { retried } from "./with-retries.ts";
import type { AttemptCounter, FailedAttempt, Life, Trying } from "./with-retries.ts";

/** A model, as far as retries have to do with it. */
export type AskedModel = Pick<LanguageModel, "capabilities" | "generate">;

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
  readonly signal?: AbortSignal | undefined;
  /** Whose signal ends the wait for the next request, where no `signal` is given. It is asked for then, and not before. */
  readonly life?: Life;
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
  /** With a `path`: the run that the final error names, beside that. Default: it names neither. */
  readonly run?: string;
  /** Asked in this order where `decideFallback` says so. Default: none. */
  readonly fallbacks?: readonly AskedFallback[] | undefined;
  /** Milliseconds for which a client with another behind it is waited for, in its line. Default: until the deadline. */
  readonly fallbackAfterMs?: number | undefined;
  /** The tries of the call so far, to which those that fail here are added. Default: none. */
  readonly tries?: FailedTry[];
  /** Who knows what a failed request cost, where that is known. Default: nobody knows. */
  readonly books?: { costOf(failure: LmError): TryCost | undefined };
  /** Told of each answer as it comes. What it throws is what the request failed with. */
  onAnswer?(response: LmResponse, asked: AskedRequest): void;
  /** Told of each request that failed otherwise. */
  onFailure?(thrown: unknown, asked: AskedRequest): void;
  /** Whether somebody has heard of an answer's beginning: then it is too late to ask for another. Default: nobody. */
  answerBegun?(): boolean;
  /** Told of each decision before it is acted on. */
  onDecision?(event: RetryEvent): void;
}

/** A request as it was made. */
export interface AskedRequest {
  /** The fallback that was asked; undefined: the client that was asked first. */
  readonly client: string | undefined;
  readonly request: LmRequest;
  /** From when it was asked for, the wait for its permit included. */
  readonly ms: number;
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
 * Puts a request to a model, and makes it again as the policy says: `withRetries`, and what only requests to models have:
 * fallbacks, answers whose beginning somebody has heard, a count that is shared with asking again. This is the only place
 * that retries requests: models never do.
 *
 * An answer of a fallback says so (`client`).
 *
 * @throws LmError the last one, with `details.attempts` (requests made) and `details.tries` ({@link FailedTry}s of the
 * call); `cancelled` when the signal aborts
 * @throws UsageError when no attempt is left to begin with: compare `attempts.made` with `policy.maxAttempts` before
 * asking again
 */
export function askWithRetries(lm: AskedModel, request: LmRequest, options: AskOptions): Promise<LmResponse> {
  const { policy, attempts } = options;
  if (attempts.made >= policy.maxAttempts) {
    const message = `askWithRetries: all ${policy.maxAttempts} attempts are used; check before asking again`;
    return Promise.reject(new UsageError(message));
  }
  return retried(new Asking(lm, request, options));
}

// A class, since there is one for each call that waits: its methods are shared, and what only a failure needs is made when
// there is one.
class Asking implements Trying<LmResponse> {
  readonly attempts: AttemptCounter;
  readonly startedAt: number;
  readonly #lm: AskedModel;
  readonly #request: LmRequest;
  readonly #options: AskOptions;
  #askedAt: number;
  #route: Route | undefined;
  #tries: FailedTry[] | undefined;

  constructor(lm: AskedModel, request: LmRequest, options: AskOptions) {
    this.attempts = options.attempts;
    this.#askedAt = options.clock.now();
    this.startedAt = options.startedAt ?? this.#askedAt;
    this.#lm = lm;
    this.#request = request;
    this.#options = options;
  }

  get policy() {
    return this.#options.policy;
  }
  get clock() {
    return this.#options.clock;
  }
  get random() {
    return this.#options.random;
  }
  get signal() {
    return this.#options.signal;
  }
  get life() {
    return this.#options.life;
  }
  get endsAt() {
    return this.#options.endsAt;
  }

  attempt(): Promise<LmResponse> {
    this.#askedAt = this.#options.clock.now();
    const lm = this.#route?.asked?.lm ?? this.#lm;
    return lm.generate(this.#sent, this.#callOptions());
  }

  accepted(response: LmResponse): LmResponse {
    this.#options.onAnswer?.(response, this.#asked);
    const asked = this.#route?.asked;
    return asked === undefined ? response : { ...response, client: response.client ?? asked.name };
  }

  failed(thrown: unknown): void {
    this.#options.onFailure?.(thrown, this.#asked);
  }

  get #asked(): AskedRequest {
    const ms = this.#options.clock.now() - this.#askedAt;
    return { client: this.#route?.asked?.name, request: this.#sent, ms };
  }

  get #sent(): LmRequest {
    const asked = this.#route?.asked;
    return asked === undefined ? this.#request : fitted(asked.lm, this.#request);
  }

  decide(failed: FailedAttempt, decided: RetryDecision): RetryDecision {
    if (!this.#options.answerBegun?.()) return this.#routed().decide(failed, decided);
    return decided.retry ? { retry: false, why: "answer_begun" } : decided;
  }

  onDecision(failed: FailedAttempt, decision: RetryDecision): void {
    const { asked } = this.#routed();
    const fallback = decision.why === "fallback" ? this.#routed().move() : undefined;
    this.#failedTries().push(tryOf(failed, decision, asked, this.#options));
    const { failure, attempt: made, ms: requestMs, elapsedMs } = failed;
    const names = { ...(fallback && { fallback: fallback.name }), ...(asked && { client: asked.name }) };
    this.#options.onDecision?.({ failure, attempt: made, requestMs, elapsedMs, decision, ...names });
  }

  details(): ErrorDetails {
    const { ledger, run, path } = this.#options;
    // Here, so that the error need not be copied once more for them.
    const where = run !== undefined && { run, path };
    return { ...(ledger && { attempts: ledger.sent }), tries: [...this.#failedTries()], ...where };
  }

  #failedTries(): FailedTry[] {
    return (this.#tries ??= this.#options.tries ?? []);
  }

  #routed(): Route {
    const { fallbacks } = this.#options;
    return (this.#route ??=
      fallbacks === undefined ? NOWHERE : routeOf(fallbacks.filter((each) => canTake(each.lm, this.#request))));
  }

  #callOptions(): LmCallOptions {
    const { signal, affinity, ledger, policy, path, fallbackAfterMs } = this.#options;
    // By hand: it is made for each request, and spreads cost several times as much.
    const given: { -readonly [Name in keyof LmCallOptions]: LmCallOptions[Name] } = {};
    if (signal !== undefined) given.signal = signal;
    if (affinity !== undefined) given.affinity = affinity;
    if (ledger !== undefined) given.ledger = ledger;
    if (policy.deadlineMs !== Infinity) given.startBy = this.startedAt + policy.deadlineMs;
    if (fallbackAfterMs !== undefined && this.#routed().more) given.permitWithinMs = fallbackAfterMs;
    if (path !== undefined) given.about = aboutOf(path, this.attempts);
    return given;
  }
}

/** A {@link Fallback}, as far as retries have to do with it. */
interface AskedFallback {
  readonly name: string;
  readonly lm: AskedModel;
}

/** Which client of the list is asked, and when the next one is. */
interface Route {
  /** Undefined: the one that was asked first. */
  readonly asked: AskedFallback | undefined;
  /** Whether there is a next one. */
  readonly more: boolean;
  decide(failed: FailedAttempt, decided: RetryDecision): RetryDecision;
  /** Goes to the next client, which there is once `decide` has said `fallback`. */
  move(): AskedFallback | undefined;
}

/** Of most calls. */
const NOWHERE: Route = Object.freeze({
  asked: undefined,
  more: false,
  decide: (_failed: FailedAttempt, decision: RetryDecision) => decision,
  move: () => undefined,
});

function routeOf(fallbacks: AskedFallback[]): Route {
  let asked: AskedFallback | undefined;
  let lastCode: LmFailureCode | undefined;
  let inARow = 0;
  return {
    get asked() {
      return asked;
    },
    get more() {
      return fallbacks.length > 0;
    },
    decide({ failure }, decision) {
      inARow = failure.code === lastCode ? inARow + 1 : 1;
      lastCode = failure.code;
      const moves = fallbacks.length > 0 && decideFallback({ failure, inARow, decision });
      return moves ? FALLBACK : decision;
    },
    move() {
      asked = fallbacks.shift();
      lastCode = undefined;
      return asked;
    },
  };
}

const FALLBACK = Object.freeze({ retry: true, waitMs: 0, why: "fallback" } as const);

function tryOf(
  { failure, ms }: FailedAttempt,
  decision: RetryDecision,
  asked: AskedFallback | undefined,
  { books }: AskOptions,
): FailedTry {
  return {
    code: failure.code,
    ...(asked !== undefined && { client: asked.name }),
    ...(failure.status !== undefined && { status: failure.status }),
    ...(failure.requestId !== undefined && { requestId: failure.requestId }),
    ...(books?.costOf(failure) ?? costOfFailure(failure)),
    ms,
    ...(decision.retry && { waitMs: decision.waitMs }),
  };
}

function aboutOf(path: string, { made, answered = 0 }: AttemptCounter): RequestAbout {
  return { path, attempt: made + answered };
}

/** A turn that was opened for the model can only be gone on with, and tools can only be asked for natively. */
function canTake({ capabilities }: AskedModel, { messages, tools = [] }: LmRequest): boolean {
  if (tools.length > 0 && !capabilities.tools) return false;
  return capabilities.prefill || messages.at(-1)?.role !== "assistant";
}

/** The request without what this model cannot be held to (the prompt asks for the same in words), and without another's name. */
function fitted({ capabilities }: AskedModel, request: LmRequest): LmRequest {
  const { responseFormat, grammar, model: _other, ...rest } = request;
  return {
    ...rest,
    ...(responseFormat !== undefined && capabilities.schema && { responseFormat }),
    ...(grammar !== undefined && capabilities.grammar && { grammar }),
  };
}
