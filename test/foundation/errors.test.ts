import { describe, expect, test } from "vitest";
import { asError, describe as inWords, isReadableError, stackOf } from "../../src/foundation/errors.ts";
import { ODD_VALUES } from "../integration/odd-values.ts";

test.each(Object.entries(ODD_VALUES))(
  "%s is an Error that can be read, with what was thrown as its cause",
  (_name, make) => {
    const thrown = make();
    const error = asError(thrown);
    expect(isReadableError(error)).toBe(true);
    expect(Object.is(error, thrown) || Object.is(error.cause, thrown)).toBe(true);
    expect(["string", "undefined"]).toContain(typeof stackOf(error));
  },
);

test.each(Object.entries(ODD_VALUES))("%s is described in one short line", (_name, make) => {
  const text = inWords(make());
  expect(text).not.toBe("");
  expect(text).not.toContain("\n");
  expect(text.length).toBeLessThanOrEqual(80);
});

describe("what is described", () => {
  test.each([
    ["a text", '"a text"'],
    ["two\nlines", '"two\\nlines"'],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    [10n, "10"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [{ a: [1] }, '{"a":[1]}'],
    [() => 1, "function (anonymous)"],
    [function named() {}, "function named"],
    [new TypeError("no"), "TypeError: no"],
    [Object.assign(new Error("x"), { message: ["q must be a text"] }), 'Error: ["q must be a text"]'],
    ["x".repeat(100), `"${"x".repeat(78)}…`],
  ])("%s", (value, text) => {
    expect(inWords(value)).toBe(text);
  });
});

test("an Error as it should be stays itself", () => {
  const error = new RangeError("no");
  expect(asError(error)).toBe(error);
});
