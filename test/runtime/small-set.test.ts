import * as fc from "fast-check";
import { expect, test } from "vitest";
import { forEach, forEachAbout, type SmallSet, withItem, without } from "../../src/runtime/small-set.ts";

interface Thing {
  readonly id: number;
}

const THINGS: readonly Thing[] = Array.from({ length: 12 }, (_, id) => ({ id }));

function list(items: SmallSet<Thing>): Thing[] {
  const found: Thing[] = [];
  forEach(items, (item) => void found.push(item));
  return found;
}

test("a small set does what a set does, in the order in which things came", () => {
  const step = fc.record({ add: fc.boolean(), id: fc.nat(THINGS.length - 1) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let items: SmallSet<Thing>;
      const model = new Set<Thing>();
      for (const { add, id } of steps) {
        const thing = THINGS[id] ?? { id };
        items = add ? withItem(items, thing) : without(items, thing);
        if (add) model.add(thing);
        else model.delete(thing);
        expect(list(items)).toEqual([...model]);
      }
      expect(items === undefined).toBe(model.size === 0);
    }),
    { seed: 20_261_129 },
  );
});

test("what is told of each is not disturbed by what it takes out of the set", () => {
  for (const size of [2, 3, 4, 8]) {
    let items: SmallSet<Thing>;
    for (const thing of THINGS.slice(0, size)) items = withItem(items, thing);
    const told: number[] = [];
    forEachAbout(items, "gone", (thing, about) => {
      told.push(thing.id);
      expect(about).toBe("gone");
      items = without(items, thing);
    });
    expect(told).toEqual(Array.from({ length: size }, (_, id) => id));
    expect(items).toBeUndefined();
  }
});
