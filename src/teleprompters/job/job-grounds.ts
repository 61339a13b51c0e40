import type { Adapter } from "../../adapters/adapter.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { digestOfExample } from "../../evaluate/example.ts";
import { groundOf, judgesOf } from "../../evaluate/journal/grounds.ts";
import { digestOfMetrics, type Metrics } from "../../evaluate/metrics/metric.ts";
import { digest } from "../../foundation/digest.ts";
import { LmError } from "../../lm/failure.ts";
import type { Executor } from "../../programs/executor.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import type { Program } from "../../programs/program.ts";
import { fullAdapterFacts } from "../../programs/identity/predictor-facts.ts";
import { isProgram } from "../../programs/program-tree.ts";
import type { Overlay } from "../../programs/run-terms.ts";
import type { SearchTask, Teleprompter } from "../teleprompter.ts";
import { JobError } from "./job-error.ts";

/** What a job's results rest on: a digest of each. Undefined: nobody knows, and nothing is compared. */
export interface JobGrounds {
  readonly program: string;
  readonly trainset: string;
  readonly valset: string;
  /** Undefined: there is none. */
  readonly warmStart?: string;
  readonly metric: string;
  readonly teleprompter: string;
  readonly options: string;
  /** Of the identities of all clients that it can reach. */
  readonly clients: string;
}

const WORDS: Readonly<Record<keyof JobGrounds, string>> = {
  program: "the program",
  trainset: "the trainset",
  valset: "the valset",
  warmStart: "the warm start",
  metric: "the metric",
  teleprompter: "the teleprompter, or what it was made with",
  options: "the options of its trials",
  clients: "a client or its model",
};

export async function jobGrounds(
  executor: Executor,
  teleprompter: Teleprompter<never, never, never>,
  { student, trainset, valset, warmStart }: SearchTask,
  overlay: Overlay,
): Promise<JobGrounds> {
  const { kind, version, settings, metric, programs = [], clients = [] } = teleprompter;
  // Judges are looked for, and names made: nobody calls it.
  const metrics = metric as Metrics | undefined;
  const judges = metrics === undefined ? [] : judgesOf(metrics);
  const clientsOf = (all: readonly Program<never>[]): Promise<readonly string[]> =>
    Promise.all(all.map(async (each) => (await groundOf(executor, each, overlay, 0)).clients ?? "unknown"));
  const asked = await clientsOf([student, ...programs, ...judges]);
  // As a rule those of the student.
  const further = (await clientsOf(warmStart)).filter((each) => !asked.includes(each));
  const named = await Promise.all(clients.map((name) => identity(executor, name)));
  return Object.freeze({
    program: digestOf(student),
    trainset: digestOfExamples(trainset),
    valset: valset === undefined ? "none" : digestOfExamples(valset),
    ...(warmStart.length > 0 && { warmStart: digest(warmStart.map((each) => digestOf(each))) }),
    metric: metrics === undefined ? "none" : digestOfMetrics(metrics),
    teleprompter: digest([kind, version, settingFacts(settings), programs.map((each) => digestOf(each))]),
    options: digest(settingFacts({ ...overlay })),
    clients: digest([...asked, ...further, ...named]),
  });
}

/** What is otherwise. */
export function changedIn(before: JobGrounds, now: JobGrounds): readonly (keyof JobGrounds)[] {
  return (Object.keys(WORDS) as (keyof JobGrounds)[]).filter((name) => before[name] !== now[name]);
}

export function jobMismatch(folder: string, changed: readonly (keyof JobGrounds)[]): JobError {
  const what = changed.map((each) => WORDS[each]).join(", ");
  return new JobError(
    `${folder} is the folder of another job: what is otherwise is ${what}. Give this one a folder of its own`,
    { code: "job_mismatch", retryable: false, details: { folder, changed } },
  );
}

function digestOfExamples(examples: readonly AnyExample[]): string {
  return digest(examples.map((each) => digestOfExample(each)));
}

/** Functions, programs and adapters by what they are known by, all else as it stands. */
function settingFacts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => settingFacts(each));
  if (isAdapter(value)) return fullAdapterFacts(value, "settings", true, () => undefined);
  if (isProgram(value) || typeof value !== "object" || value === null) return digestOf(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([name, each]) => [name, settingFacts(each)] as const));
}

function isAdapter(value: unknown): value is Adapter {
  return typeof value === "object" && value !== null && "prepare" in value && "fits" in value;
}

async function identity(executor: Executor, name: string): Promise<string> {
  try {
    return (await executor.identity(name)) ?? "unknown";
  } catch (thrown) {
    if (thrown instanceof LmError && thrown.code === "no_such_client") return "none";
    throw thrown;
  }
}
