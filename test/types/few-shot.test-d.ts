import { describe, expectTypeOf, test } from "vitest";
import {
  bootstrapFewShot,
  chainOfThought,
  chatAdapter,
  compile,
  ensemble,
  examples,
  exactMatch,
  gepa,
  job,
  knnFewShot,
  labeledFewShot,
  leanAdapter,
  majority,
  predict,
  type Predictor,
  type Program,
  randomSearch,
  signature,
  startSystem,
} from "../../src/index.ts";
import { scripted } from "../../src/testing.ts";

const QA = signature("question -> answer, score: int");
type Inputs = { question: string };
type Outputs = { answer: string; score: number };
const qa = predict(QA);
const trainset = examples(QA, [{ question: "q", answer: "a" }]);
const clients = { main: scripted([]) };
const metric = exactMatch("answer");

describe("compile", () => {
  test("knows the program that it makes better", async () => {
    const made = await compile(bootstrapFewShot({ metric }), qa, { trainset, clients }).result();
    expectTypeOf(made).toEqualTypeOf<Predictor<Inputs, Outputs>>();
    const thinking = chainOfThought(QA);
    const better = await compile(randomSearch({ metric: exactMatch("answer") }), thinking, {
      trainset,
      clients,
    }).result();
    expectTypeOf(better).toEqualTypeOf(thinking);
    compile(labeledFewShot({ k: 2 }), qa, { trainset, clients });
    compile(bootstrapFewShot(), qa, { trainset, clients });
    compile(randomSearch({ metric, adapters: [chatAdapter(), leanAdapter()] }), qa, { trainset, clients });
  });

  test("takes a metric of the program's own fields alone", () => {
    // @ts-expect-error Property 'anwser' is missing
    compile(bootstrapFewShot({ metric: exactMatch("anwser") }), qa, { trainset, clients });
    // @ts-expect-error Property 'anwser' is missing
    compile(randomSearch({ metric: exactMatch("anwser") }), qa, { trainset, clients });
    compile(
      bootstrapFewShot<Inputs, Outputs>({
        metric: ({ labels, inputs }, { answer, score }) =>
          inputs.question.length > 0 && labels.answer === answer && score > 0,
      }),
      qa,
      { trainset, clients },
    );
    compile(
      gepa<Inputs, Outputs>({
        metric: ({ labels }, { answer }) => ({
          score: labels.answer === answer,
          feedback: "Words.",
          feedbackFor: { self: "More words.", other: { score: 0.5 } },
        }),
      }),
      qa,
      { trainset, clients },
    );
    // @ts-expect-error Type 'number' is not assignable to type 'PartFeedback'.
    gepa<Inputs, Outputs>({ metric: () => ({ score: 1, feedbackFor: { self: 3 } }) });
    // @ts-expect-error Property 'metric' is missing
    randomSearch({});
    // @ts-expect-error 'maxBootstraped' does not exist
    bootstrapFewShot({ metric, maxBootstraped: 2 });
  });

  test("takes sets of the program's own inputs alone", () => {
    const others = examples(signature("text -> answer"), [{ text: "t", answer: "a" }]);
    // @ts-expect-error Property 'question' is missing
    compile(bootstrapFewShot({ metric }), qa, { trainset: others, clients });
  });

  test("does so in a system and as a child of it", async () => {
    const spec = job({ name: "j", teleprompter: bootstrapFewShot({ metric }), program: qa, trainset });
    const system = await startSystem({ children: [spec] });
    const handle = await system.compile(bootstrapFewShot({ metric }), qa, { trainset });
    expectTypeOf(await handle.result()).toEqualTypeOf<Predictor<Inputs, Outputs>>();
    expectTypeOf(await system.job(spec).result()).toEqualTypeOf<Predictor<Inputs, Outputs>>();
    // @ts-expect-error Property 'anwser' is missing
    job({ name: "j", teleprompter: bootstrapFewShot({ metric: exactMatch("anwser") }), program: qa, trainset });
  });

  test("of nearest neighbours makes another program with the same fields", async () => {
    const embed = (texts: readonly string[]) => Promise.resolve(texts.map(() => [1]));
    const made = await compile(knnFewShot({ k: 2, embed, metric }), qa, { trainset, clients }).result();
    expectTypeOf(made).toEqualTypeOf<Program<Inputs, Outputs>>();
    // @ts-expect-error Property 'k' is missing
    knnFewShot({ embed });
  });
});

test("an ensemble has the inputs of its programs, and the outputs of its reduction", () => {
  expectTypeOf(ensemble([qa, qa])).toEqualTypeOf<Program<Inputs, { readonly predictions: readonly Outputs[] }>>();
  expectTypeOf(ensemble([qa, qa], { reduce: majority("answer") })).toEqualTypeOf<Program<Inputs, Outputs>>();
  expectTypeOf(ensemble([qa], { size: 1, reduce: ([one]) => ({ first: one?.answer }) })).toEqualTypeOf<
    Program<Inputs, { first: string | undefined }>
  >();
  // @ts-expect-error the programs have other fields
  ensemble([qa, predict(signature("text -> answer"))]);
});
