import { scanJournal } from "../../foundation/journal.ts";
import { searchesIn } from "../../programs/modules/retrieve.ts";
import type { Executor } from "../../programs/executor.ts";
import type { Program } from "../../programs/program.ts";
import type { Overlay } from "../../programs/run-terms.ts";
import type { EvaluateOptions } from "../evaluation-options.ts";
import type { AnyExample } from "../example.ts";
import type { Metrics } from "../metrics/metric.ts";
import { trialConfig } from "../trial-config.ts";
import { openEvaluationJournal } from "./evaluation-journal.ts";
import type { EvaluationJournal } from "./evaluation-journal.ts";
import { journalIndex } from "./journal-index.ts";
import { type Ground, groundOf, metricGround } from "./grounds.ts";
import { digestOfInputs, predictionKey } from "./trial-keys.ts";

/** What is evaluated. */
interface Evaluated {
  readonly candidates: readonly Program<never>[];
  readonly examples: Iterable<AnyExample> | AsyncIterable<AnyExample>;
  readonly metric: Metrics;
}

/** The journal that the options ask for, opened; undefined where they ask for none. Rejects as `openEvaluationJournal` does. */
export async function openJournalFor(
  executor: Executor,
  { candidates, examples, metric }: Evaluated,
  options: EvaluateOptions,
): Promise<EvaluationJournal | undefined> {
  const { journal: path, onMismatch = "add", redact, trace = false } = options;
  if (path === undefined) return undefined;
  return openEvaluationJournal({
    path,
    onMismatch,
    redact,
    clock: executor.clock,
    grounds: await groundsOf(executor, candidates, overlayOf(options)),
    metric: await metricGround(executor, metric, trace),
    trace,
    remarks: candidates.flatMap(searchRemark),
    set: Array.isArray(examples) ? digestOfInputs(examples as readonly AnyExample[]) : undefined,
  });
}

/** Tells whether a trial's prediction stands in the journal, which is read and left as it is. @param candidate its place */
export async function recordedFor(
  executor: Executor,
  { candidates }: Pick<Evaluated, "candidates">,
  options: EvaluateOptions,
): Promise<(candidate: number, example: AnyExample, sample: number) => boolean> {
  const { journal: path, trace = false } = options;
  if (path === undefined) return () => false;
  const grounds = await groundsOf(executor, candidates, overlayOf(options));
  const { index, reader } = journalIndex(path, { grounds: new Set(grounds.map(({ id }) => id)), metric: "", trace });
  await scanJournal(path, reader);
  return (candidate, example, sample) =>
    index.predictions.has(predictionKey(grounds[candidate]?.id ?? "", example, sample));
}

function overlayOf(options: EvaluateOptions): Overlay {
  const { adapter, client } = options;
  return { adapter, client, config: trialConfig(options, 0) };
}

async function groundsOf(
  executor: Executor,
  candidates: readonly Program<never>[],
  overlay: Overlay,
): Promise<readonly Ground[]> {
  const counts = new Map<string, number>();
  const grounds: Ground[] = [];
  for (const candidate of candidates) {
    const { program } = await groundOf(executor, candidate, overlay, 0);
    const copy = counts.get(program) ?? 0;
    counts.set(program, copy + 1);
    grounds.push(await groundOf(executor, candidate, overlay, copy));
  }
  return grounds;
}

/** What is searched may change without a word. */
function searchRemark(candidate: Program<never>): readonly string[] {
  if (Object.keys(searchesIn(candidate)).length === 0) return [];
  return [`what "${candidate.name}" searches is known by its client's name alone: other passages show in no key`];
}
