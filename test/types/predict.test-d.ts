import { describe, expectTypeOf, test } from "vitest";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import type { ForwardOptions } from "../../src/programs/bare/forward-options.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { withParameters } from "../../src/programs/program-parameters.ts";
import type { Predictor, Program } from "../../src/programs/program.ts";
import type { Prediction, PredictionMeta } from "../../src/programs/prediction.ts";
import { signature } from "../../src/signatures/signature.ts";

declare const options: ForwardOptions;

const SimpleQA = signature("context, question -> answer");
const qa = predict(SimpleQA);
const Triage = signature("ticket -> urgency: 'low' | 'high', score: int, tags: list[str], why?: string");
const triage = predict(Triage);

describe("outputs", () => {
  test("have the signature's types", async () => {
    const result = await forward(qa, { context: "c", question: "q" }, options);
    expectTypeOf(result.answer).toEqualTypeOf<string>();
    const triaged = await forward(triage, { ticket: "t" }, options);
    expectTypeOf(triaged.urgency).toEqualTypeOf<"low" | "high">();
    expectTypeOf(triaged.score).toEqualTypeOf<number>();
    expectTypeOf(triaged.tags).toExtend<readonly string[]>();
    expectTypeOf(triaged.why).toEqualTypeOf<string | null>();
  });

  test("say what the call took", async () => {
    const result = await forward(qa, { context: "c", question: "q" }, options);
    expectTypeOf(result.$meta).toEqualTypeOf<PredictionMeta>();
    expectTypeOf(result.$meta.usage.totalTokens).toEqualTypeOf<number>();
    expectTypeOf(result).toExtend<Prediction<{ answer: string }>>();
  });

  test("are read-only, and no others are there", async () => {
    const result = await forward(qa, { context: "c", question: "q" }, options);
    // @ts-expect-error Property 'anwser' does not exist on type 'Prediction<{ answer: string; }>'. Did you mean 'answer'?
    void result.anwser;
    // @ts-expect-error Cannot assign to 'answer' because it is a read-only property.
    result.answer = "x";
  });

  test("are compared as what they are", async () => {
    const { urgency } = await forward(triage, { ticket: "t" }, options);
    // @ts-expect-error This comparison appears to be unintentional because the types '"high" | "low"' and '"medium"' have no overlap.
    if (urgency === "medium") return;
  });
});

describe("inputs", () => {
  test("that are misspelt are refused by name", () => {
    // @ts-expect-error Object literal may only specify known properties, but 'contxt' does not exist in type '{ context: string; question: string; }'. Did you mean to write 'context'?
    void forward(qa, { contxt: "c", question: "q" }, options);
  });

  test("that are missing are refused by name", () => {
    // @ts-expect-error Property 'question' is missing in type '{ context: string; }' but required in type '{ context: string; question: string; }'.
    void forward(qa, { context: "c" }, options);
  });

  test("of a wrong type are refused", () => {
    // @ts-expect-error Type 'number' is not assignable to type 'string'.
    void forward(qa, { context: "c", question: 3 }, options);
  });

  test("that are optional may be left out or null", () => {
    const maybe = predict(signature("text, hint?: string -> answer"));
    void forward(maybe, { text: "t" }, options);
    void forward(maybe, { text: "t", hint: null }, options);
    void forward(maybe, { text: "t", hint: "h" }, options);
  });

  test("are known to `forward` of the program itself", () => {
    expectTypeOf(qa.forward).parameter(0).toEqualTypeOf<{ context: string; question: string }>();
  });
});

describe("edits", () => {
  test("keep the types", () => {
    expectTypeOf(qa.with({ instructions: "Be brief.", demos: [], config: { temperature: 0 } })).toEqualTypeOf<
      typeof qa
    >();
    expectTypeOf(qa).toEqualTypeOf<Predictor<{ context: string; question: string }, { answer: string }>>();
  });

  test("of the signature change them", () => {
    expectTypeOf(qa.with({ signature: Triage })).toEqualTypeOf<typeof triage>();
  });

  test("of a text has the types of its signature", () => {
    const made = predict("question, n?: int -> answer, labels: ('a' | 'b')[]", { name: "made" });
    expectTypeOf(made).toEqualTypeOf(predict(signature("question, n?: int -> answer, labels: ('a' | 'b')[]")));
    const thought = chainOfThought("question -> answer: int");
    expectTypeOf(thought).toEqualTypeOf(chainOfThought(signature("question -> answer: int")));
    // @ts-expect-error No overload matches this call. … Signature problem: unknown type "strng" …
    predict("question -> answer: strng");
  });

  test("of unknown names are refused", () => {
    // @ts-expect-error No overload matches this call. … 'instruction' does not exist in type 'PredictorEdits & …'. Did you mean to write 'instructions'?
    qa.with({ instruction: "Be brief." });
    // @ts-expect-error Object literal may only specify known properties, and 'temperature' does not exist in type 'PredictOptions'.
    predict(SimpleQA, { temperature: 0 });
  });

  test("with something else than a signature are refused", () => {
    // @ts-expect-error No overload matches this call. … Argument of type 'number' is not assignable to parameter of type 'Signature<object, object>'.
    predict(3);
  });
});

describe("programs", () => {
  test("of any kind are programs", () => {
    expectTypeOf(qa).toExtend<Program>();
    expectTypeOf(qa).toExtend<Program<{ context: string; question: string }, { answer: string }>>();
  });

  test("of a chain of thought have the reasoning too", async () => {
    const result = await forward(chainOfThought(SimpleQA), { context: "c", question: "q" }, options);
    expectTypeOf(result.reasoning).toEqualTypeOf<string>();
    expectTypeOf(result.answer).toEqualTypeOf<string>();
  });

  const rag = program({
    name: "RAG",
    parts: { generate: chainOfThought(SimpleQA), triage },
    async forward({ generate, triage: sort }, inputs: { question: string }) {
      const { urgency } = await sort({ ticket: inputs.question });
      expectTypeOf(urgency).toEqualTypeOf<"low" | "high">();
      // @ts-expect-error Property 'context' is missing in type '{ question: string; }' but required in type '{ context: string; question: string; }'.
      await generate({ question: inputs.question });
      return generate({ context: urgency, question: inputs.question });
    },
  });

  test("made of programs have the inputs and outputs of their `forward`", async () => {
    const result = await forward(rag, { question: "q" }, options);
    expectTypeOf(result.answer).toEqualTypeOf<string>();
    expectTypeOf(result.reasoning).toEqualTypeOf<string>();
    expectTypeOf(result.$meta).toEqualTypeOf<PredictionMeta>();
    // @ts-expect-error Object literal may only specify known properties, and 'query' does not exist in type '{ question: string; }'.
    void forward(rag, { query: "q" }, options);
  });

  test("made of programs may give an object of their own", async () => {
    const count = program({
      name: "Count",
      parts: {},
      forward: (_parts, inputs: { text: string }) => ({ n: inputs.text.length }),
    });
    const result = await forward(count, { text: "x" }, options);
    expectTypeOf(result.n).toEqualTypeOf<number>();
  });

  test("are given the texts that they declare, by name", async () => {
    const kind = program({
      name: "Kind",
      parts: { qa },
      parameters: { policy: "Be kind." },
      forward(parts, inputs: { question: string }, { parameters }) {
        expectTypeOf(parameters).toEqualTypeOf<Readonly<Record<"policy", string>>>();
        // @ts-expect-error Property 'polcy' does not exist on type 'Readonly<Record<"policy", string>>'. Did you mean 'policy'?
        void parameters.polcy;
        return parts.qa({ context: parameters.policy, question: inputs.question });
      },
    });
    expectTypeOf(withParameters(kind, { policy: "Be strict." })).toEqualTypeOf(kind);
    expectTypeOf((await forward(kind, { question: "q" }, options)).answer).toEqualTypeOf<string>();
    // @ts-expect-error Type 'number' is not assignable to type 'string'.
    program({ name: "X", parts: {}, parameters: { policy: 3 }, forward: () => ({ a: 1 }) });
  });

  test("take only programs as parts", () => {
    // @ts-expect-error Type 'Signature<…>' is missing the following properties from type 'Program<object, object>': parts, settings, forward, predictors, withPredictors
    program({ name: "X", parts: { a: SimpleQA }, forward: () => ({ a: 1 }) });
  });

  test("are replaced by programs of the same type", () => {
    rag.with({ parts: { triage: triage.with({ instructions: "x" }) } });
    // @ts-expect-error Type 'Predictor<{ context: string; … }>' is not assignable to type 'Predictor<{ ticket: string; }, …>' … Property 'ticket' is missing
    rag.with({ parts: { triage: qa } });
  });
});
