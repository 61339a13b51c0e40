import type { LmUsage } from "./language-model.ts";
import { readCount } from "./read-json.ts";

/** Counts of tokens as a server told them, each whatever it is. */
export interface ToldTokens {
  readonly input?: unknown;
  readonly output?: unknown;
  /** Of the input, or beside it. */
  readonly cached?: unknown;
  /** Of the output, or beside it. */
  readonly reasoning?: unknown;
  /** Of all of them. */
  readonly total?: unknown;
}

/**
 * The usage that told counts mean. OpenAI counts cached tokens as part of the prompt's and reasoning as part of the
 * answer's. Others count them beside those, which shows in a part that is more than its whole, or in a total that is more
 * than input and output by just as much (xAI's, of reasoning). What a total has beyond all that is told was generated as
 * well, and is told nowhere else (Gemini's reasoning).
 *
 * `totalTokens` is the sum, whatever is said to be the total: callers add usages up.
 */
export function tokensUsed(told: ToldTokens): LmUsage {
  const cached = readCount(told.cached);
  const reasoning = readCount(told.reasoning);
  let inputTokens = readCount(told.input);
  let outputTokens = readCount(told.output);
  const isTold = inputTokens > 0 && outputTokens > 0;
  let beyond = Math.max(0, readCount(told.total) - inputTokens - outputTokens);
  if (beyond > MOST_BEYOND) beyond = 0;

  const cachedBeyond = cached > 0 && beyond !== reasoning && (beyond === cached || beyond === cached + reasoning);
  if (cached > inputTokens || cachedBeyond) {
    inputTokens += cached;
    beyond = Math.max(0, beyond - cached);
  }
  // A total that is off by what nobody tells is wrong, where the parts are told and fit.
  const fits =
    reasoning === 0 || beyond === reasoning || (reasoning > outputTokens && reasoning <= outputTokens + beyond);
  if (inputTokens === 0) inputTokens = beyond;
  else if (beyond > 0 && fits) outputTokens += beyond;
  else if (reasoning > outputTokens + MOST_OFF) outputTokens += reasoning;
  const reasoningTokens = Math.min(reasoning > 0 || !isTold ? reasoning : beyond, outputTokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cached > 0 && { cachedInputTokens: cached }),
    ...(reasoningTokens > 0 && { reasoningTokens }),
  };
}

/** A total that is further off than any model thinks is a wrong total. */
const MOST_BEYOND = 2_000_000;

/** A part that is more than its whole by so little was counted a little differently (SGLang, Kimi): it is still a part. */
const MOST_OFF = 2;
