import { describe, expect, test } from "vitest";
import { itemQueue } from "../../src/programs/item-queue.ts";

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  promise.then(
    () => (done = true),
    () => (done = true),
  );
  await new Promise(setImmediate);
  return done;
};

test("items come in order, to whoever asks first", async () => {
  const items = itemQueue<number>(2);
  const early = [items.next(), items.next()];
  await items.put([1, 2, 3]);
  expect(await Promise.all([...early, items.next()])).toEqual([1, 2, 3].map((value) => ({ value, done: false })));
});

test("who gives waits while more items wait than there is room for, and all givers go on together", async () => {
  const items = itemQueue<number>(1);
  expect(await settled(items.put([1]))).toBe(true);
  const second = items.put([2]);
  const third = items.put([3]);
  expect(await settled(second)).toBe(false);
  await items.next();
  expect(await settled(second)).toBe(false);
  await items.next();
  expect(await settled(second)).toBe(true);
  expect(await settled(third)).toBe(true);
});

describe("the end", () => {
  test("comes after what is there: the last item, then nothing", async () => {
    const items = itemQueue<number>(5);
    await items.put([1]);
    items.end({ last: 9 });
    items.end({ error: new Error("too late to matter") });
    expect([await items.next(), await items.next(), await items.next(), await items.next()]).toEqual([
      { value: 1, done: false },
      { value: 9, done: false },
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  });

  test("or the error, once", async () => {
    const items = itemQueue<number>(5);
    const waits = [items.next(), items.next()];
    items.end({ error: new Error("broken") });
    await expect(waits[0]).rejects.toThrow("broken");
    expect(await waits[1]).toEqual({ value: undefined, done: true });
  });

  test("sends away who waits to give, and who comes later", async () => {
    const items = itemQueue<number>(0);
    const waits = items.put([1]);
    items.end({ last: 2 });
    await expect(waits).rejects.toMatchObject({ code: "cancelled" });
    await expect(items.put([3])).rejects.toMatchObject({ code: "cancelled" });
  });
});

test("a loop that is left takes nothing more, and lets everybody who waits know", async () => {
  const items = itemQueue<number>(0);
  const waits = items.put([1, 2]);
  items.leave();
  await expect(waits).rejects.toMatchObject({ code: "cancelled" });
  expect(await items.next()).toEqual({ value: undefined, done: true });
  items.end({ last: 3 });
  expect(await items.next()).toEqual({ value: undefined, done: true });
});
