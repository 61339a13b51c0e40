import { groupOf } from "./example.ts";
import type { EvaluationReport, Latency, PartialReason, TrialRow } from "./report.ts";
import { evaluationReport } from "./reports/evaluation-report.ts";
import { histogramOf } from "./statistics/histogram.ts";
import { meanInterval, quantile } from "./statistics/interval.ts";
import { percentScore } from "./statistics/score.ts";
import type { SliceScore } from "./statistics/slices.ts";

export interface TallyOptions {
  readonly name: string;
  readonly samples: number;
  readonly keepRows: "all" | "failures" | number;
  readonly slices: readonly string[];
  readonly seed: number;
}

/** Takes rows in the order in which they come, and keeps of them what a report needs: numbers, and the rows it is to hold. */
export interface Tally {
  readonly failures: number;
  readonly trials: number;
  /** Mean score so far; 0 of none. */
  readonly mean: number;
  add(row: TrialRow): void;
  report(about: {
    readonly partial: PartialReason | undefined;
    readonly ms: number;
    readonly notes: readonly string[];
  }): EvaluationReport;
}

export function makeTally({ name, samples, keepRows, slices, seed }: TallyOptions): Tally {
  // By place, so that sums run in the order of the set whatever came first: index · samples + sample.
  const scores: number[] = [];
  const times: number[] = [];
  const named = new Map<string, number[]>();
  const groups = slices.map(() => new Map<string | undefined, Map<number, number>>());
  const rows: TrialRow[] = [];
  const failures: TrialRow[] = [];
  const usage = { lmCalls: 0, totalTokens: 0, usd: 0 };
  const recorded = { predictions: 0, scores: 0 };
  let trials = 0;
  let sum = 0;

  const keeps = (row: TrialRow): boolean => {
    if (keepRows === "all") return true;
    return keepRows === "failures" ? row.error !== undefined : row.index < keepRows;
  };

  return {
    get failures() {
      return failures.length;
    },
    get trials() {
      return trials;
    },
    get mean() {
      return trials === 0 ? 0 : sum / trials;
    },
    add(row) {
      const place = row.index * samples + row.sample;
      scores[place] = row.score;
      trials += 1;
      sum += row.score;
      if (row.recorded !== "all") times.push(row.ms);
      if (row.recorded !== undefined) recorded.predictions += 1;
      if (row.recorded === "all") recorded.scores += 1;
      for (const [metric, score] of Object.entries(row.scores ?? {})) at(named, metric)[place] = score;
      for (const [index, by] of slices.entries()) {
        const slice = groupOf(row.example, by);
        const places = groups[index]?.get(slice) ?? new Map<number, number>();
        groups[index]?.set(slice, places.set(place, row.score));
      }
      usage.lmCalls += row.lmCalls;
      usage.totalTokens += row.tokens;
      usage.usd += row.usd;
      if (row.error !== undefined) failures.push(row);
      if (keeps(row)) rows.push(row);
    },
    report({ partial, ms, notes }) {
      const told = scores.filter(() => true);
      const means = [...named].map(([metric, list]) => [metric, mean(list.filter(() => true))] as const);
      return evaluationReport({
        name,
        score: told.length === 0 ? 0 : percentScore(told),
        mean: told.length === 0 ? 0 : mean(told),
        interval: told.length === 0 ? undefined : meanInterval(told, { seed }),
        trials,
        examples: Math.ceil(trials / samples),
        partial,
        rows: inOrder(rows),
        failures: inOrder(failures),
        failureCodes: Object.freeze(counted(failures.map(({ error }) => error?.code ?? ""))),
        scores: means.length === 0 ? undefined : Object.freeze(Object.fromEntries(means)),
        slices: Object.freeze(Object.fromEntries(slices.map((by, index) => [by, sliceScores(groups[index])]))),
        histogram: histogramOf(told),
        spread: samples === 1 ? undefined : spreadOf(scores, samples),
        usage: Object.freeze({ ...usage }),
        latency: latencyOf(times),
        ms,
        recorded: Object.freeze({ ...recorded }),
        notes,
      });
    },
  };
}

function at(lists: Map<string, number[]>, name: string): number[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function inOrder(rows: readonly TrialRow[]): readonly TrialRow[] {
  return Object.freeze(rows.toSorted((a, b) => a.index - b.index || a.sample - b.sample));
}

function counted(codes: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}

/** In the order of the set, whatever came first. */
function sliceScores(groups: ReadonlyMap<string | undefined, ReadonlyMap<number, number>> | undefined) {
  const slices = [...(groups ?? [])].map(([slice, places]) => {
    const inSet = [...places].toSorted(([a], [b]) => a - b);
    return { first: inSet[0]?.[0] ?? 0, slice, scores: inSet.map(([, score]) => score) };
  });
  return Object.freeze(
    slices
      .toSorted((a, b) => a.first - b.first)
      .map(({ slice, scores }): SliceScore =>
        Object.freeze({ slice, count: scores.length, score: percentScore(scores) }),
      ),
  );
}

/** The mean of the standard deviations of each example's samples. */
function spreadOf(scores: readonly number[], samples: number): number {
  const spreads: number[] = [];
  for (let first = 0; first < scores.length; first += samples) {
    const own = scores.slice(first, first + samples).filter((score) => score !== undefined);
    if (own.length < 2) continue;
    const middle = mean(own);
    spreads.push(Math.sqrt(own.reduce((total, score) => total + (score - middle) ** 2, 0) / (own.length - 1)));
  }
  return spreads.length === 0 ? 0 : mean(spreads);
}

function latencyOf(times: readonly number[]): Latency | undefined {
  if (times.length === 0) return undefined;
  const sorted = Float64Array.from(times).toSorted();
  const [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1].map((share) => quantile(sorted, share));
  return Object.freeze({ p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0, max: max ?? 0 });
}
