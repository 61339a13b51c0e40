import { UsageError, asError, describe } from "../foundation/errors.ts";
import { nearest } from "../foundation/check-options.ts";
import { NO_USAGE } from "../lm/language-model.ts";
import type {
  LmCompletion,
  LmFinishReason,
  LmRequest,
  LmResponse,
  LmTokenLogprob,
  LmUsage,
} from "../lm/language-model.ts";
import { textOf } from "../lm/message.ts";
import type { LmToolCall } from "../lm/message.ts";
import { cutCompletion } from "../lm/stop-strings.ts";

/**
 * Text and what came with it. Known from an object of fields by having one of the others beside `text`; `reasoning` alone does
 * not make it one.
 */
export interface ScriptedCompletion {
  readonly text: string;
  /** Default `"stop"`, or `"tool_calls"` where there are some. */
  readonly finishReason?: LmFinishReason;
  /** The tools that it asks to have called. */
  readonly toolCalls?: readonly LmToolCall[];
  /** Told where the request asks for them: one for each token of the text. */
  readonly logprobs?: readonly LmTokenLogprob[];
  /** What it says of its hidden reasoning. */
  readonly reasoning?: string;
  /** Default: counted by the rule of {@link estimateTokens}. */
  readonly usage?: Partial<LmUsage>;
}

/** Field values, written in the layout that the request asks for. */
export type ScriptedFields = Readonly<Record<string, unknown>>;

/** Works out a reply from the request; `index` counts requests from 0. */
export type ScriptedAnswer = (request: LmRequest, index: number) => ScriptedReply | Promise<ScriptedReply>;

/**
 * What a scripted model says to one request:
 * - a string: the raw text of the completion;
 * - an object of fields: written in the layout that the request asks for, so tests need not know it;
 * - `{ text, finishReason, usage, toolCalls, logprobs, reasoning }`: raw text and what comes with it;
 * - a list of these: the completions of one request with `n`;
 * - an error: the request fails with it;
 * - a function: works out one of the others.
 */
export type ScriptedReply =
  | string
  | ScriptedFields
  | ScriptedCompletion
  | readonly (string | ScriptedFields | ScriptedCompletion)[]
  | Error
  | ScriptedAnswer;

/** An output may well be called `reasoning`: with the text alone it tells nothing. */
const MARKS: ReadonlySet<string> = new Set(["finishReason", "usage", "toolCalls", "logprobs"]);
const COMPLETION_KEYS: ReadonlySet<string> = new Set(["text", "reasoning", ...MARKS]);

/** The completion that it is, with everything that it says. */
export function completionOf(scripted: ScriptedCompletion): LmCompletion {
  const { text, toolCalls, logprobs, reasoning } = scripted;
  const { finishReason = toolCalls === undefined ? "stop" : "tool_calls" } = scripted;
  return {
    text,
    finishReason,
    ...(toolCalls !== undefined && { toolCalls }),
    ...(logprobs !== undefined && { logprobs }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

/** About what it costs: its text, and the calls that it writes. */
export function outputTokensOf({ text, toolCalls = [] }: LmCompletion): number {
  return estimateTokens(text) + toolCalls.reduce((sum, call) => sum + estimateTokens(call.name + call.arguments), 0);
}

/** About what a tokenizer would count for English: a token for each four characters, begun ones included. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Text as a stream brings it: word by word, each with the blanks before it. */
export function textPieces(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** @throws whatever the reply says to throw; UsageError for a reply that the request has no use for */
export async function playReply(
  reply: ScriptedReply,
  request: LmRequest,
  index: number,
): Promise<Pick<LmResponse, "completions" | "usage">> {
  let played: ScriptedReply = reply;
  while (typeof played === "function") played = await played(request, index);
  if (played instanceof Error) throw played;
  const list = Array.isArray(played) ? (played as readonly Single[]) : [played as Single];
  if (list.length === 0) throw new UsageError(`scripted: reply ${index + 1} is an empty list`);
  const singles = list.map((single) => playSingle(single, request, index));
  const outputTokens = singles.reduce((sum, { completion }) => sum + outputTokensOf(completion), 0);
  const inputTokens = request.messages.reduce((sum, message) => sum + estimateTokens(textOf(message.content)), 0);
  const said = singles.reduce<Partial<LmUsage>>((all, { usage }) => ({ ...all, ...usage }), {});
  const usage: LmUsage = { ...NO_USAGE, inputTokens, outputTokens, ...said };
  return {
    completions: singles.map(({ completion }) => completion),
    usage: { ...usage, totalTokens: said.totalTokens ?? usage.inputTokens + usage.outputTokens },
  };
}

type Single = string | ScriptedFields | ScriptedCompletion;

function playSingle(
  single: Single,
  request: LmRequest,
  index: number,
): { readonly completion: LmCompletion; readonly usage?: Partial<LmUsage> } {
  if (typeof single === "string")
    return { completion: cutCompletion({ text: single, finishReason: "stop" }, request.stop) };
  if (typeof single !== "object" || single === null) {
    throw new UsageError(
      `scripted: reply ${index + 1} must be text, fields, a list or an error, got ${describe(single)}`,
    );
  }
  if (isCompletion(single)) {
    const { logprobs, ...rest } = completionOf(single);
    const told = request.logprobs === true && logprobs !== undefined ? { ...rest, logprobs } : rest;
    // A model never says what it was told to stop before.
    return { completion: cutCompletion(told, request.stop), ...(single.usage && { usage: single.usage }) };
  }
  if (request.writeAnswer === undefined) {
    throw new UsageError(
      `scripted: reply ${index + 1} is an object of fields, but the request names no layout to write them in; give text`,
    );
  }
  refuseWrongFields(single, request.writeAnswer.fields ?? [], index);
  try {
    return { completion: { text: request.writeAnswer(single), finishReason: "stop" } };
  } catch (thrown) {
    const error = asError(thrown);
    throw new UsageError(`scripted: reply ${index + 1} does not fit the layout: ${error.message}`, { cause: error });
  }
}

/**
 * A misspelt field would be a missing one, which the program asks for again: the script would seem to be too short. Fields
 * beside all that is asked for do no harm: one reply may serve several predictors.
 */
function refuseWrongFields(given: ScriptedFields, outputs: readonly string[], index: number): void {
  const missing = outputs.filter((name) => given[name] === undefined);
  const strange = Object.keys(given).filter((name) => !outputs.includes(name));
  if (outputs.length === 0 || missing.length === 0 || strange.length === 0) return;
  const hint = nearest(strange[0] ?? "", missing);
  throw new UsageError(
    `scripted: reply ${index + 1}: no output "${strange.join('", "')}"${hint === undefined ? "" : ` (is "${hint}" meant?)`}` +
      `; the outputs are ${outputs.join(", ")}`,
  );
}

function isCompletion(single: object): single is ScriptedCompletion {
  const keys = Object.keys(single);
  return (
    keys.some((key) => MARKS.has(key)) &&
    keys.every((key) => COMPLETION_KEYS.has(key)) &&
    "text" in single &&
    typeof single.text === "string"
  );
}
