import { describe, expect, test } from "vitest";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";

const Answer = signature("context: string[], question -> answer");
const Search = signature("question -> queries: string[]");

const rag = program({
  name: "RAG",
  parts: { search: predict(Search), generate: chainOfThought(Answer) },
  async forward({ search, generate }, inputs: { question: string }) {
    const { queries } = await search({ question: inputs.question });
    return generate({ context: queries, question: inputs.question });
  },
});

const replies = [{ queries: ["q1", "q2"] }, { reasoning: "So.", answer: "Ann" }];

describe("a program of programs", () => {
  test("calls its parts and sums up what they took", async () => {
    const lm = scripted(replies);
    const result = await forward(rag, { question: "Who?" }, { clients: { lm } });
    expect(result).toEqual({ reasoning: "So.", answer: "Ann" });
    expect(result.$meta).toMatchObject({ attempts: 2, repairs: 0, client: "lm" });
    expect(lm.requests[1]?.messages.at(-1)?.content).toContain('["q1", "q2"]');
  });

  test("gets the call's context", async () => {
    const gone = new AbortController();
    const reason = new Error("gone");
    let seen: unknown;
    const asked = program({
      name: "Asked",
      parts: {},
      forward(_parts, inputs: { a: string }, context) {
        gone.abort(reason);
        seen = context.signal.reason;
        return inputs;
      },
    });
    const run = forward(asked, { a: "x" }, { clients: {}, signal: gone.signal });
    await expect(run).rejects.toMatchObject({ code: "cancelled", cause: reason });
    expect(seen).toBe(reason);
  });

  test("lists its predictors by path, those of nested programs too", () => {
    const outer = program({
      name: "Outer",
      parts: { rag, check: predict(Search) },
      forward: ({ rag: inner }, inputs: { question: string }) => inner(inputs),
    });
    expect(Object.keys(outer.predictors())).toEqual(["rag.search", "rag.generate.predict", "check"]);
  });

  test("takes other predictors by path, and stays as it was", async () => {
    const path = "generate.predict";
    const inner = rag.predictors()[path]!;
    const edited = rag.withPredictors({ [path]: inner.with({ instructions: "Be brief." }) });
    const lm = scripted([...replies, ...replies]);
    await forward(edited, { question: "Who?" }, { clients: { lm } });
    expect(lm.requests[1]?.messages[0]?.content).toContain("Be brief.");
    await forward(rag, { question: "Who?" }, { clients: { lm } });
    expect(lm.requests[3]?.messages[0]?.content).not.toContain("Be brief.");
    expect(() => rag.withPredictors({ generate: inner })).toThrow(
      'RAG: no predictor at "generate"; there are search, generate.predict',
    );
  });

  test("takes another program for a part", async () => {
    const edited = rag.with({ name: "Brief", parts: { search: predict(Search, { config: { temperature: 1 } }) } });
    const lm = scripted(replies);
    await forward(edited, { question: "Who?" }, { clients: { lm } });
    expect(edited.name).toBe("Brief");
    expect(lm.requests[0]?.temperature).toBe(1);
  });

  test("refuses parts that are no programs, and results that are no objects", async () => {
    const parts = { a: Answer } as unknown as { a: typeof rag };
    expect(() => program({ name: "X", parts, forward: () => ({}) })).toThrow('program "X": part "a" must be a program');
    const bad = program({ name: "X", parts: {}, forward: () => "text" as unknown as { a: string } });
    await expect(forward(bad, {}, { clients: {} })).rejects.toThrow(
      'program "X": forward must give an object of outputs, got "text"',
    );
  });
});

describe("a chain of thought", () => {
  const cot = chainOfThought(Answer, { client: "lm" });

  test("reasons before its outputs", async () => {
    const lm = scripted([{ reasoning: "So.", answer: "Ann" }]);
    const result = await forward(cot, { context: ["c"], question: "Who?" }, { clients: { lm } });
    expect(Object.keys(result)).toEqual(["reasoning", "answer"]);
    expect(cot.predict.signature.outputFields.map(({ name }) => name)).toEqual(["reasoning", "answer"]);
    expect(cot.predict.signature.instructions).not.toContain("reasoning");
  });

  test("is edited by copying, and knows its predictor as `predict`", () => {
    const edited = cot.with({ instructions: "Be brief." });
    expect(edited.predict.signature.instructions).toBe("Be brief.");
    expect(cot.predictors()).toEqual({ predict: cot.predict });
    expect(cot.withPredictors({ predict: edited.predict }).predict).toBe(edited.predict);
    expect(() => cot.withPredictors({ self: edited.predict })).toThrow("there are predict");
  });
});
