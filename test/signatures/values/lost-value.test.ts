import { describe, expect, test } from "vitest";
import { lostIn } from "../../../src/signatures/values/lost-value.ts";

const itself: Record<string, unknown> = { a: [1] };
itself["a"] = [{ itself }];

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

const BYTES =
  "bytes (of an image, a sound or a file: image(…), audio(…), file(…), in a field of that type; of a text: the text)";

class Point {
  readonly x = 1;
}

describe("what JSON has no word for", () => {
  test.each<[string, unknown, string]>([
    ["a function", { a: [() => 1] }, "at a.0: a function (anonymous)"],
    ["a symbol", { a: Symbol("s") }, "at a: a Symbol(s)"],
    ["a set", new Set([1]), "a Set"],
    ["a promise", [Promise.resolve(1)], "at 0: a Promise"],
    ["an error", { error: new Error("no") }, "at error: an Error"],
    ["a pattern", { pattern: /x/ }, "at pattern: a RegExp"],
    ["bytes", { scan: new Uint8Array([1]) }, `at scan: ${BYTES}`],
    ["bytes that would say themselves how they are written", [Buffer.from("a")], `at 0: ${BYTES}`],
    ["numbers in a row", { v: new Float32Array(2) }, "at v: a Float32Array (a list of its numbers: Array.from(…))"],
    ["a view of bytes", new DataView(new ArrayBuffer(1)), "a DataView"],
    ["what is written as something that is lost", { toJSON: () => ({ f: /x/ }) }, "at f: a RegExp"],
    ["in a map", new Map([["k", new WeakMap()]]), "at k: a WeakMap"],
    ["what holds itself", itself, "at a.0.itself: an object that holds itself"],
    ["depth", nested(501), `at ${"0.".repeat(30).slice(0, 59)}…: more than 500 levels of objects and lists`],
  ])("%s is told with its place", (_what, value, told) => {
    expect(lostIn(value)).toBe(told);
  });

  test.each<[string, unknown]>([
    ["plain data", { a: [1, "b", null, true, { c: undefined }], d: 1n, e: Number.NaN }],
    ["dates and maps", { at: new Date(0), of: new Map([["k", [1]]]) }],
    ["an object of a class that has fields", new Point()],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["what says itself how it is written", { url: new URL("https://a.b") }],
    ["nothing in it", {}],
    ["as deep as values may be", nested(500)],
  ])("nothing is lost of %s", (_what, value) => {
    expect(lostIn(value)).toBeUndefined();
  });

  test("an object that is there twice, side by side, is no circle", () => {
    const shared = { a: 1 };
    expect(lostIn({ one: shared, two: [shared, shared] })).toBeUndefined();
  });

  test("is looked for deeper than the stack", () => {
    let deep: unknown = () => 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(lostIn(deep)).toMatch(/^at 0\.0.*…: more than 500 levels/);
  });
});
