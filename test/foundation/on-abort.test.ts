import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { onAbort } from "../../src/foundation/on-abort.ts";

const { signal } = new AbortController();
const left = (of: AbortSignal): number => getEventListeners(of, "abort").length;

test("hears the abort, once, and then listens to nothing", () => {
  const [one, life] = [new AbortController(), new AbortController()];
  let heard = 0;
  onAbort(one.signal, () => (heard += 1), life.signal);
  one.abort();
  expect(heard).toBe(1);
  expect(left(one.signal)).toBe(0);
});

test("hears nothing once it is ended, or the life is over, or was over before", () => {
  const [one, life] = [new AbortController(), new AbortController()];
  const hear = (): never => {
    throw new Error("heard");
  };
  onAbort(one.signal, hear, life.signal)();
  expect([left(one.signal), left(life.signal)]).toEqual([0, 0]);
  onAbort(one.signal, hear, life.signal);
  life.abort();
  onAbort(one.signal, hear, life.signal);
  expect([left(one.signal), left(life.signal)]).toEqual([0, 0]);
});

test("of many on one signal none is forgotten when garbage is collected", async () => {
  const lives = Array.from({ length: 50 }, () => new AbortController());
  for (const life of lives) onAbort(signal, () => {}, life.signal);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  for (const life of lives) life.abort();
  expect(left(signal)).toBe(0);
});
