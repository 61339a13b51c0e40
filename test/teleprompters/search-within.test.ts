import { expect, test } from "vitest";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import { signature } from "../../src/signatures/signature.ts";
import { searchWithin } from "../../src/teleprompters/search-within.ts";
import type { ScoredCandidate, Search } from "../../src/teleprompters/teleprompter.ts";

const student: Program<never> = predict(signature("question -> answer"));
const task = { student, trainset: [], valset: undefined, warmStart: [] };

function told(counts: boolean): readonly ScoredCandidate[] {
  const steps: ScoredCandidate[] = [];
  const outer: Search = {
    ...task,
    run: () => Promise.resolve([]),
    train: () => Promise.resolve(undefined),
    note: () => undefined,
    scored: (candidate) => void steps.push(candidate),
  };
  searchWithin(outer, "p", task, counts).scored({
    name: "merge 2",
    program: student,
    score: 1,
    scores: [1],
    parents: ["proposal 1", "student"],
    changed: ["self"],
    origins: { self: { by: "candidate", candidate: "student" }, other: { by: "model", client: "writer" } },
    outputs: [{ answer: "a" }],
  });
  return steps;
}

test("what a search within another tells is told under a name of its own, where texts came from too", () => {
  expect(told(true)).toEqual([
    {
      name: "p: merge 2",
      program: student,
      score: 1,
      scores: [1],
      full: true,
      parents: ["p: proposal 1", "p: student"],
      changed: ["self"],
      origins: { self: { by: "candidate", candidate: "p: student" }, other: { by: "model", client: "writer" } },
      outputs: [{ answer: "a" }],
    },
  ]);
});

test("answers to other examples than the outer one's are not told", () => {
  expect(told(false)[0]).not.toHaveProperty("outputs");
});
