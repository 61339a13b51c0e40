import { expect, test } from "vitest";
import { reportOf, type Scored, student } from "./made-job.ts";

const of = (...scores: Scored["scores"][]) =>
  reportOf(scores.map((each, at) => ({ name: `c${at}`, program: student, scores: each }))).pareto;

test("by example the best score and who has it, by candidate on how many nobody is better", () => {
  expect(of([1, 0, 0.5, undefined], [0, 1, 0.5, undefined], [0, 0, 0, undefined])).toEqual({
    examples: [
      { place: 0, example: undefined, score: 1, candidates: ["c0"] },
      { place: 1, example: undefined, score: 1, candidates: ["c1"] },
      { place: 2, example: undefined, score: 0.5, candidates: ["c0", "c1"] },
      { place: 3, example: undefined, score: undefined, candidates: [] },
    ],
    candidates: [
      { candidate: "c0", leads: 2, alone: 1 },
      { candidate: "c1", leads: 2, alone: 1 },
    ],
  });
});

test("a failed trial is below every score, also one below 0", () => {
  expect(of([undefined], [-3])?.examples[0]).toMatchObject({ score: -3, candidates: ["c1"] });
});

test("there is none of one alone, or of scores on different examples", () => {
  expect(of([1, 0])).toBeUndefined();
  expect(of([1, 0], [1])).toBeUndefined();
  expect(of([], [])).toBeUndefined();
});
