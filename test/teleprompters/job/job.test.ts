import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { examples, exactMatch, predict, signature } from "../../../src/index.ts";
import { scripted } from "../../../src/testing.ts";
import { evaluateRivals } from "../../../src/teleprompters/candidate-score.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { labeledFewShot } from "../../../src/teleprompters/few-shot/labeled-few-shot.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";

const qa = signature("question -> answer");
const set = examples(
  qa,
  ["a", "b", "c", "d"].map((question) => ({ question, answer: `right ${question}` })),
);

/** Tries instructions in turn. */
function tries(instructions: readonly string[]): Teleprompter<object, { answer: string }> {
  return {
    kind: "tries",
    version: 1,
    settings: { instructions },
    metric: exactMatch("answer"),
    async search(search: Search) {
      let [best, top] = [search.student, -1];
      const all = await Promise.all(
        instructions.map(async (each) => {
          const own = Object.entries(search.student.predictors()).map(
            ([path, p]) => [path, p.with({ instructions: each })] as const,
          );
          const program = search.student.withPredictors(Object.fromEntries(own)) as typeof search.student;
          const [result] = await evaluateRivals(search, [program], search.trainset, {
            about: `try ${each}`,
            metric: exactMatch("answer"),
          });
          search.scored({ name: each, program, ...result! });
          return { program, score: result!.score };
        }),
      );
      for (const { program, score } of all) if (score > top) [best, top] = [program, score];
      return best;
    },
  };
}

const model = (count: { asked: number }) =>
  scripted((request) => {
    count.asked += 1;
    const text = request.messages.map(({ content }) => String(content)).join("\n");
    const question = [...text.matchAll(/question ## ]]\n(\w)/g)].at(-1)?.[1] ?? "?";
    return { answer: text.includes("shout") ? `right ${question}` : "wrong" };
  });

describe("a job", () => {
  test("of labeledFewShot gives demos", async () => {
    const handle = compile(labeledFewShot({ k: 2 }), predict(qa), { trainset: set, clients: { main: scripted([]) } });
    const best = await handle.result();
    expect(Object.values(best.predictors())[0]?.demos).toHaveLength(2);
  });

  test("finds the better one, and goes on from its folder without a call", async () => {
    const folder = mkdtempSync(join(tmpdir(), "job-"));
    const count = { asked: 0 };
    const go = () =>
      compile(tries(["mumble", "shout"]), predict(qa), { trainset: set, folder, clients: { main: model(count) } });
    const first = go();
    const steps: unknown[] = [];
    for await (const step of first.steps()) steps.push([step.trial, step.name, step.score, step.best, step.lmCalls]);
    const best = await first.result();
    expect(best.signature.instructions).toBe("shout");
    expect(steps).toEqual([
      [1, "mumble", 0, 0, 4],
      [2, "shout", 100, 100, 8],
    ]);
    expect(count.asked).toBe(8);
    const again = go();
    expect((await again.result()).signature.instructions).toBe("shout");
    expect(count.asked).toBe(8);
  });
});
