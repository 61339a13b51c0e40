// Budgets of jobs: never passed, and cut at the same place whatever the timing.
import { describe, expect, test } from "vitest";
import { exactMatch, examples, predict, type Program, signature } from "../../../src/index.ts";
import { evaluateRivals } from "../../../src/teleprompters/candidate-score.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { scripted } from "../../../src/testing.ts";

const qa = signature("question -> answer");
const set = examples(
  qa,
  Array.from({ length: 10 }, (_, index) => ({ question: `${index}`, answer: `${index}` })),
);

const metric = exactMatch("answer");

/** Chains of candidates side by side: what each asks depends on its own results. */
function chains(count: number, length: number): Teleprompter<{ question: string }, { answer: string }> {
  return {
    kind: "chains",
    version: 1,
    settings: { count, length },
    metric,
    async search(search: Search): Promise<Program<never>> {
      const walk = async (chain: number): Promise<void> => {
        for (let step = 0; step < length; step += 1) {
          const [own] = Object.values(search.student.predictors());
          if (own === undefined) return;
          const program: Program<never> = own.with({ instructions: `Chain ${chain}, step ${step}.` });
          const [scored] = await evaluateRivals(search, [program], search.trainset, {
            about: `${chain}.${step}`,
            metric,
          });
          if (scored !== undefined) search.scored({ name: `${chain}.${step}`, program, ...scored });
        }
      };
      await Promise.all(Array.from({ length: count }, (_, chain) => walk(chain)));
      return search.student;
    },
  };
}

async function run(seed: number, lmCalls: number) {
  const random = seededRandom(seed);
  let asked = 0;
  const lm = scripted(async ({ messages }) => {
    asked += 1;
    for (let wait = Math.floor(random.next() * 20); wait > 0; wait -= 1) await new Promise(setImmediate);
    return { answer: /(\d+)\s*$/.exec(String(messages.at(-1)?.content).split("Respond")[0] ?? "")?.[1] ?? "?" };
  });
  const handle = compile(chains(3, 4), predict(qa), {
    trainset: set,
    budget: { lmCalls },
    maxConcurrency: 7,
    clients: { main: lm },
  });
  await handle.result();
  const { trial, partial } = handle.status();
  return { asked, trial, partial };
}

describe("a budget of LM calls", () => {
  test.each([0, 9, 10, 25, 55, 89, 119, 120, 1_000])(
    "of %i is never passed, and cuts at the same place whatever the timing",
    async (calls) => {
      const first = await run(1, calls);
      expect(first.asked).toBeLessThanOrEqual(calls);
      expect(first.partial).toBe(calls >= 120 ? undefined : "budget");
      // As many candidates as could be paid for.
      expect(first.trial).toBe(Math.min(12, Math.floor(calls / 10)));
      for (const seed of [2, 3]) expect(await run(seed, calls)).toEqual(first);
    },
  );
});
