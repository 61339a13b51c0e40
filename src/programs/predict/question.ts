import type { AdapterStep, AskStep } from "../../adapters/adapter.ts";
import { streamOf } from "../../foundation/random.ts";
import type { LanguageModel, LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import { askWithRetries } from "../../lm/retry/retry.ts";
import type { AskedRequest, AskOptions, RetryEvent } from "../../lm/retry/retry.ts";
import { type LmSampling, mergeSampling } from "../../lm/sampling.ts";
import { type CallContext, type ContextClient, signalForModels } from "../call-context.ts";
import type { AskedClient } from "./bookkeeping.ts";
import type { StreamedAnswer } from "./streamed-answer.ts";
import { checked, type Talk } from "./talk.ts";

/**
 * One question, put as often as the retry policy says. A class, since there is one for each call that waits: what retrying
 * asks of it is made when it is asked.
 */
export class Question implements AskOptions, AskedClient {
  readonly client: ContextClient;
  readonly request: LmRequest;
  readonly telling: StreamedAnswer | undefined;
  readonly #talk: Talk;
  readonly #asking: AskStep;

  constructor(talk: Talk, client: ContextClient) {
    const { asking, given } = talk;
    const { config, client: instead } = given.context.overlay;
    const { config: facts } = given.facts;
    // A model that the predictor names is one of its own client's.
    const own = instead === undefined && asking.client === undefined ? facts : withoutModel(facts);
    this.#talk = talk;
    this.#asking = asking;
    this.client = client;
    this.telling = asking.partial && talk.teller?.ask(asking.partial);
    // The caller's options over the adapter's; stops of both count, as the layout may rest on its own.
    this.request = mergeSampling(asking.request, config === undefined ? own : mergeSampling(own, config));
  }

  ask(): Promise<LmResponse> {
    return askWithRetries(this.#through(this.client.lm), this.request, this);
  }

  read(completion: LmCompletion): AdapterStep {
    return this.#asking.read(completion);
  }

  isRead(completion: LmCompletion): boolean {
    return checked(this.read(completion), this.#talk.given.facts).kind !== "unreadable";
  }

  get name() {
    return this.client.name;
  }
  modelOf(fallback: string | undefined): LanguageModel {
    return this.client.fallbacks?.find(({ name }) => name === fallback)?.lm ?? this.client.lm;
  }

  get policy() {
    return this.#context.terms.retry;
  }
  get attempts() {
    return this.#talk.attempts;
  }
  get tries() {
    return this.#talk.books.tries;
  }
  get books() {
    return this.#talk.books;
  }
  get clock() {
    return this.#context.clock;
  }
  get random() {
    return streamOf(this.#context.terms.random, "retry");
  }
  get signal() {
    return signalForModels(this.#context);
  }
  get life() {
    return this.#context;
  }
  get startedAt() {
    return this.#talk.startedAt;
  }
  get endsAt() {
    return this.#context.terms.endsAt;
  }
  /** The same for calls with the same prompt prefix. */
  get affinity() {
    return `${this.#talk.given.facts.name} at ${this.path}`;
  }
  get ledger() {
    return this.#talk.ledger;
  }
  get path() {
    return this.#context.path;
  }
  get run() {
    return this.#context.runId;
  }
  get fallbacks() {
    return this.client.fallbacks?.map(({ name, lm }) => ({ name, lm: this.#through(lm) }));
  }

  get fallbackAfterMs() {
    return this.client.fallbackAfterMs;
  }

  answerBegun(): boolean {
    return this.telling?.began ?? false;
  }

  onAnswer(response: LmResponse, asked: AskedRequest): void {
    this.#talk.books.answered(response, this, asked);
  }

  onFailure(thrown: unknown, asked: AskedRequest): void {
    this.#talk.books.failed(thrown, this, asked);
  }

  onDecision(event: RetryEvent): void {
    logDecision(this.#context, this.client, event);
  }

  get #context() {
    return this.#talk.given.context;
  }

  #through(lm: LanguageModel): LanguageModel {
    return this.telling?.through(lm) ?? lm;
  }
}

function withoutModel(config: LmSampling): LmSampling {
  if (config.model === undefined) return config;
  const { model: _own, ...rest } = config;
  return rest;
}

function logDecision(context: CallContext, client: ContextClient, event: RetryEvent): void {
  const { failure, decision, attempt, requestMs, fallback } = event;
  context.log.event(decision.retry ? "retry" : "give_up", "warn", {
    client: event.client ?? client.name,
    path: context.path,
    code: failure.code,
    ...(failure.status !== undefined && { status: failure.status }),
    attempt,
    ms: requestMs,
    why: decision.why,
    ...(fallback !== undefined && { fallback }),
    ...(decision.retry && { waitMs: decision.waitMs }),
  });
}
