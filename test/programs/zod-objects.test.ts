// What zod says beyond the types: refinements of whole objects, and fields that are transformed.
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { LmError } from "../../src/lm/failure.ts";
import { textOf } from "../../src/lm/message.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { dumpProgram, loadProgramFrom } from "../../src/programs/saved/dump-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";

const bounds = signature({
  input: z.object({ low: z.int(), high: z.int() }).refine(({ low, high }) => low < high, "low must be below high"),
  output: z.object({ guess: z.int(), why: z.string() }).superRefine(({ guess, why }, context) => {
    if (!why.includes(String(guess))) context.addIssue({ code: "custom", message: "why must name the guess" });
  }),
});

describe("a refined zod object", () => {
  test("wrong inputs are refused before anything is asked", async () => {
    const lm = scripted([]);
    await expect(forward(predict(bounds), { low: 2, high: 1 }, { clients: { lm } })).rejects.toThrow(
      /low must be below high/,
    );
    expect(lm.requests).toHaveLength(0);
  });

  test.each([chatAdapter(), jsonAdapter(), xmlAdapter()])(
    "wrong outputs are asked for again with its message: $name",
    async (adapter) => {
      const lm = scripted([
        { guess: 5, why: "a feeling" },
        { guess: 5, why: "5 is in the middle" },
      ]);
      const result = await forward(predict(bounds, { adapter }), { low: 1, high: 9 }, { clients: { lm } });
      expect(result).toEqual({ guess: 5, why: "5 is in the middle" });
      expect(result.$meta).toMatchObject({ repairs: 1, attempts: 2 });
      expect(textOf(lm.requests[1]?.messages.at(-1)?.content ?? "")).toContain("why must name the guess");
    },
  );

  test("wrong twice, the call fails with it", async () => {
    const lm = scripted(() => ({ guess: 5, why: "a feeling" }));
    const failure: unknown = await forward(predict(bounds), { low: 1, high: 9 }, { clients: { lm } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(LmError);
    expect(failure).toMatchObject({ code: "unparsable_output", details: { problem: "why must name the guess" } });
  });

  test("holds in a chain of thought, and in what was saved and loaded", async () => {
    for (const program of [chainOfThought(bounds), loadProgramFrom(dumpProgram(predict(bounds)), predict(bounds))]) {
      const lm = scripted(() => ({ reasoning: "r", guess: 5, why: "a feeling" }));
      await expect(forward(program, { low: 1, high: 9 }, { clients: { lm } })).rejects.toThrow(
        /why must name the guess/,
      );
      await expect(forward(program, { low: 9, high: 1 }, { clients: { lm } })).rejects.toThrow(
        /low must be below high/,
      );
    }
  });
});

describe("a field that is transformed comes out as its schema makes it", () => {
  const chat = (text: string): string => `[[ ## value ## ]]\n${text}\n\n[[ ## completed ## ]]`;
  const json = (text: string): string => `{"value": ${text}}`;

  test.each<[string, z.ZodType, string, string, unknown]>([
    ["a text that is made a number", z.string().transform(Number), "3", '"3"', 3],
    ["an optional one", z.string().transform(Number).optional(), "3", '"3"', 3],
    ["an optional one that is missing", z.string().transform(Number).optional(), "null", "null", null],
    ["a list of them", z.array(z.string().transform(Number)).min(2), '["1", "2"]', '["1", "2"]', [1, 2]],
    ["a date", z.iso.date().transform((text) => new Date(text)), "2024-01-02", '"2024-01-02"', new Date("2024-01-02")],
    ["a text without the blanks around it", z.string().trim().min(2), " ab ", '" ab "', "ab"],
    ["a default inside", z.object({ n: z.int().default(7) }), "{}", "{}", { n: 7 }],
  ])("%s", async (_what, schema, asText, asJson, expected) => {
    const program = predict(signature({ input: z.object({ q: z.string() }), output: z.object({ value: schema }) }));
    for (const [adapter, answer] of [
      [chatAdapter(), chat(asText)],
      [jsonAdapter(), json(asJson)],
    ] as const) {
      const lm = scripted([answer]);
      expect(await forward(program, { q: "?" }, { clients: { lm }, adapter })).toEqual({ value: expected });
    }
  });

  test.each<[string, z.ZodType, string, RegExp]>([
    ["too short before", z.string().trim().min(3), " ab ", /value: Too small/],
    ["too few", z.array(z.string().transform(Number)).min(2), '["1"]', /value: .*at least 2|>=2 items/],
    ["no value of it", z.iso.date().transform((text) => new Date(text)), "soon", /value/],
  ])("and is refused where it is %s", async (_what, schema, text, problem) => {
    const made = signature({ input: z.object({ q: z.string() }), output: z.object({ value: schema }) });
    const lm = scripted([chat(text)]);
    const program = predict(made, { onUnparsable: "fail" });
    await expect(forward(program, { q: "?" }, { clients: { lm } })).rejects.toThrow(problem);
  });

  test("is called by what a model has to write", async () => {
    const made = signature({
      input: z.object({ q: z.string() }),
      output: z.object({ n: z.string().transform(Number) }),
    });
    const lm = scripted(["[[ ## n ## ]]\n1"]);
    await forward(predict(made), { q: "?" }, { clients: { lm } });
    expect(textOf(lm.requests[0]?.messages[0]?.content ?? "")).toContain("1. `n` (str):");
  });
});
