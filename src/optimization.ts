/** The part of the surface that optimizes: teleprompters and their jobs. `index.ts` gives all of it. */

// Jobs: searches as processes.
export { compile, type BareCompileOptions } from "./teleprompters/job/compile.ts";
export type { CompileOptions } from "./teleprompters/job/compile-options.ts";
export type { JobHandle } from "./teleprompters/job/job-handle.ts";
export type { JobEstimate } from "./teleprompters/job/estimate.ts";
export type { BestOutput } from "./teleprompters/reports/best-outputs.ts";
export type { LessonEffect } from "./teleprompters/reports/lesson-effects.ts";
export type { ParetoExample, ParetoMember, ParetoSet } from "./teleprompters/reports/pareto-set.ts";
export type { DemoSource, TextSource } from "./teleprompters/reports/text-sources.ts";
export type { JobReport, JobReportData, JobTableOptions } from "./teleprompters/reports/job-report.ts";
export type { JobProgress, JobProgressListener } from "./teleprompters/progress/job-progress.ts";
export type { JobPartial, JobState, JobStatus, JobStep } from "./teleprompters/job/job-board.ts";
export { JobError, type JobErrorCode } from "./teleprompters/job/job-error.ts";
export { job, type JobOptions, type JobSpec } from "./actors/teleprompter/job-spec.ts";
export { labeledFewShot, type LabeledFewShotOptions } from "./teleprompters/few-shot/labeled-few-shot.ts";
export { bootstrapFewShot } from "./teleprompters/few-shot/bootstrap-few-shot.ts";
export type { BootstrapOptions, Teacher } from "./teleprompters/few-shot/bootstrap-options.ts";
export { randomSearch, type RandomSearchOptions } from "./teleprompters/few-shot/random-search.ts";
export { knnFewShot, type KnnFewShotOptions } from "./teleprompters/few-shot/knn-few-shot.ts";
export { mipro } from "./teleprompters/mipro/mipro.ts";
export type { MiproEffort, MiproOptions } from "./teleprompters/mipro/mipro-options.ts";
export { gepa } from "./teleprompters/gepa/gepa.ts";
export type { GepaOptions, TextChoice, TextSelector } from "./teleprompters/gepa/gepa-options.ts";
export type { GepaEffort } from "./teleprompters/gepa/gepa-budget.ts";
export type { CandidateSelection } from "./teleprompters/gepa/pareto.ts";
export type { ProposerOptions, TextProposer, TextWanted } from "./teleprompters/gepa/propose-texts.ts";
export type { ReflectionExample } from "./teleprompters/gepa/reflection-examples.ts";
export type { Ask } from "./teleprompters/proposer/ask.ts";
export { copro } from "./teleprompters/copro/copro.ts";
export type { CoproOptions } from "./teleprompters/copro/copro-options.ts";
export { inferRules } from "./teleprompters/infer-rules/infer-rules.ts";
export type { InferRulesOptions } from "./teleprompters/infer-rules/infer-rules-options.ts";
export { simba } from "./teleprompters/simba/simba.ts";
export type { SimbaOptions, SimbaTeacher } from "./teleprompters/simba/simba-options.ts";
export { bootstrapFinetune, type BootstrapFinetuneOptions } from "./teleprompters/training/bootstrap-finetune.ts";
export { openaiTrainer, type OpenAiTrainerOptions } from "./teleprompters/training/openai-trainer.ts";
export { trainingFile } from "./teleprompters/training/training-file.ts";
export type { Trained, Trainer, TrainingJob, TrainingRow } from "./teleprompters/training/trainer.ts";
export type { TrainingLife, TrainingStep } from "./teleprompters/training/training-step.ts";
export { betterTogether, type BetterTogetherOptions } from "./teleprompters/better-together.ts";
export { ensemble, type EnsembleOptions, type EnsembleOutputs } from "./teleprompters/ensemble.ts";
export { majority } from "./teleprompters/majority.ts";
export { evaluateRivals, isBetter } from "./teleprompters/candidate-score.ts";
export type { CandidateScore, EvaluatedCandidate } from "./teleprompters/candidate-score.ts";
export type { TrainingCall } from "./programs/predict/training-call.ts";
export type {
  AskOptions,
  LessonChange,
  ScoredCandidate,
  Search,
  SearchTask,
  SearchTrial,
  SeenError,
  SeenStep,
  Teleprompter,
  TextOrigin,
  TrialSeen,
  WrappingTeleprompter,
} from "./teleprompters/teleprompter.ts";
export type { PlannedRuns, SearchPlan } from "./teleprompters/search-plan.ts";
export { grpo } from "./teleprompters/grpo/grpo.ts";
export type { GrpoOptions } from "./teleprompters/grpo/grpo-options.ts";
export { lessons, type LessonsOptions } from "./teleprompters/grpo/lessons/lessons.ts";
export type { Learnt, PlannedSteps, Policy, PolicySession } from "./teleprompters/grpo/policy.ts";
export type { Rollout, RolloutGroup } from "./teleprompters/grpo/rollout-groups.ts";
export { artTrainer, type ArtTrainerOptions } from "./teleprompters/grpo/art/art-trainer.ts";
