import { resolve } from "node:path";
import type { EvaluateOptions, EvaluationReport, OnMismatch } from "../../index.ts";
import type { CliWorld } from "../cli-world.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { namedMetrics } from "../named/named-metrics.ts";
import { namedProgram, namedSignature, signatureOf } from "../named/named-program.ts";
import { namedSet } from "../named/named-set.ts";
import { namedSystem } from "../named/named-system.ts";
import { formOnOutput, prepareFiles, type ReportFiles, type ReportTexts, writeFiles } from "../report-files.ts";
import { budgetOf, type BudgetWish } from "../budget-wish.ts";
import { estimateText } from "../estimate-text.ts";
import { verdictOf } from "./verdict.ts";

/** The forms of a report that the command line has an option for, in its order. */
const FORMS = ["html", "junit", "csv", "json", "markdown"] as const;

type EvaluationForm = (typeof FORMS)[number];

/** What `dspex evaluate` was told. Names of files and exports are as they were typed. */
export interface EvaluateWish extends ReportFiles<EvaluationForm>, BudgetWish {
  readonly program: string;
  readonly metric: readonly string[];
  readonly set: string;
  readonly system: string;
  readonly signature?: string;
  readonly failUnder?: number;
  readonly journal?: string;
  readonly onMismatch?: OnMismatch;
  readonly rows?: number;
  readonly passScore?: number;
  readonly slice?: readonly string[];
  readonly trace?: true;
  readonly maxConcurrency?: number;
  readonly samples?: number;
  readonly timeoutMs?: number;
  readonly maxErrors?: number;
  readonly dryRun?: true;
  readonly progress: boolean;
}

/**
 * Loads what was named, evaluates it, prints the report, and gives the exit code. All input is looked at before the system
 * starts; files are written before anything is printed, so that a reader who leaves early (`| head`) keeps nothing from them.
 *
 * @throws UsageError, DatasetError (reject) for input that cannot be used; what a system that does not start says; the
 *   signal's reason, where it is aborted before there is anything to report
 */
export async function evaluateNamed(wish: EvaluateWish, world: CliWorld): Promise<ExitCode> {
  const { cwd, signal, out, err } = world;
  const onOutput = formOnOutput(wish, FORMS);
  const program = await namedProgram("--program", wish.program, world);
  const own = signatureOf(program);
  const metric = await namedMetrics("--metric", wish.metric, own, world);
  const columns = wish.signature === undefined ? own : await namedSignature("--signature", wish.signature, world);
  const set = await namedSet("--set", wish.set, columns, world);
  await prepareFiles(wish, FORMS, cwd);

  const system = await namedSystem("--system", wish.system, world);
  let report: EvaluationReport;
  try {
    // Modules are not compiled together: whether they fit shows when they meet.
    report = await system.evaluate(program, set, metric as never, optionsOf(wish, world));
  } finally {
    await system.stop();
  }

  const texts = textsOf(report, wish);
  const unwritten = await writeFiles(texts, wish, cwd);
  const text = onOutput === undefined ? tableOf(report, wish, out.columns) : texts[onOutput]();
  out.write(text.endsWith("\n") ? text : `${text}\n`);
  const { failUnder, journal, samples = 1 } = wish;
  const { code, said } = verdictOf(report, {
    failUnder,
    journal,
    interrupted: signal.aborted,
    trials: set.length * samples,
  });
  for (const line of unwritten) err.write(`error: ${line}\n`);
  if (said !== undefined) err.write(`${said}\n`);
  return code === EXIT.ok && unwritten.length > 0 ? EXIT.failed : code;
}

function optionsOf(wish: EvaluateWish, { cwd, signal }: CliWorld): EvaluateOptions {
  const { journal, onMismatch, maxConcurrency, samples, timeoutMs, maxErrors, slice, trace, dryRun, progress } = wish;
  const budget = budgetOf(wish);
  return {
    journal: journal === undefined ? undefined : resolve(cwd, journal),
    onMismatch,
    maxConcurrency,
    samples,
    timeoutMs,
    maxErrors,
    slices: slice,
    trace,
    dryRun,
    budget,
    signal,
    progress: progress && dryRun !== true,
  };
}

function textsOf(report: EvaluationReport, { rows, passScore }: EvaluateWish): ReportTexts<EvaluationForm> {
  return {
    html: () => report.toHtml(),
    junit: () => report.toJunit({ passScore }),
    csv: () => report.toCsv(),
    json: () => report.toJson(),
    markdown: () => report.toMarkdown({ rows }),
  };
}

function tableOf(report: EvaluationReport, { rows }: EvaluateWish, width: number | undefined): string {
  return report.estimate === undefined ? report.toTable({ rows, width }) : estimateText(report.estimate);
}
