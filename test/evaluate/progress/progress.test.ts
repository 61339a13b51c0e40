import { describe, expect, test, vi } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import { evaluate } from "../../../src/evaluate/evaluate.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { progressBar } from "../../../src/evaluate/progress/progress-bar.ts";
import { barText, progressLine, progressText } from "../../../src/evaluate/progress/progress-text.ts";
import { countProgress } from "../../../src/evaluate/progress/progress.ts";
import type { Progress } from "../../../src/evaluate/progress/progress.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { failure, rowOf } from "../reports/made-reports.ts";

const half: Progress = {
  done: 1_500,
  total: 3_000,
  score: 83.333,
  failures: 2,
  recorded: 500,
  tokens: 123_456,
  usd: 0.5,
  ms: 10_000,
};

describe("in words", () => {
  test("all there is to say; what a journal gave took no time", () => {
    expect(progressText(half)).toBe(
      "1,500/3,000 trials (50%) · score 83.33 · 2 failed · 100.0/s · 123,456 tokens · $0.5000 · 500 from the journal · 15.0 s left",
    );
    expect(progressText({ ...half, done: 3_000, recorded: 0, usd: 0 }, true)).toBe(
      "3,000/3,000 trials (100%) · score 83.33 · 2 failed · 300.0/s · 123,456 tokens · took 10.0 s",
    );
  });

  test("of a stream nobody knows how much is left", () => {
    const text = progressText({ ...half, total: undefined });
    expect(text).toMatch(/^1,500 trials · score/);
    expect(text).not.toContain("left");
  });

  test("nothing is said of what is not known yet", () => {
    const none = { done: 0, total: 10, score: 0, failures: 0, recorded: 0, tokens: 0, usd: 0, ms: 0 };
    expect(progressText(none)).toBe("0/10 trials (0%) · score 0.00 · 0 failed · 0.0/s · 0 tokens");
    expect(barText({ ...none, total: 0 }, 80)).toContain("0/0 trials · ");
  });
});

describe("as a bar", () => {
  test.each([5, 20, 40, 60, 80, 120, 200])("it fits in %d columns", (columns) => {
    for (const progress of [half, { ...half, total: undefined }, { ...half, done: 3_000 }])
      expect(barText(progress, columns).length).toBeLessThan(columns);
  });

  test("it is as full as the work is done, and what matters most stays longest", () => {
    expect(barText(half, 200)).toMatch(/^█{12}░{12} 1,500/);
    expect(barText({ ...half, done: 3_000 }, 200)).toMatch(/^█{24} /);
    expect(barText(half, 66)).toMatch(/^[█░]+ 1,500\/3,000 trials \(50%\) · score 83\.33 · 15\.0 s left$/);
    expect(barText(half, 30)).toBe("1,500/3,000 trials (50%)");
  });
});

test("rows are counted in whatever order they come", async () => {
  const clock = testClock();
  const count = countProgress(clock, 4);
  expect(count.now).toMatchObject({ done: 0, total: 4, score: 0, ms: 0 });
  await clock.advance(50);
  count.add(rowOf(2, { score: 0.5 }));
  count.add(rowOf(0, { error: failure("no") }));
  count.add({ ...rowOf(1, { score: 1 }), recorded: "all" });
  expect(count.now).toEqual({
    done: 3,
    total: 4,
    score: 50,
    failures: 1,
    recorded: 1,
    tokens: 36,
    usd: expect.closeTo(0.003),
    ms: 50,
  });
});

function line(columns: number | undefined) {
  const shown: string[] = [];
  return { columns, shown, show: (text: string) => void shown.push(text), end: () => void shown.push("end") };
}

test("a terminal's bar is drawn at once and ten times a second; the end is said, and no timer is left", async () => {
  const clock = testClock();
  const to = line(100);
  const count = countProgress(clock, 2);
  const bar = progressBar(
    clock,
    to,
    progressLine(() => count.now),
  );
  expect(to.shown).toHaveLength(1);
  count.add(rowOf(0, {}));
  await clock.advance(1_000);
  expect(to.shown).toHaveLength(11);
  expect(to.shown.at(-1)).toContain("1/2 trials (50%)");
  bar.end();
  expect(to.shown.slice(11)).toEqual([expect.stringContaining("took 1.0 s"), "end"]);
  expect(clock.pending).toBe(0);
});

test("without a terminal it is a line every five seconds and one at the end", async () => {
  const clock = testClock();
  const to = line(undefined);
  const count = countProgress(clock, 2);
  const bar = progressBar(
    clock,
    to,
    progressLine(() => count.now),
  );
  await clock.advance(12_000);
  bar.end();
  expect(to.shown).toEqual([
    expect.stringMatching(/^0\/2 trials/),
    expect.stringMatching(/^0\/2 trials/),
    expect.stringMatching(/took 12\.0 s$/),
    "end",
  ]);
});

describe("in an evaluation", () => {
  const QA = signature("question -> answer");
  const set = examples(
    QA,
    Array.from({ length: 4 }, (_, index) => ({ question: `q${index}`, answer: index ? "yes" : "no" })),
  );
  const run = (options: object, on: Parameters<typeof evaluate>[1] = set) =>
    evaluate(predict(QA), on as typeof set, exactMatch("answer"), {
      clients: { lm: scripted(() => ({ answer: "yes" })) },
      ...options,
    });

  test("a function is told after every trial, and so is onResult; nothing is printed", async () => {
    const write = vi.spyOn(process.stderr, "write");
    const told: Progress[] = [];
    const rows: unknown[] = [];
    const report = await run({
      progress: (now: Progress) => told.push(now),
      onResult: (row: unknown) => rows.push(row),
    });
    expect(told.map(({ done, total }) => [done, total])).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
    expect(told.at(-1)).toMatchObject({ score: report.score, failures: 0, tokens: report.usage.totalTokens });
    expect(rows).toHaveLength(4);
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });

  test("in a system as well", async () => {
    const lm = scripted(() => ({ answer: "yes" }));
    const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false });
    const told: number[] = [];
    await system.evaluate(predict(QA), set, exactMatch("answer"), { progress: ({ done }) => told.push(done) });
    await system.stop();
    expect(told).toEqual([1, 2, 3, 4]);
  });

  test("samples count; of a stream nobody knows the total", async () => {
    const totals: unknown[] = [];
    await run({ samples: 2, progress: ({ total }: Progress) => totals.push(total) });
    async function* streamed() {
      yield* set;
    }
    await run({ progress: ({ total }: Progress) => totals.push(total) }, streamed());
    expect(totals).toEqual([...Array(8).fill(8), ...Array(4).fill(undefined)]);
  });

  test("silent where nothing is said, and a line on standard error where there is no terminal", async () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text, done?: unknown) => {
      written.push(String(text));
      if (typeof done === "function") done();
      return true;
    });
    await run({});
    await run({ progress: false });
    expect(written).toEqual([]);
    await run({ progress: true });
    write.mockRestore();
    expect(written.join("")).toMatch(/^4\/4 trials \(100%\) · score 75\.00 · 0 failed · .* · took .*\n$/);
  });

  test("the bar ends also where the evaluation fails", async () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    await expect(run({ progress: true }, [])).rejects.toThrow("the set is empty");
    write.mockRestore();
    expect(written.join("")).toContain("took");
  });

  test("what is neither", async () => {
    await expect(run({ progress: "bar" })).rejects.toThrow('progress must be true, false or a function, got "bar"');
  });
});
