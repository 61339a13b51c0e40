import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { parseInputs } from "../../src/signatures/inputs.ts";
import { signature } from "../../src/signatures/signature.ts";

const Ask = signature("question, k: int(ge=1) = 3, tags?: list[str], history: History -> answer", { name: "Ask" });

test("every input comes in the signature's order, defaults filled in", () => {
  const values = parseInputs(Ask, { tags: ["a"], question: "" });
  expect(Object.entries(values)).toEqual([
    ["question", ""],
    ["k", 3],
    ["tags", ["a"]],
    ["history", []],
  ]);
});

test("an optional input that is left out is null", () => {
  expect(parseInputs(Ask, { question: "q", k: undefined })).toEqual({ question: "q", k: 3, tags: null, history: [] });
});

describe("what does not fit is refused before anything is asked", () => {
  test.each<readonly [object, string]>([
    [{}, 'Ask: the input "question" (str) is missing'],
    [{ question: "q", qestion: "q" }, 'Ask: no input "qestion"; the inputs are question, k, tags, history'],
    [{ question: 5 }, 'Ask: input "question": expected str, got 5'],
    [{ question: null }, 'Ask: input "question": expected str, got null'],
    [{ question: "q", k: 0 }, 'Ask: input "k": expected int, got 0 (must be at least 1)'],
    [{ question: "q", k: 1.5 }, 'Ask: input "k": expected int, got 1.5'],
    [
      { question: "q", tags: ["a", 5] },
      'Ask: input "tags": expected list[str] | None, got ["a",5] (at 1: expected string',
    ],
  ])("%j", (inputs, message) => {
    expect(() => parseInputs(Ask, inputs)).toThrow(UsageError);
    expect(() => parseInputs(Ask, inputs)).toThrow(message);
  });
});
