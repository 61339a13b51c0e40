import type { AdapterStep, AskStep, UnreadableStep } from "../../adapters/adapter.ts";
import { chooseAdapter } from "../../adapters/choose-adapter.ts";
import { jsonAdapter } from "../../adapters/json-adapter.ts";
import { LmError, oneLine, withDetails } from "../../lm/failure.ts";
import type { LmFailureCode } from "../../lm/failure.ts";
import type { LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import { textOf } from "../../lm/message.ts";
import type { LmMessage } from "../../lm/message.ts";
import type { FailedTry } from "../../lm/retry/retry.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { nextMove } from "./next-move.ts";
import type { AnswerFacts, ConversationRules, Standing } from "./next-move.ts";
import type { CallContext, ContextClient } from "../call-context.ts";
import { streamedAnswers } from "./streamed-answer.ts";
import type { StreamedAnswer } from "./streamed-answer.ts";
import { prediction, spentIn } from "../prediction.ts";
import type { Prediction, PredictionMeta } from "../prediction.ts";
import { trainingCallIsOf } from "./training-call.ts";
import { Question } from "./question.ts";
import { checked, firstQuestion } from "./talk.ts";
import type { ConversationOptions, Talk } from "./talk.ts";

/** Asks when another layout has failed and `onUnparsable` says so. */
const JSON_ADAPTER = jsonAdapter({ nativeTools: false });

/**
 * Puts an adapter's questions to the model until every output is there. Retries and questions asked again draw on one
 * count of attempts, which the context's retry policy bounds; a request that brought its output does not use it up, so
 * that an adapter may ask for many outputs one by one.
 *
 * @throws LmError of a request that failed for good; `cut_off` or `content_filter` as the model's finish reason says;
 * `unparsable_output` when the answer cannot be read after asking again, or where somebody listens and has heard of it
 * already. Its details hold `raw` (the model's text), `problem`, `field`, `attempts` and `tries`; those of all `run` and `path`
 */
export async function converse<Outputs extends object>(given: ConversationOptions): Promise<Prediction<Outputs>> {
  // One async function for all of it, with little in it: what it holds is kept for each call that waits.
  try {
    const talk = begin(given, await given.context.client(given.facts.client));
    for (;;) {
      const { client } = talk.asking;
      const question = new Question(talk, client === undefined ? talk.client : await given.context.client(client));
      const answer = answerTo(talk, question, await question.ask());
      const step = stepAfter(talk, answer);
      if (step.kind === "unreadable") continue;
      if (answer.telling !== undefined) await answer.telling.end();
      if (step.kind === "ask") continue;
      if (talk.teller !== undefined) await talk.teller.rest(step.fields);
      const made = prediction<Outputs>(step.fields, metaOf(talk, answer, step.mended));
      if (talk.first !== undefined) keepTrainingCall(made, talk);
      return made;
    }
  } catch (thrown) {
    const { runId: run, path } = given.context;
    throw thrown instanceof LmError ? withDetails(thrown, { run, path }) : thrown;
  }
}

/** What came of one question. */
interface Answer {
  readonly client: ContextClient;
  readonly request: LmRequest;
  readonly telling: StreamedAnswer | undefined;
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

function keepTrainingCall(made: Prediction<object>, { first, given, client }: Talk): void {
  const { facts, inputs } = given;
  if (first === undefined) return;
  const { asked, adapter } = first;
  trainingCallIsOf(
    made,
    asked.request,
    () => facts.barePromptOf(adapter).begin(inputs, client.lm.capabilities).request,
  );
}

function begin(given: ConversationOptions, client: ContextClient): Talk {
  const { context, facts, exchanges } = given;
  const { clock, overlay, parts, path } = context;
  const wishes = { call: overlay.adapter, program: facts.adapter, client: client.adapter };
  const adapter = chooseAdapter(wishes, client.lm.capabilities);
  const asking = firstQuestion(given, client, adapter);
  return {
    given,
    client,
    startedAt: clock.now(),
    books: bookkeeping(exchanges),
    ledger: context.ledger.part(),
    teller: parts && streamedAnswers(parts, path, facts.outputs),
    attempts: { made: 0, answered: 0 },
    repairs: 0,
    repairsInARow: 0,
    adapter,
    asking,
    first: exchanges && { asked: asking, adapter },
  };
}

function answerTo({ given, attempts }: Talk, question: Question, response: LmResponse): Answer {
  const { client, request, telling } = question;
  const hit = (response.usage.cacheHits ?? 0) > 0;
  if (hit) attempts.made -= 1;
  const completion = response.completions[0];
  const read = completion && question.read(completion);
  const step = read && checked(read, given.facts);
  return { client, request, response, telling, completion, step, isWhole: read?.kind === "done", hit };
}

/** What the answer comes to, with the next question made ready where it is not the end. @throws LmError where there is none */
function stepAfter(talk: Talk, answer: Answer): AdapterStep {
  const { step } = answer;
  const move = nextMove(rulesOf(talk), standingOf(talk), factsOf(talk, answer));
  if (move.kind === "fail" || step === undefined)
    throw failureAt(talk, answer, move.kind === "fail" ? move.code : "unparsable_output");
  if (step.kind === "unreadable") askAgain(talk, answer, step, move.kind === "start_over");
  if (step.kind === "ask") goOn(talk, answer, step);
  return step;
}

function rulesOf({ given }: Talk): ConversationRules {
  const { maxRepairs, maxAttempts } = given.context.terms.retry;
  return { onUnparsable: given.facts.onUnparsable, maxRepairs, maxAttempts };
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
  talk.asking = startOver ? firstQuestion(talk.given, talk.client, JSON_ADAPTER) : step.again;
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
  answer: Answer,
  mended: readonly string[],
): PredictionMeta {
  const { clock, runId: run, path } = given.context;
  const { client, request, response } = answer;
  // There is no step without one.
  const completion = answer.completion as LmCompletion;
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
