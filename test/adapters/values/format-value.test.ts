import { describe, expect, test } from "vitest";
import { formatValue } from "../../../src/adapters/values/format-value.ts";
import { dataRepr } from "../../../src/adapters/values/python-text.ts";

class Price {
  readonly #cents = 250;
  toJSON(): string {
    return (this.#cents / 100).toFixed(2);
  }
}

describe("what says itself how it is written", () => {
  const url = new URL("https://a.b/c");

  test.each<[string, unknown, string]>([
    ["is text where it says text", url, "https://a.b/c"],
    [
      "in objects, lists and maps",
      { at: [url], of: new Map([["p", new Price()]]) },
      '{"at": ["https://a.b/c"], "of": {"p": "2.50"}}',
    ],
    ["as data, too", { toJSON: () => ({ a: [1] }) }, '{"a": [1]}'],
    ["dates have a way of their own", { at: new Date(0) }, '{"at": "1970-01-01T00:00:00.000Z"}'],
    ["a member of that name alone is data", { toJSON: 1 }, '{"toJSON": 1}'],
  ])("%s", (_what, value, text) => {
    expect(formatValue({ kind: "any" }, value)).toBe(text);
  });

  test("as Python prints it", () => {
    expect(dataRepr({ at: url })).toBe("{'at': 'https://a.b/c'}");
  });
});
