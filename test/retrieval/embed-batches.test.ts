import * as fc from "fast-check";
import { expect, test } from "vitest";
import { batchesOf } from "../../src/retrieval/embed-batches.ts";

test.each<[string, readonly string[], object, readonly (readonly string[])[]]>([
  ["nothing", [], { texts: 2, bytes: 10 }, []],
  ["texts by their number", ["a", "b", "c"], { texts: 2, bytes: 10 }, [["a", "b"], ["c"]]],
  ["texts by their bytes", ["aaa", "bbb", "ccc"], { texts: 9, bytes: 6 }, [["aaa", "bbb"], ["ccc"]]],
  ["bytes, not characters", ["ää", "b"], { texts: 9, bytes: 4 }, [["ää"], ["b"]]],
  ["one that is too long by itself", ["a", "bbbbb", "c"], { texts: 9, bytes: 3 }, [["a"], ["bbbbb"], ["c"]]],
])("%s", (_what, texts, batch, expected) => {
  expect(batchesOf(texts, batch as { texts: number; bytes: number })).toEqual(expected);
});

test("every text is in one batch, in order, and no batch of several passes a limit", () => {
  const limits = fc.record({ texts: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(fc.string()), limits, (texts, batch) => {
      const batches = batchesOf(texts, batch);
      expect(batches.flat()).toEqual(texts);
      const several = batches.filter(({ length }) => length > 1);
      expect(several.every(({ length }) => length <= batch.texts)).toBe(true);
      expect(several.every((each) => Buffer.byteLength(each.join("")) <= batch.bytes)).toBe(true);
    }),
    { seed: 20_261_129 },
  );
});
