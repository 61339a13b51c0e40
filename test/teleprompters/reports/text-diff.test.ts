import { describe, expect, test } from "vitest";
import { type DiffPart, textDiff } from "../../../src/teleprompters/reports/text-diff.ts";

test.each<[string, string, readonly DiffPart[]]>([
  ["", "", []],
  ["the same", "the same", [["same", "the same"]]],
  ["", "all new", [["new", "all new"]]],
  ["all gone", "", [["gone", "all gone"]]],
  [
    "Give the past tense of the verb.",
    "Give the simple past tense of the verb, and nothing else.",
    [
      ["same", "Give the "],
      ["new", "simple "],
      ["same", "past tense of the verb"],
      ["new", ", and nothing else"],
      ["same", "."],
    ],
  ],
  // The blank between two changed words is part of the change.
  [
    "one two end",
    "three four end",
    [
      ["gone", "one two"],
      ["new", "three four"],
      ["same", " end"],
    ],
  ],
])("%j to %j", (before, after, parts) => {
  expect(textDiff(before, after)).toEqual(parts);
});

describe("whatever the texts", () => {
  const texts = ["a b c d", "b d a c", "a  b\n\nc", "😀 a, b.", "c ".repeat(700), `x ${"c d ".repeat(600)}`, ""];
  test("what stays and what is gone is the first, what stays and what is new the second", () => {
    for (const before of texts)
      for (const after of texts) {
        const parts = textDiff(before, after);
        const of = (out: string): string => parts.flatMap(([is, text]) => (is === out ? [] : [text])).join("");
        expect([of("new"), of("gone")]).toEqual([before, after]);
      }
  });
});
