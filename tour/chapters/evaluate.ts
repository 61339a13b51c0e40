import { join } from "node:path";
import {
  client,
  compareReports,
  exactMatch,
  leanAdapter,
  loadExamples,
  predict,
  signature,
  startSystem,
  type EvaluationReport,
} from "dspex";
import type { OutStream } from "../../src/cli/cli-world.ts";
import type { Chapter, ChapterWorld } from "../chapter.ts";

const DATA = join(import.meta.dirname, "..", "..", "examples", "small-task");

const Past = signature("verb -> past", {
  name: "PastTense",
  instructions: "Gives the past tense of an English verb.",
});

/** A small model learns by what it is shown more than by what it is told: the same program without and with demos, on one test set. */
export const evaluatePast: Chapter = {
  title: "a program evaluated, without demos and with four",
  run: (world) => evaluateOn(world),
};

/** @param most so many examples of the test set; default all, 100 */
export async function evaluateOn({ out, lm, signal }: ChapterWorld, most?: number): Promise<number> {
  const trainset = await loadExamples(join(DATA, "past_train.jsonl"), { signature: Past });
  const testset = (await loadExamples(join(DATA, "past_test.jsonl"), { signature: Past })).slice(0, most);
  const demos = trainset.sample(4, { seed: 1 }).map(({ inputs, labels }) => ({ ...inputs, ...labels }));
  out.write(`${testset.length} verbs and their past tense; a third of such verbs is irregular.\n`);
  out.write(`The demos, of a set of their own: ${demos.map(({ verb, past }) => `${verb} → ${past}`).join(", ")}.\n\n`);

  // The layout for small models: `Past:` is opened for the model, which goes on from there.
  const adapter = leanAdapter();
  const candidates = [
    predict(Past, { name: "four demos", adapter, demos }),
    predict(Past, { name: "no demos", adapter }),
  ];
  // As many at once as the model answers side by side: a trial then takes as long as its answer, and not as the line.
  const model = client({ name: "llama", lm, limits: { concurrency: 2 } });
  const system = await startSystem({ name: "tour", children: [model], logger: false });
  try {
    const [shown, plain] = await system.evaluate(candidates, testset, exactMatch("past"), { signal, progress: true });
    if (shown !== undefined && plain !== undefined) tell(shown, plain, out);
  } finally {
    await system.stop();
  }
  return 0;
}

function tell(shown: EvaluationReport, plain: EvaluationReport, out: OutStream): void {
  out.write(`\n${shown.toTable({ rows: 12, width: out.columns ?? 100 })}\n\n`);
  const { wins, losses, ties, pValue } = compareReports(shown, plain);
  const chance = pValue < 0.001 ? "below 0.001" : pValue.toFixed(3);
  out.write(
    `Without demos it scores ${plain.score.toFixed(2)}. Verb by verb the demos win ${wins}, lose ${losses} and tie ${ties} ` +
      `(p ${chance}).\n`,
  );
}
