import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Adapter } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { digestOf, functionsBySource, identityOf } from "../../../src/programs/identity/digest-of.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { Program } from "../../../src/programs/program.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { tool } from "../../../src/signatures/values/tool.ts";
import { scripted } from "../../../src/testing/scripted.ts";

const qa = predict(signature("question -> answer"));

/** All of them differ from each other. */
function allDiffer(subjects: Readonly<Record<string, unknown>>): void {
  const seen = new Map<string, string>();
  for (const [what, subject] of Object.entries(subjects)) {
    const digest = digestOf(subject);
    expect(digest).toMatch(/^[\w-]{43}$/);
    expect(seen.get(digest), what).toBeUndefined();
    seen.set(digest, what);
  }
}

test("the digest of a program is the same in every process", () => {
  // Kept: who changes it changes the name of every program that anybody has stored.
  expect(digestOf(qa)).toBe("eN5hathb3IKVNC4f0qUYbkEM7RDfKGGpDwhZdSfOtZo");
});

test("types, constraints, defaults and what zod says make another program", () => {
  const of = (text: string, fields: object = {}): Program => {
    const options: object = { fields };
    return predict(signature(text, options));
  };
  const zod = (answer: z.ZodType): Program => of("question -> answer", { answer });
  const Node: z.ZodType = z.lazy(() => z.object({ value: z.string(), next: Node.optional() }));
  allDiffer({
    str: of("question -> answer"),
    int: of("question -> answer: int"),
    optional: of("question -> answer?"),
    literal: of("question -> answer: Literal['a', 'b']"),
    "another order of literals": of("question -> answer: Literal['b', 'a']"),
    list: of("question -> answer: list"),
    "list[Any]": of("question -> answer: list[Any]"),
    "another name": of("question -> reply"),
    "another side": of("question, answer -> reply"),
    "another order": of("answer, question -> reply"),
    constraint: of("question -> answer", { answer: { constraints: { max_length: 3 } } }),
    "two constraints": of("question -> answer", { answer: { constraints: { max_length: 3, min_length: 1 } } }),
    "in another order": of("question -> answer", { answer: { constraints: { min_length: 1, max_length: 3 } } }),
    default: of("question -> answer", { question: { default: "why?" } }),
    "default of null": of("question? -> answer", { question: { default: null } }),
    zod: zod(z.string()),
    pattern: zod(z.string().regex(/^a/)),
    "another pattern": zod(z.string().regex(/^a/i)),
    "with a message": zod(z.string().regex(/^a/, "begin with a")),
    "another message": zod(z.string().regex(/^a/, "no a")),
    object: zod(z.object({ a: z.string(), b: z.int() })),
    "object in another order": zod(z.object({ b: z.int(), a: z.string() })),
    "described object": zod(z.object({ a: z.string().describe("The a."), b: z.int() })),
    "strict object": zod(z.strictObject({ a: z.string(), b: z.int() })),
    refined: zod(z.string().refine((value) => value !== "x")),
    "refined otherwise": zod(z.string().refine((value) => value !== "y")),
    transformed: zod(z.string().transform((value) => value.length)),
    caught: zod(z.number().catch(3)),
    "caught otherwise": zod(z.number().catch(4)),
    recursive: zod(Node),
    "a big one": zod(z.bigint().max(3n)),
    together: predict(
      signature({
        input: z.object({ question: z.string() }).refine(({ question }) => question !== ""),
        output: z.object({ answer: z.string() }),
      }),
    ),
    "not together": predict(
      signature({ input: z.object({ question: z.string() }), output: z.object({ answer: z.string() }) }),
    ),
    "a default tool": of("question, tools: list[Tool] -> answer", { tools: { default: [tool({ name: "a" })] } }),
    "one that takes something": of("question, tools: list[Tool] -> answer", {
      tools: { default: [tool({ name: "a", input: z.object({ q: z.string() }) })] },
    }),
    "and checks it": of("question, tools: list[Tool] -> answer", {
      tools: { default: [tool({ name: "a", input: z.object({ q: z.string().refine((q) => q !== "") }) })] },
    }),
  });
});

test("the same zod schema made twice is the same", () => {
  const make = (): Program =>
    predict(
      signature("question -> answer", {
        fields: {
          answer: z.object({ a: z.string().min(1, "no"), b: z.array(z.enum(["x", "y"])).optional() }).describe("It."),
        },
      }),
    );
  expect(digestOf(make())).toBe(digestOf(make()));
});

describe("how a program is composed", () => {
  const compose = (options: object = {}): Program =>
    program({
      name: "two",
      parts: { search: retrieve(), answer: qa },
      forward: ({ answer }, inputs: { question: string }) => answer(inputs),
      ...options,
    });
  const other = ({ answer }: { answer: (inputs: object) => Promise<object> }, inputs: object): Promise<object> =>
    answer({ ...inputs, question: "Why?" });

  test("counts: its parts, their names, and its code by version or source", () => {
    allDiffer({
      predict: qa,
      "chain of thought": chainOfThought(qa.signature),
      "its predictor alone": chainOfThought(qa.signature).predict,
      composed: compose(),
      "other code": compose({ forward: other }),
      "with a version": compose({ version: 1 }),
      "with another": compose({ version: 2 }),
      "with a version and a name": compose({ version: 1, name: "three" }),
      "another part": compose({ parts: { search: retrieve({ k: 4 }), answer: qa } }),
      "a search elsewhere": compose({ parts: { search: retrieve({ client: "kb" }), answer: qa } }),
      "a part under another name": compose({ parts: { find: retrieve(), answer: qa } }),
      "a part less": compose({ parts: { answer: qa } }),
      search: retrieve(),
    });
  });

  test("names alone do not, nor does code that has a version", () => {
    expect(digestOf(compose({ name: "three" }))).toBe(digestOf(compose()));
    expect(digestOf(compose({ forward: other, version: "1" }))).toBe(digestOf(compose({ version: "1" })));
    expect(digestOf(compose({ parts: { answer: qa, search: retrieve() } }))).toBe(digestOf(compose()));
  });

  test("edits keep the version", () => {
    const versioned = compose({ version: 3 });
    expect(digestOf(versioned.withPredictors({ answer: qa }))).toBe(digestOf(versioned));
  });

  test("a program of one's own making counts by its code, a spread of one of ours too", () => {
    const own = { ...qa, forward: () => Promise.reject(new Error("no")) };
    allDiffer({ qa, own, versioned: { ...own, version: 2 } });
    expect(functionsBySource(own)).toEqual(['program "question -> answer", its forward']);
    expect(functionsBySource({ ...own, version: 2 })).toEqual([]);
  });
});

describe("code that is known by its source alone is told", () => {
  const refined = signature("question -> answer", { fields: { answer: z.string().refine((value) => value !== "") } });
  const hidden = signature("question -> answer", { fields: { answer: z.string().superRefine(() => undefined) } });
  const mine: Adapter = { ...chatAdapter(), name: "mine" };

  test.each<[what: string, subject: unknown, places: readonly string[]]>([
    ["none in what the library makes", chainOfThought(qa.signature, { adapter: jsonAdapter() }), []],
    ["a forward", program({ name: "p", parts: { qa }, forward: () => ({}) }), ['program "p", its forward']],
    ["one with a version", program({ name: "p", version: 1, parts: { qa }, forward: () => ({}) }), []],
    [
      "one within another",
      program({
        name: "o",
        version: 1,
        parts: { p: program({ name: "p", parts: {}, forward: () => ({}) }) },
        forward: () => ({}),
      }),
      ['program "p" at "p", its forward'],
    ],
    ["a refinement", predict(refined), ['predictor "self", field "answer"']],
    ["one that cannot be seen", predict(hidden), ['predictor "self", field "answer"']],
    ["an adapter", qa.with({ adapter: mine }), ['predictor "self", its adapter "mine"']],
    [
      "one inside another",
      qa.with({ adapter: twoStepAdapter({ extract: mine }) }),
      ['predictor "self", its adapter "mine"'],
    ],
    ["one with a version", qa.with({ adapter: { ...mine, version: 1 } }), []],
    ["a function", function score() {}, ['function "score"']],
    ["one with a version", Object.assign(() => 1, { version: 1 }), []],
  ])("%s", (_what, subject, places) => {
    expect(functionsBySource(subject)).toEqual(places);
  });
});

test("functions count by their version and settings, else by their source", () => {
  const exactMatch = (field: string): object => Object.assign(() => field.length, { version: 1, settings: { field } });
  allDiffer({ a: exactMatch("a"), b: exactMatch("b"), other: () => 1, another: () => 2 });
  expect(digestOf(exactMatch("a"))).toBe(digestOf(exactMatch("a")));
});

test("data counts by its values, in whatever order an example's fields come", () => {
  const examples = [{ question: "q", answer: { b: 1, a: [Number.NaN, new Date(0)] } }];
  expect(digestOf([{ answer: { b: 1, a: [Number.NaN, new Date(0)] }, question: "q", extra: undefined }])).toBe(
    digestOf(examples),
  );
  allDiffer({
    examples,
    "as prompts show them": [{ question: "q", answer: { a: [Number.NaN, new Date(0)], b: 1 } }],
    twice: [...examples, ...examples],
    options: { threads: 4 },
    other: { threads: 5 },
    text: "a",
    nothing: null,
    numbers: [0, 1],
    "other numbers": [-0, 1],
  });
  expect(() => digestOf([{ question: () => 1 }])).toThrow(UsageError);
  expect(() => digestOf(qa.with({ demos: [{}, { question: 1n, answer: "" }] }))).toThrow(
    'predictor "self", demo 2, field "question"',
  );
});

test("an adapter of one's own with settings that are no data is misuse", () => {
  const adapter: Adapter = { ...chatAdapter(), settings: { at: new Map() } };
  expect(() => digestOf(qa.with({ adapter }))).toThrow(UsageError);
});

describe("the identity of a client", () => {
  const model = (options: object = {}) => ({ lm: scripted([], { identity: "here", ...options }) });

  test("is all that it decides about answers", () => {
    const identities = [
      identityOf(model()),
      identityOf(model({ provider: "p" })),
      identityOf(model({ model: "m" })),
      identityOf(model({ identity: "there" })),
      identityOf(model({ capabilities: { schema: true } })),
      identityOf({ ...model(), adapter: chatAdapter() }),
      identityOf({ ...model(), adapter: jsonAdapter({ format: "none" }) }),
      identityOf({ ...model(), config: { temperature: 1 } }),
      identityOf({ ...model(), fallbacks: [model()] }),
    ];
    expect(identities.every((identity) => identity !== undefined)).toBe(true);
    expect(new Set(identities).size).toBe(identities.length);
    expect(identityOf({ ...model(), config: {}, fallbacks: [] })).toBe(identityOf(model()));
  });

  test("is not known where nobody knows what sets its model apart", () => {
    expect(identityOf({ lm: scripted([]) })).toBeUndefined();
    expect(identityOf({ ...model(), fallbacks: [{ lm: scripted([]) }] })).toBeUndefined();
  });
});
