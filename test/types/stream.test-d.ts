import { describe, expectTypeOf, test } from "vitest";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import type { ForwardOptions } from "../../src/programs/bare/forward-options.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import type { Prediction } from "../../src/programs/prediction.ts";
import type { StreamItem } from "../../src/programs/program-stream.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { System } from "../../src/system.ts";

declare const options: ForwardOptions;
declare const system: System;

const triage = predict(signature("ticket -> urgency: 'low' | 'high', why?: string"));
const thinker = chainOfThought(signature("question -> answer"));
const inner = program({
  name: "inner",
  parts: { thinker },
  forward: ({ thinker: think }, inputs: { question: string }) => think(inputs),
});
const outer = program({
  name: "outer",
  parts: { triage, inner },
  async forward({ triage: sort, inner: think }, { ticket }: { ticket: string }) {
    const { answer } = await think({ question: ticket });
    const { urgency } = await sort({ ticket });
    return { answer, urgency };
  },
});

type PartOf<Item> = Extract<Item, { readonly type: "part" }>;

describe("parts", () => {
  test("of a predictor are of its outputs", () => {
    type Part = PartOf<StreamItem<typeof triage>>;
    expectTypeOf<Part["field"]>().toEqualTypeOf<"urgency" | "why">();
    expectTypeOf<Part["predictor"]>().toEqualTypeOf<"self">();
    expectTypeOf<Part["delta"]>().toEqualTypeOf<string>();
    expectTypeOf<Part["done"]>().toEqualTypeOf<boolean>();
  });

  test("of a chain of thought are of its reasoning too", () => {
    type Part = PartOf<StreamItem<typeof thinker>>;
    expectTypeOf<Part["field"]>().toEqualTypeOf<"reasoning" | "answer">();
    expectTypeOf<Part["predictor"]>().toEqualTypeOf<"predict">();
  });

  test("of a composed program are told apart by their predictor's path", () => {
    type Part = PartOf<StreamItem<typeof outer>>;
    expectTypeOf<Part["predictor"]>().toEqualTypeOf<"triage" | "inner.thinker.predict">();
    expectTypeOf<Extract<Part, { readonly predictor: "triage" }>["field"]>().toEqualTypeOf<"urgency" | "why">();
    type Thought = Extract<Part, { readonly predictor: "inner.thinker.predict" }>;
    expectTypeOf<Thought["field"]>().toEqualTypeOf<"reasoning" | "answer">();
  });

  test("searches have none, beside predictors too", () => {
    const rag = program({ name: "rag", parts: { search: retrieve(), triage }, forward: () => ({}) });
    expectTypeOf<PartOf<StreamItem<ReturnType<typeof retrieve>>>>().toEqualTypeOf<never>();
    expectTypeOf<PartOf<StreamItem<typeof rag>>["predictor"]>().toEqualTypeOf<"triage">();
  });

  test("of a module of any kind are those of its parts", () => {
    interface Module extends Program<{ q: string }, { a: string }> {
      readonly kind: "best_of_n";
      readonly parts: { readonly module: typeof inner };
    }
    expectTypeOf<PartOf<StreamItem<Module>>["predictor"]>().toEqualTypeOf<"module.thinker.predict">();
  });

  test("of a program whose insides are not known may be any", () => {
    type Part = PartOf<StreamItem<Program<{ question: string }, { answer: string }>>>;
    expectTypeOf<Part["field"]>().toEqualTypeOf<string>();
    expectTypeOf<Part["predictor"]>().toEqualTypeOf<string>();
  });
});

describe("a loop", () => {
  test("narrows by type, predictor and field", async () => {
    for await (const item of system.stream(outer, { ticket: "t" })) {
      if (item.type === "prediction") {
        expectTypeOf(item.prediction).toExtend<Prediction<{ answer: string; urgency: "low" | "high" }>>();
        expectTypeOf(item.prediction.urgency).toEqualTypeOf<"low" | "high">();
        // @ts-expect-error Property 'delta' does not exist on type '{ readonly type: "prediction"; readonly prediction: Prediction<FieldsOf<{ answer: string; urgency: "high" | "low"; }>>; }'.
        void item.delta;
      } else if (item.predictor === "triage") {
        expectTypeOf(item.field).toEqualTypeOf<"urgency" | "why">();
        // @ts-expect-error This comparison appears to be unintentional because the types '"urgency" | "why"' and '"reasoning"' have no overlap.
        void (item.field === "reasoning");
      }
    }
  });

  test("over a bare program gives the same items", () => {
    const bare = stream(triage, { ticket: "t" }, options);
    const supervised = system.stream(triage, { ticket: "t" });
    expectTypeOf(bare).toEqualTypeOf(supervised);
  });
});

describe("a program's actor", () => {
  const spec = programActor({ name: "outer", program: outer });

  test("gives the same items as its program", async () => {
    const handle = system.handle(spec);
    expectTypeOf(handle.stream({ ticket: "t" })).toEqualTypeOf(system.stream(outer, { ticket: "t" }));
    for await (const item of handle.stream({ ticket: "t" })) {
      if (item.type === "prediction") expectTypeOf(item.prediction.urgency).toEqualTypeOf<"low" | "high">();
      else if (item.predictor === "triage") expectTypeOf(item.field).toEqualTypeOf<"urgency" | "why">();
    }
    expectTypeOf(await handle.call({ ticket: "t" })).toExtend<{ answer: string; urgency: "low" | "high" }>();
  });

  test("takes its inputs, and errors name the field", () => {
    // @ts-expect-error Object literal may only specify known properties, but 'tiket' does not exist in type '{ ticket: string; }'. Did you mean to write 'ticket'?
    void system.handle(spec).stream({ tiket: "t" });
    // @ts-expect-error Type 'number' is not assignable to type 'string'.
    void system.handle(spec).stream({ ticket: 1 });
  });

  test("is upgraded by any program that takes and gives the same", () => {
    const handle = system.handle(programActor({ name: "triage", program: triage, maxConcurrency: 3 }));
    handle.upgrade(triage.with({ demos: [] }));
    expectTypeOf<Parameters<typeof handle.stream>[0]>().toEqualTypeOf<{ ticket: string }>();
  });
});

describe("inputs", () => {
  test("are the program's, and errors name the field", () => {
    // @ts-expect-error Object literal may only specify known properties, but 'tiket' does not exist in type '{ ticket: string; }'. Did you mean to write 'ticket'?
    void system.stream(triage, { tiket: "t" });
    // @ts-expect-error Type 'number' is not assignable to type 'string'.
    void stream(triage, { ticket: 1 }, options);
    // @ts-expect-error Property 'question' is missing in type '{}' but required in type '{ question: string; }'.
    void system.stream(inner, {});
  });
});
