import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { JobProgress } from "../../../src/teleprompters/progress/job-progress.ts";
import { qa, set, shouting, tries } from "./tries.ts";

const clients = () => ({ lm: shouting({ count: 0 }) });

test("what cannot be saved by itself says so, in status and report", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-notes-"));
  // A demo that is no data.
  const odd = qa.with({ demos: [{ question: () => "q", answer: "a" }] });
  const teleprompter = tries([], { search: () => Promise.resolve(odd) });
  const job = compile(teleprompter, qa, { trainset: set, clients: clients(), folder });
  expect(await job.result()).toBe(odd);
  const said = /^the result is not in best\.json, since it cannot be saved by itself: /;
  expect(job.status().notes).toEqual([expect.stringMatching(said)]);
  expect(job.report().notes).toEqual(job.status().notes);
  expect(existsSync(join(folder, "best.json"))).toBe(false);
});

test("a budget that is spent before anything was scored in full leaves the program as it was", async () => {
  const job = compile(tries(["mumble", "shout"]), qa, { trainset: set, clients: clients(), budget: { lmCalls: 3 } });
  expect(await job.result()).toBe(qa);
  expect(job.status()).toMatchObject({ state: "done", partial: "budget", best: undefined });
  expect(job.report().notes).toEqual([
    "the budget was spent before any candidate was scored in full: the result is the program as it was",
  ]);
  const enough = compile(tries(["mumble", "shout"]), qa, { trainset: set, clients: clients(), budget: { lmCalls: 6 } });
  expect((await enough.result()).signature.instructions).toBe("mumble");
  expect(enough.report()).toMatchObject({ partial: "budget", notes: [] });
});

test("code that is known by its source text is named", async () => {
  const metric = () => 1;
  const job = compile(tries(["shout"], { metric }), qa, { trainset: set, clients: clients() });
  await job.result();
  expect(job.status().notes).toEqual([
    expect.stringMatching(/^function "metric" is known by its source text: give it a version/),
  ]);
});

test("progress is told as it goes on, and what a folder has on record took no time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-progress-"));
  const go = async () => {
    const told: JobProgress[] = [];
    const job = compile(tries(["mumble", "shout"], { plan: () => ({ trials: 8, proposals: 0 }) }), qa, {
      trainset: set,
      clients: clients(),
      folder,
      progress: (now) => told.push(now),
    });
    await job.result();
    return told;
  };
  const first = await go();
  expect(first.map(({ done }) => done)).toEqual(first.map(({ done }) => done).toSorted((a, b) => a - b));
  const end = { state: "done", trial: 2, best: 100, curve: [0, 100], done: 8, total: 8, lmCalls: 8, asks: [] };
  expect(first.at(-1)).toMatchObject({ ...end, recorded: 0 });
  expect((await go()).at(-1)).toMatchObject({ ...end, recorded: 8 });
});
