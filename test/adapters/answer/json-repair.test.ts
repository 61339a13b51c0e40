import { describe, expect, test } from "vitest";
import { repairJson } from "../../../src/adapters/answer/json-repair.ts";

describe("JSON as it should be", () => {
  test.each(['{"a": [1, null, "x"]}', "[]", "5", '"text"', "true"])("%s is read without a word", (text) => {
    expect(repairJson(text, "any")).toEqual({ value: JSON.parse(text), mended: [], ended: "behind" });
  });
});

describe("JSON as models write it", () => {
  test.each<[text: string, value: unknown, mended: string[]]>([
    ["```json\n[1, 2]\n```", [1, 2], ["a code fence"]],
    ["```\n{'a': 1}", { a: 1 }, ["a code fence", "quotes"]],
    ["Here: [1, 2]", [1, 2], ["words around it"]],
    ["[1, 2] I hope this helps", [1, 2], ["words around it"]],
    ["[1, 2,]", [1, 2], ["commas"]],
    ["[1 2]", [1, 2], ["commas"]],
    ['["a" "b"]', ["a", "b"], ["commas"]],
    ["{'it': 'it's'}", { it: "it's" }, ["quotes", "quotes inside a text"]],
    ['["say "hi" now"]', ['say "hi" now'], ["quotes inside a text"]],
    ["{a: 1}", { a: 1 }, ["keys without quotes"]],
    ["{“a”: “b”}", { a: "b" }, ["quotes"]],
    ["[True, None]", [true, null], ["Python words"]],
    ["(1, 'a')", [1, "a"], ["a Python tuple", "quotes"]],
    ["[1, // one\n 2 # two\n, /* three */ 3]", [1, 2, 3], ["comments"]],
    ['["a\nb"]', ["a\nb"], ["line breaks in a text"]],
    ["[.5, 1_000, +3, 007]", [0.5, 1000, 3, 7], []],
    ["[red, dark blue]", ["red", "dark blue"], ["words without quotes"]],
    [String.raw`["\u00e9\ud83d\ude00 \i \' \/"]`, [String.raw`é😀 \i ' /`], []],
  ])("%s", (text, value, mended) => {
    expect(repairJson(text, "any")).toMatchObject({ value, mended });
  });
});

describe("JSON that was cut off", () => {
  const whole = '{"a": [1.5, {"b": "x\\ny"}], "c": true, "d": "end"}';

  test.each<[text: string, value: unknown]>([
    ['{"a": [1.5, {"b": "x', { a: [1.5, { b: "x" }] }],
    ['{"a": "x", "b', { a: "x" }],
    ['{"a": "x", "b":', { a: "x" }],
    ['["a\\', ["a"]],
    ['["a\\u00', ["a"]],
    ["[1, 2.", [1, 2]],
    ["[1, -", [1]],
    ["[[1], [", [[1], []]],
  ])("%s", (text, value) => {
    expect(repairJson(text, "any")?.value).toEqual(value);
  });

  test("anywhere is still an object, with what was whole in it", () => {
    for (let length = 1; length <= whole.length; length += 1) {
      const read = repairJson(whole.slice(0, length), "object");
      expect(read?.value, whole.slice(0, length)).toBeTypeOf("object");
      expect(Object.keys(read?.value as object).every((key) => "acd".includes(key))).toBe(true);
    }
  });
});

describe("what is no JSON", () => {
  test.each(["", "plain words", "the [best] one", "I used {braces}.", "2 + 3", "1,234", "3.1.4"])("%s", (text) => {
    expect(repairJson(text, "list")).toBeUndefined();
  });

  test("deeper than any answer means is refused, strictly right or not", () => {
    expect(repairJson(`${"[".repeat(5_000)}${"]".repeat(5_000)}`, "list")).toBeUndefined();
    expect(repairJson("[".repeat(5_000), "list")).toBeUndefined();
    expect(repairJson(`${"[".repeat(150)}1${"]".repeat(150)}`, "list")).toBeDefined();
  });
});

describe("of several values", () => {
  test("the first one of the wanted shape counts", () => {
    expect(repairJson('{"a": 1} [2]', "list")?.value).toEqual([2]);
    expect(repairJson('[2] {"a": 1}', "object")?.value).toEqual({ a: 1 });
    expect(repairJson("[2] [3]", "object")?.value).toEqual([2]);
  });

  test("the first one that a caller takes counts", () => {
    expect(repairJson('{"z": 0} {"a": 1} {"a": 2}', (value) => "a" in value)?.value).toEqual({ a: 1 });
  });
});

test("a key that every object has is a key like others", () => {
  const read = repairJson("{'__proto__': 1, 'constructor': 2}", "object")?.value as object;
  expect(Object.entries(read)).toEqual([
    ["__proto__", 1],
    ["constructor", 2],
  ]);
});
