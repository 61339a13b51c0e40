// The same file bare and in a system: what is in it is not asked again, and whatever changed is.
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { client } from "../../../src/actors/client/client.ts";
import { evaluate } from "../../../src/evaluate/evaluate.ts";
import type { EvaluateOptions } from "../../../src/evaluate/evaluation-options.ts";
import { exampleSet } from "../../../src/evaluate/example-set.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import type { Metric } from "../../../src/evaluate/metrics/metric.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { readJournal } from "../../../src/foundation/journal.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem } from "../../../src/system.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { cutFile, storeFolder } from "../../foundation/store-folder.ts";

const QA = signature("question -> answer");
const qa = predict(QA, { name: "qa" });
const rows = Array.from({ length: 10 }, (_, index) => ({ question: `q${index}`, answer: `a${index}` }));
const set = examples(QA, rows);
const metric = exactMatch("answer");

type Asked = (question: number) => { answer: string };

/** Answers right where nothing else is said. */
function model(answer: Asked = (question) => ({ answer: `a${question}` }), identity = "here"): ScriptedModel {
  return scripted(
    ({ messages }) => {
      const question = Number(/\bq(\d+)/.exec(String(messages.at(-1)?.content))?.[1]);
      return answer(question);
    },
    identity === "" ? {} : { identity },
  );
}

interface Given {
  readonly program?: typeof qa | readonly (typeof qa)[];
  readonly examples?: Iterable<(typeof set)[number]> | AsyncIterable<(typeof set)[number]>;
  readonly metric?: Metric<{ question: string }, { answer: string }>;
  readonly lm: ScriptedModel;
}

type Door = (given: Given, options: EvaluateOptions) => Promise<EvaluationReport | readonly EvaluationReport[]>;

const DOORS: Readonly<Record<string, Door>> = {
  bare: ({ program = qa, examples: on = set, metric: by = metric, lm }, options) =>
    evaluate(program as typeof qa, on, by, { ...options, clients: { lm } }),
  "in a system": async ({ program = qa, examples: on = set, metric: by = metric, lm }, options) => {
    const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false });
    try {
      return await system.evaluate(program as typeof qa, on, by, options);
    } finally {
      await system.stop();
    }
  },
};

const retry = backoff({ maxAttempts: 1 });
const fails = (): never => {
  throw new LmError("down", { code: "server", status: 500 });
};

/** What must be the same whether it was recorded or asked now. */
function told({ score, mean, interval, trials, rows: all, failureCodes, slices, spread }: EvaluationReport): object {
  const lines = all.map(
    ({ index, sample, prediction, score: own, feedback, feedbackFor, scores, details, error, failed }) => ({
      index,
      sample,
      prediction: prediction && { ...prediction },
      own,
      feedback,
      feedbackFor,
      scores,
      details,
      code: error?.code,
      failed,
    }),
  );
  return { score, mean, interval, trials, lines, failureCodes, slices, spread };
}

describe.each(Object.keys(DOORS))("%s", (name) => {
  const door = DOORS[name] as Door;
  const one = async (...args: Parameters<Door>): Promise<EvaluationReport> => (await door(...args)) as EvaluationReport;

  test("what is on record is not asked again, and the report is the same", async () => {
    const journal = join(storeFolder(), "runs", "dev.jsonl");
    const wrong = model((question) => ({ answer: question === 3 ? "no" : `a${question}` }));
    const first = await one({ lm: wrong }, { journal });
    expect(first).toMatchObject({ score: 90, recorded: { predictions: 0, scores: 0 }, notes: [] });
    expect(statSync(journal).mode & 0o777).toBe(0o600);
    // What all conversations begin with stands there once.
    expect(readFileSync(journal, "utf8").split("Your input fields are")).toHaveLength(2);
    const lm = model();
    const second = await one({ lm }, { journal });
    expect(lm.requests).toHaveLength(0);
    expect(second).toMatchObject({ recorded: { predictions: 10, scores: 10 }, usage: { lmCalls: 0 }, notes: [] });
    expect(told(second)).toEqual(told(first));
    expect(second.rows[3]?.prediction?.$meta).toEqual(first.rows[3]?.prediction?.$meta);
    // Nobody looks at predictions here, so none is read.
    expect(await one({ lm }, { journal, keepRows: "failures" })).toMatchObject({ score: 90, rows: [] });
  });

  test("a failure is no finished work: it is asked again", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const first = await one({ lm: model((q) => (q % 5 === 2 ? fails() : { answer: `a${q}` })) }, { journal, retry });
    expect(first).toMatchObject({ score: 80, failureCodes: { server: 2 } });
    const lm = model();
    expect(await one({ lm }, { journal, retry })).toMatchObject({
      score: 100,
      recorded: { predictions: 8, scores: 8 },
    });
    expect(lm.requests).toHaveLength(2);
  });

  test("another metric, or one that failed, scores what is on record, without the program's calls", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const broken: Metric<{ question: string }, { answer: string }> = Object.assign(
      ({ id }: { id: string }) => {
        if (id === set[4]?.id) throw new Error("no score");
        return { score: 1, feedback: `for ${id}`, feedbackFor: { self: `to ${id}` }, shown: [Number.NaN] };
      },
      { version: 1 },
    );
    const first = await one({ lm: model(), metric: broken }, { journal });
    expect(first).toMatchObject({ score: 90, failureCodes: { metric_failed: 1 } });
    const lm = model();
    const again = await one({ lm, metric: broken }, { journal });
    expect(told(again)).toEqual(told(first));
    expect(again).toMatchObject({ recorded: { predictions: 10, scores: 9 } });
    const other = await one({ lm, metric: Object.assign(() => 0.5, { version: 2 }) }, { journal });
    expect(other).toMatchObject({ score: 50, recorded: { predictions: 10, scores: 0 } });
    expect(other.notes.join()).toContain("10 recorded predictions were scored again");
    expect(lm.requests).toHaveLength(0);
  });

  test("another prompt, another model, other inputs are asked anew, and only those", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    await one({ lm: model() }, { journal });
    const lm = model();
    const edited = await one({ lm, program: qa.with({ instructions: "Be brief." }) }, { journal });
    expect(lm.requests).toHaveLength(10);
    expect(edited.notes).toEqual([
      `journal ${journal}: 10 recorded predictions of "qa" were left out: of another program or version`,
    ]);
    const other = model(() => ({ answer: "other" }), "elsewhere");
    const report = await one({ lm: other }, { journal });
    expect(report).toMatchObject({ score: 0, recorded: { predictions: 0, scores: 0 } });
    expect(report.rows.map(({ prediction }) => ({ ...prediction }))).toEqual(set.map(() => ({ answer: "other" })));
    expect(report.notes.join()).toContain("by another client or model");
    const changed = examples(QA, [
      ...rows.slice(0, 8),
      { question: "q80", answer: "a80" },
      { question: "q9", answer: "b" },
    ]);
    const fresh = model();
    expect(await one({ lm: fresh, examples: changed }, { journal })).toMatchObject({ score: 90 });
    // The id of one whose label changed is another, too, as no ids were given.
    expect(fresh.requests).toHaveLength(2);
  });

  test("another label is a matter of the score alone", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const ids = rows.map((row, index) => ({ ...row, id: `e${index}` }));
    const named = (list: typeof ids) => examples(QA, list, { id: "id" });
    await one({ lm: model(), examples: named(ids) }, { journal });
    const lm = model();
    const relabelled = named(ids.map((row, index) => (index === 0 ? { ...row, answer: "b" } : row)));
    const report = await one({ lm, examples: relabelled }, { journal });
    expect(report).toMatchObject({ score: 90, recorded: { predictions: 10, scores: 9 } });
    expect(lm.requests).toHaveLength(0);
  });

  test("candidates and samples have each their own, the very same program twice as well", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const programs = [qa, qa.with({ name: "twin" }), qa.with({ instructions: "Be brief." })];
    let count = 0;
    const lm = model(() => ({ answer: `answer ${(count += 1)}` }));
    const first = (await door({ lm, program: programs }, { journal, samples: 2 })) as readonly EvaluationReport[];
    expect(lm.requests).toHaveLength(60);
    const again = (await door({ lm, program: programs }, { journal, samples: 2 })) as readonly EvaluationReport[];
    expect(again.map(told)).toEqual(first.map(told));
    expect(lm.requests).toHaveLength(60);
    // A single sample is asked at another temperature.
    await one({ lm }, { journal });
    expect(lm.requests).toHaveLength(70);
  });

  test("a stream of examples finds its own again", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    async function* stream() {
      yield* set;
    }
    await one({ lm: model(), examples: stream() }, { journal });
    const lm = model();
    expect(await one({ lm, examples: stream() }, { journal })).toMatchObject({ recorded: { scores: 10 } });
    expect(lm.requests).toHaveLength(0);
  });

  test("a trace is recorded, and given to another metric", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const steps: (number | undefined)[] = [];
    const counting = (version: number): Metric<{ question: string }, { answer: string }> =>
      Object.assign(
        (_example: unknown, _made: unknown, { trace }: { trace?: readonly unknown[] }) => {
          steps.push(trace?.length);
          return true;
        },
        { version },
      );
    const lm = model();
    await one({ lm, metric: counting(1) }, { journal });
    await one({ lm, metric: counting(1) }, { journal, trace: true });
    expect(lm.requests).toHaveLength(20);
    await one({ lm, metric: counting(2) }, { journal, trace: true });
    await one({ lm, metric: counting(2) }, { journal });
    expect(lm.requests).toHaveLength(20);
    expect(steps).toEqual([
      ...set.map(() => undefined),
      ...set.map(() => 1),
      ...set.map(() => 1),
      ...set.map(() => undefined),
    ]);
  });

  test("refuse names what is otherwise, and leaves the file as it is", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const refuse = { journal, onMismatch: "refuse" } as const;
    await one({ lm: model() }, refuse);
    await one({ lm: model() }, refuse);
    const before = readFileSync(journal, "utf8");
    const given: readonly [Partial<Given>, string][] = [
      [{ program: qa.with({ instructions: "Be brief." }) }, "program"],
      [{ lm: model(undefined, "elsewhere") }, "client"],
      [{ metric: Object.assign(() => 1, { version: 1 }) }, "metric"],
      [{ examples: exampleSet(set.slice(1)) }, "examples"],
    ];
    for (const [otherwise, changed] of given)
      await expect(one({ lm: model(), ...otherwise }, refuse)).rejects.toMatchObject({
        name: "JournalMismatchError",
        code: "journal_mismatch",
        details: { changed: [changed] },
      });
    expect(readFileSync(journal, "utf8")).toBe(before);
  });

  test("restart puts the old file aside, where anything is otherwise", async () => {
    const folder = storeFolder();
    const journal = join(folder, "dev.jsonl");
    const restart = { journal, onMismatch: "restart" } as const;
    await one({ lm: model() }, restart);
    await one({ lm: model() }, restart);
    expect(readdirSync(folder).toSorted()).toEqual(["dev.jsonl", "dev.jsonl.lock"]);
    const before = readFileSync(journal, "utf8");
    await one({ lm: model(undefined, "elsewhere") }, restart);
    const [aside = ""] = readdirSync(folder).filter((file) => file.includes(".before-"));
    expect(readFileSync(join(folder, aside), "utf8")).toBe(before);
    const lm = model(undefined, "elsewhere");
    expect((await one({ lm }, restart)).notes).toEqual([]);
    expect(lm.requests).toHaveLength(0);
  });

  test("a model that nobody knows is asked anew each time, and the report says so", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    for (const _time of [1, 2]) {
      const lm = model(undefined, "");
      const report = await one({ lm }, { journal });
      expect(lm.requests).toHaveLength(10);
      expect(report.notes).toEqual([expect.stringContaining("has a model without identity")]);
    }
  });

  test("two at once are not let into one file; its folder is open to others", async () => {
    const folder = storeFolder();
    const journal = join(folder, "dev.jsonl");
    const waits = Promise.withResolvers<void>();
    const slow = Object.assign(() => waits.promise.then(() => 1), { version: 1 });
    const begun = Promise.withResolvers<void>();
    const running = one({ lm: model((q) => (begun.resolve(), { answer: `a${q}` })), metric: slow }, { journal });
    await begun.promise;
    await expect(one({ lm: model() }, { journal })).rejects.toMatchObject({ code: "locked" });
    await one({ lm: model() }, { journal: join(folder, "other.jsonl") });
    waits.resolve();
    expect(await running).toMatchObject({ score: 100 });
  });
});

const bare = DOORS["bare"] as Door;
const one = async (...args: Parameters<Door>): Promise<EvaluationReport> => (await bare(...args)) as EvaluationReport;

test("the prediction is on disk before its metric is asked", async () => {
  const journal = join(storeFolder(), "dev.jsonl");
  const seen: boolean[] = [];
  const looks = Object.assign(
    async (_example: unknown, { answer }: { answer: string }) => {
      const { records } = await readJournal(journal);
      seen.push(records.some(({ value }) => JSON.stringify(value).includes(`{"answer":"${answer}"}`)));
      return 1;
    },
    { version: 1 },
  );
  await one({ lm: model(), metric: looks }, { journal });
  expect(seen).toEqual(set.map(() => true));
});

test("after any cut of the file the report is the same, and only what was lost is asked", async () => {
  const journal = join(storeFolder(), "dev.jsonl");
  const first = await one({ lm: model() }, { journal });
  const whole = readFileSync(journal);
  for (let length = whole.length - 1; length > 0; length -= 997) {
    writeFileSync(journal, whole);
    cutFile(journal, length);
    const kept = whole.subarray(0, length).toString().split("\n").slice(0, -1);
    const predictions = kept.filter((line) => line.includes('"prediction":')).length;
    const lm = model();
    expect(told(await one({ lm }, { journal }))).toEqual(told(first));
    expect(lm.requests).toHaveLength(10 - predictions);
  }
});

test("what is redacted is not written; what it was is shown and scored where it was asked", async () => {
  const journal = join(storeFolder(), "dev.jsonl");
  const redact = (text: string): string => text.replaceAll(/\b[aq]5\b/g, "[x]");
  const said = Object.assign((_example: unknown, { answer }: { answer: string }) => ({ score: 1, feedback: answer }), {
    version: 1,
  });
  const first = await one({ lm: model(), metric: said }, { journal, redact });
  expect(first.rows[5]?.prediction).toEqual({ answer: "a5" });
  const written = readFileSync(journal, "utf8");
  for (const text of ['"answer":"a5"', '"feedback":"a5"', String.raw`\nq5\n`, String.raw`\na5\n`])
    expect(written).not.toContain(text);
  expect(written).toContain(String.raw`\nq6\n`);
  const lm = model();
  const again = await one({ lm, metric: said }, { journal, redact });
  expect(lm.requests).toHaveLength(0);
  expect(again.rows[5]).toMatchObject({ prediction: { answer: "[x]" }, score: 1, feedback: "[x]" });
  // A score of what was taken out would be another one.
  const other = await one({ lm }, { journal, redact });
  expect(other).toMatchObject({ score: 100 });
  expect(lm.requests).toHaveLength(1);
});

test("a disk that refuses ends it with what there is", async () => {
  const folder = storeFolder();
  const journal = join(folder, "dev.jsonl");
  const clock = testClock();
  let asked = 0;
  const removes = async (): Promise<number> => {
    asked += 1;
    // Somebody removes the lock; it is looked at once a second.
    if (asked === 4) rmSync(`${journal}.lock`, { recursive: true });
    if (asked === 4) await clock.advance(2_000);
    return 1;
  };
  const options = { journal, maxConcurrency: 1, clients: { lm: model() }, clock };
  const report = await evaluate(qa, set, removes, options);
  expect(report).toMatchObject({ partial: "journal", score: 100, trials: asked });
  expect(asked).toBeLessThan(10);
  expect(report.notes.join()).toContain("it could not be written");
  expect(await one({ lm: model() }, { journal })).toMatchObject({ score: 100, recorded: { predictions: 4 } });
});

test("what is no journal of evaluations is refused, and left as it is", async () => {
  const path = join(storeFolder(), "dev.jsonl");
  writeFileSync(path, '{"question":"q","answer":"a"}\n');
  await expect(one({ lm: model() }, { journal: path })).rejects.toThrow(UsageError);
  expect(readFileSync(path, "utf8")).toBe('{"question":"q","answer":"a"}\n');
  for (const options of [
    { journal: 3 },
    { journal: path, onMismatch: "ad" },
    { redact: String },
    { onMismatch: "add" },
  ])
    await expect(one({ lm: model() }, options as EvaluateOptions)).rejects.toThrow(UsageError);
  expect(existsSync(`${path}.damaged-1`)).toBe(false);
});

test("a client that only an adapter asks counts, too", async () => {
  const journal = join(storeFolder(), "dev.jsonl");
  const asked = async (extraction: ScriptedModel): Promise<number> => {
    const writer = scripted(() => "The answer.", { identity: "writer" });
    const system = await startSystem({
      children: [
        client({ name: "writer", lm: writer, adapter: twoStepAdapter({ client: "reader" }) }),
        client({ name: "reader", lm: extraction }),
      ],
      logger: false,
      cache: false,
    });
    await system.evaluate(qa.with({ client: "writer" }), set, metric, { journal });
    await system.stop();
    return writer.requests.length;
  };
  const reader = (identity: string): ScriptedModel => scripted(() => ({ answer: "a" }), { identity });
  expect([await asked(reader("one")), await asked(reader("one")), await asked(reader("two"))]).toEqual([10, 0, 10]);
});
