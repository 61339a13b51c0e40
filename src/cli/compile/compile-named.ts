import { resolve } from "node:path";
import { asError, UsageError } from "../../foundation/errors.ts";
import { holderOf } from "../../foundation/folder-lock.ts";
import {
  type AnyExample,
  type CompileOptions,
  JobError,
  type JobHandle,
  type JobReport,
  jobStarted,
  type Program,
  saveProgram,
  type System,
} from "../../index.ts";
import { readWant, writeWant } from "../../teleprompters/job/job-control.ts";
import { BEST } from "../../teleprompters/job/job-folder.ts";
import { budgetOf } from "../budget-wish.ts";
import type { CliWorld } from "../cli-world.ts";
import { estimateText } from "../estimate-text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { namedMetrics } from "../named/named-metrics.ts";
import { namedProgram, namedSignature, signatureOf } from "../named/named-program.ts";
import { namedSet } from "../named/named-set.ts";
import { namedSystem } from "../named/named-system.ts";
import { namedTeleprompter } from "../named/named-teleprompter.ts";
import type { AnyTeleprompter } from "../named/ready-made-teleprompters.ts";
import { formOnOutput, prepareFiles, type ReportTexts, writeFiles } from "../report-files.ts";
import { verdictOfJob } from "./compile-verdict.ts";
import { type CompileWish, JOB_FORMS, type JobForm } from "./compile-wish.ts";
import { keepCommand } from "./kept-command.ts";

/** What was named, loaded. */
interface Task {
  readonly program: Program;
  readonly teleprompter: AnyTeleprompter;
  readonly trainset: readonly AnyExample[];
  readonly valset: readonly AnyExample[] | undefined;
}

/**
 * Loads what was named, compiles it as a job of the system, prints what it came to, and gives the exit code. All input is
 * looked at before the system starts. What ends the process leaves a folder from which the same command goes on.
 *
 * @throws UsageError, DatasetError (reject) for input that cannot be used; what a system that does not start says; JobError and
 *   StoreError for a folder that cannot be used, and where a job has failed
 */
export async function compileNamed(wish: CompileWish, world: CliWorld): Promise<ExitCode> {
  const { cwd, out, err } = world;
  const onOutput = formOnOutput(wish, JOB_FORMS);
  const task = await loaded(wish, world);
  await prepareFiles<JobForm | "out">(wish, [...JOB_FORMS, "out"], cwd);
  const folder = resolve(cwd, wish.folder);
  if (wish.dryRun !== true) await takeUp(folder, wish.folder, world);

  const system = await namedSystem("--system", wish.system, world);
  let handle: JobHandle;
  let failure: Error | undefined;
  let estimate: string | undefined;
  try {
    handle = await compiling(system, task, { ...wish, folder }, world);
    failure = await handle.result().then(
      () => undefined,
      (thrown: unknown) => asError(thrown),
    );
    if (wish.dryRun === true) estimate = await estimated(handle, task.teleprompter.kind);
  } finally {
    await system.stop();
  }
  if (estimate !== undefined) {
    out.write(`${estimate}\n`);
    return EXIT.ok;
  }
  if (failure !== undefined && !(failure instanceof JobError) && handle.status().trial === 0) throw failure;
  if (failure instanceof JobError && ["job_mismatch", "search_changed"].includes(failure.code)) throw failure;

  const report = handle.report();
  const texts = textsOf(report, wish);
  const problems = [...(await writeFiles(texts, wish, cwd)), ...(await saveBetter(report, wish, cwd))];
  const text = onOutput === undefined ? shown(report, wish, out.columns) : texts[onOutput]();
  out.write(text.endsWith("\n") ? text : `${text}\n`);
  for (const line of problems) err.write(`error: ${line}\n`);
  const { code, said } = verdictOfJob(report, {
    failure: failure?.message,
    interrupted: world.signal.aborted,
    folder: wish.folder,
  });
  if (said !== undefined) err.write(`${said}\n`);
  return code === EXIT.ok && problems.length > 0 ? EXIT.failed : code;
}

async function loaded(wish: CompileWish, world: CliWorld): Promise<Task> {
  const program = await namedProgram("--program", wish.program, world);
  const own = signatureOf(program);
  const metric = wish.metric === undefined ? undefined : await namedMetrics("--metric", wish.metric, own, world);
  const teleprompter = await namedTeleprompter("--teleprompter", wish.teleprompter, metric, world);
  const columns = wish.signature === undefined ? own : await namedSignature("--signature", wish.signature, world);
  const trainset = await namedSet("--train", wish.train, columns, world);
  const valset = wish.val === undefined ? undefined : await namedSet("--val", wish.val, columns, world);
  return { program, teleprompter, trainset, valset };
}

/** Whoever types the command wants it to run, whatever was wanted of the job before. A running one is left to who has it. */
async function takeUp(folder: string, typed: string, { err }: CliWorld): Promise<void> {
  if ((await holderOf(folder).catch(() => undefined)) !== undefined) return;
  const want = await readWant(folder);
  if (want === "go_on") return;
  await writeWant(folder, "go_on");
  err.write(`the job in ${typed} was ${want === "pause" ? "paused" : "cancelled"}: it is taken up again\n`);
}

/** Starts the job; once the folder is its own, the command is kept there. */
async function compiling(system: System, task: Task, wish: CompileWish, world: CliWorld): Promise<JobHandle> {
  const { program, teleprompter, trainset, valset } = task;
  const { signal, cwd, err } = world;
  const { folder, maxConcurrency, timeoutMs, dryRun, progress } = wish;
  const stop = jobStarted.subscribe((event) => {
    if (event.systemId !== system.id || event.folder !== folder) return;
    void keepCommand(folder, { cwd, wish }).catch((thrown: unknown) => {
      err.write(`"dspex jobs resume" will not know this command: ${asError(thrown).message}\n`);
    });
  });
  const options: CompileOptions = {
    trainset,
    valset,
    folder,
    maxConcurrency,
    timeoutMs,
    budget: budgetOf(wish),
    dryRun,
    progress: progress && dryRun !== true,
  };
  const end = (): void => void system.stop();
  signal.throwIfAborted();
  signal.addEventListener("abort", end, { once: true });
  try {
    // Modules are not compiled together: whether they fit shows when they meet.
    const handle = await system.compile(teleprompter as never, program, options as never);
    void handle
      .result()
      .catch(() => {})
      .finally(() => {
        stop();
        signal.removeEventListener("abort", end);
      });
    return handle;
  } catch (thrown) {
    stop();
    throw thrown;
  }
}

async function estimated(handle: JobHandle, kind: string): Promise<string> {
  const estimate = await handle.estimate();
  if (estimate === undefined) return `${kind} does not say beforehand what it would take`;
  const lines = [estimateText(estimate), `proposals   ${estimate.proposals} of the LM calls`];
  return [...lines, ...estimate.notes.map((note) => `NOTE        ${note}`)].join("\n");
}

function textsOf(report: JobReport, { rows }: CompileWish): ReportTexts<JobForm> {
  return {
    html: () => report.toHtml(),
    json: () => report.toJson(),
    markdown: () => report.toMarkdown({ rows }),
  };
}

function shown(report: JobReport, { rows, folder, out }: CompileWish, width: number | undefined): string {
  const table = report.toTable({ rows, width });
  if (report.state !== "done" || report.notes.some((note) => note.includes(BEST))) return table;
  const also = out === undefined ? "" : `, and ${out}`;
  return `${table}\n\nthe better program is saved: ${folder}/${BEST}${also}`;
}

/** Gives a line where it could not be saved. */
async function saveBetter({ result, state }: JobReport, { out }: CompileWish, cwd: string): Promise<readonly string[]> {
  if (out === undefined || result === undefined || state !== "done") return [];
  try {
    await saveProgram(result, resolve(cwd, out));
    return [];
  } catch (thrown) {
    const { message } = asError(thrown);
    return [`--out: ${thrown instanceof UsageError ? message : `${out} could not be written: ${message}`}`];
  }
}
