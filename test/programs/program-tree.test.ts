import { describe, expect, test } from "vitest";
import { forward } from "../../src/programs/bare/forward.ts";
import { program } from "../../src/programs/composed-program.ts";
import { digestOf } from "../../src/programs/identity/digest-of.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import { leavesOf, withLeaves } from "../../src/programs/program-tree.ts";
import { programValue } from "../../src/programs/program-value.ts";
import { dumpProgram, loadProgramFrom } from "../../src/programs/saved/dump-program.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";

const qa = predict(signature("question -> answer"));
const think = chainOfThought(signature("question -> answer"));
const search = retrieve({ k: 2, client: "kb" });
const inner = program({
  name: "inner",
  version: 3,
  parts: { search, think },
  forward: ({ think: ask }, inputs: { question: string }) => ask(inputs),
});
const outer = program({
  name: "outer",
  parts: { inner, qa },
  forward: ({ qa: ask }, { question }: { question: string }) => ask({ question }),
});

describe("what a program is made of", () => {
  test.each<[string, Program, object, string[]]>([
    ["predict", qa, { ...qa.settings }, []],
    ["chain_of_thought", think, {}, ["predict"]],
    ["retrieve", search, { k: 2, client: "kb" }, []],
    ["program", inner, { version: 3 }, ["search", "think"]],
    ["program", outer, {}, ["inner", "qa"]],
  ])("%s: kind, parts and settings are frozen data", (kind, made, settings, parts) => {
    expect([made.kind, made.settings, Object.keys(made.parts)]).toEqual([kind, settings, parts]);
    for (const each of [made, made.parts, made.settings]) expect(Object.isFrozen(each)).toBe(true);
  });

  test("of a predictor its settings are all that is set", () => {
    const config = { temperature: 0 };
    const made = predict(qa.signature, { client: "big", config, frozen: true, onUnparsable: "fail" });
    const { signature: shape, demos, client, frozen, onUnparsable } = made;
    expect(made.settings).toEqual({ signature: shape, demos, config, client, frozen, onUnparsable });
    expect(made.settings.signature).toBe(qa.signature);
  });

  test("its leaves have DSPy's paths", () => {
    const leaves = leavesOf(outer);
    expect(Object.keys(leaves)).toEqual(["inner.search", "inner.think.predict", "qa"]);
    expect(leaves["inner.think.predict"]).toBe(think.predict);
    expect(leavesOf(qa)).toEqual({ self: qa });
  });

  test("is edited by path, at any depth, and what is not edited is the same", () => {
    const edited = withLeaves(outer, { "inner.search": search.with({ k: 9 }), qa: qa.with({ name: "other" }) });
    expect(edited.parts.inner.parts.search.k).toBe(9);
    expect(edited.parts.inner.parts.think).toBe(think);
    expect(edited.parts.inner.settings).toEqual({ version: 3 });
    expect(edited.parts.qa.name).toBe("other");
    expect(withLeaves(outer, {})).toBe(outer);
  });

  test.each(["", "a.b"])("a part's name that paths could not tell apart is refused: %j", (name) => {
    expect(() => program({ name: "p", parts: { [name]: qa }, forward: () => ({}) })).toThrow(
      `program "p": a part's name must be a text without dots, got "${name}"`,
    );
  });
});

describe("a kind of its own", () => {
  /** Asks twice and takes the last answer; what a module is, in full. */
  const twice = (
    part: typeof qa,
    times: number,
    code?: object,
  ): Program<{ question: string }, { answer: string }> & { readonly times: number } =>
    programValue(
      {
        kind: "twice",
        name: "twice",
        parts: { part },
        settings: { times },
        ...(code && { code: { judge: code } }),
        async run(inputs, context) {
          await part.forward(inputs, context);
          return part.forward(inputs, context);
        },
        rebuild: ({ part: other }) => twice(other as typeof qa, times, code),
      },
      { times },
    );
  const student = program({
    name: "p",
    version: 1,
    parts: { twice: twice(qa, 2) },
    forward: (parts, inputs: { question: string }) => parts.twice(inputs),
  });
  const trained = student.withPredictors({ "twice.part": qa.with({ instructions: "Be brief." }) });

  test("is walked, edited, saved, loaded and run like any other", async () => {
    expect(Object.keys(trained.predictors())).toEqual(["twice.part"]);
    const loaded = loadProgramFrom(JSON.parse(JSON.stringify(dumpProgram(trained))), student);
    expect(digestOf(loaded)).toBe(digestOf(trained));
    expect(loaded.parts.twice).toMatchObject({ kind: "twice", times: 2 });
    const lm = scripted([{ answer: "a" }, { answer: "b" }]);
    expect(await forward(loaded, { question: "?" }, { clients: { lm } })).toEqual({ answer: "b" });
    expect(lm.requests[1]?.messages[0]?.content).toContain("Be brief.");
  });

  test("is digested by its kind, its settings, its parts and the user's code in it", () => {
    const judge = (): number => 1;
    const digests = [
      twice(qa, 2),
      twice(qa, 3),
      twice(qa.with({ client: "big" }), 2),
      twice(qa, 2, judge),
      twice(qa, 2, () => 2),
      think,
    ].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf(twice(qa, 2, judge))).toBe(digests[3]);
  });
});

describe("a program of the user's own making", () => {
  const shout: Program<{ question: string }, { answer: string }> = {
    kind: "shout",
    name: "shout",
    parts: {},
    settings: { loud: true },
    forward: async (inputs, context) => qa.forward({ question: inputs.question.toUpperCase() }, context),
    predictors: () => ({ quiet: qa }),
    withPredictors: () => shout,
  };
  const around = program({
    name: "around",
    parts: { shout, search },
    forward: ({ shout: ask }, inputs: { question: string }) => ask(inputs),
  });

  test("runs, and its predictors are those that it tells", async () => {
    const lm = scripted([{ answer: "a" }]);
    expect(await forward(around, { question: "who?" }, { clients: { lm } })).toEqual({ answer: "a" });
    expect(lm.requests[0]?.messages.at(-1)?.content).toContain("WHO?");
    expect(Object.keys(around.predictors())).toEqual(["shout.quiet"]);
    const edited = withLeaves(around, { "shout.quiet": qa.with({ client: "x" }), search: search.with({ k: 5 }) });
    // It is asked for the edit, and has its own mind.
    expect(edited.parts.shout).toBe(shout);
    expect(edited.parts.search.k).toBe(5);
  });

  test("counts by its settings too", () => {
    expect(digestOf({ ...shout, settings: { loud: false } })).not.toBe(digestOf(shout));
  });

  test("one that is no more than a function is told how programs are made", async () => {
    const bare = { kind: "program", name: "bare", forward: shout.forward } as unknown as Program;
    const hint = "program({ name, parts, forward }) makes one of any code";
    await expect(forward(bare, {}, { clients: {} })).rejects.toThrow(
      `forward: expected a program, got {"kind":"program","name":"bare"}: ${hint}`,
    );
    expect(() => program({ name: "p", parts: { bare }, forward: () => ({}) })).toThrow(hint);
    expect(() => dumpProgram(bare)).toThrow(hint);
  });

  test("a copy by spreading keeps its searches to itself", () => {
    const copy = { ...inner, forward: inner.forward };
    expect(Object.keys(leavesOf(copy))).toEqual(["search", "think.predict"]);
    expect(() => withLeaves(copy, { search: search.with({ k: 5 }) })).toThrow(
      "inner: a copy by spreading cannot be edited at search",
    );
  });
});
