import { describe, expect, test } from "vitest";
import { idTally } from "../../../src/evaluate/data/id-tally.ts";

describe("ids", () => {
  test("are told apart however many there are", () => {
    const ids = idTally();
    for (let n = 0; n < 20_000; n += 1) if (!ids.claim(`row-${n}`)) expect.fail(`row-${n} is new`);
    for (let n = 0; n < 20_000; n += 1) if (ids.claim(`row-${n}`)) expect.fail(`row-${n} was there`);
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
