import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Search } from "../../../src/teleprompters/teleprompter.ts";
import { qa, set, shouting, tries } from "./tries.ts";

/** What a job whose search does this fails with. */
async function failure(misuse: (search: Search) => unknown): Promise<unknown> {
  const search = async (own: Search) => {
    await misuse(own);
    return own.student;
  };
  const job = compile(tries([], { search }), qa, { trainset: set, clients: { lm: shouting({ count: 0 }) } });
  return job.result().catch((thrown: unknown) => thrown);
}

describe("a search that is misused tells who wrote it so", () => {
  const [example] = set;
  const trial = { program: qa, example };
  const about = { about: "a try" };
  const candidate = { name: "a", program: qa, score: 1, scores: [0.01] };

  test.each<readonly [misuse: string, does: (search: Search) => unknown, says: string]>([
    ["no trials", ({ run }) => run(undefined as never, about), "search.run: expected a list of trials, got undefined"],
    ["no program", ({ run }) => run([{ ...trial, program: 5 } as never], about), "the program of a trial must be"],
    ["no example", ({ run }) => run([{ program: qa } as never], about), "the example of a trial must be one of a set"],
    ["a misspelt trial", ({ run }) => run([{ ...trial, clients: "lm" } as never], about), 'no option "clients"'],
    ["nothing said", ({ run }) => run([], undefined as never), "search.run: expected an object of options"],
    ["no about", ({ run }) => run([], {} as never), "search.run: about must be a text that is not empty"],
    ["odd wishes", ({ run }) => run([], { ...about, wants: "all" as never }), "wants must be one of score, outputs"],
    ["no candidate", ({ scored }) => scored(undefined as never), "search.scored: expected a candidate"],
    ["a score that is none", ({ scored }) => scored({ ...candidate, score: Number.NaN }), 'the score of "a" must be'],
    ["scores that are none", ({ scored }) => scored({ ...candidate, scores: [Number.NaN] }), 'the scores of "a" must'],
    ["a candidate that is none", ({ scored }) => scored({ ...candidate, program: {} as never }), 'program of "a" must'],
    ["an empty note", ({ note }) => note(""), "search.note: the text must be a text that is not empty"],
    ["no training", ({ train }) => train({ about: "t", facts: {} } as never), "search.train: expected { about, facts"],
  ])("%s", async (_, misuse, says) => {
    const thrown = await failure(misuse);
    expect(thrown).toBeInstanceOf(UsageError);
    expect(String(thrown)).toContain(says);
  });

  test("and not one that is right", async () => {
    const right = async ({ run, scored }: Search): Promise<void> => {
      await run([trial as never], about);
      scored({ ...candidate, scores: [undefined] });
    };
    expect(await failure(right)).toBe(qa);
  });
});
