/** The part of the surface that evaluates: examples in sets, metrics, trials, reports. `index.ts` gives all of it. */

// Examples in sets.
export { examples, loadExamples, streamExamples } from "./evaluate/load-examples.ts";
export type { ExampleRow, ExamplesOptions, LoadOptions } from "./evaluate/load-examples.ts";
export { exampleSet, type DrawOptions, type ExampleSet, type StratifyOptions } from "./evaluate/example-set.ts";
export type { AnyExample, Example, GroupBy } from "./evaluate/example.ts";
export { DatasetError, type BadRow, type DatasetErrorCode } from "./evaluate/data/dataset-error.ts";

// Trials and what they come to.
export { evaluate, type BareEvaluateOptions, type Examples, type MetricFor } from "./evaluate/evaluate.ts";
export type { EvaluateOptions } from "./evaluate/evaluation-options.ts";
export type { EvaluationEstimate } from "./evaluate/estimate.ts";
export type { OnMismatch } from "./evaluate/journal/evaluation-journal.ts";
export { JournalMismatchError, type JournalChange } from "./evaluate/journal/journal-mismatch.ts";
export type {
  EvaluationReport,
  HtmlOptions,
  JUnitOptions,
  Latency,
  PartialReason,
  ReportData,
  RowsOptions,
  ScoreBin,
  TableOptions,
  TrialRow,
} from "./evaluate/report.ts";

export type { Progress, ProgressListener } from "./evaluate/progress/progress.ts";

// Reports.
export { compareReports } from "./evaluate/reports/compare-reports.ts";
export type { ComparisonData, ReportComparison, ScoreChange } from "./evaluate/reports/report-comparison.ts";
export { writeReport } from "./evaluate/reports/write-report.ts";
export type { PairedComparison, PairedOptions, PairedTest } from "./evaluate/statistics/paired.ts";

// Metrics.
export { contains, exactMatch, f1, hotpotF1, passageMatch, precision } from "./evaluate/metrics/text-metrics.ts";
export type {
  ContainsOptions,
  ExactMatchOptions,
  PassageCall,
  PassageMatchOptions,
} from "./evaluate/metrics/text-metrics.ts";
export { normalizeText } from "./evaluate/metrics/text-scores.ts";
export { numeric, type NumericOptions } from "./evaluate/metrics/numeric.ts";
export { jsonMatch } from "./evaluate/metrics/json-match.ts";
export type { JsonMatchAnswer, JsonMatchCall, JsonMatchOptions } from "./evaluate/metrics/json-match.ts";
export { completeAndGrounded, semanticF1 } from "./evaluate/metrics/judges.ts";
export type {
  CompleteAndGroundedOptions,
  JudgeCall,
  JudgedExample,
  JudgeMetric,
  JudgeOptions,
  SemanticF1Options,
} from "./evaluate/metrics/judges.ts";
export type {
  CompletenessVerdict,
  JudgedAnswer,
  RetrievedAnswer,
  SemanticVerdict,
} from "./evaluate/metrics/judge-programs.ts";
export type {
  FeedbackFor,
  Metric,
  MetricAnswer,
  MetricCall,
  Metrics,
  PartFeedback,
  ScoredAnswer,
} from "./evaluate/metrics/metric.ts";
export type { FieldCall, FieldMetric, Labelled, ReadyMade } from "./evaluate/metrics/ready-made.ts";
export { MetricError, type MetricErrorCode } from "./evaluate/metrics/metric-error.ts";

// Classes.
export { classificationReport } from "./evaluate/statistics/classification.ts";
export type { ClassificationReport, ClassScores, ConfusionMatrix } from "./evaluate/statistics/classification.ts";
