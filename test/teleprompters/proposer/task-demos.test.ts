import { expect, test } from "vitest";
import { signature } from "../../../src/signatures/signature.ts";
import { taskDemos } from "../../../src/teleprompters/proposer/task-demos.ts";

const ASKED = signature("q -> a");
const NONE = "No task demos provided.";

function made(...questions: string[]) {
  return questions.map((q) => ({ augmented: true, q, a: "x" }));
}

test.each<[string, readonly (readonly object[])[], number, string]>([
  ["set 0", [made("1"), made("2")], 0, NONE],
  ["no sets at all", [], 2, NONE],
  ["labelled demos alone", [[], [{ q: "1", a: "x" }]], 1, NONE],
  ["three at most", [[], made("1", "2", "3", "4")], 1, "Q: 1\nA: x\n\nQ: 2\nA: x\n\nQ: 3\nA: x\n\n"],
  ["then later ones, then earlier ones", [made("0"), [], made("2")], 1, "Q: 2\nA: x\n\nQ: 0\nA: x\n\n"],
])("what a proposer sees: %s", (_what, sets, set, text) => {
  expect(taskDemos(ASKED, sets as readonly (readonly Record<string, unknown>[])[], set)).toBe(text);
});
