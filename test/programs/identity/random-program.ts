// Random programs of every make: signatures with every type, demos, every option, adapters with their settings, searches.
import * as fc from "fast-check";
import { z } from "zod";
import type { Adapter } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../../src/adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../../src/adapters/xml-adapter.ts";
import type { LmSampling } from "../../../src/lm/sampling.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { PredictOptions } from "../../../src/programs/predict/predict.ts";
import type { OnUnparsable, Program } from "../../../src/programs/program.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import type { Demo } from "../../../src/signatures/example.ts";
import { signature } from "../../../src/signatures/signature.ts";
import type { Signature } from "../../../src/signatures/signature-value.ts";
import { tool } from "../../../src/signatures/values/tool.ts";

/** A program and what it is called with. */
export interface Made {
  readonly program: Program;
  readonly inputs: object;
}

/** The same program twice: as it was trained, and as its code makes it, or with other settings. */
export interface Twins extends Made {
  readonly student: Program;
}

const word = fc.stringMatching(/^[a-zA-Z0-9äß日<>&"'{}.:,-]{1,10}$/);
const text = fc.oneof(word, fc.constantFrom("two words", "a\nb", "[[ ## a ## ]]", "«x»", "\u2028", "😀", "null"));
const int = fc.integer({ min: -9999, max: 9999 });
const day = fc.constantFrom("2024-01-15", "1999-12-31");
const SEARCH = tool({ name: "search", input: z.object({ q: z.string() }), execute: () => 1 });
const LOOK = tool({ name: "look", description: "Looks\nit up." });
const PERSON = z.object({ name: z.string(), age: z.int().optional() });

/** Values by type; what demos may hold besides is in {@link demoOf}. */
const TYPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  str: text,
  int,
  float: fc.oneof(int, fc.constantFrom(0.5, -0, Infinity, -Infinity, Number.NaN)),
  bool: fc.boolean(),
  Any: fc.oneof(text, int, fc.constant(null), fc.constant({ b: [1, { c: -0 }], a: null })),
  "Literal['red', 'dark blue', 3]": fc.constantFrom("red", "dark blue", 3),
  "Optional[int]": fc.option(int),
  "list[str]": fc.array(text, { maxLength: 3 }),
  list: fc.array(int, { maxLength: 2 }),
  "dict[str, list[float]]": fc.dictionary(
    fc.stringMatching(/^[a-z]{1,4}$|^[1-9]$/),
    fc.array(fc.constantFrom(1, 0.5, -0), { maxLength: 2 }),
    { maxKeys: 3, noNullPrototype: true },
  ),
  "tuple[int, bool]": fc.tuple(int, fc.boolean()),
  "int | str": fc.oneof(int, text),
  date: day,
  "Optional[datetime]": fc.constantFrom("2024-01-15T10:30:00Z", null),
  "Code['python']": fc.constantFrom("print(1)", "a\n  b"),
  Person: fc.record({ name: text, age: int }),
};
const INPUT_TYPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...TYPES,
  datetime: fc.constantFrom("2024-01-15T10:30:00.000500", new Date(0)),
  Image: fc.constantFrom(
    { type: "image", url: "https://example.com/a.png" },
    { type: "image", url: "data:image/png;base64,aGk=" },
  ),
  "Optional[Audio]": fc.constantFrom({ type: "audio", data: "aGk=", format: "wav" }, null),
  "list[File]": fc.constantFrom(
    [{ type: "file", fileId: "f1" }],
    [{ type: "file", url: "data:text/plain;base64,aGk=", filename: "a" }],
  ),
};

interface FieldSpec {
  readonly name: string;
  readonly type: string;
  /** What a call, an answer and demos hold. */
  readonly value: unknown;
  readonly demos: readonly unknown[];
}

function fieldSpec(prefix: string, types: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<FieldSpec> {
  const words = Object.keys(types);
  return fc.nat(words.length - 1).chain((index) => {
    const type = words[index]!;
    const value = types[type]!;
    const demos = fc.array(value, { minLength: 3, maxLength: 3 });
    return fc.record({ name: fc.constant(`${prefix}${index}`), type: fc.constant(type), value, demos });
  });
}

/** What a good answer says, by the names of all outputs that there may be. */
export const ANSWERS: Readonly<Record<string, unknown>> = {
  reasoning: "because",
  x: "xx",
  calls: [{ name: "search", args: { q: "beam" } }],
  ...Object.fromEntries(
    Object.values(TYPES).flatMap((values, index) =>
      ["y", "z"].map((prefix) => [`${prefix}${index}`, fc.sample(values, { numRuns: 1, seed: index })[0]]),
    ),
  ),
};

function fixed(name: string, type: string, value: unknown): FieldSpec {
  return { name, type, value, demos: [value, value, value] };
}

interface Shape {
  readonly inputs: readonly FieldSpec[];
  readonly outputs: readonly FieldSpec[];
}

const shape: fc.Arbitrary<Shape> = fc
  .record({
    inputs: fc.tuple(fieldSpec("a", INPUT_TYPES), fieldSpec("b", INPUT_TYPES)),
    outputs: fc.tuple(fieldSpec("y", TYPES), fieldSpec("z", TYPES)),
    counts: fc.tuple(fc.nat(2), fc.nat(2)),
    tools: fc.boolean(),
    history: fc.boolean(),
  })
  .map(({ inputs, outputs, counts, tools, history }) => ({
    inputs: [
      fixed("q", "str", "who?"),
      ...inputs.slice(0, counts[0]),
      ...(tools ? [fixed("tools", "list[Tool]", [SEARCH, LOOK])] : []),
      ...(history ? [fixed("past", "History", [{ q: "before", x: "then" }])] : []),
    ],
    outputs: [
      // What no garbage reads as.
      fixed("x", "str", "xx"),
      ...outputs.slice(0, counts[1]),
      ...(tools ? [fixed("calls", "ToolCalls", [{ name: "search", args: { q: "beam" } }])] : []),
    ],
  }));

function signatureOf({ inputs, outputs }: Shape): Signature {
  const side = (fields: readonly FieldSpec[]): string =>
    fields.map(({ name, type }) => `${name}: ${type === "Person" ? "str" : type}`).join(", ");
  const people = [...inputs, ...outputs]
    .filter(({ type }) => type === "Person")
    .map(({ name }) => [name, { type: PERSON }]);
  const options: object = { fields: Object.fromEntries(people) as object };
  // The text is only known when it runs.
  const text: string = `${side(inputs)} -> ${side(outputs)}`;
  return signature(text, options);
}

/** One that has every field, one that lacks some, one with what no field asks for. */
function demoOf({ inputs, outputs }: Shape): fc.Arbitrary<Demo> {
  const fields = [...inputs, ...outputs];
  return fc
    .record({ at: fc.nat(2), gap: fc.option(fc.constantFrom(...fields)), empty: fc.boolean(), more: fc.boolean() })
    .map(({ at, gap, empty, more }) => {
      const given = fields.filter((field) => field !== gap || empty);
      const entries = given.map((field) => [field.name, field === gap ? null : field.demos[at]]);
      return { ...Object.fromEntries(entries), ...(more && { augmented: true, note: { by: "me" } }) } as Demo;
    });
}

export const OPTIONS: fc.Arbitrary<LmSampling> = fc.record(
  {
    temperature: fc.constantFrom(0, 0.3, 1),
    maxTokens: fc.constantFrom(1, 500),
    stop: fc.constantFrom<readonly string[]>(["x"], ["\n\n", "y"]),
    seed: fc.constantFrom(-1, 0, 7),
    topP: fc.constantFrom(0, 0.9),
    reasoningEffort: fc.constantFrom("low", "high"),
    logprobs: fc.boolean(),
    topLogprobs: fc.constantFrom(0, 5),
    n: fc.constant(1),
    repeatPenalty: fc.constantFrom(1, 1.1),
    cache: fc.boolean(),
    rolloutId: fc.constantFrom<number | string>(1, "1"),
  },
  { requiredKeys: [] },
);

export const ADAPTERS: readonly Adapter[] = [
  chatAdapter(),
  chatAdapter({ nativeTools: true }),
  jsonAdapter(),
  jsonAdapter({ format: "none" }),
  jsonAdapter({ format: "json_object", nativeTools: false }),
  leanAdapter(),
  xmlAdapter(),
  xmlAdapter({ nativeTools: true }),
  twoStepAdapter(),
  twoStepAdapter({ extract: jsonAdapter({ format: "none" }), client: "small" }),
];

type Settings = Omit<PredictOptions, "demos">;

const settings: fc.Arbitrary<Settings> = fc.record(
  {
    client: fc.constantFrom("big", "small"),
    adapter: fc.constantFrom(...ADAPTERS),
    config: OPTIONS,
    onUnparsable: fc.constantFrom<OnUnparsable>("ask_again", "json", "fail"),
    name: fc.constantFrom("first", "second"),
    frozen: fc.boolean(),
  },
  { requiredKeys: [] },
);

type Maker = (signature: Signature, options: PredictOptions) => Program;

function predictorTwins(maker: Maker): fc.Arbitrary<Twins> {
  return shape.chain((fields) =>
    fc
      .record({
        trained: settings,
        student: settings,
        demos: fc.array(demoOf(fields), { maxLength: 3 }),
        old: fc.array(demoOf(fields), { maxLength: 1 }),
        instructions: fc.option(fc.constantFrom("Answer.", "Think\n  hard.")),
        desc: fc.option(fc.constantFrom("", "What it is.", "${x}")),
      })
      .map(({ trained, student, demos, old, instructions, desc }) => {
        const plain = signatureOf(fields);
        const told = desc === null ? plain : plain.withFields({ x: { desc } } as never);
        const taught = instructions === null ? told : told.withInstructions(instructions);
        return {
          program: maker(taught, { ...trained, demos }),
          student: maker(plain, { ...student, demos: old }),
          inputs: Object.fromEntries(fields.inputs.map(({ name, value }) => [name, value])),
        };
      }),
  );
}

const searchTwins: fc.Arbitrary<Twins> = fc
  .tuple(
    ...[0, 1].map(() =>
      fc.record({ k: fc.integer({ min: 1, max: 9 }), client: fc.constantFrom("kb", "web") }, { requiredKeys: [] }),
    ),
  )
  .map(([trained, student]) => ({ program: retrieve(trained), student: retrieve(student), inputs: { query: "who?" } }));

const leaf: fc.Arbitrary<Twins> = fc.oneof(
  { arbitrary: predictorTwins(predict), weight: 3 },
  { arbitrary: predictorTwins(chainOfThought), weight: 1 },
);

/** Calls its parts in order, each with inputs of its own, and gives what they gave. */
function composed(parts: Readonly<Record<string, Twins>>): Twins {
  const make = (which: "program" | "student"): Program =>
    program({
      name: which,
      parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part[which]])),
      async forward(bound, inputs: Readonly<Record<string, object>>) {
        const results: Record<string, unknown> = {};
        for (const [name, part] of Object.entries(bound)) {
          results[name] = await part(inputs[name] ?? {}).then(
            (made) => ({ ...made }),
            (error: unknown) => String(error),
          );
        }
        return { results };
      },
    });
  const inputs = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.inputs]));
  return { program: make("program"), student: make("student"), inputs };
}

const flat = fc.record({ first: leaf, search: searchTwins }, { requiredKeys: ["first"] }).map(composed);
const nested = fc.record({ inner: flat, search: searchTwins, last: leaf }, { requiredKeys: ["inner"] }).map(composed);

export const TWINS: fc.Arbitrary<Twins> = fc.oneof(
  { arbitrary: leaf, weight: 4 },
  { arbitrary: searchTwins, weight: 1 },
  { arbitrary: flat, weight: 1 },
  { arbitrary: nested, weight: 1 },
);
