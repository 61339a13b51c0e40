import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { bootstrapFewShot, compile, digestOf, exactMatch, randomSearch } from "../../../src/index.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import type { Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { scripted } from "../../../src/testing.ts";
import { qa, questions } from "./few-shot-world.ts";

const metric = exactMatch("answer");
const SEARCHES: readonly (readonly [string, () => Teleprompter<object, { answer: string }>])[] = [
  ["bootstrapFewShot", () => bootstrapFewShot({ metric, maxBootstrappedDemos: 6, maxRounds: 2 })],
  ["randomSearch", () => randomSearch({ metric, numCandidatePrograms: 4, maxRounds: 2 })],
];

/** Knows some questions at once, and some in a second round; how long it takes, a stream says. */
function world(seed: number) {
  const random = pythonRandom(seed);
  const seen = { asked: 0, now: (): void => {} };
  const model = scripted(
    async ({ messages, rolloutId = 0 }) => {
      seen.asked += 1;
      seen.now();
      for (let turns = random.below(12); turns > 0; turns -= 1) await setImmediate();
      const number = Number(/q(\d+)\?/.exec(String(messages.at(-1)?.content))?.[1]);
      return { answer: (number + Number(rolloutId) + messages.length) % 3 === 0 ? "?" : `A${number}` };
    },
    { identity: "world" },
  );
  return { seen, model };
}

async function unbroken(make: () => Teleprompter<object, { answer: string }>, seed: number) {
  const { seen, model } = world(seed);
  const handle = compile(make(), qa, { trainset: questions(12), valset: questions(6, 20), clients: { main: model } });
  const steps: unknown[] = [];
  for await (const { name, scores, program } of handle.steps()) steps.push([name, scores, digestOf(program)]);
  return { steps, best: digestOf(await handle.result()), asked: seen.asked };
}

test.each(SEARCHES)("%s comes to the same whatever the timing", async (_name, make) => {
  const one = await unbroken(make, 1);
  expect(await unbroken(make, 2)).toEqual(one);
  expect(await unbroken(make, 3)).toEqual(one);
});

test.each(SEARCHES)(
  "%s comes to the same however often it is interrupted, and pays for little twice",
  async (_name, make) => {
    const whole = await unbroken(make, 1);
    const folder = mkdtempSync(join(tmpdir(), "interrupted-"));
    const { seen, model } = world(4);
    const options = { trainset: questions(12), valset: questions(6, 20), clients: { main: model }, folder };
    let inFlight = 0;
    for (const until of [3, 9, 20]) {
      const handle = compile(make(), qa, options);
      handle.result().catch(() => {});
      await new Promise<void>((resolve) => {
        seen.now = () => {
          if (seen.asked >= until) resolve();
        };
        void handle.result().then(
          () => resolve(),
          () => resolve(),
        );
      });
      inFlight += model.inFlight;
      await handle.cancel();
    }
    const handle = compile(make(), qa, options);
    const steps: unknown[] = [];
    for await (const { name, scores, program } of handle.steps()) steps.push([name, scores, digestOf(program)]);
    expect([steps, digestOf(await handle.result())]).toEqual([whole.steps, whole.best]);
    expect(seen.asked).toBeLessThanOrEqual(whole.asked + inFlight);
  },
);
