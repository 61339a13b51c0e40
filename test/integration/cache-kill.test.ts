// A process is killed with SIGKILL while it writes the cache: a few seeded rounds here, 50 by `npm run kill:cache`.
import { expect, test } from "vitest";
import { killRounds } from "../../scripts/kill-cache/rounds.ts";
import { seededRandom } from "../../src/foundation/random.ts";
import { storeFolder } from "../foundation/store-folder.ts";

test("three kills in the middle of writing leave right answers, and no wrong one", { timeout: 120_000 }, async () => {
  const rounds = await killRounds({ folder: storeFolder(), rounds: 3, random: seededRandom(11) });
  expect(rounds.map(({ wrong }) => wrong)).toEqual([0, 0, 0]);
  // Something was there to be wrong.
  for (const { bytes } of rounds) expect(bytes).toBeLessThanOrEqual(6_000_000);
  expect(rounds.filter(({ found }) => found > 10).length).toBeGreaterThanOrEqual(2);
});
