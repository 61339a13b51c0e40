import { expect, test } from "vitest";
import { inLanes } from "../../src/evaluate/lanes.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function numbers(count: number): Iterator<number> {
  return Array.from({ length: count }, (_, index) => index).values();
}

test("so many are worked on at once, and each that is done lets the next one in", async () => {
  const ends: (() => void)[] = [];
  const work = async (_item: number, begun: () => void): Promise<void> => {
    begun();
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  const { signal } = new AbortController();
  const all = inLanes(numbers(5), work, { lanes: 2, stopped: () => false, signal });
  await settled();
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await settled();
  expect(ends).toHaveLength(3);
  for (let index = 1; index < 5; index += 1) {
    ends[index]?.();
    await settled();
  }
  await all;
});

test("without a limit no more than a few hundred start at a time: the others come when those have begun", async () => {
  const begins: (() => void)[] = [];
  const ends: (() => void)[] = [];
  const work = async (_item: number, begun: () => void): Promise<void> => {
    begins.push(begun);
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  const { signal } = new AbortController();
  const all = inLanes(numbers(600), work, { lanes: Infinity, stopped: () => false, signal });
  await settled();
  expect(begins).toHaveLength(256);
  // Said twice it counts once.
  begins[0]?.();
  begins[0]?.();
  await settled();
  expect(begins).toHaveLength(257);
  for (let index = 1; index < 600; index += 1) begins[index]?.();
  for (let turn = 0; begins.length < 600 && turn < 10; turn += 1) {
    await settled();
    for (const begun of begins) begun();
  }
  expect(begins).toHaveLength(600);
  for (const end of ends) end();
  await all;
});

test("what is done without having said that it began makes room as well", async () => {
  let done = 0;
  const { signal } = new AbortController();
  const work = async (): Promise<void> => void (done += 1);
  await inLanes(numbers(1_000), work, { lanes: Infinity, stopped: () => false, signal });
  expect(done).toBe(1_000);
});

test("the first failure ends the taking, and is thrown when nothing is worked on any more", async () => {
  const { signal } = new AbortController();
  const ends: (() => void)[] = [];
  let taken = 0;
  const work = async (item: number): Promise<void> => {
    taken += 1;
    if (item === 2) throw new RangeError("no");
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  let over = false;
  const all = inLanes(numbers(10), work, { lanes: 3, stopped: () => false, signal }).finally(() => (over = true));
  await settled();
  expect([taken, over]).toEqual([3, false]);
  for (const end of ends) end();
  await expect(all).rejects.toThrow("no");
  expect(taken).toBe(3);
});

test("an abort ends the wait for an item that does not come", async () => {
  const life = new AbortController();
  async function* items(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => {});
  }
  const worked: number[] = [];
  const work = async (item: number): Promise<void> => void worked.push(item);
  const all = inLanes(items(), work, { lanes: 2, stopped: () => false, signal: life.signal });
  await settled();
  life.abort();
  await all;
  expect(worked).toEqual([1]);
});
