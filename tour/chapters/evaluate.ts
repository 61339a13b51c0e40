import { compareReports, exactMatch, startSystem, type EvaluationReport } from "dspex";
import type { OutStream } from "../../src/cli/cli-world.ts";
import type { Chapter, ChapterWorld } from "../chapter.ts";
import { pastClient } from "../compile-past.ts";
import { pastProgram, pastSet } from "../past.ts";

/** A small model learns by what it is shown more than by what it is told: the same program without and with demos, on one test set. */
export const evaluatePast: Chapter = {
  title: "a program evaluated, without demos and with four",
  run: (world) => evaluateOn(world),
};

/** @param most so many examples of the test set; default all, 100 */
export async function evaluateOn({ out, lm, signal }: ChapterWorld, most?: number): Promise<number> {
  const trainset = await pastSet("train");
  const testset = await pastSet("test", most);
  const demos = trainset.sample(4, { seed: 1 }).map(({ inputs, labels }) => ({ ...inputs, ...labels }));
  out.write(`${testset.length} verbs and their past tense; a third of such verbs is irregular.\n`);
  out.write(`The demos, of a set of their own: ${demos.map(({ verb, past }) => `${verb} → ${past}`).join(", ")}.\n\n`);

  const candidates = [pastProgram.with({ name: "four demos", demos }), pastProgram];
  const system = await startSystem({ name: "tour", children: [pastClient(lm)], logger: false });
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
