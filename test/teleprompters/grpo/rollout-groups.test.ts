import { describe, expect, test } from "vitest";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import { advantagesOf, rewardOf, rolloutGroups } from "../../../src/teleprompters/grpo/rollout-groups.ts";
import type { SeenStep, TrialSeen } from "../../../src/teleprompters/teleprompter.ts";

const REWARDS = { formatFailure: -1, failure: 0.25 };
const example = (id: string): AnyExample => ({ id, inputs: {}, labels: {}, tags: {} });
const step = (path: string, said: string): SeenStep => ({
  kind: "predict",
  path,
  inputs: { question: "?" },
  outputs: { answer: said },
  sampled: { messages: [{ role: "user", content: "?" }], text: said },
});

describe("a run's reward", () => {
  test.each<readonly [what: string, seen: TrialSeen, reward: number]>([
    ["is its score", { score: 0.5 }, 0.5],
    ["of 0 is 0", { score: 0 }, 0],
    ["may be below 0", { score: -3 }, -3],
    [
      "of an answer that could not be read",
      { error: { code: "unparsable_output", message: "" }, failed: "program" },
      -1,
    ],
    ["of an answer that was cut", { error: { code: "cut_off", message: "" }, failed: "program" }, -1],
    ["of another failure", { error: { code: "timeout", message: "" }, failed: "program" }, 0.25],
    ["of a metric's failure", { error: { code: "unparsable_output", message: "" }, failed: "metric" }, 0.25],
  ])("%s", (_what, seen, reward) => expect(rewardOf(seen, REWARDS)).toBe(reward));

  test("said as 0 stays 0", () => {
    const seen: TrialSeen = { error: { code: "unparsable_output", message: "" }, failed: "program" };
    expect(rewardOf(seen, { formatFailure: 0, failure: 1 })).toBe(0);
  });
});

test("advantages are in standard deviations of the group", () => {
  expect(advantagesOf([1, 0, 0, 1])).toEqual([1, -1, -1, 1]);
  expect(advantagesOf([3, 3, 3])).toEqual([0, 0, 0]);
  expect(advantagesOf([0.1 + 0.2, 0.3])).toEqual([0, 0]);
});

test("a group is one call of one predictor in all runs of one example; one without a difference says nothing", () => {
  const runs: TrialSeen[][] = [
    [
      { score: 1, feedback: "good", trace: [step("ask", "a1"), step("ask", "a2"), step("frozen", "f")] },
      { score: 0, trace: [step("ask", "b1")] },
    ],
    [
      { score: 1, trace: [step("ask", "c")] },
      { score: 1, trace: [step("ask", "d")] },
    ],
  ];
  const groups = rolloutGroups([example("x"), example("y")], runs, ["ask"], REWARDS);
  expect(groups.map(({ example: id, predictor, call, rollouts }) => [id, predictor, call, rollouts.length])).toEqual([
    ["x", "ask", 0, 2],
  ]);
  expect(
    groups[0]?.rollouts.map(({ reward, advantage, sampled, feedback }) => [reward, advantage, sampled?.text, feedback]),
  ).toEqual([
    [1, 1, "a1", "good"],
    [0, -1, "b1", undefined],
  ]);
});
