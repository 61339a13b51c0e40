import type { EvaluationEstimate } from "../index.ts";

/** A line for each figure. */
export function estimateText({ trials, lmCalls, inputTokens, outputTokens, usd }: EvaluationEstimate): string {
  const figures = [
    ["trials", String(trials)],
    ["LM calls", String(lmCalls)],
    ["tokens in", String(inputTokens)],
    ["tokens out", `${outputTokens} at most`],
    ["dollars", usd === undefined ? "unknown: a model's price is not known" : usd.toFixed(4)],
  ] as const;
  const lines = figures.map(([about, text]) => `${about.padEnd("tokens out".length)}  ${text}`);
  return ["It would take about", ...lines].join("\n");
}
