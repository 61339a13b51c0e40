import { examples } from "../../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { evaluateRivals } from "../../../src/teleprompters/candidate-score.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { scripted } from "../../../src/testing/scripted.ts";

export const QA = signature("question -> answer");
export const qa = predict(QA, { name: "qa" });

export const set = examples(
  QA,
  ["a", "b", "c", "d"].map((question) => ({ question, answer: `right ${question}` })),
);

/** Tries instructions, each after the other. */
export function tries(
  instructions: readonly string[],
  more: Partial<Teleprompter<object, { answer: string }>> = {},
): Teleprompter<object, { answer: string }> {
  const metric = exactMatch("answer");
  return {
    kind: "tries",
    version: 1,
    settings: { instructions },
    metric,
    async search(search: Search) {
      let [best, top] = [search.student, -1];
      for (const each of instructions) {
        const edits = Object.entries(search.student.predictors()).map(
          ([path, predictor]) => [path, predictor.with({ instructions: each })] as const,
        );
        const program = search.student.withPredictors(Object.fromEntries(edits));
        const [scored] = await evaluateRivals(search, [program], search.trainset, { about: `try ${each}`, metric });
        if (scored === undefined) continue;
        search.scored({ name: each, program, score: scored.score, scores: scored.scores });
        if (scored.score > top) [best, top] = [program, scored.score];
      }
      return best;
    },
    ...more,
  };
}

/** Right where it is told to shout. */
export function shouting(asked: { count: number }) {
  return scripted((request) => {
    asked.count += 1;
    const text = request.messages.map(({ content }) => String(content)).join("\n");
    const question = [...text.matchAll(/question ## ]]\n(\w)/g)].at(-1)?.[1] ?? "?";
    return { answer: text.includes("shout") ? `right ${question}` : "wrong" };
  });
}
