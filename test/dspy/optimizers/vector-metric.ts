// Metrics as the files describe them.
import type { Metric } from "../../../src/evaluate/metrics/metric.ts";
import type { VectorMetric } from "./optimizer-case.ts";

type Values = Readonly<Record<string, unknown>>;

export function vectorMetric({ kind, field, table = [], default: other = 0 }: VectorMetric): Metric {
  const judge = (wanted: unknown, got: unknown): boolean | number => {
    switch (kind) {
      case "exact_match":
        return JSON.stringify(wanted) === JSON.stringify(got);
      case "contains":
        return String(got).includes(String(wanted));
      case "table":
        return scoreOf(table.find(([value]) => value === got)?.[1] ?? other);
      default:
        throw new Error(`metrics of the kind "${kind}" are not built yet`);
    }
  };
  const metric: Metric = ({ labels }, prediction) => judge((labels as Values)[field], (prediction as Values)[field]);
  return Object.assign(metric, { version: 1, settings: { kind, field, table, other } });
}

function scoreOf(score: unknown): boolean | number {
  if (typeof score === "number" || typeof score === "boolean") return score;
  throw new Error(`the metric failed: ${JSON.stringify(score)}`);
}
