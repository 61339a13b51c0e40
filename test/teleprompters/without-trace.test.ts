import { expect, test } from "vitest";
import { digestOfMetrics, type Metrics } from "../../src/evaluate/metrics/metric.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import { withoutTrace } from "../../src/teleprompters/without-trace.ts";

type Untyped = Metrics<never, never, never>;

test("of several metrics each is known as it was: by name and version, or by its source", () => {
  const exact = exactMatch("answer");
  const always = (): number => 1;
  const never = (): number => 0;
  const digests = [
    { exact, always },
    { exact, always: never },
    { exact: exactMatch("other"), always },
  ].map((metrics) => digestOfMetrics(withoutTrace(metrics as Untyped)));
  expect(new Set(digests).size).toBe(3);
  const { exact: wrapped } = withoutTrace({ exact }) as { readonly exact: typeof exact };
  expect([wrapped.name, wrapped.version, wrapped.settings]).toEqual([exact.name, exact.version, exact.settings]);
});
