// The servers of the simulation with a crowd before each, and what is hoped for.
import { bucket, concurrent, fixedWindow, recovering, scattered, walled } from "./servers.ts";
import { play, type Load, type Played } from "./world.ts";

export interface Scene extends Omit<Load, "pace" | "seed"> {
  readonly name: string;
  /** How long the calls take where nothing is lost: all of a limit is used, or the last waits that were asked for. */
  readonly idealMs: number;
}

const QUICK = { answerMs: 50 };
const crowd = { calls: 1_000, callers: 100 };

export const SCENES: readonly Scene[] = [
  { name: "6% at random, 1 s told", ...crowd, server: scattered(0.06, 1_000, QUICK), idealMs: 3_000 },
  { name: "20% at random, 1 s told", ...crowd, server: scattered(0.2, 1_000, QUICK), idealMs: 5_000 },
  { name: "40% at random", ...crowd, server: scattered(0.4, undefined, QUICK), idealMs: 3_500 },
  {
    name: "6% at random at once, answers after 2 s",
    ...crowd,
    server: scattered(0.06, 1_000, { answerMs: 2_000, refusalMs: 10 }),
    idealMs: 22_000,
  },
  { name: "a wall of 2 s, 100 in flight", ...crowd, server: walled(2_000, undefined, QUICK), idealMs: 2_550 },
  { name: "the same, 1 s told", ...crowd, server: walled(2_000, 1_000, QUICK), idealMs: 3_050 },
  {
    name: "a wall of 2 s, 1,000 in flight",
    calls: 1_000,
    callers: 1_000,
    server: walled(2_000, undefined, QUICK),
    idealMs: 2_100,
  },
  { name: "the same, 1 s told", calls: 1_000, callers: 1_000, server: walled(2_000, 1_000, QUICK), idealMs: 3_050 },
  {
    name: "a wall of 30 s, refusals at once, answers after 2 s",
    ...crowd,
    server: walled(30_000, undefined, { answerMs: 2_000, refusalMs: 5 }),
    idealMs: 50_000,
  },
  {
    name: "200 a second, 20 at once, told",
    calls: 2_000,
    callers: 100,
    server: bucket(200, 20, true, QUICK),
    idealMs: 9_900,
  },
  { name: "the same, not told", calls: 2_000, callers: 100, server: bucket(200, 20, false, QUICK), idealMs: 9_900 },
  {
    name: "the same, refusals at once",
    calls: 2_000,
    callers: 100,
    server: bucket(200, 20, false, { answerMs: 50, refusalMs: 2 }),
    idealMs: 9_900,
  },
  {
    name: "200 in each second of its clock",
    calls: 2_000,
    callers: 100,
    server: fixedWindow(200, QUICK),
    idealMs: 9_000,
  },
  { name: "10 at a time", ...crowd, server: concurrent(10, { answerMs: 50, refusalMs: 2 }), idealMs: 5_000 },
  {
    name: "8 at a time, answers after 10 s",
    calls: 100,
    callers: 100,
    server: concurrent(8, { answerMs: 10_000, refusalMs: 5 }),
    idealMs: 130_000,
  },
  {
    name: "down for 30 s, then 10 at a time for 1 s",
    calls: 4_000,
    callers: 500,
    server: recovering(31_000, { answerMs: 200 }),
    idealMs: 32_600,
  },
];

export function playScene({ calls, callers, server }: Scene, pace: Load["pace"], seed = 1): Played {
  return play({ calls, callers, server, pace, seed });
}
