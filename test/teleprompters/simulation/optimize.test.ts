// One small case; `npm run optimize:simulated` has the means over ten of full size.
import { expect, test } from "vitest";
import { measureMipro, measureRandomSearch, measureSimba, shareOf } from "./measure.ts";
import { simulatedSets } from "./simulated-task.ts";

test("simulated: mipro and random search find nine tenths of what they could, and mipro more, for calls alike", async () => {
  const sets = simulatedSets(60, 60);
  const mipro = await measureMipro(1, sets, { numCandidates: 4, numTrials: 24, minibatchSize: 20 });
  const random = await measureRandomSearch(1, sets, 10);
  expect(shareOf(mipro)).toBeGreaterThanOrEqual(0.9);
  expect(shareOf(random)).toBeGreaterThanOrEqual(0.9);
  expect(mipro.after).toBeGreaterThan(random.after);
  expect(mipro.lmCalls).toBeLessThanOrEqual(random.lmCalls * 1.05);
});

test("simulated: simba finds nine tenths of what it could", async () => {
  const simba = await measureSimba(5, simulatedSets(40, 40), { batchSize: 16, numCandidates: 4, maxSteps: 5 });
  expect(shareOf(simba)).toBeGreaterThanOrEqual(0.9);
  expect(simba.after).toBeGreaterThan(simba.before + 0.1);
});
