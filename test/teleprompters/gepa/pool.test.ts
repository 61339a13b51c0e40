import { describe, expect, test } from "vitest";
import { makePool, type Pool } from "../../../src/teleprompters/gepa/pool.ts";
import { support, textsOf } from "./gepa-world.ts";

const READING = { perfectScore: undefined, failureScore: undefined };

function pool(rules: Partial<Parameters<typeof makePool>[0]> = {}, seen: readonly number[] = []): Pool {
  const made = makePool({ ...READING, ...rules });
  made.see(seen);
  return made;
}

function join(to: Pool, name: string, scores: readonly (number | undefined)[]): void {
  to.join({ name, program: support, texts: textsOf(support), parents: [], scores });
}

describe("a failed trial counts", () => {
  test("0 where no score is below it", () => {
    expect(pool({}, [0, 1]).valuesOf([undefined, 0.5])).toEqual([0, 0.5]);
  });

  test("one less than the lowest that was seen anywhere, where that is below 0", () => {
    const made = pool({}, [-2]);
    expect(made.valueOf(undefined)).toBe(-3);
    made.see([-5, undefined]);
    expect(made.valueOf(undefined)).toBe(-6);
  });

  test("what is said it counts", () => {
    expect(pool({ failureScore: -0.5 }, [-2]).valueOf(undefined)).toBe(-0.5);
  });
});

describe("scores are perfect", () => {
  test("from 1 on, all of them", () => {
    expect(pool({}, [1]).arePerfect([1, 1])).toBe(true);
    expect(pool({}, [1]).arePerfect([1, 0.9])).toBe(false);
    expect(pool({}, [1]).arePerfect([1, undefined])).toBe(false);
  });

  test("never where there are some above 1, unless it is said what is perfect", () => {
    expect([pool({}, [1]), pool({}, [1.5])].map(({ isPerfectUnknown }) => isPerfectUnknown)).toEqual([false, true]);
    expect(pool({}, [100]).arePerfect([100])).toBe(false);
    expect(pool({ perfectScore: 100 }, [100]).arePerfect([100])).toBe(true);
  });
});

test("the best is the first of the best averages, failures included", () => {
  const made = pool({}, [1]);
  join(made, "a", [1, undefined]);
  join(made, "b", [0.5, 0.5]);
  join(made, "c", [0.2, 0.9]);
  expect(made.averages()).toEqual([0.5, 0.5, 0.55]);
  expect(made.best().name).toBe("c");
  join(made, "d", [0.55, 0.55]);
  expect([made.best().name, made.members.map(({ number }) => number)]).toEqual(["c", [0, 1, 2, 3]]);
});
