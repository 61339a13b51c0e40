import { expect, test } from "vitest";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { minibatches } from "../../../src/teleprompters/gepa/minibatches.ts";

test("each epoch has every example once, in another order", () => {
  const batches = minibatches(6, 3, pythonRandom(0));
  const epochs = [1, 3, 5].map((first) => [...batches.at(first), ...batches.at(first + 1)]);
  for (const epoch of epochs) expect(new Set(epoch)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  expect(new Set(epochs.map(String)).size).toBe(3);
});

test("what does not divide is filled up with the last ones, from the end", () => {
  const batches = minibatches(4, 3, pythonRandom(0));
  const [first, second] = [batches.at(1), batches.at(2)];
  expect([...first, ...second].slice(4)).toEqual([second[0], first[2]]);
  const one = minibatches(1, 3, pythonRandom(0));
  expect(one.at(1)).toEqual([0, 0, 0]);
});

test("an iteration that is left out passes its place by", () => {
  const [all, some] = [0, 1].map(() => minibatches(6, 2, pythonRandom(3)));
  const each = [1, 2, 3].map((iteration) => all!.at(iteration));
  expect([1, 3].map((iteration) => some!.at(iteration))).toEqual([each[0], each[2]]);
});
