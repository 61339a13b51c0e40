import type { Adapter, AdapterStep, AskStep, FieldValues, UnreadableStep } from "../../adapters/adapter.ts";
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
import { bookkeeping } from "./bookkeeping.ts";
import type { Bookkeeping } from "./bookkeeping.ts";
import type { CallContext, ContextClient } from "../call-context.ts";
import { streamedAnswers } from "./streamed-answer.ts";
import type { OnUnparsable } from "../program.ts";
import type { PredictionMeta } from "../prediction.ts";
import { pathOf } from "../trace.ts";

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
  const { context } = given;
  const startedAt = context.clock.now();
  const attempts = { made: 0, answered: 0 };
  const books = bookkeeping(context.clock);
  let repairs = 0;
  let repairsInARow = 0;
  let { adapter } = given;
  let asking = given.begin(adapter);
  const teller = context.parts && streamedAnswers(context.parts, pathOf(context), given.outputs);
  for (;;) {
    const client = asking.client === undefined ? given.client : await context.client(asking.client);
    const options = { ...given, client };
    const { partial, read: readAnswer } = asking;
    const telling = partial && teller?.ask(partial);
    // The caller's options over the adapter's; stops of both count, as the layout may rest on its own.
    const request = mergeSampling(asking.request, options.config);
    const isRead = (answer: LmCompletion): boolean => checked(readAnswer(answer), options).kind !== "unreadable";
    const asked = ({ lm, price }: Pick<ContextClient, "lm" | "price">): LanguageModel =>
      books.through(telling?.through(lm) ?? lm, price, isRead);
    const response = await askWithRetries(asked(client), request, {
      policy: context.retry,
      attempts,
      tries: books.tries,
      costOf: books.costOf,
      clock: context.clock,
      random: context.random,
      signal: context.signal,
      startedAt,
      endsAt: context.endsAt,
      affinity: options.affinity,
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
    const about = (code: LmFailureCode): Tried => tried(code, attempts.answered + attempts.made, response, books);
    if (completion === undefined) throw noCompletion(options, about("malformed_response"));
    // Whatever text came along is not what the model meant to say.
    if (completion.finishReason === "content_filter") throw withheld(completion, options, about("content_filter"));
    const read = asking.read(completion);
    const step = checked(read, options);
    if (step.kind !== "unreadable") await telling?.end();
    if (step.kind === "ask") {
      asking = step;
      if (!hit) {
        attempts.answered += 1;
        attempts.made -= 1;
      }
      repairsInARow = 0;
      continue;
    }
    if (step.kind === "done") {
      await teller?.rest(step.fields);
      const meta: PredictionMeta = {
        usage: books.usage,
        ...(books.usd !== undefined && { usd: books.usd }),
        messages: transcript(request, completion),
        attempts: attempts.answered + attempts.made,
        repairs,
        mended: step.mended,
        client: response.client ?? client.name,
        model: response.model,
        adapter: adapter.name,
        ...(completion.logprobs && { logprobs: completion.logprobs }),
        ...(completion.reasoning !== undefined && { reasoning: completion.reasoning }),
        ms: context.clock.now() - startedAt,
      };
      return { fields: step.fields, meta };
    }
    const cutOff = completion.finishReason === "length";
    const failure = unreadable(step, cutOff, options, about(cutOff ? "cut_off" : "unparsable_output"));
    // Asked again, all that has been told of would come anew: of this question, or of all of them.
    const fromTheStart = read.kind === "done" || options.onUnparsable === "json";
    const told = fromTheStart ? teller?.began : telling?.began;
    const over = cutOff || repairsInARow >= context.retry.maxRepairs || told === true;
    if (over || options.onUnparsable === "fail" || attempts.made >= context.retry.maxAttempts) throw failure;
    context.log.event("ask_again", "warn", {
      client: client.name,
      ...(step.field !== undefined && { field: step.field }),
      attempt: attempts.made,
      ...(context.log.contents && { problem: step.problem, raw: step.raw }),
    });
    repairs += 1;
    repairsInARow += 1;
    if (options.onUnparsable === "json" && adapter.name !== JSON_ADAPTER.name) {
      adapter = JSON_ADAPTER;
      asking = options.begin(adapter);
    } else asking = step.again;
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

function unreadable(step: UnreadableStep, cutOff: boolean, { client }: ConversationOptions, about: Tried): LmError {
  const { raw, problem, field } = step;
  const details = { raw, problem, ...(field !== undefined && { field }), ...about };
  const common = { provider: client.lm.provider, details };
  if (cutOff) {
    return new LmError(
      `${client.lm.model}: the answer was cut off at the token limit; raise maxTokens in the predictor's config (${oneLine(step.problem)})`,
      { code: "cut_off", ...common },
    );
  }
  return new LmError(`${client.lm.model}: the answer cannot be read: ${oneLine(step.problem)}`, {
    code: "unparsable_output",
    ...common,
  });
}

function withheld({ text }: LmCompletion, { client }: ConversationOptions, about: Tried): LmError {
  return new LmError(`${client.lm.model}: the provider's content filter withheld the answer`, {
    code: "content_filter",
    provider: client.lm.provider,
    details: { raw: text, ...about },
  });
}

function noCompletion({ client }: ConversationOptions, about: Tried): LmError {
  return new LmError(`${client.lm.model}: the response holds no completion`, {
    code: "malformed_response",
    provider: client.lm.provider,
    details: { ...about },
  });
}

/** What was sent, and the answer: where the model went on with an opened turn, both are one message. */
function transcript({ messages }: LmRequest, { text, toolCalls }: LmCompletion): readonly LmMessage[] {
  const last = messages.at(-1);
  const goesOn = last?.role === "assistant";
  const content = goesOn ? textOf(last.content) + text : text;
  const answer: LmMessage = { role: "assistant", content, ...(toolCalls && { toolCalls }) };
  return Object.freeze([...(goesOn ? messages.slice(0, -1) : messages), answer]);
}

function logDecision({ client, context }: ConversationOptions, event: RetryEvent): void {
  const { failure, decision, attempt, requestMs, fallback } = event;
  context.log.event(decision.retry ? "retry" : "give_up", "warn", {
    client: event.client ?? client.name,
    code: failure.code,
    ...(failure.status !== undefined && { status: failure.status }),
    attempt,
    ms: requestMs,
    why: decision.why,
    ...(fallback !== undefined && { fallback }),
    ...(decision.retry && { waitMs: decision.waitMs }),
  });
}
