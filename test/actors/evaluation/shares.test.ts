// Candidates side by side before one client: at any time each has had as much of it as the others.
import { expect, test } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import type { EvaluateOptions } from "../../../src/evaluate/evaluation-options.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const CANDIDATES = 20;
const PERMITS = 10;
const QA = signature("question -> answer");

/** Asks so many times at once. */
function candidate(number: number, calls: number) {
  return program({
    name: `candidate ${number}`,
    parts: { qa: predict(QA).with({ instructions: `You are candidate ${number}.` }) },
    version: 1,
    async forward({ qa }, inputs: { question: string }) {
      const [first] = await Promise.all([qa(inputs), ...Array.from({ length: calls - 1 }, () => qa(inputs))]);
      return first;
    },
  });
}

/** Evaluates on so many examples; gives the candidate of each request, in the order in which they got a permit. */
async function granted(count: number, calls: (whose: number) => number, options: EvaluateOptions) {
  const random = seededRandom(7);
  const order: number[] = [];
  const lm = scripted(async ({ messages }) => {
    const whose = Number(/candidate (\d+)/.exec(String(messages[0]?.content))?.[1]);
    order.push(whose);
    // Turns of the event loop stand for time. A slow one in five holds its permits six times as long.
    for (let left = (2 + 4 * random.next()) * (whose % 5 === 0 ? 6 : 1); left > 0; left -= 1)
      await new Promise((resolve) => setImmediate(resolve));
    return { answer: "a" };
  });
  const system = await startSystem({
    children: [client({ name: "lm", lm, limits: { concurrency: PERMITS } })],
    logger: false,
    cache: false,
    // It stands still: no deadline comes.
    clock: testClock(),
  });
  const set = examples(
    QA,
    Array.from({ length: count }, (_, index) => ({ question: `q${index}`, answer: "a" })),
  );
  const candidates = Array.from({ length: CANDIDATES }, (_, index) => candidate(index, calls(index)));
  const reports = await system.evaluate(candidates, set, exactMatch("answer"), { keepRows: "failures", ...options });
  await system.stop();
  expect(reports.map(({ score, trials }) => [score, trials])).toEqual(candidates.map(() => [100, count]));
  return order;
}

/**
 * How far any candidate ever was from its share, as a part of it: from the moment at which a share is twenty permits (the very
 * first ones are taken before there is a line), up to the moment at which the first candidate has all that it wants.
 */
function farthest(order: readonly number[], wanted: (whose: number) => number): number {
  const counts = Array.from({ length: CANDIDATES }, () => 0);
  let far = 0;
  for (const [at, whose] of order.entries()) {
    const count = (counts[whose] ?? 0) + 1;
    counts[whose] = count;
    const share = (at + 1) / CANDIDATES;
    if (share >= 20) for (const each of counts) far = Math.max(far, Math.abs(each - share) / share);
    if (count === wanted(whose)) break;
  }
  return far;
}

test("twenty candidates on two hundred examples have equal shares of the permits at any time, slow ones too", async () => {
  const order = await granted(200, () => 1, {});
  expect(order).toHaveLength(4_000);
  expect(farthest(order, () => 200)).toBeLessThan(0.1);
});

test("where all wait in line, one that asks three times at once has no more of them than one that asks once", async () => {
  const calls = (whose: number): number => (whose % 7 === 3 ? 3 : 1);
  const order = await granted(40, calls, { maxConcurrency: Infinity });
  expect(order).toHaveLength(40 * (17 + 3 * 3));
  expect(farthest(order, (whose) => 40 * calls(whose))).toBeLessThan(0.2);
});
