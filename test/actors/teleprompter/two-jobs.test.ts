// Jobs of one system share what its clients allow.
import { expect, test } from "vitest";
import {
  client,
  evaluateRivals,
  exactMatch,
  examples,
  predict,
  type Program,
  type Search,
  signature,
  startSystem,
  type Teleprompter,
} from "../../../src/index.ts";
import { scripted } from "../../../src/testing.ts";

const qa = signature("question -> answer");
const metric = exactMatch("answer");
const set = examples(
  qa,
  Array.from({ length: 20 }, (_, index) => ({ question: `${index}`, answer: "yes" })),
);

/** So many rounds of so many rivals; all that they ask says whose they are. */
function climb(whose: string, rounds: number, rivals: number): Teleprompter<{ question: string }, { answer: string }> {
  return {
    kind: "climb",
    version: 1,
    settings: { whose, rounds, rivals },
    metric,
    async search(search: Search): Promise<Program<never>> {
      for (let round = 0; round < rounds; round += 1) {
        const programs = Array.from({ length: rivals }, (_, rival) => {
          const edits = Object.entries(search.student.predictors()).map(
            ([path, each]) => [path, each.with({ instructions: `${whose} ${round}.${rival}` })] as const,
          );
          return search.student.withPredictors(Object.fromEntries(edits));
        });
        const scored = await evaluateRivals(search, programs, search.trainset, { about: `round ${round}`, metric });
        for (const [rival, each] of scored.entries())
          search.scored({ name: `${round}.${rival}`, program: programs[rival] ?? search.student, ...each });
      }
      return search.student;
    },
  };
}

test("two jobs on one client get as many permits each, whatever they ask at once, and come to what each comes to alone", async () => {
  const order: string[] = [];
  const lm = scripted(async ({ messages }) => {
    const whose = /\b(many|few) \d+\.\d+/.exec(String(messages[0]?.content));
    order.push(whose?.[1] ?? "?");
    for (let wait = order.length % 3; wait > 0; wait -= 1) await new Promise(setImmediate);
    return { answer: Number(whose?.[0].at(-1)) % 2 === 0 ? "yes" : "no" };
  });
  const system = await startSystem({
    children: [client({ name: "main", lm, limits: { concurrency: 4 } })],
    cache: false,
    logger: false,
  });
  const options = { trainset: set, maxConcurrency: Infinity };
  const jobs = await Promise.all([
    system.compile(climb("many", 1, 20), predict(qa), { ...options, name: "many" }),
    system.compile(climb("few", 10, 2), predict(qa), { ...options, name: "few" }),
  ]);
  await Promise.all(jobs.map((job) => job.result()));
  // As long as both have something to ask. One of ten rounds has a moment without anything between two of them.
  const both = order.slice(0, order.lastIndexOf("few") + 1);
  const few = both.filter((whose) => whose === "few").length;
  expect(few / both.length).toBeGreaterThan(0.4);
  expect(few / both.length).toBeLessThan(0.6);
  const scores = jobs.map(async ({ steps }) => {
    const told: number[] = [];
    for await (const { score } of steps()) told.push(score);
    return told;
  });
  expect(await Promise.all(scores)).toEqual([
    Array.from({ length: 20 }, (_, rival) => (rival % 2 === 0 ? 100 : 0)),
    Array.from({ length: 20 }, (_, rival) => (rival % 2 === 0 ? 100 : 0)),
  ]);
  await system.stop();
});
