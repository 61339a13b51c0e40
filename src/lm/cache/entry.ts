import type { LmCompletion, LmFinishReason, LmResponse, LmUsage } from "../language-model.ts";
import { isRecord } from "../read-json.ts";

/**
 * Whether an answer may be given again. One that was cut off at the token limit, withheld, or ended for a reason nobody
 * knows, is no answer; nor is one without a word in it, which servers send when something broke behind them.
 */
export function isKeepable({ completions }: LmResponse): boolean {
  return (
    completions.length > 0 &&
    completions.every(
      ({ text, finishReason, toolCalls = [] }) =>
        (finishReason === "stop" || finishReason === "tool_calls") && (text.trim() !== "" || toolCalls.length > 0),
    )
  );
}

/** An answer that was not asked for now: what it cost was paid before, so its tokens count as none. */
export function asHit(response: LmResponse): LmResponse {
  return { ...response, usage: HIT_USAGE, usd: 0 };
}

const HIT_USAGE: LmUsage = Object.freeze({ inputTokens: 0, outputTokens: 0, totalTokens: 0, cacheHits: 1 });

/** What an answer takes in memory, roughly: its texts at two bytes a character, and the objects around them. */
export function sizeInMemory(key: string, response: LmResponse): number {
  const rest = { ...response, completions: undefined };
  let size = OBJECTS_BYTES + key.length + 2 * JSON.stringify(rest).length;
  for (const completion of response.completions) {
    const { text, ...more } = completion;
    size += 2 * text.length + 2 * JSON.stringify(more).length;
  }
  return size;
}

const OBJECTS_BYTES = 400;

const FINISH_REASONS: ReadonlySet<unknown> = new Set<LmFinishReason>([
  "stop",
  "length",
  "content_filter",
  "tool_calls",
  "other",
]);

/** An answer as it was kept on disk; undefined where it is not one (written by another version, say). */
export function readResponse(value: unknown): LmResponse | undefined {
  if (!isRecord(value)) return undefined;
  const { completions, usage, model, id } = value;
  if (!Array.isArray(completions) || completions.length === 0 || !completions.every(isCompletion)) return undefined;
  if (!isUsage(usage) || typeof model !== "string" || typeof id !== "string") return undefined;
  // What else is in it was written from a response, and is checked by its reader.
  return value as unknown as LmResponse;
}

function isCompletion(value: unknown): value is LmCompletion {
  if (!isRecord(value) || typeof value["text"] !== "string" || !FINISH_REASONS.has(value["finishReason"])) return false;
  const { toolCalls, logprobs, reasoning } = value;
  return (
    (reasoning === undefined || typeof reasoning === "string") &&
    (toolCalls === undefined || (Array.isArray(toolCalls) && toolCalls.every(isToolCall))) &&
    (logprobs === undefined || (Array.isArray(logprobs) && logprobs.every(isTokenLogprob)))
  );
}

function isToolCall(value: unknown): boolean {
  return isRecord(value) && ["id", "name", "arguments"].every((key) => typeof value[key] === "string");
}

function isTokenLogprob(value: unknown): boolean {
  if (!isRecord(value) || typeof value["token"] !== "string" || typeof value["logprob"] !== "number") return false;
  const { top } = value;
  return top === undefined || (Array.isArray(top) && top.every(isTokenLogprob));
}

function isUsage(value: unknown): value is LmUsage {
  return isRecord(value) && [value["inputTokens"], value["outputTokens"], value["totalTokens"]].every(Number.isFinite);
}
