import { expect, test } from "vitest";
import { trialLanes } from "../../../src/teleprompters/job/trial-lanes.ts";

test("with those that are over and not safe, trials are twice as many as there are places at most: a crash loses no more", async () => {
  const lanes = trialLanes();
  lanes.widen(2);
  const safe: (() => void)[] = [];
  let begun = 0;
  const trial = async (): Promise<void> => {
    await lanes.enter();
    begun += 1;
    lanes.unsafe(new Promise((resolve) => safe.push(resolve)));
    lanes.leave();
  };
  const all = Array.from({ length: 6 }, trial);
  await Promise.all(all.slice(0, 4));
  expect(begun).toBe(4);

  safe[0]?.();
  await all[4];
  expect(begun).toBe(5);
  safe[3]?.();
  await all[5];
  expect(begun).toBe(6);
});
