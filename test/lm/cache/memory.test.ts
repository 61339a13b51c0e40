import { expect, test } from "vitest";
import { sizeInMemory } from "../../../src/lm/cache/entry.ts";
import { memoryCache } from "../../../src/lm/cache/memory.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { cachedResponse } from "../cached-response.ts";

const one = sizeInMemory("a", cachedResponse("1"));

test("what was not used for longest goes first", () => {
  const cache = memoryCache(3 * one);
  for (const key of ["a", "b", "c"]) cache.set(key, cachedResponse("1"));
  expect(cache.get("a")).toEqual(cachedResponse("1"));
  cache.set("d", cachedResponse("1"));
  expect(["a", "b", "c", "d"].filter((key) => cache.get(key))).toEqual(["a", "c", "d"]);
  expect([cache.entries, cache.bytes]).toEqual([3, 3 * one]);
});

test("what is larger than all the room there is is not kept, and takes the old answer along", () => {
  const cache = memoryCache(2 * one);
  cache.set("a", cachedResponse("1"));
  cache.set("a", cachedResponse("x".repeat(10_000)));
  expect([cache.get("a"), cache.entries, cache.bytes]).toEqual([undefined, 0, 0]);
});

test("never holds more than it may, and counts what it holds", () => {
  const random = seededRandom(1);
  const cache = memoryCache(20_000);
  const model = new Map<string, string>();
  for (let n = 0; n < 2_000; n += 1) {
    const key = `k${Math.floor(random.next() * 60)}`;
    const found = random.next() < 0.5 ? cache.get(key)?.completions[0]?.text : undefined;
    expect([undefined, model.get(key)]).toContain(found);
    if (found !== undefined) continue;
    const text = "x".repeat(Math.floor(random.next() * 2_000));
    cache.set(key, cachedResponse(text));
    model.set(key, text);
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
  }
  const held = [...model.keys()].filter((key) => cache.get(key) !== undefined);
  expect(held.length).toBe(cache.entries);
  expect(held.reduce((sum, key) => sum + sizeInMemory(key, cachedResponse(model.get(key) ?? "")), 0)).toBe(cache.bytes);
});

test("no room at all keeps nothing", () => {
  const cache = memoryCache(0);
  cache.set("a", cachedResponse("1"));
  expect(cache.get("a")).toBeUndefined();
});

test("what was kept too long ago is not given, and goes", () => {
  let freshFrom = 0;
  const cache = memoryCache(3 * one, () => freshFrom);
  cache.set("a", cachedResponse("1"), 10);
  cache.set("b", cachedResponse("1"), 20);
  cache.set("c", cachedResponse("1"));
  expect(["a", "b", "c"].map((key) => cache.keptAt(key))).toEqual([10, 20, 0]);
  freshFrom = 20;
  expect(["a", "b", "c"].filter((key) => cache.get(key))).toEqual(["b"]);
  expect([cache.entries, cache.bytes]).toEqual([1, one]);
});
