// Budgets of jobs: never passed, and cut at the same place whatever the timing.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exactMatch, examples, predict, type Program, program, signature } from "../../../src/index.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { evaluateRivals } from "../../../src/teleprompters/candidate-score.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { scripted } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

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
          const [path = ""] = Object.keys(search.student.predictors());
          const program = search.student.withPredictors({
            [path]: own.with({ instructions: `Chain ${chain}, step ${step}.` }),
          });
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

describe("a budget of tokens, where answers fail that were paid for", () => {
  const usage = { inputTokens: 60, outputTokens: 40, totalTokens: 100 };
  const failing = async (seed: number, tokens: number) => {
    const random = seededRandom(seed);
    const lm = scripted(async () => {
      for (let wait = Math.floor(random.next() * 20); wait > 0; wait -= 1) await new Promise(setImmediate);
      throw new LmError("withheld", { code: "content_filter", details: { usage } });
    });
    const options = { trainset: set, budget: { tokens }, maxConcurrency: 7, clients: { main: lm } };
    const handle = compile(chains(3, 4), predict(qa), options);
    await handle.result();
    const { tokens: spent, trial, partial } = handle.status();
    return { asked: lm.requests.length, spent, trial, partial };
  };

  test("is spent by them, and cuts at the same place whatever the timing", async () => {
    const first = await failing(1, 5_500);
    expect(first.asked).toBeLessThanOrEqual(55);
    expect(first.asked).toBeGreaterThanOrEqual(50);
    expect(first).toMatchObject({
      spent: expect.toSatisfy((each: number) => each >= 5_000) as number,
      partial: "budget",
    });
    for (const seed of [2, 3]) expect(await failing(seed, 5_500)).toEqual(first);
  });
});

test("a budget in dollars is refused where no price is known: it would limit nothing", async () => {
  const options = { trainset: set, budget: { usd: 1 }, clients: { main: scripted(() => ({ answer: "?" })) } };
  await expect(compile(chains(1, 1), predict(qa), options).result()).rejects.toThrow(
    'a budget in dollars needs prices, and none is known for a model that "question -> answer" asks',
  );
});

describe("a budget in dollars, where a dear client is asked beside a cheap one", () => {
  const usage = { inputTokens: 0, outputTokens: 1_000, totalTokens: 1_000 };
  const prices = {
    cheap: { inputPerMillion: 0, outputPerMillion: 1 },
    dear: { inputPerMillion: 0, outputPerMillion: 1_000 },
  };
  const answering = (model: string) =>
    scripted(() => ({ text: "[[ ## answer ## ]]\n1\n\n[[ ## completed ## ]]", usage }), { model });
  /** Thirty cheap calls one after the other, then ten dear ones at once. */
  const search: Teleprompter<{ question: string }, { answer: string }> = {
    kind: "both",
    version: 1,
    settings: {},
    metric,
    clients: ["dear"],
    async search({ student, trainset, run: ask }: Search) {
      for (let round = 0; round < 3; round += 1)
        await ask(
          trainset.map((example) => ({ program: student, example })),
          { about: "cheap" },
        );
      await Promise.all(
        trainset.map((example) => ask([{ program: student, example, client: "dear" }], { about: "dear" })),
      );
      return student;
    },
  };
  const go = async (usd: number, folder?: string) => {
    const [cheap, dear] = [answering("cheap"), answering("dear")];
    const own = predict(qa, { client: "cheap", config: { maxTokens: 1_000 } });
    const options = { trainset: set, budget: { usd }, prices, clients: { cheap, dear } };
    const handle = compile(search, own, { ...options, ...(folder !== undefined && { folder }) });
    await handle.result();
    return { dear: dear.requests.length, asked: dear.requests.length + cheap.requests.length, ...handle.status() };
  };

  test("each is reserved by its own price, so that it is not passed", async () => {
    // At the cheap price all ten would have fitted at once, for ten dollars.
    expect(await go(3.5)).toMatchObject({ dear: 3, partial: "budget", usd: expect.closeTo(3.03) as number });
    expect(await go(20)).toMatchObject({ dear: 10, partial: undefined });
  });

  test("the same after it was interrupted, and of what is on record nothing is asked", async () => {
    const folder = join(storeFolder(), "job");
    const { dear, usd } = await go(3.5, folder);
    expect(await go(3.5, folder)).toMatchObject({ asked: 0, partial: "budget", usd });
    expect(dear).toBe(3);
  });

  test("one whose price is not known is refused, though the first ones' was", async () => {
    const clients = { cheap: answering("cheap"), dear: answering("other") };
    const options = { trainset: set, budget: { usd: 5 }, prices, clients };
    await expect(compile(search, predict(qa, { client: "cheap" }), options).result()).rejects.toThrow(
      "a budget in dollars needs prices, and none is known",
    );
    expect(clients.dear.requests).toHaveLength(0);
  });
});

describe("a program that makes more calls than anybody could foresee", () => {
  /** Asks so often as its question says, with one predictor. */
  const loop = program({
    name: "loop",
    parts: { ask: predict(qa) },
    version: 1,
    async forward({ ask }, { question }: { question: string }) {
      for (let call = 1; call < Number(question); call += 1) await ask({ question });
      return ask({ question });
    },
  });
  const long = examples(
    qa,
    [1, 2, 12, 1].map((calls, place) => ({ question: `${calls}`, answer: "yes", id: `${place}` })),
    { id: "id" },
  );
  const lm = () => scripted(() => ({ answer: "yes" }));
  const once: Teleprompter<{ question: string }, { answer: string }> = {
    kind: "once",
    version: 1,
    settings: {},
    metric,
    async search(search: Search) {
      const [scored] = await evaluateRivals(search, [search.student], search.trainset, { about: "once", metric });
      if (scored !== undefined) search.scored({ name: "student", program: search.student, ...scored });
      return search.student;
    },
  };

  test("is granted more where there is more, and its trial is run anew", async () => {
    const model = lm();
    const handle = compile(once, loop, { trainset: long, budget: { lmCalls: 60 }, clients: { main: model } });
    await handle.result();
    // 3 and 12 calls were not enough for the third one.
    expect(handle.status()).toMatchObject({ partial: undefined, best: 100, lmCalls: 16 + 3 });
    expect(model.requests).toHaveLength(16 + 3);
  });

  test("cuts the job off where there is not enough", async () => {
    const model = lm();
    const handle = compile(once, loop, { trainset: long, budget: { lmCalls: 15 }, clients: { main: model } });
    expect(await handle.result()).toBe(loop);
    expect(handle.status()).toMatchObject({ partial: "budget", best: undefined });
    expect(model.requests.length).toBeLessThanOrEqual(15);
  });

  test.each([
    [40, 1],
    [55, 2],
    [70, 3],
    [90, 4],
    [140, 5],
  ])(
    "cuts at the same place of %i calls, whatever the timing and however often it is interrupted (%i)",
    async (lmCalls, seed) => {
      const mixed = examples(
        qa,
        [1, 4, 1, 1, 11, 2].map((calls, place) => ({ question: `${calls}`, answer: "yes", id: `${place}` })),
        { id: "id" },
      );
      const folder = join(storeFolder(), "job");
      const random = seededRandom(seed);
      const seen = { asked: 0, until: Infinity, now: (): void => {} };
      const model = scripted(
        async () => {
          seen.asked += 1;
          if (seen.asked >= seen.until) seen.now();
          for (let wait = Math.floor(random.next() * 20); wait > 0; wait -= 1) await new Promise(setImmediate);
          return { answer: "yes" };
        },
        { identity: "mixed" },
      );
      const go = (more: { readonly folder?: string } = {}) =>
        compile(chains(3, 3), loop, { trainset: mixed, budget: { lmCalls }, clients: { main: model }, ...more });
      const outcome = async (handle: ReturnType<typeof go>) => {
        await handle.result();
        const { trial, partial } = handle.status();
        return { trial, partial };
      };
      const whole = await outcome(go());
      expect(seen.asked).toBeLessThanOrEqual(lmCalls);
      expect(await outcome(go())).toEqual(whole);
      for (const further of [4, 9, 14]) {
        const handle = go({ folder });
        seen.until = seen.asked + further;
        await Promise.race([new Promise<void>((resolve) => (seen.now = resolve)), handle.result()]);
        await handle.cancel();
      }
      expect(await outcome(go({ folder }))).toEqual(whole);
    },
  );
});
