import type { Adapter, AdapterStep, AskStep, DoneStep, FieldValues, UnreadableStep } from "../../adapters/adapter.ts";
import { jsonAdapter } from "../../adapters/json-adapter.ts";
import { LmError, oneLine } from "../../lm/failure.ts";
import type { LmFailureCode } from "../../lm/failure.ts";
import type { LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import type { Ledger } from "../../lm/ledger/ledger.ts";
import { textOf } from "../../lm/message.ts";
import type { LmMessage } from "../../lm/message.ts";
import { askWithRetries } from "../../lm/retry/retry.ts";
import type { AskedModel, FailedTry, RetryEvent } from "../../lm/retry/retry.ts";
import { mergeSampling } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Field } from "../../signatures/field/field.ts";
import { checkOutputs } from "../../signatures/outputs.ts";
import type { Refinement } from "../../signatures/refinement.ts";
import { streamOf } from "../../foundation/random.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { nextMove } from "./next-move.ts";
import type { AnswerFacts, ConversationRules, Standing } from "./next-move.ts";
import type { Bookkeeping } from "./bookkeeping.ts";
import { type CallContext, type ContextClient, signalForModels } from "../call-context.ts";
import { streamedAnswers } from "./streamed-answer.ts";
import type { StreamedAnswer, StreamedAnswers } from "./streamed-answer.ts";
import type { OnUnparsable } from "../program.ts";
import { spentIn } from "../prediction.ts";
import type { Exchange, PredictionMeta } from "../prediction.ts";

/** Asks when another layout has failed and `onUnparsable` says so. */
const JSON_ADAPTER = jsonAdapter({ nativeTools: false });

export interface ConversationOptions {
  readonly client: ContextClient;
  readonly adapter: Adapter;
  /** The first question in a layout. */
  begin(adapter: Adapter): AskStep;
  readonly onUnparsable: OnUnparsable;
  readonly outputs: readonly Field[];
  /** What must hold between the outputs. */
  readonly refinement?: Refinement | undefined;
  readonly config: LmSampling;
  /** The same for calls with the same prompt prefix. */
  readonly affinity: string;
  readonly context: CallContext;
  /** Takes every request and what came of it. Undefined: nobody wants to know. */
  readonly exchanges: Exchange[] | undefined;
}

export interface ConversationResult {
  readonly fields: FieldValues;
  readonly meta: PredictionMeta;
}

/**
 * Puts an adapter's questions to the model until every output is there. Retries and questions asked again draw on one
 * count of attempts, which the context's retry policy bounds; a request that brought its output does not use it up, so
 * that an adapter may ask for many outputs one by one.
 *
 * @throws LmError of a request that failed for good; `cut_off` or `content_filter` as the model's finish reason says;
 * `unparsable_output` when the answer cannot be read after asking again, or where somebody listens and has heard of it
 * already. Its details hold `raw` (the model's text), `problem`, `field`, `attempts` and `tries`
 */
export async function converse(given: ConversationOptions): Promise<ConversationResult> {
  const talk = begin(given);
  for (;;) {
    const { client } = talk.asking;
    const question = ask(talk, client === undefined ? given.client : await given.context.client(client));
    const answer = answerTo(talk, question, await question.response);
    const { step, telling } = answer;
    const move = nextMove(talk.rules, standingOf(talk), factsOf(talk, answer));
    if (move.kind === "fail") throw failureAt(talk, answer, move.code);
    if (step?.kind === "unreadable") {
      askAgain(talk, answer, step, move.kind === "start_over");
      continue;
    }
    await telling?.end();
    if (step?.kind === "ask") {
      goOn(talk, answer, step);
      continue;
    }
    // The one kind of step that is left, and there is no step without a completion.
    const done = step as DoneStep;
    await talk.teller?.rest(done.fields);
    return { fields: done.fields, meta: metaOf(talk, answer, answer.completion as LmCompletion, done.mended) };
  }
}

/** A conversation under way. */
interface Talk {
  readonly given: ConversationOptions;
  readonly rules: ConversationRules;
  readonly startedAt: number;
  readonly books: Bookkeeping;
  /** What this call spends, apart from what else its part of the program does. */
  readonly ledger: Ledger;
  /** The predictor's options, and over them the run's. */
  readonly config: LmSampling;
  readonly teller: StreamedAnswers | undefined;
  /** `answered`: requests that brought what was asked for, which use no attempt up. */
  readonly attempts: { made: number; answered: number };
  repairs: number;
  repairsInARow: number;
  adapter: Adapter;
  /** The next question. */
  asking: AskStep;
}

/** One question that has been put. */
interface Question {
  readonly client: ContextClient;
  readonly request: LmRequest;
  readonly telling: StreamedAnswer | undefined;
  read(completion: LmCompletion): AdapterStep;
  readonly response: Promise<LmResponse>;
}

/** What came of one question. */
interface Answer extends Omit<Question, "response" | "read"> {
  readonly response: LmResponse;
  /** Undefined: the response holds none. */
  readonly completion: LmCompletion | undefined;
  /** What the adapter has made of it, if it is all that the signature asks for. */
  readonly step: AdapterStep | undefined;
  /** The adapter could read it, whatever the signature says of it. */
  readonly isWhole: boolean;
  /** From the cache: no request was made. */
  readonly hit: boolean;
}

function begin(given: ConversationOptions): Talk {
  const { context, onUnparsable, exchanges, adapter, outputs } = given;
  const { clock, overlay, parts, terms, path } = context;
  const { retry } = terms;
  return {
    given,
    rules: { onUnparsable, maxRepairs: retry.maxRepairs, maxAttempts: retry.maxAttempts },
    startedAt: clock.now(),
    books: bookkeeping(clock, exchanges),
    ledger: context.ledger.part(),
    config: overlay.config === undefined ? given.config : mergeSampling(given.config, overlay.config),
    teller: parts && streamedAnswers(parts, path, outputs),
    attempts: { made: 0, answered: 0 },
    repairs: 0,
    repairsInARow: 0,
    adapter,
    asking: given.begin(adapter),
  };
}

/** Puts the next question, as often as the retry policy says. Not async: of a call that waits, each wait is kept. */
function ask(talk: Talk, client: ContextClient): Question {
  const { given, books, ledger, attempts, asking, startedAt } = talk;
  const { context } = given;
  const { clock, terms, path } = context;
  const { partial, read: readAnswer } = asking;
  const telling = partial && talk.teller?.ask(partial);
  // The caller's options over the adapter's; stops of both count, as the layout may rest on its own.
  const request = mergeSampling(asking.request, talk.config);
  const isRead = (answer: LmCompletion): boolean => checked(readAnswer(answer), given).kind !== "unreadable";
  const booked = ({ name, lm }: Pick<ContextClient, "name" | "lm">): AskedModel =>
    books.through(name, telling?.through(lm) ?? lm, isRead);
  const response = askWithRetries(booked(client), request, {
    policy: terms.retry,
    attempts,
    tries: books.tries,
    books,
    clock,
    random: streamOf(terms.random, "retry"),
    signal: signalForModels(context),
    life: context,
    startedAt,
    endsAt: terms.endsAt,
    affinity: given.affinity,
    ledger,
    path,
    run: terms.run,
    fallbacks: client.fallbacks?.map((each) => ({ name: each.name, lm: booked(each) })),
    answerBegun: telling && (() => telling.began),
    onDecision: (event) => logDecision(context, client, event),
  });
  return { client, request, telling, read: readAnswer, response };
}

function answerTo({ given, attempts }: Talk, question: Question, response: LmResponse): Answer {
  const { client, request, telling } = question;
  const hit = (response.usage.cacheHits ?? 0) > 0;
  if (hit) attempts.made -= 1;
  const completion = response.completions[0];
  const read = completion && question.read(completion);
  const step = read && checked(read, given);
  return { client, request, response, telling, completion, step, isWhole: read?.kind === "done", hit };
}

function standingOf({ attempts, repairsInARow, adapter }: Talk): Standing {
  return { attempts: attempts.made, repairsInARow, inJson: adapter.name === JSON_ADAPTER.name };
}

function factsOf({ teller }: Talk, { completion, step, isWhole, telling }: Answer): AnswerFacts {
  return {
    finishReason: completion?.finishReason,
    read: step?.kind ?? "unreadable",
    isWhole,
    told: telling?.began ?? false,
    toldAny: teller?.began ?? false,
  };
}

/** The answer could not be read. */
function askAgain(talk: Talk, answer: Answer, step: UnreadableStep, startOver: boolean): void {
  talk.books.unreadable(step.problem);
  tried(talk, answer, "unparsable_output");
  logAskedAgain(talk.given.context, answer.client, step, talk.attempts.made);
  talk.repairs += 1;
  talk.repairsInARow += 1;
  if (startOver) talk.adapter = JSON_ADAPTER;
  talk.asking = startOver ? talk.given.begin(JSON_ADAPTER) : step.again;
}

/** The answer brought what was asked for, and there is more to ask. */
function goOn(talk: Talk, { hit }: Answer, next: AskStep): void {
  talk.asking = next;
  talk.repairsInARow = 0;
  if (hit) return;
  talk.attempts.answered += 1;
  talk.attempts.made -= 1;
}

function metaOf(
  { given, ledger, repairs, adapter, startedAt }: Talk,
  { client, request, response }: Answer,
  completion: LmCompletion,
  mended: readonly string[],
): PredictionMeta {
  const { clock, runId: run, path } = given.context;
  const { logprobs, reasoning } = completion;
  return {
    ...spentIn(ledger),
    messages: transcript(request, completion),
    repairs,
    mended,
    client: response.client ?? client.name,
    model: response.model,
    adapter: adapter.name,
    ...(logprobs && { logprobs }),
    ...(reasoning !== undefined && { reasoning }),
    run,
    path,
    ms: clock.now() - startedAt,
  };
}

/** What adapters have read, if it is all that the signature asks for. */
function checked(step: AdapterStep, { outputs, refinement }: ConversationOptions): AdapterStep {
  if (step.kind !== "done") return step;
  const found = checkOutputs(outputs, refinement, step.fields);
  if (found.ok) return { ...step, fields: found.values };
  const { problem, field } = found;
  return { kind: "unreadable", problem, ...(field && { field }), raw: step.raw, again: step.again(problem) };
}

/** Notes a request that brought nothing. Gives those made so far, and what came of each that brought nothing. */
function tried(
  { books, ledger }: Talk,
  { response: { client } }: Answer,
  code: LmFailureCode,
): { readonly attempts: number; readonly tries: readonly FailedTry[] } {
  books.tries.push({ code, ...(client !== undefined && { client }), ...books.last });
  return { attempts: ledger.sent, tries: [...books.tries] };
}

/** Why a conversation ends without its outputs. */
function failureAt(talk: Talk, answer: Answer, code: LmFailureCode): LmError {
  const { completion, step } = answer;
  const { provider, model } = answer.client.lm;
  const unread = step?.kind === "unreadable" ? step : undefined;
  talk.books.unreadable(unread?.problem);
  const about = tried(talk, answer, code);
  const said = unread && {
    raw: unread.raw,
    problem: unread.problem,
    ...(unread.field !== undefined && { field: unread.field }),
  };
  const details = { ...(said ?? (completion && { raw: completion.text })), ...about };
  return new LmError(`${model}: ${whyFailed(code, oneLine(unread?.problem ?? ""))}`, { code, provider, details });
}

function whyFailed(code: LmFailureCode, problem: string): string {
  switch (code) {
    case "cut_off":
      return `the answer was cut off at the token limit; raise maxTokens in the predictor's config (${problem})`;
    case "content_filter":
      return "the provider's content filter withheld the answer";
    case "unparsable_output":
      return `the answer cannot be read: ${problem}`;
    default:
      return "the response holds no completion";
  }
}

/** What was sent, and the answer: where the model went on with an opened turn, both are one message. */
function transcript({ messages }: LmRequest, { text, toolCalls }: LmCompletion): readonly LmMessage[] {
  const last = messages.at(-1);
  const goesOn = last?.role === "assistant";
  const content = goesOn ? textOf(last.content) + text : text;
  const answer: LmMessage = { role: "assistant", content, ...(toolCalls && { toolCalls }) };
  return Object.freeze([...(goesOn ? messages.slice(0, -1) : messages), answer]);
}

function logAskedAgain(
  context: CallContext,
  client: ContextClient,
  { field, problem, raw }: UnreadableStep,
  attempt: number,
): void {
  context.log.event("ask_again", "warn", {
    client: client.name,
    path: context.path,
    ...(field !== undefined && { field }),
    attempt,
    ...(context.log.contents && { problem, raw }),
  });
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
