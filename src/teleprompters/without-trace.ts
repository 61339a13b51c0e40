import type { Metric, Metrics } from "../evaluate/metrics/metric.ts";
import { digestOf } from "../programs/identity/digest-of.ts";

type AnyMetric = Metric<never, never, never>;

/**
 * The same metric, which is told of no trace: by one it is asked whether an example was solved, and may answer with a boolean. So
 * for searches that look at traces, and compare by scores all the same.
 */
export function withoutTrace(metrics: Metrics<never, never, never>): Metrics<never, never, never> {
  if (typeof metrics === "function") return untold(metrics);
  return Object.freeze(Object.fromEntries(Object.entries(metrics).map(([name, each]) => [name, untold(each)])));
}

function untold(metric: AnyMetric): AnyMetric {
  const asked: AnyMetric = (example, prediction, { context }) =>
    metric(example, prediction, context === undefined ? {} : { context });
  Object.defineProperty(asked, "name", { value: metric.name });
  const { version = digestOf(metric), settings } = metric;
  return Object.freeze(Object.assign(asked, { version, ...(settings !== undefined && { settings }) }));
}
