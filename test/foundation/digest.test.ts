import { describe, expect, test } from "vitest";
import { canonicalJson, digest, inOrder, NotJsonError } from "../../src/foundation/digest.ts";

test("a digest is the SHA-256 of the canonical text, in base64url", () => {
  // printf '{"a":[1,null],"b":"x"}' | sha256sum
  expect(Buffer.from(digest({ b: "x", a: [1, undefined], c: undefined }), "base64url").toString("hex")).toBe(
    "3dece6dc8d22d61692b03c7d51836aaec96fd08a614e224565e177ad6ff9dbe2",
  );
});

describe("canonical JSON", () => {
  test("is the same for equal values, however their keys come, and other for others", () => {
    expect(canonicalJson({ b: { d: 1, c: 2 }, a: true })).toBe('{"a":true,"b":{"c":2,"d":1}}');
    expect(canonicalJson({ a: true, b: { c: 2, d: 1 }, e: undefined })).toBe('{"a":true,"b":{"c":2,"d":1}}');
    const others = [1, "1", [1], { 1: 1 }, null, true, "true", 0, -0, "", [], {}, [[]], [null, 1], 1e21, 0.1 + 0.2];
    expect(new Set(others.map(canonicalJson)).size).toBe(others.length);
  });

  test("is JSON that reads back to the same", () => {
    const value = { text: '"\u2028\n', list: [1.5, -2e-9, "ä", { deep: [null, false] }], "": 0 };
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
  });

  test("keeps the keys' order where it counts, and only there", () => {
    const schema = { z: 1, a: { y: 1, b: 2 } };
    expect(canonicalJson({ schema: inOrder(schema), by: { z: 1, a: 2 } })).toBe(
      '{"by":{"a":2,"z":1},"schema":{"z":1,"a":{"y":1,"b":2}}}',
    );
    expect(digest(inOrder({ a: 1, b: 2 }))).not.toBe(digest(inOrder({ b: 2, a: 1 })));
  });

  test("takes bytes by their digest", () => {
    expect(digest({ bytes: new Uint8Array([1, 2]) })).toBe(digest({ bytes: new Uint8Array([1, 2]) }));
    expect(digest({ bytes: new Uint8Array([1, 2]) })).not.toBe(digest({ bytes: new Uint8Array([1, 3]) }));
  });

  const round: unknown[] = [];
  round.push(round);
  test.each<[what: string, value: unknown]>([
    ["a function", () => 1],
    ["a symbol", Symbol("a")],
    ["a bigint", 1n],
    ["NaN", Number.NaN],
    ["infinity", -Infinity],
    ["a Map", new Map()],
    ["a Date", new Date(0)],
    ["an object of a class", new URL("http://a.b")],
    ["what contains itself", round],
  ])("refuses %s, wherever it stands", (_what, value) => {
    for (const place of [value, [value], { deep: { a: [value] } }, inOrder([value])])
      expect(() => canonicalJson(place)).toThrow(NotJsonError);
  });

  test("the same object in two places is no circle", () => {
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });
});
