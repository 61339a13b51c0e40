import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { knnFewShot } from "../../../src/teleprompters/few-shot/knn-few-shot.ts";
import { randomSearch } from "../../../src/teleprompters/few-shot/random-search.ts";
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

test("runs that failed are counted, with what the last one failed with; the same in a later life", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-notes-"));
  const metric = Object.assign(
    ({ inputs }: { inputs: { question: string } }) => {
      if (inputs.question === "b") throw new Error("no such\n  field");
      return 1;
    },
    { version: "1" },
  );
  const said = ['1 of 4 runs failed; the last one that did: metric "metric": it threw Error: no such field'];
  const search = randomSearch({ metric: metric as never, restrict: [-3] });
  for (const _life of [1, 2]) {
    const options = { trainset: set, clients: clients(), folder };
    const job = compile(search, qa, options as never);
    await job.result();
    expect(job.status().notes).toEqual(said);
    expect(job.report().notes).toEqual(said);
  }
});

test("a program in which nothing may be changed says so", async () => {
  const job = compile(tries([]), qa.with({ frozen: true }), { trainset: set, clients: clients() });
  await job.result();
  expect(job.status().notes).toEqual(['"qa" has nothing to change: all its predictors are frozen, or it has none']);
});

test("a journal that was changed by hand: what came after that is put aside and asked for again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-notes-"));
  const options = { trainset: set, clients: clients(), folder };
  await compile(tries(["mumble", "shout"]), qa, options).result();
  for (const name of readdirSync(folder)) if (name.startsWith("checkpoint")) writeFileSync(join(folder, name), "");
  const journal = join(folder, "journal.jsonl");
  writeFileSync(journal, readFileSync(journal, "utf8").replace('"score":1', '"score":2'));
  const again = compile(tries(["mumble", "shout"]), qa, options);
  expect((await again.result()).signature.instructions).toBe("shout");
  const [note = ""] = again.status().notes;
  const [, aside = ""] =
    /^the journal was damaged: what came after that stands in (.+), and was asked/.exec(note) ?? [];
  expect(readFileSync(aside, "utf8")).toContain('"score":2');
});

test("a program around the student says what a file has of it, and how to have it again", async () => {
  const teleprompter = knnFewShot({ k: 2, embed: () => Promise.resolve([]) });
  const job = compile(teleprompter, qa, { trainset: set, clients: clients() });
  await job.result();
  expect(job.status().notes).toEqual([expect.stringMatching(/^the result holds .* load the file into the result$/)]);
});

test("progress is told as it goes on, and what a folder has on record took no time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-progress-"));
  const go = async () => {
    const told: JobProgress[] = [];
    const job = compile(tries(["mumble", "shout"], { plan: () => ({ trials: 8, proposals: [] }) }), qa, {
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
