// What files of our own hold beside texts and demos: options, adapters with their settings, clients, searches.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { type LmSampling, SAMPLING_NAMES } from "../../src/lm/sampling.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { dumpProgram, loadProgramFrom, programText } from "../../src/programs/saved/dump-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { AnyPredictor, Program } from "../../src/programs/program.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { signature } from "../../src/signatures/signature.ts";

const qa = predict(signature("question -> answer"));

/** Through the text of a file. */
function loaded<P extends Program>(saved: Program, student: P): P {
  return loadProgramFrom(JSON.parse(programText(saved)) as unknown, student);
}

/** What a predictor is beside its signature, as data. */
function settingsOf({ config, client, adapter, onUnparsable }: AnyPredictor): object {
  return { config, client, adapter: adapter && { name: adapter.name, settings: adapter.settings }, onUnparsable };
}

const OPTIONS: readonly LmSampling[] = [
  { temperature: 0.3 },
  { maxTokens: 100 },
  { stop: ["x", "y"] },
  { seed: 1 },
  { topP: 0.9 },
  { reasoningEffort: "low" },
  { logprobs: true, topLogprobs: 2 },
  { n: 1 },
  { repeatPenalty: 1.1 },
  { model: "ft:mini" },
  { cache: false },
  { rolloutId: 3, temperature: 1 },
  { rolloutId: "3" },
];

test("every option comes back, into a program that had none and into one that had others", () => {
  const names = new Set(OPTIONS.flatMap((config) => Object.keys(config)));
  expect([...names].toSorted()).toEqual([...SAMPLING_NAMES].toSorted());
  for (const config of OPTIONS)
    for (const student of [qa, qa.with({ config: { temperature: 2, topP: 1, stop: ["z"] } })])
      expect(loaded(qa.with({ config }), student).config).toEqual(config);
});

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  chat: chatAdapter(),
  "chat with native tools": chatAdapter({ nativeTools: true }),
  json: jsonAdapter(),
  "json without a format": jsonAdapter({ format: "none" }),
  "json without native tools": jsonAdapter({ format: "json_object", nativeTools: false }),
  lean: leanAdapter(),
  xml: xmlAdapter(),
  "xml with native tools": xmlAdapter({ nativeTools: true }),
  "two steps": twoStepAdapter(),
  "two steps to another client": twoStepAdapter({ extract: chatAdapter({ nativeTools: true }), client: "small" }),
  "two steps of two steps": twoStepAdapter({ extract: twoStepAdapter({ extract: jsonAdapter({ format: "schema" }) }) }),
};

test("adapters know their settings, which are plain data, and no two of them have the same", () => {
  const facts = Object.values(ADAPTERS).map(({ name, settings }) => JSON.stringify([name, settings]));
  expect(new Set(facts).size).toBe(facts.length);
  for (const { settings } of Object.values(ADAPTERS)) expect(Object.isFrozen(settings ?? Object.freeze({}))).toBe(true);
});

test.each(Object.entries(ADAPTERS))("the adapter comes back with its settings: %s", (_what, adapter) => {
  for (const student of [qa, qa.with({ adapter: xmlAdapter() }), qa.with({ adapter: twoStepAdapter() })])
    expect(settingsOf(loaded(qa.with({ adapter }), student))).toEqual(settingsOf(qa.with({ adapter })));
  const own = qa.with({ adapter });
  expect(loaded(own, own).adapter).toBe(adapter);
});

describe("loading replaces", () => {
  const busy = predict(qa.signature, {
    client: "big",
    adapter: jsonAdapter({ format: "none" }),
    config: { temperature: 2, stop: ["z"] },
    onUnparsable: "fail",
    demos: [{ question: "q", answer: "a" }],
    name: "busy",
  });

  test("nothing of what the student had stays", () => {
    expect(settingsOf(loaded(qa, busy))).toEqual(settingsOf(qa));
    expect(loaded(qa, busy).demos).toEqual([]);
    expect(loaded(qa, busy).name).toBe("busy");
  });

  test("all that the saved one had comes", () => {
    expect(settingsOf(loaded(busy, qa))).toEqual(settingsOf(busy));
  });

  test("DSPy's files have no place for options, adapters and clients: the student's stay", () => {
    const read = loadProgramFrom(JSON.parse(programText(qa, { format: "dspy" })) as unknown, busy);
    expect(settingsOf(read)).toEqual(settingsOf(busy));
    expect(read.demos).toEqual([]);
  });
});

describe("searches", () => {
  const rag = program({
    name: "rag",
    parts: {
      search: retrieve({ client: "kb", k: 7 }),
      inner: program({
        name: "inner",
        parts: { wide: retrieve({ k: 20 }) },
        forward: async ({ wide }, { q }: { q: string }) => wide({ query: q }),
      }),
      answer: chainOfThought(qa.signature),
    },
    forward: async ({ search }, { q }: { q: string }) => search({ query: q }),
  });
  const other = rag.with({ parts: { search: retrieve({ k: 1 }) } });
  const searches = { search: { k: 7, client: "kb" }, "inner.wide": { k: 20 } };

  test("are saved with k and client, by path, and replace what was there", () => {
    expect(dumpProgram(rag).searches).toEqual(searches);
    expect(dumpProgram(loaded(rag, other)).searches).toEqual(searches);
    expect(dumpProgram(loaded(other, rag)).searches["search"]).toEqual({ k: 1 });
  });

  test("one by itself too", () => {
    expect(loaded(retrieve({ k: 9, client: "kb" }), retrieve({ k: 2 }))).toMatchObject({ k: 9, client: "kb" });
    expect(loaded(retrieve(), retrieve({ k: 2, client: "kb" })).client).toBeUndefined();
    expect(Object.keys(JSON.parse(programText(retrieve(), { format: "dspy" })) as object)).toEqual(["metadata"]);
  });

  test.each<[string, object, string]>([
    ["that is missing", { search: { k: 1 } }, 'search "inner.wide": the file has nothing for it; it has "search"'],
    ["more", { ...searches, x: { k: 1 } }, 'search "x": the file has a search where the program has no retrieve'],
    ["of no number", { ...searches, search: { k: 0 } }, 'search "search": not as saved'],
    ["with something else", { ...searches, search: { k: 1, kk: 2 } }, 'search "search": not as saved'],
  ])("one %s is refused", (_what, saved, message) => {
    expect(() => loadProgramFrom({ ...dumpProgram(rag), searches: saved }, rag)).toThrow(
      expect.objectContaining({ code: "mismatch", message: expect.stringContaining(message) as string }),
    );
  });
});

describe("what is not as it is saved is refused", () => {
  const sound = dumpProgram(qa);
  const withSelf = (edits: object): object => ({
    ...sound,
    predictors: { self: { ...sound.predictors["self"], ...edits } },
  });

  test.each<[what: string, edits: object, message: string]>([
    [
      "a slip in an option",
      { config: { temprature: 1 } },
      'no sampling option "temprature" (did you mean "temperature"?)',
    ],
    ["an option of a wrong kind", { config: { temperature: "hot" } }, 'temperature must be a number from 0, got "hot"'],
    ["several completions", { config: { n: 2 } }, "config.n must be 1, got 2"],
    ["an unknown key", { onUnparseable: "fail" }, "onUnparseable"],
    ["another word", { onUnparsable: "shout" }, "onUnparsable"],
    ["another word than true", { frozen: "yes" }, "frozen"],
    ["a client without a name", { client: "" }, "client"],
    ["a setting that no such adapter has", { adapter: { name: "chat", settings: { format: "none" } } }, '"format"'],
    ["a wrong setting", { adapter: { name: "json", settings: { format: "yaml" } } }, 'the file\'s adapter is "json"'],
    [
      "settings that do not go together",
      { adapter: { name: "two_step", settings: { client: "c", extract: { name: "lean" } } } },
      "not every model can be asked in the lean layout",
    ],
    ["an adapter of the user's own", { adapter: { name: "json", custom: true } }, "give the program that adapter"],
    ["one within another", { adapter: { name: "two_step", settings: { extract: { name: "x" } } } }, "give the program"],
  ])("%s", (_what, edits, message) => {
    expect(() => loadProgramFrom(withSelf(edits), qa)).toThrow(
      expect.objectContaining({ code: "mismatch", message: expect.stringContaining(message) as string }),
    );
  });
});

describe("an adapter of the user's own", () => {
  const mine = (loud: boolean): Adapter => ({ ...chatAdapter(), name: "mine", settings: { loud } });

  test("stays where the file means it, also inside another", () => {
    const own = mine(true);
    expect(loaded(qa.with({ adapter: mine(true) }), qa.with({ adapter: own })).adapter).toBe(own);
    const inside = twoStepAdapter({ extract: own, client: "c" });
    const read = loaded(qa.with({ adapter: twoStepAdapter({ extract: mine(true) }) }), qa.with({ adapter: inside }));
    expect(read.adapter?.parts?.[0]).toBe(own);
    expect(read.adapter?.settings?.["client"]).toBeUndefined();
  });

  test("with other settings is another", () => {
    expect(() => loaded(qa.with({ adapter: mine(true) }), qa.with({ adapter: mine(false) }))).toThrow(
      'the program\'s has other settings ({"loud":false}, in the file {"loud":true})',
    );
  });
});

test("values in demos that JSON would change come back as they are", () => {
  const demos = [
    {
      question: -0,
      answer: new Map([
        ["b", [-0, new Date(0)] as unknown],
        ["10", 1],
        ["2", 2],
      ]),
    },
  ];
  const text = predict(signature("question: float -> answer: dict[str, Any]"), { demos });
  const [demo] = loaded(text, text.with({ demos: [] })).demos;
  // A map is equal to one whose entries come in another order.
  expect([demo?.["question"], [...(demo!["answer"] as Map<string, unknown>)]]).toStrictEqual([
    -0,
    [...demos[0]!.answer],
  ]);
});

describe("files of each version are read for ever", () => {
  const rag = program({
    name: "rag",
    parts: {
      search: retrieve({ client: "web", k: 1 }),
      queries: predict(signature("question -> queries: list[str]"), {
        client: "big",
        adapter: jsonAdapter({ format: "none" }),
        onUnparsable: "json",
        config: { topP: 1 },
      }),
      answer: chainOfThought(signature("context: list[str], question -> answer, score: float"), {
        adapter: chatAdapter(),
        config: { topP: 1 },
      }),
    },
    forward: async ({ search }, { q }: { q: string }) => search({ query: q }),
  });
  const file = async (version: number): Promise<unknown> =>
    JSON.parse(await readFile(`test/fixtures/records/program-v${version}.json`, "utf8"));

  test("1: what it does not say is as it was", async () => {
    const { parts } = loadProgramFrom(await file(1), rag);
    expect(parts.queries.signature.instructions).toBe("Search.");
    expect(parts.queries.signature.fields[0]?.desc).toBe("What is asked.");
    expect(parts.queries.demos).toEqual([{ question: "Who?", queries: ["a", "b"], augmented: true }]);
    expect(settingsOf(parts.queries)).toEqual({
      config: { temperature: 0.2, stop: ["\n\n"] },
      client: "big",
      // It names its layout alone.
      adapter: { name: "json", settings: { format: "none", nativeTools: true } },
      onUnparsable: "json",
    });
    expect(parts.answer.predict.demos[0]).toMatchObject({ answer: "Ann", score: Infinity });
    expect(settingsOf(parts.answer.predict)).toEqual({
      config: {},
      client: undefined,
      adapter: undefined,
      onUnparsable: "ask_again",
    });
    expect(parts.search).toMatchObject({ k: 1, client: "web" });
  });

  test("2: it says all", async () => {
    const saved = await file(2);
    const { parts } = loadProgramFrom(saved, rag);
    expect(settingsOf(parts.queries)).toEqual({
      config: { temperature: 0.2, topP: 1, stop: ["\n\n"] },
      client: "big",
      adapter: { name: "json", settings: { format: "none", nativeTools: true } },
      onUnparsable: "json",
    });
    expect(parts.answer.predict.adapter?.settings).toMatchObject({ client: "small", extract: { name: "chat" } });
    expect(parts.answer.predict.demos[0]).toEqual({ context: ["c"], question: "Who?", answer: "Ann", score: -0 });
    expect(parts.search).toMatchObject({ k: 7, client: "kb" });
    // It does not say what is frozen.
    const frozen = rag.with({ parts: { queries: rag.parts.queries.with({ frozen: true }) } });
    expect(loadProgramFrom(saved, frozen).parts.queries).toMatchObject({ frozen: true, client: "big" });
    // As it would be written now.
    expect(dumpProgram(loadProgramFrom(saved, rag))).toEqual({ ...(saved as object), version: 3 });
  });

  test("3: it says what is frozen, and thaws the rest", async () => {
    const saved = await file(3);
    const answer = rag.parts.answer.with({ frozen: true });
    const loaded = loadProgramFrom(saved, rag.with({ parts: { answer } }));
    expect(loaded.parts.queries).toMatchObject({ frozen: true, client: "big", signature: { instructions: "Search." } });
    expect(loaded.parts.answer.predict.frozen).toBe(false);
    // As it would be written now.
    expect(dumpProgram(loaded)).toEqual(saved);
  });

  test("4: it says what the program declares as texts to be changed", async () => {
    const saved = await file(4);
    const forward = async (): Promise<object> => ({});
    const kind = program({ name: "rag", parts: rag.parts, parameters: { policy: "Be strict." }, forward });
    const loaded = loadProgramFrom(saved, kind);
    expect(loaded.parameters).toEqual({ policy: "Be kind." });
    expect(dumpProgram(loaded)).toEqual(saved);
    // What files of the version before have no words for is as it was.
    expect(loadProgramFrom(await file(3), kind).parameters).toEqual({ policy: "Be strict." });
    expect(() => loadProgramFrom(saved, rag)).toThrow(/no parameter "policy"/);
    const more = program({ name: "rag", parts: rag.parts, parameters: { policy: "", tone: "" }, forward });
    expect(() => loadProgramFrom(saved, more)).toThrow(/nothing for the parameter "tone"/);
    expect(() => loadProgramFrom({ ...(saved as object), version: 3 }, kind)).toThrow(/parameters/);
  });

  test.each([1, 2])("%d knows no such word as frozen", async (version) => {
    const saved = (await file(version)) as ReturnType<typeof dumpProgram>;
    const queries = { ...saved.predictors["queries"], frozen: true };
    const predictors = { ...saved.predictors, queries };
    expect(() => loadProgramFrom({ ...saved, predictors }, rag)).toThrow(/predictor "queries".*"frozen"/);
  });
});
