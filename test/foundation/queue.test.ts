import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FifoQueue } from "../../src/foundation/queue.ts";

type Step = { readonly do: "push" | "unshift" | "shift" | "withdraw" | "clear"; readonly times: number };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.oneof(
    { arbitrary: fc.constant("push" as const), weight: 8 },
    { arbitrary: fc.constant("unshift" as const), weight: 3 },
    { arbitrary: fc.constant("shift" as const), weight: 8 },
    { arbitrary: fc.constant("withdraw" as const), weight: 4 },
    { arbitrary: fc.constant("clear" as const), weight: 1 },
  ),
  times: fc.nat(40),
});

describe("a mailbox", () => {
  test("does what an array does", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mailbox = new FifoQueue<number>();
        let model: number[] = [];
        const given: unknown[] = [];
        const expected: unknown[] = [];
        let next = 0;
        for (const { do: what, times } of steps) {
          for (let time = 0; time < times; time += 1) {
            if (what === "push") {
              next += 1;
              mailbox.push(next);
              model.push(next);
            } else if (what === "unshift") {
              next += 1;
              mailbox.unshift(next);
              model.unshift(next);
            } else if (what === "shift") {
              given.push(mailbox.shift());
              expected.push(model.shift());
            }
          }
          if (what === "withdraw") {
            for (const item of model.filter((each) => each % 5 === times % 5)) mailbox.withdraw(item);
            model = model.filter((each) => each % 5 !== times % 5);
          }
          if (what === "clear") {
            mailbox.clear();
            model = [];
          }
          given.push(mailbox.length);
          expected.push(model.length);
        }
        expect(given).toEqual(expected);
        while (model.length > 0) expect(mailbox.shift()).toBe(model.shift());
        expect(mailbox.shift()).toBeUndefined();
      }),
      { seed: 20_261_129, numRuns: 300 },
    );
  });

  test("does not mix with another one that has never held anything either", () => {
    const one = new FifoQueue<string>();
    const other = new FifoQueue<string>();
    one.push("one");
    expect(other.length).toBe(0);
    expect(other.shift()).toBeUndefined();
    other.unshift("other");
    expect(one.shift()).toBe("one");
    expect(other.shift()).toBe("other");
  });

  test("keeps its order through a burst of a hundred thousand, and through the next one", () => {
    const mailbox = new FifoQueue<number>();
    for (let round = 0; round < 2; round += 1) {
      for (let item = 0; item < 100_000; item += 1) mailbox.push(item);
      let inOrder = true;
      for (let item = 0; item < 100_000; item += 1) inOrder &&= mailbox.shift() === item;
      expect(inOrder).toBe(true);
      expect(mailbox.length).toBe(0);
    }
  });

  test("gives up what is withdrawn, however long nothing is taken out of it", () => {
    const mailbox = new FifoQueue<object>();
    const first = {};
    mailbox.push(first);
    for (let round = 0; round < 20_000; round += 1) {
      const item = {};
      mailbox.push(item);
      mailbox.withdraw(item);
    }
    expect(mailbox.length).toBe(1);
    expect(mailbox.shift()).toBe(first);
    expect(mailbox.shift()).toBeUndefined();
  });
});
