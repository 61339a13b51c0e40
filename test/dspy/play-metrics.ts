import { exactMatch, f1, hotpotF1, passageMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import { MetricError } from "../../src/evaluate/metrics/metric-error.ts";
import {
  f1Score,
  hotpotF1Score,
  normalizeText,
  precisionScore,
  sameText,
} from "../../src/evaluate/metrics/text-scores.ts";
import { FAILED } from "./vector-case.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";

export interface MetricCase extends VectorCase {
  readonly fn: string;
  readonly text: string;
  readonly prediction: string;
  readonly answers: readonly string[];
  readonly answer: string | readonly string[];
  readonly truth: string;
  readonly frac?: number;
  readonly context: readonly string[];
}

export function playMetric(each: MetricCase): Outcome {
  try {
    return { value: valueOf(each) };
  } catch (thrown) {
    if (thrown instanceof MetricError) return { ...FAILED, message: thrown.message };
    throw thrown;
  }
}

function valueOf({ fn, text, prediction, answers, answer, truth, frac = 1, context }: MetricCase): unknown {
  // Of single answers only the metric for examples is told in DSPy.
  if (["EM", "F1", "HotPotF1"].includes(fn) && !Array.isArray(answers))
    throw new MetricError("bad_label", "expected a list", { metric: fn });
  const against = (labels: unknown) => ({ labels: { answer: labels } });
  switch (fn) {
    case "normalize_text":
      return normalizeText(text);
    case "EM":
      return exactMatch("answer")(against(answers), { answer: prediction });
    case "F1":
      return f1("answer")(against(answers), { answer: prediction });
    case "HotPotF1":
      return hotpotF1("answer")(against(answers), { answer: prediction });
    case "em_score":
      return sameText(prediction, truth);
    case "f1_score":
      return f1Score(prediction, truth);
    case "precision_score":
      return precisionScore(prediction, truth);
    case "hotpot_f1_score":
      return hotpotF1Score(prediction, truth);
    case "answer_exact_match":
      return exactMatch("answer", { frac })(against(answer), { answer: prediction });
    case "answer_passage_match":
      return passageMatch("answer")(against(answer), { context });
    default:
      throw new Error(`no metric is called "${fn}"`);
  }
}
