// One small case; `npm run optimize:simulated` has the means over ten of full size.
import { expect, test } from "vitest";
import { measureMipro, measureRandomSearch, measureSimba, shareOf } from "./measure.ts";
import { measureGepa, measureGrpo } from "./simulated-texts.ts";
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

test("simulated: gepa finds most of the facts, and in rounds of six no fewer than one after another", async () => {
  const found = async (proposalsInFlight: number): Promise<number> => {
    const all = await Promise.all(
      [1, 2, 3].map((seed) => measureGepa(seed, { maxMetricCalls: 400, proposalsInFlight })),
    );
    // In facts, of which there are twelve: sums of shares have rounding errors.
    return all.reduce((sum, each) => sum + Math.round(12 * shareOf(each)), 0);
  };
  const [inTurn, inRounds] = [await found(1), await found(6)];
  expect(inRounds).toBeGreaterThanOrEqual(inTurn);
  expect(inRounds).toBeGreaterThan(18);
});

test("simulated: grpo's lessons are nine tenths of the facts", async () => {
  const grpo = await measureGrpo(3, { numSteps: 12, examplesPerStep: 12, groupSize: 8 });
  expect(shareOf(grpo)).toBeGreaterThanOrEqual(0.9);
});
