import { describe, expect, test } from "vitest";
import { z } from "zod";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { leanAdapter } from "../../../src/adapters/lean-adapter.ts";
import type { Adapter } from "../../../src/adapters/adapter.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { dumpProgram, loadProgramFrom, programText } from "../../../src/programs/saved/dump-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { image } from "../../../src/media/media.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { tool } from "../../../src/signatures/values/tool.ts";

const NO_CAPABILITIES = { schema: false, tools: false, prefill: false, grammar: false };

const label = predict(signature("text: str 'The text.', k: int -> label: Literal['a', 'b'], score: float"));

function dumped(demos: readonly object[] = []): ReturnType<typeof dumpProgram> {
  return dumpProgram(label.with({ demos: demos.map((demo) => ({ ...demo })) }));
}

describe("a dumped program", () => {
  test("is plain JSON that says what it is", () => {
    const dump = dumped([{ text: "t", k: 1, label: "a", score: 1 }]);
    expect(JSON.parse(JSON.stringify(dump))).toEqual(dump);
    expect(dump).toMatchObject({ format: "dspex", version: 3, predictors: { self: { config: {} } } });
    expect(dump.predictors["self"]?.fields[0]).toEqual({ name: "text", role: "input", type: "str", desc: "The text." });
  });

  test("keeps values that JSON has no word for", () => {
    const dated = predict(
      signature({ input: z.object({ day: z.date(), xs: z.array(z.number()) }), output: z.object({ ok: z.boolean() }) }),
    );
    const demo = { day: new Date(0), xs: [Number.NaN, -Infinity, 1], ok: true, extra: { $float: "x", more: 1 } };
    const stored = JSON.parse(JSON.stringify(dumpProgram(dated.with({ demos: [demo] })))) as unknown;
    expect(loadProgramFrom(stored, dated).demos).toEqual([demo]);
  });

  test("keeps images, code, dates, tools and calls", () => {
    const seen = predict(
      signature("photo: Image, day: date, tools: list[Tool] -> code: Code['js'], due?: datetime, calls: ToolCalls"),
    );
    const demo = {
      photo: image("https://example.com/cat.png"),
      day: "2024-01-15",
      tools: [tool({ name: "search", input: z.object({ query: z.string() }), execute: () => 1 })],
      code: "f(a < b)\ng()",
      due: "2024-01-15T10:30:00Z",
      calls: [{ name: "search", args: { query: "x" } }],
    };
    const before = seen.with({ demos: [demo] });
    const loaded = loadProgramFrom(JSON.parse(JSON.stringify(dumpProgram(before))), seen);
    expect(loaded.demos).toEqual([demo]);
    const fromDspy = loadProgramFrom(JSON.parse(programText(before, { format: "dspy" })), seen);
    const [{ tools: shown, ...rest } = {}] = fromDspy.demos;
    const { tools: _tools, ...own } = demo;
    expect(rest).toEqual(own);
    expect(shown).toEqual(["search. It takes arguments {'query': {'type': 'string'}}."]);
    // All of them show the same.
    const inputs = { photo: demo.photo, day: "2024-02-01", tools: [] };
    const shownBy = [before, loaded, fromDspy].map(({ signature: shape, demos }) =>
      JSON.stringify(chatAdapter().prepare(shape, demos).begin(inputs, NO_CAPABILITIES).request.messages),
    );
    expect(new Set(shownBy).size).toBe(1);
  });

  test.each([
    ["a function", () => 1],
    ["a bigint", 1n],
    ["an object of a class", new URL("http://a.b")],
    ["a key of ours", { $date: "x" }],
  ])("refuses what is no data, naming the place: %s", (_what, value) => {
    expect(() => dumped([{ text: value }])).toThrow(/predictor "self", demo 1, field "text"/);
  });

  test("refuses a value that contains itself", () => {
    const round: { self?: unknown } = {};
    round.self = round;
    expect(() => dumped([{ text: round }])).toThrow(/contains itself/);
  });
});

describe("what does not fit the program is refused, with predictor and field", () => {
  const sound = dumped([{ text: "t", k: 1, label: "a", score: 0.5 }]);
  const self = sound.predictors["self"]!;
  const withSelf = (edits: object): object => ({ ...sound, predictors: { self: { ...self, ...edits } } });
  const withField = (index: number, edits: object): object =>
    withSelf({ fields: self.fields.map((field, at) => (at === index ? { ...field, ...edits } : field)) });

  test.each<[what: string, data: object, code: string, message: RegExp, field?: string]>([
    ["a newer version", { ...sound, version: 5 }, "newer_version", /version 5 .* reads up to 4/],
    ["no version", { ...sound, version: undefined }, "unknown_format", /version/],
    ["other predictors", { ...sound, predictors: {} }, "mismatch", /nothing for the predictor "self".*the file's none/],
    [
      "a predictor more",
      { ...sound, predictors: { self, other: self } },
      "mismatch",
      /no predictor "other".*"self", "other"/,
    ],
    ["another type", withField(1, { type: "str" }), "mismatch", /str in the file, int in the program/, "k"],
    ["another role", withField(1, { role: "output" }), "mismatch", /an output in the file, an input/, "k"],
    ["another name", withField(1, { name: "n" }), "mismatch", /the file has no such field/, "k"],
    [
      "a field more",
      withSelf({ fields: [...self.fields, { name: "n", role: "output", type: "str" }] }),
      "mismatch",
      /the program has no such field/,
      "n",
    ],
    ["a demo of another type", withSelf({ demos: [{ k: "one" }] }), "mismatch", /demo 1: expected a whole/, "k"],
    ["a demo that is none", withSelf({ demos: [3] }), "mismatch", /demos/],
    ["an unknown option", withSelf({ config: { top_p: 1 } }), "mismatch", /top_p/],
    ["an adapter of the user's own", withSelf({ adapter: "mine" }), "mismatch", /"mine"/],
  ])("%s", (_what, data, code, message, field) => {
    const loading = (): unknown => loadProgramFrom(data, label);
    expect(loading).toThrow(message);
    expect(loading).toThrow(
      expect.objectContaining({
        code,
        ...(field !== undefined && { details: { predictor: "self", field } }),
      }) as Error,
    );
  });

  test("unless the program brings that adapter", () => {
    const mine: Adapter = { ...leanAdapter(), name: "mine" };
    const loaded = loadProgramFrom(withSelf({ adapter: "mine" }), label.with({ adapter: mine }));
    expect(loaded.adapter).toBe(mine);
  });

  test("demos that lack fields, have more, or give lists to texts are kept", () => {
    const demos = [{ text: ["a", "b"], k: null, augmented: true }];
    expect(loadProgramFrom(withSelf({ demos }), label).demos).toEqual(demos);
  });

  test("prototypes stay as they are, whatever keys there are", () => {
    const data = JSON.parse(
      `{"format":"dspex","version":2,"program":"x","searches":{},"predictors":{"self":${JSON.stringify(self).replace('"demos":[{', '"demos":[{"__proto__":{"polluted":1},')}}}`,
    ) as object;
    loadProgramFrom(data, label);
    expect("polluted" in {}).toBe(false);
  });
});

describe("DSPy's files", () => {
  const file = (predictor: object): object => ({ ...predictor, metadata: { dependency_versions: { dspy: "3.4.1" } } });
  const fields = (...prefixes: readonly string[]): object[] =>
    prefixes.map((prefix, index) => ({ prefix, description: `D${index}` }));
  const qa = predict(signature("question -> answer"));
  const state = (saved: readonly object[]): object =>
    file({ traces: [], train: [], demos: [], signature: { instructions: "I.", fields: saved }, lm: null });

  test("fields are matched by their names, wherever they stand", () => {
    const loaded = loadProgramFrom(state(fields("Answer:", "Question:")), qa);
    expect(loaded.signature.fields.map(({ desc }) => desc)).toEqual(["D1", "D0"]);
  });

  test("the last output may have a prefix that an optimizer wrote", () => {
    const loaded = loadProgramFrom(state(fields("Question:", "The answer, in one word:")), qa);
    expect(loaded.signature.fields.map(({ desc }) => desc)).toEqual(["D0", "D1"]);
  });

  test.each([
    ["more fields", fields("Question:", "Hint:", "Answer:"), /a field more/],
    ["fewer fields", fields("Question:"), /field "answer": the file has no such field/],
    ["other fields", fields("Query:", "Answer:"), /field "question"/],
    ["one twice", fields("Question:", "Question:"), /field "answer"/],
  ])("%s are refused", (_what, saved, message) => {
    expect(() => loadProgramFrom(state(saved), qa)).toThrow(message);
  });

  test("a file of another program is refused by its paths", () => {
    expect(() => loadProgramFrom(state(fields("Question:", "Answer:")), chainOfThought(qa.signature))).toThrow(
      'nothing for the predictor "predict": the program\'s predictors are "predict", the file\'s "self"',
    );
  });

  test("an LM's settings become options, below the program's own", () => {
    const saved = { ...state(fields("Question:", "Answer:")), lm: { temperature: 0.3, max_tokens: 200, model: "m" } };
    expect(loadProgramFrom(saved, qa).config).toEqual({ temperature: 0.3, maxTokens: 200 });
    expect(loadProgramFrom(saved, qa.with({ config: { temperature: 1 } })).config.temperature).toBe(1);
  });

  test("are written as DSPy writes them, whole floats with their point", () => {
    const demos = [{ text: "ä", k: 2, label: "a", score: 3, tags: [] }];
    const text = programText(label.with({ demos }), { format: "dspy" });
    expect(text).toContain('"score": 3.0');
    expect(text).toContain('"k": 2,');
    expect(text).toBe(`${text.trimEnd()}\n`);
    const back = JSON.parse(text) as object;
    expect(Object.keys(back)).toEqual(["traces", "train", "demos", "signature", "lm", "metadata"]);
    expect(JSON.stringify(back, null, 2)).toBe(text.trimEnd().replace("3.0", "3"));
    expect(loadProgramFrom(back, label).demos).toEqual(demos);
  });

  test("hold several predictors by their paths", () => {
    const thinking = chainOfThought(qa.signature);
    const back = JSON.parse(programText(thinking, { format: "dspy" })) as object;
    expect(Object.keys(back)).toEqual(["predict", "metadata"]);
    expect(loadProgramFrom(back, thinking).predict.signature.equals(thinking.predict.signature)).toBe(true);
  });

  test("cannot hold numbers that JSON has not", () => {
    const demos = [{ score: [Number.NaN] }];
    expect(() => programText(label.with({ demos }), { format: "dspy" })).toThrow(/demo 1, field "score".*nan/);
  });
});

test("what is no program is refused", () => {
  expect(() => dumpProgram({} as never)).toThrow("expected a program");
  expect(() => loadProgramFrom({}, label)).toThrow("neither dspex nor DSPy");
  expect(() => programText(label, { format: "pickle" as never })).toThrow('"dspex" or "dspy"');
});
