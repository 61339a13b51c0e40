import { LmError, withDetails, withoutDetails } from "./failure.ts";
import { type LmUsage, NO_USAGE } from "./language-model.ts";

/** Five times the largest window there is. */
const MOST_TOKENS = 10_000_000;

/**
 * What an answer told of its tokens, as far as it makes sense; the very object where all of it does. Counts are whole
 * numbers from 0 to ten million; where the input's or the output's is something else (missing, NaN, below 0, a fraction,
 * a text, 10¹²), the answer has told nothing, and is charged by the estimate as one without a usage is. Where only the
 * total is, it is the sum; what else makes no sense is left out.
 */
export function toldUsage(usage: unknown): LmUsage {
  if (typeof usage !== "object" || usage === null) return NO_USAGE;
  // Whatever it is, it is read by these names.
  const told = usage as Partial<LmUsage>;
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens, cacheHits } = told;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return NO_USAGE;
  const hasTotal = Number.isInteger(totalTokens) && isBetween(totalTokens, 2 * MOST_TOKENS);
  if (hasTotal && isCountOrNone(cachedInputTokens) && isCountOrNone(reasoningTokens) && isCountOrNone(cacheHits))
    return told as LmUsage;
  return {
    inputTokens,
    outputTokens,
    totalTokens: hasTotal ? (totalTokens as number) : inputTokens + outputTokens,
    ...(isCount(cachedInputTokens) && { cachedInputTokens }),
    ...(isCount(reasoningTokens) && { reasoningTokens }),
    ...(isCount(cacheHits) && { cacheHits }),
  };
}

function isCount(value: number | undefined): value is number {
  return Number.isInteger(value) && isBetween(value, MOST_TOKENS);
}

function isCountOrNone(value: number | undefined): boolean {
  return value === undefined || isCount(value);
}

function isBetween(value: number | undefined, most: number): boolean {
  return value !== undefined && value >= 0 && value <= most;
}

/** What an answer that failed cost all the same. */
export interface FailedCost {
  readonly usage: LmUsage;
  /** US dollars, where the model's price is known. */
  readonly usd?: number;
}

/** As its failure tells it, in `details.usage` and `details.usd`. Undefined: it tells nothing, and counts as free. */
export function costOfFailure(failure: unknown): FailedCost | undefined {
  if (!(failure instanceof LmError) || failure.details["usage"] === undefined) return undefined;
  const { usd } = failure.details;
  const usage = toldUsage(failure.details["usage"]);
  return usage.totalTokens === 0 ? undefined : { usage, ...(typeof usd === "number" && { usd }) };
}

/** The failure as it is told to who has not paid for it. */
export function withoutCost(failure: LmError): LmError {
  return withoutDetails(failure, ["usage", "usd"]);
}

/** An answer that failed may have cost tokens all the same: what was told of them is in the failure's `details.usage`. */
export function withUsage(thrown: unknown, usage: LmUsage | undefined): unknown {
  const isTold = usage !== undefined && usage.totalTokens > 0;
  return isTold && thrown instanceof LmError && thrown.details["usage"] === undefined
    ? withDetails(thrown, { usage })
    : thrown;
}
