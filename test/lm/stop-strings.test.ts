import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cutAtStop, cutCompletion, stopCutter } from "../../src/lm/stop-strings.ts";

test.each([
  ["a b c", ["c", "b"], "a ", true],
  ["a b c", ["x"], "a b c", false],
  ["a b c", [""], "a b c", false],
  ["a b c", [], "a b c", false],
  ["", ["a"], "", false],
  // A model stops where the first of them is whole.
  ["baa", ["a", "baa"], "b", true],
  ["abc", ["c", "abc", "bc"], "", true],
])("%j cut at %j is %j", (text, stop, expected, cut) => {
  expect(cutAtStop(text, stop)).toEqual({ text: expected, cut });
});

test("in pieces it is the same, and no part of a stop string gets out", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 6 }), fc.array(letters, { maxLength: 3 }), (pieces, stop) => {
      const cutter = stopCutter(stop);
      const said = pieces.map((piece) => cutter.push(piece)).join("") + cutter.end();
      expect({ text: said, cut: cutter.cut }).toEqual(cutAtStop(pieces.join(""), stop));
    }),
    { seed: 20_261_129, numRuns: 500 },
  );
});

test("no piece holds half a character, wherever the text and its pieces are cut", () => {
  const unit = fc.constantFrom("a", "b", "🙂", "\uD83D", "\uDE42");
  const piece = fc.string({ unit, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 2 }), (pieces, stop) => {
      const cutter = stopCutter(stop);
      const said = [...pieces.map((each) => cutter.push(each)), cutter.end()];
      expect(said.every((each) => each.isWellFormed())).toBe(true);
      expect(said.join("")).toBe(cutAtStop(pieces.join(""), stop).text.toWellFormed());
    }),
    { seed: 20_261_129, numRuns: 500 },
  );
  expect(cutCompletion({ text: "a\uD83D", finishReason: "stop" }, []).text).toBe("a\uFFFD");
});

test("a completion that is cut is as if the model had stopped there", () => {
  const logprobs = ["one", " two", " three"].map((token) => ({ token, logprob: -1 }));
  const toolCalls = [{ id: "a", name: "look", arguments: "{}" }];
  const completion = {
    text: "one two three",
    finishReason: "tool_calls",
    logprobs,
    toolCalls,
    reasoning: "Hm.",
  } as const;
  expect(cutCompletion(completion, ["four"])).toBe(completion);
  expect(cutCompletion(completion, [" thr"])).toEqual({
    text: "one two",
    finishReason: "stop",
    logprobs: logprobs.slice(0, 2),
    reasoning: "Hm.",
  });
});
