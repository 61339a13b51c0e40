import {
  checkNumber,
  checkOptions,
  type NumberRule,
  optionNames,
  WHOLE_FROM_0,
} from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { metricNames } from "../../evaluate/metrics/metric.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import type { Program } from "../../programs/program.ts";
import { checkClient } from "../check-client.ts";
import type { TrialSeen } from "../teleprompter.ts";

/** Who shows how it is done. */
export interface Teacher {
  /** Has the student's predictors, under the same paths. Default: the student as it was given. */
  readonly program?: Program<never> | undefined;
  /** Whom all its predictors ask instead. Default: each its own. */
  readonly client?: string | undefined;
  /**
   * Whether it keeps its own demos, as one that was optimized should. Default false: it is given labeled ones instead, unless
   * `maxLabeledDemos` is 0.
   */
  readonly keepsDemos?: boolean | undefined;
}

export interface BootstrapOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** Whether a run was right. Default: every run that ends is. */
  readonly metric?: MetricFor<Inputs, Labels, Outputs> | undefined;
  /** The least score that is right. Default: every score but 0. */
  readonly metricThreshold?: number | undefined;
  /** Demos out of runs, for each predictor; default 4. */
  readonly maxBootstrappedDemos?: number | undefined;
  /** Demos in all, for each predictor, those out of runs included: labeled ones fill up what these leave. Default 16. */
  readonly maxLabeledDemos?: number | undefined;
  /** Runs of an example until one is right; further ones at temperature 1. Default 1. */
  readonly maxRounds?: number | undefined;
  /** So many failed runs end it. Default 10; `Infinity` has to be said. */
  readonly maxErrors?: number | undefined;
  readonly teacher?: Teacher | undefined;
}

/** The same, with defaults. */
export interface BootstrapRules {
  readonly metric: MetricFor<never, never, never> | undefined;
  readonly metricThreshold: number | undefined;
  readonly maxBootstrappedDemos: number;
  readonly maxLabeledDemos: number;
  readonly maxRounds: number;
  readonly maxErrors: number;
  readonly teacher: Teacher | undefined;
}

export const BOOTSTRAP_OPTIONS = optionNames<BootstrapOptions>({
  metric: true,
  metricThreshold: true,
  maxBootstrappedDemos: true,
  maxLabeledDemos: true,
  maxRounds: true,
  maxErrors: true,
  teacher: true,
});

const TEACHER = optionNames<Teacher>({ program: true, client: true, keepsDemos: true });

const OR_ENDLESS: NumberRule = {
  expected: "a whole number above 0, or Infinity",
  holds: (value) => value === Infinity || (Number.isInteger(value) && value > 0),
};

const FINITE: NumberRule = { expected: "a finite number", holds: Number.isFinite };

/** @throws UsageError for options that make no sense */
export function bootstrapRules<Inputs extends object, Labels extends object, Outputs extends object>(
  what: string,
  options: BootstrapOptions<Inputs, Labels, Outputs>,
): BootstrapRules {
  const { metric, metricThreshold, teacher } = options;
  const { maxBootstrappedDemos = 4, maxLabeledDemos = 16, maxRounds = 1, maxErrors = 10 } = options;
  if (metric !== undefined) metricNames(metric);
  checkNumber(what, "metricThreshold", metricThreshold, FINITE);
  for (const [name, value] of Object.entries({ maxBootstrappedDemos, maxLabeledDemos, maxRounds }))
    checkNumber(what, name, value, WHOLE_FROM_0);
  checkNumber(what, "maxErrors", maxErrors, OR_ENDLESS);
  if (teacher !== undefined) checkTeacher(what, teacher);
  // What it is called with comes of sets and programs whose fields are its own: `compile` has typed them alike.
  const untyped = metric as MetricFor<never, never, never> | undefined;
  const numbers = { maxBootstrappedDemos, maxLabeledDemos, maxRounds, maxErrors };
  return Object.freeze({ metric: untyped, metricThreshold, ...numbers, teacher });
}

/** What of them a job is known by: the metric and the teacher's program are told apart. */
export function bootstrapSettings(rules: BootstrapRules): Readonly<Record<string, unknown>> {
  const { metricThreshold = null, maxBootstrappedDemos, maxLabeledDemos, maxRounds, maxErrors, teacher } = rules;
  const { client = null, keepsDemos = false } = teacher ?? {};
  const numbers = { metricThreshold, maxBootstrappedDemos, maxLabeledDemos, maxRounds, maxErrors };
  return { ...numbers, teacher: { client, keepsDemos } };
}

/** Whom a search asks besides its student. */
export function askedBesides({ teacher }: Pick<BootstrapRules, "teacher">): {
  readonly programs: readonly Program<never>[];
  readonly clients: readonly string[];
} {
  const { program, client } = teacher ?? {};
  return { programs: program === undefined ? [] : [program], clients: client === undefined ? [] : [client] };
}

/** Whether a run is one to learn from. */
export function isRight(
  { score, error }: TrialSeen,
  { metric, metricThreshold }: Pick<BootstrapRules, "metric" | "metricThreshold">,
): boolean {
  if (error !== undefined) return false;
  if (metric === undefined) return true;
  return score !== undefined && (metricThreshold === undefined ? score !== 0 : score >= metricThreshold);
}

/** @throws UsageError for options that make no sense */
export function checkTeacher(what: string, teacher: Teacher, names: readonly string[] = TEACHER): void {
  checkOptions(`${what}: teacher`, teacher, names);
  const { program, client, keepsDemos } = teacher;
  if (program !== undefined && !isProgram(program)) throw notProgram(`${what}: teacher.program must be`, program);
  checkClient(what, "teacher.client", client);
  if (keepsDemos !== undefined && typeof keepsDemos !== "boolean")
    throw new UsageError(`${what}: teacher.keepsDemos must be true or false, got ${describe(keepsDemos)}`);
}
