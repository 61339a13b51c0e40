// The small form of the simulation: `npm run refusals` prints all of it.
import { describe, expect, test } from "vitest";
import { POLICIES } from "./policies.ts";
import { playScene, SCENES, type Scene } from "./scenes.ts";

function scene(name: string): Scene {
  const found = SCENES.find((each) => each.name.startsWith(name));
  if (found === undefined) throw new Error(`no scene "${name}"`);
  return found;
}

/** Time beside the ideal, and requests a call, at most. */
const REACHED: readonly (readonly [name: string, time: number, requests: number])[] = [
  ["6% at random, 1 s told", 1.3, 1.1],
  ["20% at random", 1.6, 1.3],
  ["6% at random at once", 1.1, 1.1],
  ["a wall of 2 s, 100", 1.3, 1.2],
  ["a wall of 2 s, 1,000", 1.4, 1.3],
  ["a wall of 30 s", 1.2, 1.3],
  ["200 a second, 20 at once, told", 1.1, 1.4],
  ["200 in each second", 1.1, 1.5],
  ["10 at a time", 2, 1.6],
  ["down for 30 s", 1.15, 1.25],
];

describe.each([1, 2, 3])("with seed %d, what clients do", (seed) => {
  test.each(REACHED)("%s: every call is answered, in time", (name, time, requests) => {
    const played = playScene(scene(name), POLICIES.ours, seed);
    // One call in 16,000 meets six refusals in a row where one in five is refused.
    expect(played.failed).toBeLessThanOrEqual(name.startsWith("20%") ? 1 : 0);
    expect(played.wallMs / scene(name).idealMs).toBeLessThan(time);
    expect(played.requestsPerCall).toBeLessThan(requests);
  });
});

describe("what else was thought of", () => {
  test("a pause for all costs all the time where refusals are chance", () => {
    expect(playScene(scene("6% at random, 1 s"), POLICIES["pause all"]).wallMs).toBeGreaterThan(30_000);
  });

  test("each call for itself loses calls at a wall, and at a shared limit", () => {
    for (const name of ["a wall of 2 s, 1,000", "200 a second, 20 at once, told", "10 at a time"])
      expect(playScene(scene(name), POLICIES["each call"]).failed, name).toBeGreaterThan(20);
  });

  test("AIMD alone takes long to find back", () => {
    expect(playScene(scene("a wall of 2 s, 100"), POLICIES.AIMD).wallMs).toBeGreaterThan(10_000);
  });
});

test("no herd meets a provider that has been down", () => {
  const { starts } = playScene(scene("down for 30 s"), POLICIES.ours);
  const after = starts.map((at) => at - 31_000).filter((at) => at >= 0);
  // The first probe's answer takes 200 ms.
  expect(after.filter((at) => at <= 200).length).toBeLessThanOrEqual(10);
  expect(after.filter((at) => at <= 400).length).toBeLessThanOrEqual(40);
});
