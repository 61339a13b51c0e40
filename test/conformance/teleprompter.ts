import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { actorLives } from "../../scripts/crash-matrix/actor-lives.ts";
import { seededRandom } from "../../src/foundation/random.ts";
import { storeFolder } from "../foundation/store-folder.ts";

/**
 * What every teleprompter has to be, as it is in `scripts/crash-matrix/subjects.ts`: the same whenever it runs, through kills of
 * its process, and from its journal alone. `npm run crash-matrix` kills whole processes, and more often.
 */
export function teleprompterSuite(name: string): void {
  describe(name, () => {
    test("comes to the same result when its process is killed three times, and again from its journal without a request", async () => {
      const whole = await actorLives(name, join(storeFolder(), "job"), []);
      const random = seededRandom(7);
      const third = Math.max(1, Math.floor(whole.requests / 4));
      const kills = [1, 2, 3].map(() => 1 + Math.floor(random.next() * third));
      const folder = join(storeFolder(), "job");
      const broken = await actorLives(name, folder, kills);
      expect(broken.told).toBe(whole.told);
      expect(broken.trained).toBe(whole.trained);
      expect(broken.killed).toBe(whole.requests === 0 ? 0 : 3);
      const again = await actorLives(name, folder, []);
      expect(again.told).toBe(whole.told);
      expect([again.requests, again.trained]).toEqual([0, 0]);
    });
  });
}
