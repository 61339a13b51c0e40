import { examples } from "../../../src/evaluate/load-examples.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { jobBoard } from "../../../src/teleprompters/job/job-board.ts";
import type { JobReport } from "../../../src/teleprompters/reports/job-report.ts";
import { jobReport, type JobReportFacts } from "../../../src/teleprompters/reports/make-job-report.ts";
import type { ScoredCandidate } from "../../../src/teleprompters/teleprompter.ts";
import { ALL_HOSTILE } from "../../evaluate/reports/made-reports.ts";

const QA = signature("question -> answer", { instructions: "Give the past tense of the verb." });

/** Asks for the past tense, in so many words, with a demo that others keep or lose. */
export const student = predict(QA, {
  name: "past",
  demos: [
    { question: "go", answer: "went" },
    { question: "see", answer: "saw" },
  ],
});

export const set = examples(
  QA,
  Array.from({ length: 12 }, (_, index) => ({ question: `verb ${index}`, answer: `past ${index}` })),
);

export type Scored = Omit<ScoredCandidate, "score"> & { readonly score?: number };

export function reportOf(
  candidates: readonly Scored[],
  facts: Partial<JobReportFacts> & { readonly over?: boolean } = {},
): JobReport {
  const board = jobBoard(() => ["metric is known by its source text: give it a version"]);
  const { over = true, ...others } = facts;
  candidates.forEach((candidate, index) => {
    const sum = candidate.scores.reduce<number>((total, score) => total + (score ?? 0), 0);
    const score = Number(((100 * sum) / Math.max(1, candidate.scores.length)).toFixed(2));
    board.asked(index + 1, candidate.name, candidate.scores.length);
    board.delivered(index + 1, { lmCalls: 12 * (index + 1), tokens: 500 * (index + 1), usd: 0.01 * (index + 1) });
    board.scored(
      index + 1,
      { score, ...candidate },
      { lmCalls: 12 * (index + 1), tokens: 500 * (index + 1), usd: 0.01 },
    );
  });
  if (over) board.state("done");
  return jobReport({
    name: "nightly",
    teleprompter: "tries",
    student,
    trainset: set,
    valset: undefined,
    result: over ? board.best?.program : undefined,
    ms: 61_000,
    ...others,
    board,
  });
}

const scores = (right: number, failed = 0): (number | undefined)[] =>
  Array.from({ length: 12 }, (_, at) => (at < failed ? undefined : at < right + failed ? 1 : 0));

/** A search that got better, on few examples and on all. */
export const search = (): JobReport =>
  reportOf([
    { name: "student", program: student, scores: scores(4) },
    {
      name: "wordy",
      program: student.with({
        instructions: "Give the simple past tense of the verb, and nothing else.",
        demos: [
          { question: "see", answer: "saw" },
          { question: "take", answer: "took" },
        ],
      }),
      scores: scores(7, 1),
      parents: ["student"],
      note: "instructions of the proposer",
    },
    {
      name: "try",
      program: student.with({ instructions: "Past!" }),
      scores: [1, 0, 0.5],
      full: false,
      parents: ["wordy"],
    },
    {
      name: "wordy 2",
      program: student.with({ demos: [], config: { temperature: 0.7 } }),
      scores: scores(9),
      parents: ["wordy", "try"],
    },
    { name: "worse", program: student.with({ demos: [] }), scores: scores(2, 3), parents: ["wordy 2"] },
  ]);

/** One whose every text is hostile. */
export const hostileJob = (): JobReport => {
  const text = ALL_HOSTILE;
  const program = student.with({ instructions: text, demos: [{ question: text, answer: text }] });
  return reportOf(
    [
      { name: "student", program: student, scores: scores(4) },
      { name: text, program, scores: scores(5), parents: ["student"], note: text },
    ],
    { name: text, teleprompter: text },
  );
};
