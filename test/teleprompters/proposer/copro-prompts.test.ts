import { expect, test } from "vitest";
import { signature } from "../../../src/signatures/signature.ts";
import { attemptsText, originalOf, proposalOf } from "../../../src/teleprompters/proposer/copro-prompts.ts";

const ATTEMPTS = [
  { instruction: "A", prefix: "Answer:", score: 33.33 },
  { instruction: "B", prefix: "Answer:", score: 100 },
  { instruction: "C", prefix: "Reply:", score: 33.33 },
];

// The prompts are held against DSPy in test/dspy.
test("attempts are told worst first, of equals the latest first", () => {
  expect(attemptsText(ATTEMPTS, 2)).toBe(
    [
      "[1] «Instruction #1: A»",
      "[2] «Prefix #1: Answer:»",
      "[3] «Resulting Score #1: 33.33»",
      "[4] «Instruction #2: B»",
      "[5] «Prefix #2: Answer:»",
      "[6] «Resulting Score #2: 100.0»",
    ].join("\n"),
  );
  expect(attemptsText(ATTEMPTS, 10)).toMatch(/#1: C»[^]*#2: A»[^]*#3: B»/);
});

test("a predictor's original is its instructions and its last field's name in words", () => {
  expect(originalOf(signature("question -> reasoning, finalAnswer", { instructions: "Answer." }))).toEqual({
    instruction: "Answer.",
    prefix: "Final Answer:",
  });
});

test("a proposal loses the double quotes around it, then the white space", () => {
  const made = { proposed_instruction: '" Do "it". "', proposed_prefix_for_output_field: "E:" };
  expect(proposalOf(made)).toEqual({ instruction: 'Do "it".', prefix: "E:" });
});
