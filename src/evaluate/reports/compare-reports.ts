import { UsageError } from "../../foundation/errors.ts";
import type { EvaluationReport, TableOptions, TrialRow } from "../report.ts";
import { pairedComparison } from "../statistics/paired.ts";
import type { PairedOptions } from "../statistics/paired.ts";
import { checkReport } from "./check-report.ts";
import { comparisonTable } from "./comparison-table.ts";
import type { ComparisonData, ReportComparison, ScoreChange } from "./report-comparison.ts";

/**
 * Whether one of two candidates is better, by the trials that both made: paired by the example's id and the sample. A trial
 * that failed counts with the score that its report gives it.
 *
 * The p-value takes trials for independent of each other: of several samples to an example, which are not, it says too
 * much.
 *
 * @throws UsageError for reports that do not hold all of their rows (`keepRows`), and for two that have no trial in common
 */
export function compareReports(
  first: EvaluationReport,
  second: EvaluationReport,
  options: PairedOptions = {},
): ReportComparison {
  checkReport("compareReports", first);
  checkReport("compareReports", second);
  const [own, others] = [trialsOf(first, "first"), trialsOf(second, "second")];
  const both = [...own.keys()].filter((key) => others.has(key));
  if (both.length === 0) throw new UsageError("compareReports: the reports have no trial in common");
  const pairs = both.map((key): ScoreChange => {
    // Both have it.
    const [a, b] = [own.get(key) as TrialRow, others.get(key) as TrialRow];
    return Object.freeze({ ...nameOf(a), first: a.score, second: b.score });
  });
  const only = (mine: Trials, theirs: Trials): ComparisonData["onlyFirst"] =>
    Object.freeze([...mine].flatMap(([key, row]) => (theirs.has(key) ? [] : [Object.freeze(nameOf(row))])));
  const data: ComparisonData = {
    first: Object.freeze({ name: first.name, score: first.score }),
    second: Object.freeze({ name: second.name, score: second.score }),
    trials: pairs.length,
    ...pairedComparison(
      pairs.map((pair) => pair.first),
      pairs.map((pair) => pair.second),
      options,
    ),
    changes: Object.freeze(pairs.filter((pair) => pair.first !== pair.second)),
    onlyFirst: only(own, others),
    onlySecond: only(others, own),
  };
  const comparison = { ...data };
  Object.defineProperty(comparison, "toTable", { value: (given?: TableOptions) => comparisonTable(data, given) });
  // The form that it was given just now.
  return Object.freeze(comparison) as ReportComparison;
}

type Trials = ReadonlyMap<string, TrialRow>;

/** By example, sample, and a count among equals: lists may hold an example twice. */
function trialsOf({ rows, trials }: EvaluationReport, which: string): Trials {
  if (rows.length < trials)
    throw new UsageError(
      `compareReports: the ${which} report holds ${rows.length} rows of ${trials} trials: evaluate with keepRows: "all"`,
    );
  const counts = new Map<string, number>();
  return new Map(
    rows.map((row) => {
      const name = JSON.stringify([row.example.id, row.sample]);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      return [`${name}${count}`, row];
    }),
  );
}

function nameOf({ example, sample }: TrialRow): Pick<ScoreChange, "id" | "sample"> {
  return { id: example.id, sample };
}
