import { describe, expect, test } from "vitest";
import { idTally } from "../../../src/evaluate/data/id-tally.ts";

describe("ids", () => {
  test("are told apart however many there are", () => {
    const tally = idTally();
    const ids = Array.from({ length: 20_000 }, (_, n) => `row-${n}`);
    expect(ids.filter((id) => !tally.claim(id))).toEqual([]);
    expect(ids.filter((id) => tally.claim(id))).toEqual([]);
  });

  test("of equal rows are counted, around those that were given", () => {
    const ids = idTally();
    expect(ids.claim("digest~2")).toBe(true);
    expect([1, 2, 3].map(() => ids.unnamed("digest"))).toEqual(["digest", "digest~3", "digest~4"]);
    expect(ids.claim("digest~3")).toBe(false);
    ids.claim("other");
    expect(ids.unnamed("other")).toBe("other~2");
  });
});
