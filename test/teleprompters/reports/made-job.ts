import { examples } from "../../../src/evaluate/load-examples.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { withParameters } from "../../../src/programs/program-parameters.ts";
import type { Program } from "../../../src/programs/program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { jobBoard } from "../../../src/teleprompters/job/job-board.ts";
import type { JobReport } from "../../../src/teleprompters/reports/job-report.ts";
import { jobReport, type JobReportFacts } from "../../../src/teleprompters/reports/make-job-report.ts";
import type { ScoredCandidate, TextOrigin } from "../../../src/teleprompters/teleprompter.ts";
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

/** A program of one predictor and a text that it declares. */
export const support: Program<never> = program({
  name: "support",
  parts: { respond: predict(signature("ticket, policy -> reply", { instructions: "Answer the ticket." })) },
  parameters: { policy: "Be helpful." },
  forward: ({ respond }, { ticket }: { ticket: string }, { parameters }) =>
    respond({ ticket, policy: parameters.policy }),
});

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

const model = (...examples: readonly string[]): TextOrigin => ({ by: "model", client: "writer", examples });

/** A search as gepa's: two branches, each of which has changed another text, and what was joined of both. */
export const reflected = (): JobReport => {
  const { retell, policy } = { retell: "Say where the parcel is.", policy: "Promise no day." };
  const first = support.withPredictors({
    respond: support.predictors()["respond"]!.with({ instructions: retell }),
  });
  const second = withParameters(support, { policy });
  const both = withParameters(first, { policy });
  const last = both.withPredictors({
    respond: both.predictors()["respond"]!.with({ instructions: `${retell} Name the city.` }),
  });
  return reportOf(
    [
      { name: "student", program: support, scores: [0, 0, 1, undefined] },
      {
        name: "proposal 1",
        program: first,
        scores: [1, 0, 1, 0],
        parents: ["student"],
        changed: ["respond"],
        origins: { respond: model("e1", "e2") },
      },
      {
        name: "proposal 2",
        program: second,
        scores: [0, 1, 0, 0],
        parents: ["student"],
        changed: ["policy"],
        origins: { policy: { by: "function", examples: ["e3"] } },
      },
      {
        name: "refused",
        program: support,
        scores: [0],
        full: false,
        parents: ["student"],
        changed: [],
        note: "refused: 0 on its minibatch",
      },
      {
        name: "merge 1",
        program: both,
        scores: [1, 1, 0.5, 0],
        parents: ["proposal 1", "proposal 2"],
        changed: ["policy"],
        origins: { policy: { by: "candidate", candidate: "proposal 2" } },
        outputs: [{ reply: "In Oslo." }, { reply: "In Rome." }, undefined, undefined],
      },
      {
        name: "proposal 4",
        program: last,
        scores: [1, 1, 1, 0],
        parents: ["merge 1"],
        changed: ["respond"],
        origins: { respond: model("e2", "e4") },
      },
    ],
    { name: "support", teleprompter: "gepa", student: support },
  );
};

const taught = (...lessons: readonly string[]) =>
  student.with({ instructions: ["Past tense.", ...lessons.map((each) => `- ${each}`)].join("\n") });

/** A search as grpo's: a step that helped, one that did not, and one that forgot. */
export const learnt = (): JobReport =>
  reportOf([
    { name: "student", program: student, scores: scores(4) },
    {
      name: "step 1",
      program: taught("Mind vowels.", "Be brief."),
      scores: scores(6),
      parents: ["student"],
      changed: ["self"],
      origins: { self: model("e1", "e2") },
      lessons: [
        { predictor: "self", id: 1, is: "added", text: "Mind vowels." },
        { predictor: "self", id: 2, is: "added", text: "Be brief." },
      ],
    },
    {
      name: "step 2",
      program: taught("Mumble.", "Be brief."),
      scores: scores(3),
      parents: ["step 1"],
      changed: ["self"],
      origins: { self: model("e3") },
      lessons: [{ predictor: "self", id: 1, is: "changed", text: "Mumble.", before: "Mind vowels." }],
    },
    {
      name: "step 3",
      program: taught("Mind vowels."),
      scores: scores(9),
      parents: ["step 1"],
      changed: ["self"],
      origins: { self: model("e4") },
      lessons: [{ predictor: "self", id: 2, is: "deleted", text: "Be brief." }],
    },
  ]);

/** One whose every text is hostile. */
export const hostileJob = (): JobReport => {
  const text = ALL_HOSTILE;
  const program = student.with({ instructions: text, demos: [{ question: text, answer: text }] });
  return reportOf(
    [
      { name: "student", program: student, scores: scores(4) },
      {
        name: text,
        program,
        scores: scores(5),
        parents: ["student"],
        note: text,
        changed: ["self"],
        origins: { self: { by: "model", client: text, examples: [text] } },
        lessons: [{ predictor: text, id: 1, is: "changed", text, before: text }],
        outputs: [{ answer: text }],
      },
    ],
    { name: text, teleprompter: text },
  );
};
