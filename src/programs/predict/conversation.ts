import type { Adapter, AdapterStep, AskStep, DoneStep, FieldValues, UnreadableStep } from "../../adapters/adapter.ts";
import { jsonAdapter } from "../../adapters/json-adapter.ts";
import { LmError, oneLine } from "../../lm/failure.ts";
import type { LmFailureCode } from "../../lm/failure.ts";
import type { LanguageModel, LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import { textOf } from "../../lm/message.ts";
import type { LmMessage } from "../../lm/message.ts";
import { askWithRetries } from "../../lm/retry/retry.ts";
import type { FailedTry, RetryEvent } from "../../lm/retry/retry.ts";
import { mergeSampling } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Field } from "../../signatures/field/field.ts";
import { checkOutputs } from "../../signatures/outputs.ts";
import type { Refinement } from "../../signatures/refinement.ts";
import { streamOf } from "../../foundation/random.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { nextMove } from "./next-move.ts";
import type { Bookkeeping } from "./bookkeeping.ts";
import type { CallContext, ContextClient } from "../call-context.ts";
import { streamedAnswers } from "./streamed-answer.ts";
import type { OnUnparsable } from "../program.ts";
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
  const { context, onUnparsable, exchanges } = given;
  const { clock, signal, terms } = context;
  const { retry: policy } = terms;
  const rules = { onUnparsable, maxRepairs: policy.maxRepairs, maxAttempts: policy.maxAttempts };
  const startedAt = clock.now();
  const attempts = { made: 0, answered: 0 };
  const books = bookkeeping(clock, exchanges);
  const config = terms.overlay.config === undefined ? given.config : mergeSampling(given.config, terms.overlay.config);
  const random = streamOf(terms.random, "retry");
  let repairs = 0;
  let repairsInARow = 0;
  let { adapter } = given;
  let asking = given.begin(adapter);
  const teller = context.parts && streamedAnswers(context.parts, context.path, given.outputs);
  for (;;) {
    const client = asking.client === undefined ? given.client : await context.client(asking.client);
    const options = { ...given, client };
    const { partial, read: readAnswer } = asking;
    const telling = partial && teller?.ask(partial);
    // The caller's options over the adapter's; stops of both count, as the layout may rest on its own.
    const request = mergeSampling(asking.request, config);
    const isRead = (answer: LmCompletion): boolean => checked(readAnswer(answer), options).kind !== "unreadable";
    const asked = ({ name, lm, price }: Pick<ContextClient, "name" | "lm" | "price">): LanguageModel =>
      books.through(name, telling?.through(lm) ?? lm, price, isRead);
    const response = await askWithRetries(asked(client), request, {
      policy,
      attempts,
      tries: books.tries,
      costOf: books.costOf,
      clock,
      random,
      signal,
      startedAt,
      endsAt: terms.endsAt,
      affinity: options.affinity,
      path: context.path,
      ...(client.fallbacks && {
        fallbacks: client.fallbacks.map((each) => ({ name: each.name, lm: asked(each) })),
      }),
      ...(telling && { answerBegun: () => telling.began }),
      onDecision: (event) => logDecision(options, event),
    });
    // No request was made where the cache had the answer.
    const hit = (response.usage.cacheHits ?? 0) > 0;
    if (hit) attempts.made -= 1;
    const completion = response.completions[0];
    const read = completion && readAnswer(completion);
    const step = read && checked(read, options);
    const move = nextMove(
      rules,
      { attempts: attempts.made, repairsInARow, inJson: adapter.name === JSON_ADAPTER.name },
      {
        finishReason: completion?.finishReason,
        read: step?.kind ?? "unreadable",
        isWhole: read?.kind === "done",
        told: telling?.began ?? false,
        toldAny: teller?.began ?? false,
      },
    );
    if (move.kind === "fail") {
      const about = tried(move.code, attempts.answered + attempts.made, response, books);
      const problem = step?.kind === "unreadable" ? step : undefined;
      books.unreadable(problem?.problem);
      throw failureOf(move.code, completion, problem, options, about);
    }
    if (step?.kind === "unreadable") {
      books.unreadable(step.problem);
      tried("unparsable_output", attempts.answered + attempts.made, response, books);
      logAskedAgain(options, step, attempts.made);
      repairs += 1;
      repairsInARow += 1;
      if (move.kind === "start_over") adapter = JSON_ADAPTER;
      asking = move.kind === "start_over" ? given.begin(adapter) : step.again;
      continue;
    }
    await telling?.end();
    if (step?.kind === "ask") {
      asking = step;
      if (!hit) {
        attempts.answered += 1;
        attempts.made -= 1;
      }
      repairsInARow = 0;
      continue;
    }
    // The one step that is left, and there is no step without a completion.
    const { fields, mended } = step as DoneStep;
    await teller?.rest(fields);
    const { logprobs, reasoning } = completion as LmCompletion;
    const meta: PredictionMeta = {
      usage: books.usage,
      ...(books.usd !== undefined && { usd: books.usd }),
      messages: transcript(request, completion as LmCompletion),
      attempts: attempts.answered + attempts.made,
      repairs,
      mended,
      client: response.client ?? client.name,
      model: response.model,
      adapter: adapter.name,
      ...(logprobs && { logprobs }),
      ...(reasoning !== undefined && { reasoning }),
      run: terms.run,
      path: context.path,
      ms: clock.now() - startedAt,
    };
    return { fields, meta };
  }
}

/** What adapters have read, if it is all that the signature asks for. */
function checked(step: AdapterStep, { outputs, refinement }: ConversationOptions): AdapterStep {
  if (step.kind !== "done") return step;
  const found = checkOutputs(outputs, refinement, step.fields);
  if (found.ok) return { ...step, fields: found.values };
  const { problem, field } = found;
  return { kind: "unreadable", problem, ...(field && { field }), raw: step.raw, again: step.again(problem) };
}

/** Requests made so far, and what came of those that brought nothing, this one included. */
interface Tried {
  readonly attempts: number;
  readonly tries: readonly FailedTry[];
}

function tried(code: LmFailureCode, attempts: number, { client }: LmResponse, books: Bookkeeping): Tried {
  books.tries.push({ code, ...(client !== undefined && { client }), ...books.last });
  return { attempts, tries: [...books.tries] };
}

/** Why a conversation ends without its outputs. */
function failureOf(
  code: LmFailureCode,
  completion: LmCompletion | undefined,
  step: UnreadableStep | undefined,
  { client }: ConversationOptions,
  about: Tried,
): LmError {
  const { provider, model } = client.lm;
  const said = step && { raw: step.raw, problem: step.problem, ...(step.field !== undefined && { field: step.field }) };
  const details = { ...(said ?? (completion && { raw: completion.text })), ...about };
  return new LmError(`${model}: ${whyFailed(code, oneLine(step?.problem ?? ""))}`, { code, provider, details });
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
  { client, context }: ConversationOptions,
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

function logDecision({ client, context }: ConversationOptions, event: RetryEvent): void {
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
