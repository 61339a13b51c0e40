import { digestOf, functionsBySource } from "../programs/identity/digest-of.ts";
import type { Program } from "../programs/program.ts";
import { namedMetrics } from "./metrics/metric.ts";
import type { Metrics } from "./metrics/metric.ts";

/** What a reader of a report should know of code whose digest does not show all of it. */
export function sourceNotes(candidates: readonly Program<never>[], metric: Metrics): readonly string[] {
  const places = new Set(candidates.flatMap((each) => functionsBySource(each)));
  return Object.freeze([
    ...[...places].map((place) => `${place} is known by its source text: give it a version`),
    ...metricsBySource(metric).map(
      (name) => `the metric "${name}" ${CLOSED_OVER}: give it a version, and as settings what that is`,
    ),
    ...sameSource(metric),
  ]);
}

/** Names of the metrics that are known by their source text. */
export function metricsBySource(metric: Metrics): readonly string[] {
  return namedMetrics(metric).flatMap(([name, each]) => (functionsBySource(each).length > 0 ? [name] : []));
}

const CLOSED_OVER = "is known by its source text, which does not show what it closes over";

/** Two of one call that a digest does not tell apart. */
function sameSource(metric: Metrics): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [name, each] of namedMetrics(metric)) {
    if (functionsBySource(each).length === 0) continue;
    const digest = digestOf(each);
    groups.set(digest, [...(groups.get(digest) ?? []), name]);
  }
  return [...groups.values()]
    .filter((names) => names.length > 1)
    .map(
      (names) =>
        `the metrics ${names.map((name) => `"${name}"`).join(", ")} have one source text: their names alone tell them apart`,
    );
}
