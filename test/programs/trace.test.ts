import { describe, expect, test } from "vitest";
import { LmError } from "../../src/lm/failure.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { TraceStep } from "../../src/programs/prediction.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";

const qa = predict(signature("question, hint?: str -> answer"), { name: "qa" });

const debate = program({
  name: "Debate",
  parts: { generate: chainOfThought(signature("question -> answer")), check: qa },
  async forward({ generate, check }, inputs: { question: string }) {
    const [first] = await Promise.all([generate(inputs), check({ question: inputs.question, hint: "none" })]);
    return { answer: first.answer };
  },
});

const outer = program({
  name: "Outer",
  parts: { debate, last: qa },
  async forward({ debate: argue, last }, inputs: { question: string }) {
    const { answer } = await argue(inputs);
    return last({ question: answer });
  },
});

const answering = () => scripted((_, index) => ({ reasoning: "So.", answer: `a${index}` }));

function paths(steps: readonly TraceStep[] | undefined): readonly string[] {
  return (steps ?? []).map(({ path }) => path);
}

describe("a traced run", () => {
  test("tells each predictor's call: path, inputs, conversation, prediction, usage", async () => {
    const { $meta } = await forward(qa, { question: "Who?" }, { clients: { lm: answering() }, trace: true });
    expect($meta.trace).toHaveLength(1);
    expect($meta.trace?.[0]).toMatchObject({
      kind: "predict",
      path: "self",
      inputs: { question: "Who?" },
      prediction: { answer: "a0" },
      usage: $meta.usage,
      exchanges: [
        { client: "lm", request: { messages: $meta.messages.slice(0, -1) }, response: { usage: $meta.usage } },
      ],
    });
    // An optional input that was left out is no part of a demo that is made of it.
    expect(Object.keys($meta.trace?.[0]?.inputs ?? {})).toEqual(["question"]);
  });

  test("names predictors by their paths, in nested programs and side by side", async () => {
    const { $meta } = await forward(outer, { question: "Who?" }, { clients: { lm: answering() }, trace: true });
    expect(paths($meta.trace).toSorted()).toEqual(["debate.check", "debate.generate.predict", "last"]);
    expect(paths($meta.trace).at(-1)).toBe("last");
    expect(Object.keys(outer.predictors()).toSorted()).toEqual(paths($meta.trace).toSorted());
  });

  test("tells failed calls, also those that the program got over", async () => {
    const brave = program({
      name: "Brave",
      parts: { ask: predict(signature("question -> answer"), { onUnparsable: "fail" }) },
      forward: ({ ask }, inputs: { question: string }) => ask(inputs).catch(() => ({ answer: "?" })),
    });
    const clients = { lm: scripted(["no header"]) };
    const { $meta } = await forward(brave, { question: "Who?" }, { clients, trace: true });
    const [step] = $meta.trace ?? [];
    expect(step).toMatchObject({ kind: "predict", path: "ask", inputs: { question: "Who?" } });
    expect(step?.error).toBeInstanceOf(LmError);
    expect(step?.exchanges).toMatchObject([{ response: {}, problem: expect.any(String) }]);
  });

  test("is frozen, and left out where nobody asked for it", async () => {
    const run = { clients: { lm: answering() } };
    const { $meta } = await forward(qa, { question: "Who?" }, run);
    expect("trace" in $meta).toBe(false);
    const traced = await forward(qa, { question: "Who?" }, { ...run, trace: true });
    expect(Object.isFrozen(traced.$meta.trace)).toBe(true);
    expect({ ...traced }).toEqual({ answer: "a1" });
  });

  test("gives calls of one predictor the same affinity, and others another", async () => {
    const affinities: (string | undefined)[] = [];
    const model = answering();
    const lm = {
      ...model,
      generate: (...[request, options]: Parameters<typeof model.generate>) => {
        affinities.push(options?.affinity);
        return model.generate(request, options);
      },
    };
    for (const question of ["Who?", "What?"]) await forward(outer, { question }, { clients: { lm } });
    expect(new Set(affinities).size).toBe(3);
    expect(affinities).toEqual(expect.arrayContaining([expect.stringContaining("debate.generate.predict")]));
  });
});
