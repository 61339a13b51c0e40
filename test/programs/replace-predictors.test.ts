import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../src/foundation/errors.ts";
import { program } from "../../src/programs/composed-program.ts";
import { digestOf } from "../../src/programs/identity/digest-of.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { AnyPredictor } from "../../src/programs/program.ts";
import { tunablePredictors } from "../../src/programs/replace-predictors.ts";
import { dumpProgram, loadProgramFrom, programText } from "../../src/programs/saved/dump-program.ts";
import { signature } from "../../src/signatures/signature.ts";

const qa = predict(signature("context: list[str], question -> answer, score: float"));
const pipe = program({
  name: "pipe",
  parts: { qa, think: chainOfThought(signature("question -> answer")) },
  forward: () => ({}),
});

describe("a predictor is replaced by one with the same fields", () => {
  const of = (text: string): AnyPredictor => predict(signature(text as "question -> answer"));

  test.each<[what: string, replacement: AnyPredictor, problem: string]>([
    ["a field less", of("context: list[str], question -> answer"), 'it has no field "score"'],
    ["a field more", of("context: list[str], question -> answer, score: float, why"), 'it has a field "why"'],
    ["another name", of("context: list[str], query -> answer, score: float"), 'it has no field "question"'],
    [
      "another type",
      of("context: str, question -> answer, score: float"),
      'field "context" is str in it, and list[str] here',
    ],
    [
      "another side",
      of("context: list[str], question, score: float -> answer"),
      'field "score" is an input of it, and an output here',
    ],
    [
      "another order of inputs",
      of("question, context: list[str] -> answer, score: float"),
      "its inputs are question, context, in this order, and context, question here",
    ],
    [
      "another order of outputs",
      of("context: list[str], question -> score: float, answer"),
      "its outputs are score, answer, in this order, and answer, score here",
    ],
  ])("%s is refused, with path and field", (_what, replacement, problem) => {
    const message = (name: string, path: string): UsageError =>
      new UsageError(`${name}: predictor "${path}" can be replaced only by one with the same fields: ${problem}`);
    expect(() => qa.withPredictors({ self: replacement })).toThrow(message(qa.name, "self"));
    expect(() => pipe.withPredictors({ qa: replacement })).toThrow(message("pipe", "qa"));
  });

  test("one without the reasoning is refused in a chain of thought", () => {
    expect(() => pipe.withPredictors({ "think.predict": of("question -> answer") })).toThrow(
      'pipe: predictor "think.predict" can be replaced only by one with the same fields: it has no field "reasoning"',
    );
  });

  test("texts, constraints, demos and settings may be others, and names of signatures", () => {
    const other = predict(
      signature("context: list[str], question -> answer, score: float", {
        name: "Other",
        instructions: "Be brief.",
        fields: { score: { desc: "How sure.", constraints: { ge: 0 } } },
      }),
      { client: "big", demos: [{ question: "q", answer: "a" }] },
    );
    expect(pipe.withPredictors({ qa: other }).parts.qa).toBe(other);
  });

  test("zod schemas that the same code made mean the same, and others do not", () => {
    const make = (min: number): AnyPredictor =>
      predict(signature("q -> a", { fields: { a: z.object({ name: z.string().min(min) }) } }));
    expect(make(1).withPredictors({ self: make(1) })).toBeDefined();
    expect(() => make(1).withPredictors({ self: make(2) })).toThrow('field "a" has another zod schema');
  });

  test("what is no predictor is refused", () => {
    for (const wrong of [pipe.parts.think, {}, "qa", null])
      expect(() => pipe.withPredictors({ qa: wrong as unknown as AnyPredictor })).toThrow(
        'pipe: predictor "qa": expected a predictor in its place, got',
      );
  });
});

describe("a frozen predictor", () => {
  const frozen = qa.with({ frozen: true });
  const held = pipe.with({ parts: { qa: frozen } });
  const taught = held.parts.think.predict.with({ demos: [{ question: "q", reasoning: "r", answer: "a" }] });

  test("is so by an option or an edit, which other edits keep", () => {
    expect(qa.frozen).toBe(false);
    expect(predict(qa.signature, { frozen: true }).frozen).toBe(true);
    expect(frozen.with({ instructions: "x" }).frozen).toBe(true);
    expect(frozen.with({ frozen: false }).frozen).toBe(false);
    expect(chainOfThought(signature("q -> a"), { frozen: true }).predict.frozen).toBe(true);
    expect(() => predict(qa.signature, { frozen: "yes" as unknown as boolean })).toThrow(
      'predict: frozen must be true or false, got "yes"',
    );
  });

  test.each<[string, AnyPredictor]>([
    ["other instructions", frozen.with({ instructions: "Be brief." })],
    ["demos", frozen.with({ demos: [{ question: "q", answer: "a" }] })],
    ["another option", frozen.with({ config: { temperature: 1 } })],
    ["another client, thawed", frozen.with({ client: "big", frozen: false })],
  ])("takes no %s, and the path is named", (_what, edited) => {
    const message = 'predictor "qa" is frozen, and stays as it is (with({ frozen: false }) thaws it)';
    expect(() => held.withPredictors({ qa: edited, "think.predict": taught })).toThrow(
      new UsageError(`pipe: ${message}`),
    );
    expect(() => frozen.withPredictors({ self: edited })).toThrow(UsageError);
  });

  test("may stand among replacements as it is, or one that is equal to it: it stays itself", () => {
    for (const same of [frozen, qa, frozen.with({ name: "other" })]) {
      const edited = held.withPredictors({ qa: same, "think.predict": taught });
      expect(edited.parts.qa).toBe(frozen);
      expect(edited.parts.think.predict).toBe(taught);
    }
  });

  test("is not among those that optimizers may change", () => {
    expect(Object.keys(tunablePredictors(held))).toEqual(["think.predict"]);
    expect(Object.keys(tunablePredictors(pipe))).toEqual(["qa", "think.predict"]);
    expect(tunablePredictors(frozen)).toEqual({});
    expect(() => tunablePredictors({} as typeof qa)).toThrow("tunablePredictors: expected a program, got {}");
  });

  test("has the same digest, since no model sees it", () => {
    expect(digestOf(held)).toBe(digestOf(pipe));
  });

  test("is edited by files like any other, and saved as what it is", () => {
    const saved = dumpProgram(held.with({ parts: { qa: frozen.with({ instructions: "Trained." }) } }));
    expect([saved.predictors["qa"]?.frozen, saved.predictors["think.predict"]?.frozen]).toEqual([true, undefined]);
    for (const student of [held, pipe]) {
      const { parts } = loadProgramFrom(JSON.parse(JSON.stringify(saved)), student);
      expect(parts.qa).toMatchObject({ frozen: true, signature: { instructions: "Trained." } });
    }
    expect(loadProgramFrom(dumpProgram(pipe), held).parts.qa.frozen).toBe(false);
    // DSPy's files have no place for it.
    const dspy = programText(pipe.withPredictors({ qa: qa.with({ instructions: "Trained." }) }), { format: "dspy" });
    const { parts } = loadProgramFrom(JSON.parse(dspy), held);
    expect(parts.qa).toMatchObject({ frozen: true, signature: { instructions: "Trained." } });
  });
});
