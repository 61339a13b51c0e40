import { describe, expect, test } from "vitest";
import {
  digestOf,
  dumpProgram,
  forward,
  loadProgramFrom,
  parametersOf,
  predict,
  program,
  signature,
  UsageError,
  withParameters,
} from "../../src/index.ts";
import { programText } from "../../src/programs/saved/dump-program.ts";
import { scripted } from "../../src/testing.ts";

const Respond = signature("question, policy -> answer");

const respond = program({
  name: "respond",
  parts: { predict: predict(Respond) },
  parameters: { policy: "Be kind." },
  forward: ({ predict: ask }, { question }: { question: string }, { parameters }) =>
    ask({ question, policy: parameters.policy }),
});
const support = program({
  name: "support",
  parts: { respond },
  parameters: { greeting: "Hello {name}" },
  async forward(parts, { question }: { question: string }, { parameters }) {
    const { answer } = await parts.respond({ question });
    return { answer: `${parameters.greeting}: ${answer}` };
  },
});

describe("texts that a program declares", () => {
  test("are given to its forward, each to its own", async () => {
    const lm = scripted([{ answer: "Yes." }]);
    const { answer } = await forward(support, { question: "Well?" }, { clients: { lm } });
    expect(answer).toBe("Hello {name}: Yes.");
    expect(String(lm.requests[0]?.messages.at(-1)?.content)).toContain("[[ ## policy ## ]]\nBe kind.");
  });

  test("a program that declares none is given none", async () => {
    const bare = program({
      name: "bare",
      parts: {},
      forward: (_parts, _inputs: object, { parameters }) => ({ parameters }),
    });
    expect(await forward(bare, {}, { clients: {} })).toEqual({ parameters: {} });
    expect(bare.settings).toEqual({});
  });

  test("stand under their paths, and are changed under them; the rest stays", async () => {
    expect(parametersOf(support)).toEqual({ greeting: "Hello {name}", "respond.policy": "Be kind." });
    const edited = withParameters(support, { "respond.policy": "Be strict." });
    expect(parametersOf(edited)).toEqual({ greeting: "Hello {name}", "respond.policy": "Be strict." });
    expect(edited.parts.respond.parameters).toEqual({ policy: "Be strict." });
    expect(parametersOf(support)["respond.policy"]).toBe("Be kind.");
    const lm = scripted([{ answer: "No." }]);
    await forward(edited, { question: "Well?" }, { clients: { lm } });
    expect(String(lm.requests[0]?.messages.at(-1)?.content)).toContain("Be strict.");
  });

  test("stay through other edits", () => {
    const edited = withParameters(support, { "respond.policy": "Be strict.", greeting: "Hi" });
    const predictor = edited.predictors()["respond.predict"]!.with({ instructions: "Answer." });
    const again = edited.withPredictors({ "respond.predict": predictor }).with({ name: "other" });
    expect(parametersOf(again)).toEqual({ greeting: "Hi", "respond.policy": "Be strict." });
    expect(again.predictors()["respond.predict"]!.signature.instructions).toBe("Answer.");
  });

  test("count in digests, and are saved and loaded", () => {
    const edited = withParameters(support, { greeting: "Hi" });
    expect(digestOf(edited)).not.toBe(digestOf(support));
    const saved = dumpProgram(edited);
    expect(saved).toMatchObject({ version: 4, parameters: { greeting: "Hi", "respond.policy": "Be kind." } });
    expect(digestOf(loadProgramFrom(saved, support))).toBe(digestOf(edited));
  });

  test("are no part of what DSPy reads, and stay as they are when such a file is loaded", () => {
    const file: unknown = JSON.parse(programText(withParameters(support, { greeting: "Hi" }), { format: "dspy" }));
    expect(Object.keys(file as object)).toEqual(["respond.predict", "metadata"]);
    expect(parametersOf(loadProgramFrom(file, support))).toEqual(parametersOf(support));
  });
});

describe("what makes no sense is refused", () => {
  const forwardOf = (): object => ({});

  test.each<[string, object, RegExp]>([
    ["no text", { policy: 3 }, /parameter "policy" must be a text, got 3/],
    ["a name with a dot", { "a.b": "" }, /a text without dots/],
    ["an empty name", { "": "" }, /a text without dots/],
    ["the name of a leaf", { self: "" }, /not "self"/],
    ["the name of a part", { respond: "" }, /parameter "respond" is called as a part is/],
  ])("%s", (_what, parameters, message) => {
    const made = (): unknown =>
      program({ name: "p", parts: { respond }, parameters: parameters as Record<string, string>, forward: forwardOf });
    expect(made).toThrow(UsageError);
    expect(made).toThrow(message);
  });

  test("another path, and what is no text", () => {
    expect(() => withParameters(support, { polcy: "" })).toThrow(
      /no parameter at "polcy"; there are greeting, respond.policy/,
    );
    expect(() => withParameters(predict(Respond), { a: "" })).toThrow(/there are none/);
    expect(() => withParameters(support, { greeting: 3 } as unknown as Record<string, string>)).toThrow(
      /must be a text/,
    );
    expect(() => parametersOf({} as never)).toThrow(/expected a program/);
  });

  test("a copy by spreading declares none, as nobody could make it again with others", () => {
    expect(parametersOf({ ...support })).toEqual({});
  });
});
