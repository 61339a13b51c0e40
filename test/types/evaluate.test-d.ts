import { describe, expectTypeOf, test } from "vitest";
import type { Example } from "../../src/evaluate/example.ts";
import { exampleSet } from "../../src/evaluate/example-set.ts";
import type { ExampleSet } from "../../src/evaluate/example-set.ts";
import { examples, loadExamples, streamExamples } from "../../src/evaluate/load-examples.ts";
import { jsonMatch } from "../../src/evaluate/metrics/json-match.ts";
import { completeAndGrounded, semanticF1 } from "../../src/evaluate/metrics/judges.ts";
import { scoreOf } from "../../src/evaluate/metrics/metric.ts";
import type { Metric } from "../../src/evaluate/metrics/metric.ts";
import { contains, exactMatch, passageMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import type { Prediction } from "../../src/programs/prediction.ts";
import { signature } from "../../src/signatures/signature.ts";

const QA = signature("context: string[], question, lang: str = 'en' -> answer, score: int");
type Inputs = { context: string[]; question: string; lang?: string | undefined };
type Labels = { answer: string; score: number };

describe("examples", () => {
  test("have the signature's types, and labels that may be missing", async () => {
    const set = await loadExamples("dev.jsonl", { signature: QA });
    expectTypeOf(set[0]!.inputs.context).toEqualTypeOf<readonly string[]>();
    expectTypeOf(set[0]!.labels.score).toEqualTypeOf<number | undefined>();
    expectTypeOf(set[0]!.tags["level"]).toBeUnknown();
    for await (const { labels } of streamExamples("dev.csv", { signature: QA }))
      expectTypeOf(labels.answer).toEqualTypeOf<string | undefined>();
    const [train, dev] = set.split(0.5, { seed: 1 });
    expectTypeOf(train).toEqualTypeOf(dev);
    expectTypeOf(exampleSet(set.filter(({ labels }) => labels.score === 1))).toEqualTypeOf(set);
    set.stratify(0.5, { by: ({ labels }) => labels.answer });
    // @ts-expect-error Property 'anwser' does not exist
    set.stratify(0.5, { by: ({ labels }) => labels.anwser });
    // @ts-expect-error 'onBadRows' does not exist in type 'LoadOptions<…>'
    void loadExamples("dev.jsonl", { signature: QA, onBadRows: () => undefined });
  });

  test("are made of rows with all inputs, some labels and any tags", () => {
    examples(QA, [
      { context: [], question: "q" },
      { context: [], question: "q", answer: "a", level: "hard", id: "1" },
    ]);
    // @ts-expect-error Property 'question' is missing
    examples(QA, [{ context: [], answer: "a" }]);
    // @ts-expect-error Type 'string' is not assignable to type 'number'
    examples(QA, [{ context: [], question: "q", score: "1" }]);
  });
});

declare const set: ExampleSet<Inputs, Labels>;
declare const made: Prediction<Labels>;

function evaluated(_set: ExampleSet<Inputs, Labels>, _metric: Metric<Inputs, Labels>): void {}

describe("metrics", () => {
  test("of the library are for programs that have the field", () => {
    evaluated(set, exactMatch("answer"));
    evaluated(set, jsonMatch(["answer", "score"]));
    evaluated(set, semanticF1({ response: "answer" }));
    // @ts-expect-error Property 'anwser' is missing
    evaluated(set, exactMatch("anwser"));
    // @ts-expect-error Property 'response' is missing
    evaluated(set, semanticF1());
    // @ts-expect-error Property 'context' is missing in the prediction
    evaluated(set, passageMatch("answer"));
    // @ts-expect-error Property 'context' is missing in the prediction
    evaluated(set, completeAndGrounded({ response: "answer" }));
  });

  test("can be called by hand", () => {
    expectTypeOf(contains("answer")(set[0]!, made)).toEqualTypeOf<boolean>();
    expectTypeOf(jsonMatch("answer")(set[0]!, made).score).toEqualTypeOf<number>();
  });

  test("of the user's own see the fields", async () => {
    evaluated(set, ({ labels, inputs, tags }, { answer, $meta }, { trace, context }) => {
      expectTypeOf(labels.answer).toEqualTypeOf<string | undefined>();
      expectTypeOf(inputs.question).toEqualTypeOf<string>();
      expectTypeOf(answer).toEqualTypeOf<string>();
      return {
        score: trace === undefined && context !== undefined && $meta.repairs === 0,
        feedback: String(tags["x"]),
      };
    });
    evaluated(set, async ({ labels }, { score }) => score - (labels.score ?? 0));
    // @ts-expect-error Type 'string' is not assignable to type 'MetricAnswer | Promise<MetricAnswer>'
    evaluated(set, () => "good");
    const scored = await scoreOf({ exact: exactMatch("answer"), mine: () => 1 }, set[0]!, made, {});
    expectTypeOf(scored.score).toEqualTypeOf<number>();
  });

  test("take any example of their types", () => {
    expectTypeOf<Example<Inputs, Labels>>().toExtend<Example>();
  });
});
