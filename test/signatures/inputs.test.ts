import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { imageValue } from "../../src/signatures/values/media.ts";
import { parseInputs } from "../../src/signatures/inputs.ts";
import { signature } from "../../src/signatures/signature.ts";
import { tool } from "../../src/signatures/values/tool.ts";

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

test("dates become the text that prompts show", () => {
  const Due = signature("day: date, at: datetime, days: list[date] -> answer");
  const at = new Date("2024-01-15T10:30:00Z");
  expect(parseInputs(Due, { day: new Date("2024-01-15"), at, days: ["2024-01-16"] })).toEqual({
    day: "2024-01-15",
    at: "2024-01-15T10:30:00Z",
    days: ["2024-01-16"],
  });
});

test("what is not text is checked", () => {
  const See = signature("photo: Image, day: date, tools: list[Tool] -> answer", { name: "See" });
  const right = { photo: imageValue("https://example.com/cat.png"), day: "2024-01-15", tools: [] };
  expect(parseInputs(See, right)).toEqual(right);
  const refused = (wrong: object): string => {
    try {
      return JSON.stringify(parseInputs(See, { ...right, ...wrong }));
    } catch (thrown) {
      return thrown instanceof UsageError ? thrown.message : "another error";
    }
  };
  expect(refused({ photo: "cat.png" })).toBe(
    'See: input "photo": expected Image, got "cat.png" (a text is no image: make one with image("https://…") or image(bytes), or of a file with await image.fromPath("…"))',
  );
  expect(refused({ photo: { type: "image", url: "/cat.png" } })).toMatch(/"photo".*a path is read only by await image/);
  expect(refused({ photo: { type: "audio", data: "AAAA", format: "wav" } })).toMatch(/"photo": expected Image, got/);
  expect(refused({ day: "2024-02-30" })).toMatch(/"day": expected date, got "2024-02-30" \(expected text such as/);
  expect(refused({ day: new Date("2024-01-15T10:00:00Z") })).toMatch(/it has a time.*give the day as text/);
  expect(refused({ tools: [tool({ name: "x" }), tool({ name: "x" })] })).toMatch(/"tools".*two tools are named "x"/);
  expect(refused({ tools: [{ name: "x" }] })).toMatch(/"tools".*at 0: expected a value made by tool\(…\)/);
});

describe("what does not fit is refused before anything is asked", () => {
  test.each<readonly [object, string]>([
    [{}, 'Ask: the input "question" (str) is missing'],
    [{ question: "q", qestion: "q" }, 'Ask: no input "qestion"; the inputs are question, k, tags, history'],
    [{ question: 5 }, 'Ask: input "question": expected str, got 5'],
    [{ question: null }, 'Ask: input "question": expected str, got null'],
    [{ question: "q", k: 0 }, 'Ask: input "k": expected int, got 0 (must be at least 1)'],
    [{ question: "q", k: 1.5 }, 'Ask: input "k": expected int, got 1.5'],
    [{ question: "q", tags: ["a", 5] }, 'Ask: input "tags": expected list[str], got ["a",5] (at 1: expected string'],
  ])("%j", (inputs, message) => {
    expect(() => parseInputs(Ask, inputs)).toThrow(UsageError);
    expect(() => parseInputs(Ask, inputs)).toThrow(message);
  });
});
