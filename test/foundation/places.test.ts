import { expect, test } from "vitest";
import { places } from "../../src/foundation/places.ts";

test("who leaves is there no more, and the place is taken again", () => {
  const all = places<{ readonly name: string }>();
  const there = (): readonly string[] => {
    const names: string[] = [];
    all.each(({ name }) => names.push(name));
    return names;
  };
  const taken = ["a", "b", "c"].map((name) => all.take({ name }));
  expect(taken).toEqual([0, 1, 2]);
  all.leave(1);
  expect(there()).toEqual(["a", "c"]);
  expect([all.take({ name: "d" }), all.take({ name: "e" })]).toEqual([1, 3]);
  expect(there()).toEqual(["a", "d", "c", "e"]);
});
