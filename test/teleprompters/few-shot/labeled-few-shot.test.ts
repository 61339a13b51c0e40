import { describe, expect, test } from "vitest";
import { chainOfThought, compile, labeledFewShot, program, UsageError } from "../../../src/index.ts";
import { answering, qa, QA, questions } from "./few-shot-world.ts";

const clients = { main: answering(() => true) };

describe("labeled demos", () => {
  test.each([
    ["three of eight", 8, { k: 3 }, ["A7", "A8", "A4"]],
    ["more than there are: all, shuffled", 3, { k: 99 }, ["A2", "A3", "A1"]],
    ["the first ones, unsampled", 8, { k: 2, sample: false }, ["A1", "A2"]],
    ["none", 8, { k: 0 }, []],
    ["of an empty trainset", 0, {}, []],
    ["of one example", 1, {}, ["A1"]],
  ])("%s", async (_what, count, options, answers) => {
    const made = await compile(labeledFewShot(options), qa, { trainset: questions(count), clients }).result();
    expect(made.demos.map(({ answer }) => answer)).toEqual(answers);
  });

  test("are drawn from one stream for all predictors, and a frozen one keeps its own", async () => {
    const frozen = qa.with({ frozen: true, demos: [{ question: "own", answer: "own" }] });
    const two = program({
      name: "two",
      parts: { first: qa, kept: frozen, second: chainOfThought(QA) },
      forward: ({ first }, inputs: { question: string }) => first(inputs),
    });
    const made = await compile(labeledFewShot({ k: 2 }), two, { trainset: questions(8), clients }).result();
    const answers = Object.entries(made.predictors()).map(([path, { demos }]) => [
      path,
      demos.map(({ answer }) => answer),
    ]);
    expect(answers).toEqual([
      ["first", ["A7", "A8"]],
      ["kept", ["own"]],
      ["second.predict", ["A7", "A1"]],
    ]);
  });

  test("ask nobody", async () => {
    const teleprompter = labeledFewShot();
    expect(teleprompter.plan?.({ student: qa, trainset: [], valset: undefined, warmStart: [] })).toEqual({
      trials: 0,
      proposals: [],
    });
    expect(() => labeledFewShot({ k: -1 })).toThrow(UsageError);
    expect(() => labeledFewShot({ sample: 1 as never })).toThrow("sample must be true or false");
  });
});
