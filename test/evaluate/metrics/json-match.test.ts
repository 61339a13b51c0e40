import { describe, expect, test } from "vitest";
import { jsonMatch } from "../../../src/evaluate/metrics/json-match.ts";
import type { JsonMatchOptions } from "../../../src/evaluate/metrics/json-match.ts";
import { UsageError } from "../../../src/foundation/errors.ts";

function match(label: unknown, output: unknown, options?: JsonMatchOptions) {
  return jsonMatch("data", options)({ labels: { data: label } }, { data: output });
}

const INVOICE = {
  number: "A-1",
  total: 10,
  lines: [
    { text: "tea", sum: 4 },
    { text: "milk", sum: 6 },
  ],
};

describe("jsonMatch", () => {
  test.each<[string, unknown, unknown, number]>([
    ["equal objects", INVOICE, { lines: INVOICE.lines, total: 10, number: "A-1" }, 1],
    ["one of three members", INVOICE, { ...INVOICE, total: 11 }, 2 / 3],
    [
      "one of two members of one of two lines",
      INVOICE,
      {
        ...INVOICE,
        lines: [
          { text: "tea", sum: 4 },
          { text: "milk", sum: 5 },
        ],
      },
      (1 + 1 + 0.75) / 3,
    ],
    ["a line that is missing", INVOICE, { ...INVOICE, lines: [{ text: "tea", sum: 4 }] }, (1 + 1 + 0.5) / 3],
    ["a member too many", { a: 1 }, { a: 1, b: 2 }, 0.5],
    ["an item too many", [1], [1, 2], 0.5],
    ["nothing at all", {}, {}, 1],
    ["a list for an object", { a: 1 }, [1], 0],
    ["null for an object", { a: 1 }, null, 0],
    ["null where null is right", { a: null }, { a: null }, 1],
    ["JSON in a text", { a: 1 }, '{"a": 1}', 1],
    ["a text that is no JSON", { a: 1 }, "a is 1", 0],
    ["a text where a text is right", "[1]", "[1]", 1],
    ["a number in a text", { a: 1 }, { a: "1" }, 0],
    ["a name that objects have", { constructor: 1 }, {}, 0],
  ])("gives credit for %s", (_what, label, output, score) => {
    expect(match(label, output).score).toBeCloseTo(score, 12);
  });

  test("says which places are wrong", () => {
    expect(
      match(INVOICE, {
        number: "A-1",
        lines: [
          { text: "tea", sum: 4 },
          { text: "Milk", sum: 6, vat: 1 },
        ],
      }),
    ).toEqual({
      score: expect.closeTo((1 + 0 + (1 + 1 / 3) / 2) / 3, 12) as number,
      feedback: [
        "data.total: expected 10, got nothing",
        'data.lines[1].text: expected "milk", got "Milk"',
        "data.lines[1].vat: nothing was expected, got 1",
      ].join("\n"),
      fields: {
        "data.number": 1,
        "data.total": 0,
        "data.lines[0].text": 1,
        "data.lines[0].sum": 1,
        "data.lines[1].text": 0,
        "data.lines[1].sum": 1,
        "data.lines[1].vat": 0,
      },
    });
    expect(match({ a: 1 }, { a: 1 })).not.toHaveProperty("feedback");
  });

  test("may be told to be content with less", () => {
    const output = { a: 1.004, b: "The Tea!", c: 3 };
    expect(match({ a: 1, b: "tea" }, output).score).toBe(0);
    expect(match({ a: 1, b: "tea" }, output, { tolerance: 0.005, normalize: true, ignoreExtra: true }).score).toBe(1);
  });

  test("counts each of several outputs the same", () => {
    const metric = jsonMatch(["a", "b"]);
    expect(metric({ labels: { a: 1, b: [1, 2] } }, { a: 2, b: [1, 2] }).score).toBe(0.5);
    expect(() => metric({ labels: { a: 1 } }, { a: 1, b: 1 })).toThrow('no label "b"');
  });

  test("refuses fields and options that are none", () => {
    for (const fields of [[], [1], undefined]) expect(() => jsonMatch(fields as never)).toThrow(UsageError);
    expect(() => jsonMatch("a", { tolerence: 1 } as never)).toThrow('is "tolerance" meant?');
  });
});
