import { describe, expect, test } from "vitest";
import {
  chatAdapter,
  compile,
  exactMatch,
  LmError,
  type Metric,
  randomSearch,
  type RandomSearchOptions,
  UsageError,
  xmlAdapter,
} from "../../../src/index.ts";
import { answering, qa, type Question, questions } from "./few-shot-world.ts";

const metric = exactMatch("answer");
const broken = new LmError("no", { code: "server", retryable: false });

async function searched(
  knows: (question: Question) => boolean | Error,
  options: Partial<RandomSearchOptions<object, { answer: string }>>,
  compiling: object = {},
) {
  const main = answering(knows);
  const set = { trainset: questions(6), valset: questions(4, 7) };
  const teleprompter = randomSearch({ metric, numCandidatePrograms: 3, ...options });
  const handle = compile(teleprompter, qa, { ...set, clients: { main }, ...compiling });
  const steps: [name: string, score: number, best: number | undefined][] = [];
  for await (const { name, score, best } of handle.steps()) steps.push([name, score, best]);
  return { handle, steps, asked: main.requests.length };
}

describe("random search", () => {
  test("tells its candidates in the order of their seeds, and gives the first of the best", async () => {
    // Right with a demo of question 2 alone.
    const { handle, steps } = await searched(({ number, text }) => number < 7 || text.includes("q2?"), {
      maxLabeledDemos: 2,
    });
    // By Python's Random: seed 0 keeps 4 of its order, seed 1 2, seed 2 1.
    expect(steps.map(([name]) => name)).toEqual(["seed -3", "seed -2", "seed -1", "seed 0", "seed 1", "seed 2"]);
    const first = steps.find(([, score]) => score === 100);
    expect(handle.best()?.name).toBe(first?.[0]);
    expect(await handle.result()).toBe(handle.best()?.program);
  });

  test("tries each candidate in each layout", async () => {
    const xml = xmlAdapter();
    const options = { adapters: [chatAdapter(), xml, xml], numCandidatePrograms: 0 };
    const { handle, steps } = await searched(({ text, number }) => number < 7 || !text.includes("[[ ##"), options);
    expect(steps.map(([name]) => name)).toEqual(
      [-3, -2, -1].flatMap((seed) => [`seed ${seed}, chat`, `seed ${seed}, xml`, `seed ${seed}, xml 2`]),
    );
    expect(handle.best()?.name).toBe("seed -3, xml");
    expect((await handle.result()).adapter).toBe(xml);
  });

  test("begins with earlier candidates, and with the student where it has demos: so it never gets worse", async () => {
    const student = qa.with({ demos: [{ question: "magic?", answer: "yes" }] });
    const earlier = qa.with({ instructions: "Earlier." });
    const main = answering(({ text, number }) => number < 7 || text.includes("magic?"));
    const teleprompter = randomSearch({ metric, numCandidatePrograms: 2 });
    const sets = { trainset: questions(6), valset: questions(4, 7), warmStart: [earlier] };
    const handle = compile(teleprompter, student, { ...sets, clients: { main } });
    expect((await handle.result()).demos).toEqual(student.demos);
    const names: string[] = [];
    for await (const { name } of handle.steps()) names.push(name);
    expect(names).toEqual(["student", "warm start 1", "seed -3", "seed -2", "seed -1", "seed 0", "seed 1"]);
  });

  test("pays for no candidate after one that is good enough", async () => {
    const { steps, asked } = await searched(() => true, { stopAtScore: 100 });
    expect(steps).toEqual([["seed -3", 100, 100]]);
    expect(asked).toBe(4);
  });

  test("compares on the trainset where there is no other, and plans for all that it may run", async () => {
    const teleprompter = randomSearch({ metric, numCandidatePrograms: 3 });
    const main = answering(() => true);
    await compile(teleprompter, qa, { trainset: questions(5), clients: { main } }).result();
    const trainset = questions(5) as never;
    const task = { student: qa, trainset, valset: undefined, warmStart: [] };
    const most = 6 * 5 + 4 * 5;
    expect(teleprompter.plan?.(task)).toEqual({ trials: most, proposals: [] });
    expect(main.requests.length).toBeLessThanOrEqual(most);
  });

  test("ranks a failed trial below every score, also where the report counts it as 0", async () => {
    const below: Metric<object, { answer: string }> = ({ labels }, { answer }) => (labels.answer === answer ? 0 : -1);
    // With demos requests fail, without they are wrong: a report has 0 for the one, and -100 for the other.
    const { handle, steps } = await searched(({ demos, number }) => (demos > 0 && number > 6 ? broken : number < 7), {
      metric: below,
      metricThreshold: 0,
      numCandidatePrograms: 0,
    });
    expect(steps.map(([, score]) => score)).toEqual([-100, 0, 0]);
    expect(handle.best()?.name).toBe("seed -3");
  });
});

describe("random search by halves", () => {
  const sets = { trainset: questions(6), valset: questions(8, 7) };
  const options = { minibatchSize: 2, maxBootstrappedDemos: 0, maxLabeledDemos: 2, numCandidatePrograms: 3 };

  test("compares all on a few examples, the better half on twice as many, and runs none twice", async () => {
    // With a demo it knows even questions; with that of question 3 all of them.
    const knows = ({ number, demos, text }: Question) => text.includes("q3?") || (demos > 0 && number % 2 === 0);
    const { handle, steps, asked } = await searched(knows, options, sets);
    // Those that drop out are told as they do, then those that saw all.
    expect(steps.slice(0, 3).map(([name]) => name)).toEqual(expect.arrayContaining(["seed -3"]));
    expect(steps).toHaveLength(6);
    const best = await handle.result();
    expect(best.demos.map(({ question }) => question)).toContain("q3?");
    expect(handle.best()).toMatchObject({ score: 100, scores: Array.from({ length: 8 }, () => 1) });
    // Six on two, three on two more, two on the other four.
    expect(asked).toBe(6 * 2 + 3 * 2 + 2 * 4);
    const task = { student: qa, trainset: questions(6) as never, valset: questions(8, 7) as never, warmStart: [] };
    expect(randomSearch({ metric, ...options }).plan?.(task)).toEqual({ trials: asked, proposals: [] });
  });

  test("those that did not see all are no best, and say where they dropped out", async () => {
    const { handle } = await searched(({ demos }) => demos > 0, options, sets);
    const notes: (string | undefined)[] = [];
    const fulls: boolean[] = [];
    for await (const { note, full } of handle.steps()) {
      notes.push(note);
      fulls.push(full);
    }
    expect(notes.slice(0, 4)).toEqual([
      ...Array.from({ length: 3 }, () => "dropped out after 2 of 8 examples"),
      "dropped out after 4 of 8 examples",
    ]);
    expect(fulls).toEqual([false, false, false, false, true, true]);
    // Of equals the first ones stay.
    expect(handle.best()?.name).toBe("seed -2");
  });

  test("tells scores in the order of the valset, though it draws another one", async () => {
    const { handle } = await searched(({ number }) => number < 7 || number > 10, { ...options, restrict: [-2] }, sets);
    await handle.result();
    expect(handle.best()?.scores).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test("layouts are rivals, too", async () => {
    const layouts = { adapters: [chatAdapter(), xmlAdapter()], restrict: [-2] };
    const { handle, asked } = await searched(({ text }) => !text.includes("[[ ##"), { ...options, ...layouts }, sets);
    expect((await handle.result()).adapter?.name).toBe("xml");
    expect(asked).toBe(2 * 2 + 1 * 6);
  });

  test("a failed trial drops out before one that scored below 0", async () => {
    const below: Metric<object, { answer: string }> = ({ labels }, { answer }) => (labels.answer === answer ? 0 : -1);
    const knows = ({ demos, number }: Question) => (demos > 0 && number > 6 ? broken : number < 7);
    const { handle } = await searched(knows, { ...options, metric: below, restrict: [-3, -2] }, sets);
    expect((await handle.result()).demos).toEqual([]);
  });

  test("where every bootstrapping comes to too many errors, it says so", async () => {
    const { handle } = await searched(() => broken, { minibatchSize: 2, maxErrors: 3, restrict: [-1, 0] });
    await expect(handle.result()).rejects.toMatchObject({ code: "too_many_errors" });
  });

  test("and goes with no score that ends the search", () => {
    expect(() => randomSearch({ metric, minibatchSize: 2, stopAtScore: 90 })).toThrow("say one of the two");
    expect(() => randomSearch({ metric, minibatchSize: 0 })).toThrow("minibatchSize must be a whole number above 0");
  });
});

describe("where nothing goes right", () => {
  test("a teacher that always fails leaves the candidates that need none", async () => {
    const { handle, steps } = await searched(({ number }) => (number < 7 ? broken : true), { maxErrors: 3 });
    expect(steps.map(([name]) => name)).toEqual(["seed -3", "seed -2"]);
    expect((await handle.result()).demos).toEqual([]);
  });

  test("and where none is left, it says why", async () => {
    const { handle } = await searched(() => broken, { maxErrors: 3, restrict: [-1, 0] });
    await expect(handle.result()).rejects.toMatchObject({ code: "too_many_errors" });
  });

  test("a metric that always fails makes nothing better: the student without demos", async () => {
    const failing = () => {
      throw new Error("no metric");
    };
    const { handle, steps } = await searched(() => true, { metric: failing, numCandidatePrograms: 1 });
    expect(steps.map(([name, score]) => [name, score])).toEqual([
      ["seed -3", 0],
      ["seed -2", 0],
      ["seed -1", 0],
      ["seed 0", 0],
    ]);
    expect((await handle.result()).demos).toEqual([]);
  });

  test.each([
    ["an empty trainset", { trainset: [] }, {}, "the trainset is empty"],
    ["an empty valset", { valset: [] }, {}, "the valset is empty"],
    ["no seed", {}, { restrict: [99] }, "restrict leaves no seed"],
  ])("%s is refused before anything is paid for", async (_what, sets, options, message) => {
    const { handle, asked } = await searched(() => true, options, sets);
    await expect(handle.result()).rejects.toThrow(message);
    expect(asked).toBe(0);
  });

  test("one example is enough", async () => {
    const one = { trainset: questions(1), valset: undefined };
    const { handle, steps } = await searched(() => true, {}, one);
    expect(steps).toHaveLength(6);
    expect((await handle.result()).demos).toEqual([]);
  });

  test("options that make no sense are refused", () => {
    expect(() => randomSearch({} as never)).toThrow("metric is missing");
    expect(() => randomSearch({ metric, restrict: ["a" as never] })).toThrow(UsageError);
    expect(() => randomSearch({ metric, adapters: [{} as never] })).toThrow("adapters must be a list of adapters");
  });
});
