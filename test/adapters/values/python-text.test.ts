import { describe, expect, test } from "vitest";
import { dataRepr, dedent, numberText, splitLines, strip } from "../../../src/adapters/values/python-text.ts";

// Expected values are what Python 3.11 prints.
describe("numbers", () => {
  test.each([
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-10, "1.5e-10"],
    [123456789.125, "123456789.125"],
    [0.1, "0.1"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
  ])("%d prints as Python's shortest repr", (value, text) => {
    expect(numberText(value)).toBe(text);
    expect(numberText(-value)).toBe(`-${text}`);
  });

  test.each([
    [3, "3", "3.0", "3"],
    [-0, "0", "-0.0", "0"],
    [1e15, "1000000000000000", "1000000000000000.0", "1000000000000000"],
    [1e16, "10000000000000000", "1e+16", "1e+16"],
    [1e22, "10000000000000000000000", "1e+22", "1e+22"],
  ])("%d prints by its type", (value, int, float, unknown) => {
    expect([numberText(value, "int"), numberText(value, "float"), numberText(value)]).toEqual([int, float, unknown]);
  });

  test("that are none print by name", () => {
    expect([Number.NaN, Infinity, -Infinity].map((value) => numberText(value))).toEqual(["nan", "inf", "-inf"]);
  });
});

describe("text", () => {
  test("is stripped of what Python takes for white space, and of nothing else", () => {
    expect(strip("\u001c\u0085 \u00a0\u3000\u2028a b\t\r\n")).toBe("a b");
    expect(strip("\ufeffa\u200b")).toBe("\ufeffa\u200b");
    expect(strip(" \n ")).toBe("");
  });

  test("is split at every line end that Python knows", () => {
    expect(splitLines("a\nb\r\nc\rd\u2028e\u0085f\u001cg\vh\n")).toEqual(["a", "b", "c", "d", "e", "f", "g", "h"]);
    expect(splitLines("")).toEqual([]);
    expect(splitLines("\n\n")).toEqual(["", ""]);
  });

  test("loses the indent that all its lines share", () => {
    expect(dedent("  a\n    b\n \n  c")).toBe("a\n  b\n\nc");
    expect(dedent("a\n  b")).toBe("a\n  b");
    expect(dedent("  a\n\tb")).toBe("  a\n\tb");
  });
});

test("data prints as Python's repr", () => {
  expect(dataRepr(["it's", 'say "hi"', `both ' and "`, "a\n\u0001é\u200b\\"])).toBe(
    `["it's", 'say "hi"', 'both \\' and "', 'a\\n\\x01é\\u200b\\\\']`,
  );
  expect(dataRepr({ k: [null, true, false, 1, 2.5] })).toBe("{'k': [None, True, False, 1, 2.5]}");
});
