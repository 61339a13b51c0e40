import { describe, expect, test } from "vitest";
import { chooseLane, commonPrefix, sequencePool, type Lane } from "../../../src/lm/llama/sequences.ts";

const lane = (sequence: readonly number[], affinity: string | undefined, lastUse: number): Lane<readonly number[]> => ({
  sequence,
  affinity,
  lastUse,
});
const remembered = (sequence: readonly number[]) => sequence;

test.each([
  [[], [1], 0],
  [[1, 2, 3], [1, 2, 4], 2],
  [[1, 2], [1, 2, 3], 2],
  [[5, 2], [1, 2], 0],
])("%j and %j share %i tokens", (a, b, shared) => {
  expect(commonPrefix(a, b)).toBe(shared);
});

describe("chooseLane", () => {
  test("takes the lane that remembers most of the prompt", () => {
    const lanes = [lane([1, 2], "a", 9), lane([1, 2, 3], "b", 1)];
    expect(chooseLane(lanes, remembered, [1, 2, 3, 4], "a")).toBe(lanes[1]);
  });
  test("among equals takes the one that served the same affinity", () => {
    const lanes = [lane([1], "a", 1), lane([1], "b", 9)];
    expect(chooseLane(lanes, remembered, [1, 2], "b")).toBe(lanes[1]);
  });
  test("else the one that was not used for longest", () => {
    const lanes = [lane([1, 9], undefined, 7), lane([1, 8], undefined, 3)];
    expect(chooseLane(lanes, remembered, [1, 2], undefined)).toBe(lanes[1]);
  });
  test("there is none when none is free", () => {
    expect(chooseLane([], remembered, [1], undefined)).toBeUndefined();
  });
});

describe("sequencePool", () => {
  const free = { signal: new AbortController().signal };
  const deferred = () => Promise.withResolvers<string>();
  /** Lets what was set off by promises run. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  test("serves as many at once as there are sequences, the rest in the order they came", async () => {
    const pool = sequencePool({ sequences: [[1]], remembered });
    const order: string[] = [];
    const gates = [deferred(), deferred(), deferred()];
    const all = gates.map((gate, index) =>
      pool.run([1], free, async () => {
        order.push(`start ${index}`);
        const value = await gate.promise;
        order.push(`end ${index}`);
        return value;
      }),
    );
    await turn();
    expect(order).toEqual(["start 0"]);
    gates.forEach((gate, index) => gate.resolve(`answer ${index}`));
    expect(await Promise.all(all)).toEqual(["answer 0", "answer 1", "answer 2"]);
    expect(order).toEqual(["start 0", "end 0", "start 1", "end 1", "start 2", "end 2"]);
  });

  test("who gives up waiting hears of it at once and is never served", async () => {
    const pool = sequencePool({ sequences: [[1]], remembered });
    const gate = deferred();
    const first = pool.run([1], free, () => gate.promise);
    const stop = new AbortController();
    let served = false;
    const second = pool.run([1], { signal: stop.signal }, async () => {
      served = true;
    });
    stop.abort(new Error("gave up"));
    await expect(second).rejects.toThrow("gave up");
    gate.resolve("done");
    await first;
    await turn();
    expect(served).toBe(false);
  });

  test("a sequence whose caller gave up is lent again only when the work on it has ended", async () => {
    const pool = sequencePool({ sequences: [[1]], remembered });
    const gate = deferred();
    const stop = new AbortController();
    const first = pool.run([1], { signal: stop.signal }, () => gate.promise);
    let served = false;
    const second = pool.run([1], free, async () => {
      served = true;
    });
    stop.abort(new Error("gave up"));
    await expect(first).rejects.toThrow("gave up");
    await turn();
    expect(served).toBe(false);
    gate.resolve("late");
    await second;
    expect(served).toBe(true);
    await pool.idle();
  });

  test("a use that fails gives its sequence back", async () => {
    const pool = sequencePool({ sequences: [[1]], remembered });
    await expect(pool.run([1], free, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await pool.run([1], free, async () => "fine")).toBe("fine");
  });
});
