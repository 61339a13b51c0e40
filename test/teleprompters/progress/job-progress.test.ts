import { describe, expect, onTestFinished, test, vi } from "vitest";
import { testClock } from "../../../src/testing/test-clock.ts";
import { jobBoard } from "../../../src/teleprompters/job/job-board.ts";
import type { JobProgress } from "../../../src/teleprompters/progress/job-progress.ts";
import { jobProgressText, sparkline } from "../../../src/teleprompters/progress/job-progress-text.ts";
import { watchJob } from "../../../src/teleprompters/progress/watch-job.ts";
import { student } from "../reports/made-job.ts";

const half: JobProgress = {
  state: "running",
  trial: 12,
  best: 61.5,
  curve: [40, 50, 45, 61.5],
  done: 1_500,
  total: 3_000,
  recorded: 500,
  lmCalls: 2_000,
  tokens: 123_456,
  usd: 0.5,
  asks: [
    { about: "seed 3", done: 20, trials: 100 },
    { about: "seed\u001B[2J 4", done: 0, trials: 100 },
    { about: "seed 5", done: 0, trials: 100 },
  ],
  ms: 10_000,
};

describe("in words", () => {
  test("all there is to say; what was on record took no time", () => {
    expect(jobProgressText(half, undefined, false)).toBe(
      String.raw`trial 12 · ▁▄▃█ · best 61.50 · 1,500/3,000 runs (50%) · 2,000 LM calls · 123,456 tokens · $0.5000 · 15.0 s left · now seed 3 20/100, seed\u{1b}[2J 4 0/100 and 1 more`,
    );
    const over = { ...half, state: "done" as const, asks: [], usd: 0 };
    expect(jobProgressText(over, undefined, true)).toMatch(/ · 123,456 tokens · took 10\.0 s$/);
  });

  test("without a plan nobody knows how much is left, and of a pause nothing is said", () => {
    expect(jobProgressText({ ...half, total: undefined }, undefined, false)).not.toContain("left");
    const paused = jobProgressText({ ...half, state: "paused" }, undefined, false);
    expect(paused).toMatch(/^paused · trial 12/);
    expect(paused).not.toContain("left");
  });

  test("what matters most stays longest", () => {
    for (const columns of [5, 20, 40, 60, 80, 120, 200])
      expect(jobProgressText(half, columns, false).length).toBeLessThan(columns);
    expect(jobProgressText(half, 60, false)).toMatch(/^[█░]+ trial 12 · best 61\.50 · 15\.0 s left$/);
    expect(jobProgressText(half, 22, false)).toBe("trial 12 · best 61.50");
  });
});

test("a curve goes from its lowest score to its highest, and has its last sixteen", () => {
  expect(sparkline([])).toBe("");
  expect(sparkline([50])).toBe("");
  expect(sparkline([50, 50, 50])).toBe("▁▁▁");
  expect(sparkline([0, 100])).toBe("▁█");
  expect(sparkline(Array.from({ length: 40 }, (_, at) => at))).toHaveLength(16);
});

describe("told by a board", () => {
  const begun = (progress: Parameters<typeof watchJob>[2]) => {
    const [clock, board] = [testClock(), jobBoard()];
    const watch = watchJob(board, () => 8, progress);
    watch.begin(clock);
    board.begun({ asks: 0, steps: 0 });
    board.asked(1, "a", 4);
    return { clock, board, watch };
  };

  test("every change, until it is over; what is spent counts as it is spent", async () => {
    const told: JobProgress[] = [];
    const { clock, board, watch } = begun((now) => told.push(now));
    await clock.advance(50);
    board.trialDone(1, { lmCalls: 2, tokens: 10, usd: 0 });
    expect(told.at(-1)).toEqual({
      state: "running",
      trial: 0,
      best: undefined,
      curve: [],
      done: 1,
      total: 8,
      recorded: 0,
      lmCalls: 2,
      tokens: 10,
      usd: 0,
      asks: [{ about: "a", done: 1, trials: 4 }],
      ms: 50,
    });
    board.delivered(1, { lmCalls: 3, tokens: 20, usd: 0 });
    board.scored(
      1,
      { name: "a", program: student, score: 50, scores: [1, 0, 1, 0] },
      { lmCalls: 3, tokens: 20, usd: 0 },
    );
    // Three of the four were not run by this process.
    expect(told.at(-1)).toMatchObject({ trial: 1, best: 50, curve: [50], done: 4, recorded: 3, lmCalls: 3, asks: [] });
    watch.end();
    const count = told.length;
    await clock.advance(1_000);
    board.state("done");
    expect([told.length, watch.ms]).toEqual([count, 50]);
  });

  test("a listener that throws is one warning, however often it does, and disturbs nobody", async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error): unknown => warnings.push(message);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const { board, watch } = begun(() => {
      throw new Error("no");
    });
    board.trialDone(1, { lmCalls: 1, tokens: 1, usd: 0 });
    board.trialDone(1, { lmCalls: 1, tokens: 1, usd: 0 });
    watch.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual(["a listener of a job's progress failed: Error: no"]);
  });

  test("true is lines on standard error where there is no terminal, and no timer is left", async () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text, done?: unknown) => {
      written.push(String(text));
      if (typeof done === "function") done();
      return true;
    });
    onTestFinished(() => write.mockRestore());
    const { clock, board, watch } = begun(true);
    await clock.settle();
    await clock.advance(12_000);
    watch.end();
    board.state("done");
    await clock.settle();
    expect(written.filter((text) => text !== "")).toEqual([
      expect.stringMatching(/^trial 0 · 0\/8 runs \(0%\) · 0 LM calls · 0 tokens · now a 0\/4\n$/),
      expect.stringMatching(/^trial 0/),
      expect.stringMatching(/took 12\.0 s/),
    ]);
    expect(clock.pending).toBe(0);
  });
});
