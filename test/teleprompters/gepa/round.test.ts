import { expect, test } from "vitest";
import { type Child, gathered } from "../../../src/teleprompters/gepa/round.ts";
import { support, textsOf } from "./gepa-world.ts";

const PARENT = { program: support, texts: textsOf(support) };

function child(
  name: string,
  parent: number | readonly number[],
  gain: number,
  texts: Readonly<Record<string, string>>,
): Child {
  return {
    name,
    program: support,
    texts: { ...PARENT.texts, ...texts },
    parents: typeof parent === "number" ? [parent] : parent,
    changed: Object.keys(texts),
    origins: Object.fromEntries(Object.keys(texts).map((path) => [path, { by: "model" } as const])),
    note: "",
    tried: { score: 0, scores: [], trials: [] },
    gain,
    isKept: true,
  };
}

const gather = (children: readonly Child[]) => {
  const { candidates, left } = gathered(children, () => PARENT);
  return [candidates.map(({ name }) => name), left.map(({ child: each, by }) => [each.name, by.name])];
};

test("one child is what it is", () => {
  const only = child("a", 0, 1, { find: "A" });
  expect(gathered([only], () => PARENT).candidates).toEqual([{ ...only, of: [only] }]);
  expect(gather([])).toEqual([[], []]);
});

test("children of one parent that have changed different texts go together", () => {
  const two = [child("a", 0, 1, { find: "A" }), child("b", 0, 2, { policy: "B" })];
  const [joint] = gathered(two, () => PARENT).candidates;
  expect(joint).toMatchObject({ name: "a + b", parents: [0], changed: ["find", "policy"], of: two });
  expect(textsOf(joint!.program)).toEqual({ ...PARENT.texts, find: "A", policy: "B" });
  expect(joint!.texts).toEqual(textsOf(joint!.program));
});

test("of those that have changed the same text the one that gained most is taken, of equals the first", () => {
  const three = [child("a", 0, 1, { find: "A" }), child("b", 0, 2, { find: "B" }), child("c", 0, 2, { find: "C" })];
  expect(gather(three)).toEqual([
    ["b"],
    [
      ["c", "b"],
      ["a", "b"],
    ],
  ]);
});

test("children of different parents, and merges, stay apart", () => {
  const all = [
    child("a", 0, 1, { find: "A" }),
    child("b", 1, 1, { policy: "B" }),
    child("m", [0, 1], 0, { policy: "M" }),
    child("c", 0, 1, { respond: "C" }),
  ];
  expect(gather(all)).toEqual([["m", "a + c", "b"], []]);
});

test("one that has changed nothing goes with nobody", () => {
  expect(gather([child("a", 0, 0, {}), child("b", 0, 1, { find: "B" })])).toEqual([["b"], [["a", "b"]]]);
});
