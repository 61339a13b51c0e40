import { describe, expect, test } from "vitest";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { completeAndGrounded, semanticF1 } from "../../../src/evaluate/metrics/judges.ts";
import { digestOfMetrics, scoreOf } from "../../../src/evaluate/metrics/metric.ts";
import type { MetricCall, Metrics } from "../../../src/evaluate/metrics/metric.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { textOf } from "../../../src/lm/message.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { CallContext } from "../../../src/programs/call-context.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { combineMeta, prediction } from "../../../src/programs/prediction.ts";
import { makeLedger } from "../../../src/lm/ledger/ledger.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../../src/testing/scripted-reply.ts";

const RAG = signature("question -> context: list[str], response");
type Fields = { context: string[]; response: string };
const [example] = examples(RAG, [{ question: "Who?", response: "Ann did." }]);
const made = prediction<Fields>(
  { context: ["Ann was seen.", "So was Bob."], response: "It was Ann." },
  combineMeta([], makeLedger(), { run: "r", path: "self", ms: 0 }),
);

/** Scores inside a call, as trials do, with a judge that says this. */
async function judged(
  metric: Metrics<{ question: string }, Fields>,
  replies: ScriptedReply[],
  call: Omit<MetricCall, "context"> = {},
) {
  const lm = scripted(replies);
  const trial = program({
    name: "trial",
    parts: {},
    async forward(_parts, _inputs: object, context: CallContext) {
      return { score: await scoreOf(metric, example!, made, { ...call, context }) };
    },
  });
  const { score, $meta } = await forward(trial, {}, { clients: { judge: lm }, trace: true });
  return {
    score,
    steps: $meta.trace,
    prompts: lm.requests.map(({ messages }) => messages.map(({ content }) => textOf(content)).join("\n")),
  };
}

describe("semanticF1", () => {
  const reply = { reasoning: "Both name Ann.", recall: 0.5, precision: 1 };

  test("asks for recall and precision, and scores their F1", async () => {
    const { score, prompts, steps } = await judged(semanticF1({ client: "judge" }), [reply]);
    expect(score).toEqual({
      score: 2 / 3,
      feedback: "Both name Ann.",
      details: { precision: 1, recall: 0.5 },
    });
    expect(prompts).toHaveLength(1);
    for (const text of [
      "Compare a system's response to the ground truth to compute its recall and precision.",
      "fraction (out of 1.0) of ground truth covered by the system response",
      "[[ ## ground_truth ## ]]\nAnn did.",
      "[[ ## system_response ## ]]\nIt was Ann.",
    ])
      expect(prompts[0]).toContain(text);
    expect(steps?.map(({ path }) => path)).toEqual(["semanticF1.predict"]);
  });

  test.each([
    [0.66, 1],
    [0.67, 0],
  ])("says whether a threshold of %d is reached where there is a trace", async (threshold, solved) => {
    const { score } = await judged(semanticF1({ threshold }), [reply], { trace: [] });
    expect(score).toEqual({ score: solved });
  });

  test("takes what a model says beyond 0 and 1 for these", async () => {
    const { score } = await judged(semanticF1(), [{ reasoning: "", recall: 100, precision: -1 }]);
    expect(score.score).toBe(0);
    expect((await judged(semanticF1(), [{ reasoning: "", recall: 100, precision: 1.5 }])).score.score).toBe(1);
  });

  test("may list key ideas first", async () => {
    const ideas = {
      reasoning: "",
      ground_truth_key_ideas: "Ann",
      system_response_key_ideas: "Ann",
      discussion: "The same.",
      recall: 1,
      precision: 1,
    };
    const { score, prompts } = await judged(semanticF1({ decompositional: true }), [ideas]);
    expect(score).toMatchObject({ score: 1, feedback: "The same." });
    expect(prompts[0]).toContain("You will first enumerate key ideas in each response");
  });

  test("is the metric's failure where its model fails, or there is no call to ask in", async () => {
    const failing = judged(semanticF1(), [new Error("no model")]);
    await expect(failing).rejects.toMatchObject({
      name: "MetricError",
      code: "metric_failed",
      details: { metric: "semanticF1" },
    });
    await expect(scoreOf(semanticF1(), example!, made, {})).rejects.toThrow("needs the context of a call");
  });

  test("has a judge that can be edited and put back", async () => {
    const { judge } = semanticF1();
    const [[path, predictor] = ["", undefined]] = Object.entries(judge.predictors());
    const edited = judge.withPredictors({ [path]: predictor!.with({ instructions: "Be strict." }) });
    const { prompts } = await judged(semanticF1({ judge: edited }), [reply]);
    expect(prompts[0]).toContain("Be strict.");
    const digests = [
      semanticF1(),
      semanticF1({ judge: edited }),
      semanticF1({ client: "other" }),
      semanticF1({ threshold: 0.5 }),
      semanticF1({ decompositional: true }),
      semanticF1({ response: "answer" }),
      completeAndGrounded(),
    ].map(digestOfMetrics);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOfMetrics(semanticF1({ judge }))).toBe(digests[0]);
  });
});

describe("completeAndGrounded", () => {
  const complete = {
    reasoning: "",
    ground_truth_key_ideas: "",
    system_response_key_ideas: "",
    discussion: "All is there.",
    completeness: 1,
  };
  const grounded = { reasoning: "", system_response_claims: "", discussion: "Half is.", groundedness: 0.5 };

  test("asks for completeness and groundedness, and scores their F1", async () => {
    const { score, prompts } = await judged(completeAndGrounded(), [complete, grounded]);
    expect(score).toEqual({
      score: 2 / 3,
      feedback: "Completeness: All is there.\nGroundedness: Half is.",
      details: { completeness: 1, groundedness: 0.5 },
    });
    expect(prompts[0]).toContain("Estimate the completeness of a system's responses");
    expect(prompts[1]).toContain("[[ ## retrieved_context ## ]]\n[1] «Ann was seen.»\n[2] «So was Bob.»");
    expect((await judged(completeAndGrounded(), [complete, grounded], { trace: [] })).score).toEqual({ score: 1 });
  });
});

test.each<[string, () => unknown, string]>([
  ["a misspelt option", () => semanticF1({ treshold: 1 } as never), 'is "threshold" meant?'],
  ["a threshold above 1", () => completeAndGrounded({ threshold: 66 }), "threshold must be a number from 0 to 1"],
  ["a judge that is none", () => semanticF1({ judge: "gpt" as never }), 'judge must be a program, got "gpt"'],
  ["a field that is none", () => completeAndGrounded({ context: "" }), "expected a field's name"],
  ["a client that is no name", () => semanticF1({ client: 3 as never }), "client"],
])("judges refuse %s", (_what, make, problem) => {
  expect(make).toThrow(UsageError);
  expect(make).toThrow(problem);
});
