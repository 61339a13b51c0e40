import { expect, test } from "vitest";
import { leavable, leave } from "../../src/foundation/leaving.ts";

const endless = (): Promise<never> => new Promise(() => {});

test.each<[string, AsyncIterator<unknown>]>([
  ["has no return", { next: endless }],
  ["throws", { next: endless, return: () => thrown() }],
  ["rejects", { next: endless, return: () => Promise.reject(new Error("no")) }],
  ["never answers", { next: endless, return: endless }],
  // What plain JavaScript may give back.
  ["gives nothing back", { next: endless, return: () => undefined as never }],
])("an iterator whose return %s is left all the same", async (_what, iterator) => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  leave(iterator);
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

function counting() {
  const log: string[] = [];
  const items = leavable(async function* (reading) {
    const waits = Promise.withResolvers<void>();
    reading.end = () => {
      log.push("told to end");
      waits.resolve();
    };
    try {
      yield 1;
      await waits.promise;
      if (!reading.left) yield 2;
    } finally {
      log.push("ended");
    }
  });
  return { log, items };
}

test("a leavable generator is left in the midst of a wait: the wait gives the end", async () => {
  const { log, items } = counting();
  await items.next();
  const waiting = items.next();
  expect(await items.return()).toEqual({ done: true, value: undefined });
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(log).toEqual(["told to end", "ended"]);
});

test("it is told once, however often it is left", async () => {
  const { log, items } = counting();
  for await (const _item of items) break;
  await items.return();
  await expect(items.throw(new RangeError("mine"))).rejects.toThrow("mine");
  expect(log).toEqual(["told to end", "ended"]);
});

test("one that was not begun has nothing to end", async () => {
  const { log, items } = counting();
  await items.return();
  expect((await items.next()).done).toBe(true);
  expect(log).toEqual([]);
});

function thrown(): never {
  throw new Error("no");
}
