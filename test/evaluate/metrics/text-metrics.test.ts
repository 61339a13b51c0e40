import { describe, expect, test } from "vitest";
import { numeric } from "../../../src/evaluate/metrics/numeric.ts";
import {
  contains,
  exactMatch,
  f1,
  hotpotF1,
  passageMatch,
  precision,
} from "../../../src/evaluate/metrics/text-metrics.ts";
import { UsageError } from "../../../src/foundation/errors.ts";

const label = (answer: unknown) => ({ labels: { answer } });
const said = (answer: unknown) => ({ answer });

// The rest of DSPy's rules are recorded: test/dspy.
describe("exactMatch", () => {
  test.each<[unknown, unknown, boolean]>([
    ["Paris", "paris.", true],
    ["Paris", "Paris, France", false],
    [["London", "Paris"], "PARIS", true],
    [["x", "y"], ["x", "y"], true],
    [["x", "y"], ["y", "x"], false],
    [5, 5, true],
    [[4, 5], 5, true],
    [5, 5.5, false],
    [true, false, false],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    ["x", null, false],
    [null, null, true],
    [null, "x", false],
  ])("of %j and %j is %j", (right, answer, equal) => {
    expect(exactMatch("answer")(label(right), said(answer))).toBe(equal);
  });

  test("may be content with a share of the words", () => {
    const most = exactMatch("answer", { frac: 0.8 });
    expect(most(label("York New"), said("New York City"))).toBe(true);
    expect(most(label("York"), said("New York City"))).toBe(false);
  });
});

describe("contains", () => {
  test.each<[string, string, boolean, boolean]>([
    ["Eiffel Tower", "It is the Eiffel tower, of course", true, true],
    ["5", "15 apples", false, true],
    ["日本", "日本語", false, true],
    ["London", "Paris", false, false],
  ])("%s in %s", (right, answer, asWords, anywhere) => {
    expect(contains("answer")(label(right), said(answer))).toBe(asWords);
    expect(contains("answer", { words: false })(label(right), said(answer))).toBe(anywhere);
    expect(contains("answer")(label(["nothing", right]), said(answer))).toBe(asWords);
    expect(contains("answer")(label(right), said(null))).toBe(false);
  });
});

describe("numeric", () => {
  test.each<[unknown, unknown, object, boolean]>([
    [10, 10, {}, true],
    [10, "10.0", {}, true],
    ["1,234.5", 1234.5, {}, true],
    [-0.5, "-.5", {}, true],
    [10, 10.5, {}, false],
    [10, 10.5, { tolerance: 0.5 }, true],
    [10, 9.4, { tolerance: 0.5 }, false],
    [-1000, -1009, { relative: 0.01 }, true],
    [-1000, -1011, { relative: 0.01 }, false],
    [0, 0.1, { relative: 0.5 }, false],
    [10, "about ten", {}, false],
    [16, "0x10", {}, false],
    [10, "", {}, false],
    [10, null, {}, false],
    [10, Number.NaN, {}, false],
    [Infinity, Infinity, {}, true],
    [Infinity, 5, { relative: 1 }, true],
  ])("of %j and %j with %j is %j", (right, answer, options, near) => {
    expect(numeric("answer", options)(label(right), said(answer))).toBe(near);
  });
});

describe("metrics of a field", () => {
  const all = { exactMatch, contains, f1, hotpotF1, precision, numeric };

  test.each(Object.entries(all))("need a label and an output: %s", (name, make) => {
    const metric = make("answer");
    expect(metric.name).toBe(name);
    expect(() => metric({ labels: {} }, said("x"))).toThrow('the example has no label "answer"');
    expect(() => metric(label(1), {} as never)).toThrow('the prediction has no "answer"; it has nothing');
    expect(() => metric(label(1), { response: "x" } as never)).toThrow("it has response");
  });

  test.each([exactMatch, contains, f1, hotpotF1, precision])("refuse labels that are no texts: %o", (make) => {
    expect(() => make("answer")(label(5), said("5"))).toThrow(
      'the label "answer" must be a text, or a list of texts, got 5',
    );
    expect(() => make("answer")(label([]), said("5"))).toThrow("an empty list");
  });

  test.each([contains, f1, hotpotF1, precision])("refuse outputs that are no texts: %o", (make) => {
    expect(() => make("answer")(label("5"), said(5))).toThrow('the output "answer" must be a text, got 5');
  });

  test("refuse labels that are no numbers", () => {
    expect(() => numeric("answer")(label("many"), said(5))).toThrow('the label "answer" must be a number, got "many"');
    expect(() => numeric("answer")(label(Number.NaN), said(5))).toThrow("must be a number");
  });

  test("refuse passages that are no texts", () => {
    expect(() => passageMatch("answer")(label("x"), { context: [1] })).toThrow('"context" must be a list of texts');
    expect(() => passageMatch("answer", { context: "found" })(label("x"), { context: [] } as never)).toThrow(
      'no "found"',
    );
    expect(passageMatch("answer", { context: "found" })(label("x"), { found: "an x" })).toBe(true);
  });

  test.each<[string, () => unknown, string]>([
    ["a field that is none", () => exactMatch(3 as never), "expected a field's name, got 3"],
    ["a misspelt option", () => exactMatch("a", { fraq: 1 } as never), 'is "frac" meant?'],
    ["a share above 1", () => exactMatch("a", { frac: 2 }), "frac must be a number from 0 to 1, got 2"],
    ["a tolerance below 0", () => numeric("a", { tolerance: -1 }), "tolerance must be a number from 0, got -1"],
    ["an option of another", () => contains("a", { frac: 1 } as never), 'no option "frac"'],
  ])("refuse %s", (_what, make, problem) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(problem);
  });
});
