// An evaluation whose process is killed, twice at random moments: `npm run kill:evaluate` does so thirty times.
import { join } from "node:path";
import { expect, test } from "vitest";
import { lives } from "../../../scripts/kill-evaluate/lives.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

test("a process that was killed is gone on from: the same report, and nothing on record is asked again", async () => {
  const random = seededRandom(5);
  const kills = Array.from({ length: 2 }, () => 40 + Math.floor(random.next() * 150));
  const { same, recorded, askedAgain } = await lives(join(storeFolder(), "runs", "dev.jsonl"), kills, 5);
  expect(same).toBe(true);
  expect(askedAgain).toBe(0);
  expect(recorded.toSorted((a, b) => a - b)).toEqual(recorded);
  expect(recorded.at(-1)).toBeGreaterThan(50);
}, 120_000);
