import type { Adapter, AdapterStep, AskStep, DoneStep, FieldValues, UnreadableStep } from "../adapters/adapter.ts";
import { jsonAdapter } from "../adapters/json-adapter.ts";
import { LmError, oneLine } from "../lm/failure.ts";
import { NO_USAGE, addUsage } from "../lm/language-model.ts";
import type { LmCompletion, LmRequest, LmSampling } from "../lm/language-model.ts";
import { textOf } from "../lm/message.ts";
import type { LmMessage } from "../lm/message.ts";
import { askWithRetries } from "../lm/retry.ts";
import type { RetryEvent } from "../lm/retry.ts";
import type { Field } from "../signatures/field.ts";
import { firstIssue } from "../signatures/issue-text.ts";
import type { CallContext, ContextClient } from "./call-context.ts";
import { partTeller } from "./part-teller.ts";
import type { OnUnparsable, PredictionMeta } from "./program.ts";
import { pathOf } from "./trace.ts";

/** How often an answer that cannot be read is asked for again, for each output that is asked by itself. */
const REPAIRS = 1;

/** Asks when another layout has failed and `onUnparsable` says so. */
const JSON_ADAPTER = jsonAdapter();

export interface ConversationOptions {
  readonly client: ContextClient;
  readonly adapter: Adapter;
  /** The first question in a layout. */
  begin(adapter: Adapter): AskStep;
  readonly onUnparsable: OnUnparsable;
  readonly outputs: readonly Field[];
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
 * already. Its details hold `raw` (the model's text),
 * `problem`, `field` and `attempts`
 */
export async function converse(options: ConversationOptions): Promise<ConversationResult> {
  const { client, context } = options;
  const startedAt = context.clock.now();
  const attempts = { made: 0 };
  let answered = 0;
  let usage = NO_USAGE;
  let repairs = 0;
  let repairsInARow = 0;
  let adapter = options.adapter;
  let asking = options.begin(adapter);
  const teller = context.parts && partTeller(context.parts, pathOf(context), options.outputs);
  for (;;) {
    const telling = asking.partial && teller?.ask(asking.partial);
    const request = withConfig(asking.request, options.config);
    const response = await askWithRetries(telling?.through(client.lm) ?? client.lm, request, {
      policy: context.retry,
      attempts,
      clock: context.clock,
      random: context.random,
      signal: context.signal,
      startedAt,
      affinity: options.affinity,
      ...(client.fallbacks && {
        fallbacks: client.fallbacks.map((each) => ({ ...each, lm: telling?.through(each.lm) ?? each.lm })),
      }),
      ...(telling && { answerBegun: () => telling.began }),
      onDecision: (event) => logDecision(options, event),
    });
    usage = addUsage(usage, response.usage);
    const completion = response.completions[0];
    if (completion === undefined) throw noCompletion(options, answered + attempts.made);
    // Whatever text came along is not what the model meant to say.
    if (completion.finishReason === "content_filter") throw withheld(completion, options, answered + attempts.made);
    const read = asking.read(completion);
    const step = checked(read, options.outputs);
    if (step.kind !== "unreadable") await telling?.end();
    if (step.kind === "ask") {
      asking = step;
      answered += 1;
      attempts.made -= 1;
      repairsInARow = 0;
      continue;
    }
    if (step.kind === "done") {
      await teller?.rest(step.fields);
      const meta: PredictionMeta = {
        usage,
        messages: transcript(request, completion),
        attempts: answered + attempts.made,
        repairs,
        mended: step.mended,
        client: response.client ?? client.name,
        model: response.model,
        adapter: adapter.name,
        ms: context.clock.now() - startedAt,
      };
      return { fields: step.fields, meta };
    }
    const failure = unreadable(step, completion, options, answered + attempts.made);
    // Asked again, all that has been told of would come anew: of this question, or of all of them.
    const fromTheStart = read.kind === "done" || options.onUnparsable === "json";
    const told = fromTheStart ? teller?.began : telling?.began;
    const over = failure.code !== "unparsable_output" || repairsInARow >= REPAIRS || told === true;
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

/** The caller's sampling options over the adapter's; stops of both count, as the layout may rest on its own. */
function withConfig(request: LmRequest, config: LmSampling): LmRequest {
  const stop = [...new Set([...(request.stop ?? []), ...(config.stop ?? [])])];
  return { ...request, ...config, ...(stop.length > 0 && { stop }) };
}

/** Adapters read values by type; that they keep the fields' constraints is seen to here. */
function checked(step: AdapterStep, outputs: readonly Field[]): AdapterStep {
  if (step.kind !== "done") return step;
  for (const field of outputs) {
    const result = field.schema.safeParse(step.fields[field.name]);
    if (!result.success) return violated(step, field, `${field.name}: ${firstIssue(result.error)}`);
  }
  return step;
}

function violated(step: DoneStep, field: Field, problem: string): UnreadableStep {
  return { kind: "unreadable", problem, field: field.name, raw: step.raw, again: step.again(problem) };
}

function unreadable(
  step: UnreadableStep,
  completion: LmCompletion,
  { client }: ConversationOptions,
  attempts: number,
): LmError {
  const details = {
    raw: step.raw,
    problem: step.problem,
    ...(step.field !== undefined && { field: step.field }),
    attempts,
  };
  const common = { provider: client.lm.provider, details };
  if (completion.finishReason === "length") {
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

function withheld({ text }: LmCompletion, { client }: ConversationOptions, attempts: number): LmError {
  return new LmError(`${client.lm.model}: the provider's content filter withheld the answer`, {
    code: "content_filter",
    provider: client.lm.provider,
    details: { raw: text, attempts },
  });
}

function noCompletion({ client }: ConversationOptions, attempts: number): LmError {
  return new LmError(`${client.lm.model}: the response holds no completion`, {
    code: "malformed_response",
    provider: client.lm.provider,
    details: { attempts },
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
