import { describe, expect, test } from "vitest";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import { bucketsOf } from "../../../src/teleprompters/simba/buckets.ts";

/** The examples, by their first letters, in the order in which there is most to learn from their scores. */
function orderOf(scores: Readonly<Record<string, readonly number[]>>): string {
  const names = Object.keys(scores);
  const batch = names.map((id): AnyExample => ({ id, inputs: {}, labels: {}, tags: {} }));
  const runs = Math.max(...Object.values(scores).map((each) => each.length));
  const rollouts = Array.from({ length: runs }, (_, run) =>
    names.map((name) => ({ seen: {}, rank: scores[name]?.[run] ?? 0 })),
  );
  return bucketsOf(batch, rollouts)
    .map(({ example }) => example.id)
    .join(" ");
}

describe("there is most to learn", () => {
  test.each<[string, Readonly<Record<string, readonly number[]>>, string]>([
    ["from the widest gap between the best run and the worst", { a: [0.5, 0.5], b: [0.2, 1], c: [1, 0] }, "c b a"],
    ["of equal gaps, from the best run", { a: [0.5, 0, 0], b: [1, 0.5, 0.5] }, "b a"],
    [
      "of equal best runs, where the others fall behind it most",
      { a: [1, 1, 0], b: [1, 0, 0], c: [1, 0.5, 0] },
      "b c a",
    ],
    ["of equal ones, from the first", { a: [1, 0], b: [0, 1] }, "a b"],
  ])("%s", (_what, scores, order) => {
    expect(orderOf(scores)).toBe(order);
  });
});
