import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { betterTogether } from "../../../src/teleprompters/better-together.ts";
import { labeledFewShot } from "../../../src/teleprompters/few-shot/labeled-few-shot.ts";
import { randomSearch } from "../../../src/teleprompters/few-shot/random-search.ts";
import { grpo } from "../../../src/teleprompters/grpo/grpo.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { qa, set, shouting } from "./tries.ts";

const good = qa.with({ instructions: "shout" });
const metric = exactMatch("answer");

function compiled(teleprompter: unknown, more: object = {}) {
  const options = { trainset: set, valset: set, clients: { lm: shouting({ count: 0 }) }, warmStart: [good], ...more };
  return compile(teleprompter as Teleprompter<object, { answer: string }>, qa, options);
}

describe("a warm start", () => {
  test.each<readonly [kind: string, teleprompter: unknown]>([
    ["grpo", grpo({ metric, numSteps: 1, examplesPerStep: 1, groupSize: 2 })],
    ["betterTogether", betterTogether({ metric, steps: { l: labeledFewShot({ k: 0 }) }, strategy: "l" })],
  ])("is compared by %s, and is the result where it is the best", async (_, teleprompter) => {
    const job = compiled(teleprompter);
    expect(await job.result()).toBe(good);
    const names = job.report().candidates.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["student", "warm start 1"]);
    expect(job.best()?.name).toBe("warm start 1");
  });

  test("is of no use to what compares nothing, which says so", async () => {
    const job = compiled(labeledFewShot({ k: 1 }));
    await job.result();
    expect(job.status().notes).toEqual([
      "labeledFewShot compares nothing: the programs of the warm start were not used",
    ]);
    const blind = betterTogether({ metric, steps: { l: labeledFewShot({ k: 0 }) }, strategy: "l", valsetRatio: 0 });
    const unseen = compiled(blind, { valset: undefined });
    await unseen.result();
    expect(unseen.status().notes.join()).toMatch(/^betterTogether without a valset compares nothing/);
  });

  test("is part of what a folder rests on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dspex-warm-"));
    const search = randomSearch({ metric, numCandidatePrograms: 0 });
    await compiled(search, { folder }).result();
    await compiled(search, { folder }).result();
    const details = { folder, changed: ["warmStart"] };
    for (const warmStart of [[], [good.with({ instructions: "mumble" })]])
      await expect(compiled(search, { folder, warmStart }).result()).rejects.toMatchObject({
        code: "job_mismatch",
        message: expect.stringContaining("what is otherwise is the warm start"),
        details,
      });
  });
});
