import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Adapter, AdapterStep, AskStep } from "../../src/adapters/adapter.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { textOf } from "../../src/lm/message.ts";
import type { LmContentPart } from "../../src/lm/message.ts";
import type { LmCapabilities } from "../../src/lm/language-model.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { AnySignature } from "../../src/signatures/signature-value.ts";
import { tool } from "../../src/signatures/values/tool.ts";
import { z } from "zod";

export interface AdapterSuiteOptions {
  /** Types of outputs that come back exactly as they were written. Default: all of {@link TYPES}. */
  readonly exact?: readonly string[];
  /** How many random completions are read; default 1,000. */
  readonly completions?: number;
}

const ABLE: LmCapabilities = { schema: true, tools: true, prefill: true, grammar: true };
const UNABLE: LmCapabilities = { schema: false, tools: false, prefill: false, grammar: false };

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Values that a field of the type may have. */
const TYPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = (() => {
  // One line, no outer spaces: every layout can say it.
  const word = fc.stringMatching(/^[a-zA-Z0-9äß日<&>"'[\]{}.:,-]{1,12}$/);
  const int = fc.integer({ min: -99_999, max: 99_999 });
  const day = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }).map(dayOf);
  const moment = fc
    .tuple(day, fc.constantFrom("10:30:00", "00:00:01.000500"), fc.constantFrom("", "Z", "-08:00"))
    .map(([date, time, zone]) => `${date}T${time}${zone}`);
  // Without `>`, since DSPy's XML layout shows code and calls as they are.
  const code = fc.stringMatching(/^[a-z]{1,4}(?:\n? ?[a-z <=&"'()[\]{},;*-]{1,6}[a-z;)]){0,3}$/);
  const data = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(int, fc.boolean(), code), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  return {
    str: word.filter((text) => text !== "None" && text !== "null"),
    int,
    float: fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    bool: fc.boolean(),
    "Literal['red', 'dark blue', '1']": fc.constantFrom("red", "dark blue", "1"),
    "Optional[int]": fc.option(int),
    "list[str]": fc.array(word, { maxLength: 4 }),
    "list[list[int]]": fc.array(fc.array(int, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    "dict[str, int]": fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), int, { maxKeys: 3, noNullPrototype: true }),
    "tuple[int, bool]": fc.tuple(int, fc.boolean()),
    date: day,
    datetime: moment,
    "Optional[date]": fc.option(day),
    "list[datetime]": fc.array(moment, { maxLength: 3 }),
    "Code['python']": code,
    "list[Code['js']]": fc.array(code, { maxLength: 3 }),
    ToolCalls: fc.array(fc.record({ name: fc.stringMatching(/^[a-z_]{1,9}$/), args: data }), { maxLength: 3 }),
  };
})();

const PIECES = [
  "[[ ## a ## ]]",
  "[[ ## b ## ]]",
  "[[ ## completed ## ]]",
  "\n",
  "<a>",
  "</a>",
  "<b>",
  "</b>",
  "<item>",
  "</item>",
  "{",
  "}",
  "[",
  "]",
  '"a"',
  '"b"',
  ":",
  ",",
  '"',
  "'",
  "\\",
  "1",
  "-2.5",
  "true",
  "None",
  "null",
  "red",
  "A:",
  "B:",
  "```",
  "```json",
  " ",
  "&lt;",
  "<![CDATA[",
  "]]>",
  "é",
  "\u0000",
  "\ud800",
  "(",
  ")",
  "//",
  "/*",
  "#",
  "nan",
  "1e999",
  "__proto__",
  "- x",
  "1. y",
];

/** Texts that are values of one type or another, or nearly so. */
const VALUES = [
  "1",
  "-2.5",
  "1e3",
  "0.0",
  "007",
  "1,234",
  "true",
  "No",
  "None",
  "null",
  '"red"',
  "dark blue",
  "[1, 2]",
  "[1.5, true]",
  "[]",
  "{}",
  '["a", null]',
  "[[1], [2.5]]",
  '{"k": 1}',
  "{'k': 1.5}",
  "[1, true]",
  "(2, False)",
  "- 1\n- 2",
  "1, 2",
  "nan",
  "-inf",
  "1e999",
  "12abc",
  "2024-01-15",
  "2024-02-30",
  "2024-01-15T10:30:00Z",
  "```python\nx = 1\n```",
  '{"code": "x"}',
  '{"tool_calls": [{"name": "f", "args": {"n": 1}}]}',
  '[{"name": "f", "arguments": "{n: 1"}]',
  '{"name": "f", "args": []}',
];

interface RandomReply {
  readonly a: string;
  readonly b: string;
  readonly text: string | null;
  readonly damage: { readonly from: number; readonly length: number; readonly by: string } | null;
}

function completionOf({ request }: AskStep, { a, b, text, damage }: RandomReply): string {
  const answer = text ?? request.writeAnswer?.({ a, b }) ?? "";
  if (damage === null) return answer;
  return answer.slice(0, damage.from) + damage.by + answer.slice(damage.from + damage.length);
}

/** What every adapter owes to the programs that use it. */
export function adapterSuite(name: string, make: () => Adapter, options: AdapterSuiteOptions = {}): void {
  const exact = options.exact ?? Object.keys(TYPES);

  function signatureOf(a: string, b: string): AnySignature {
    const untyped: AnySignature = signature("question -> a, b", { name: "Suite" });
    return untyped.withFields({ a: { type: a }, b: { type: b } });
  }

  function capabilitiesFor(adapter: Adapter): LmCapabilities {
    return adapter.fits(UNABLE) ? UNABLE : ABLE;
  }

  function begin(a: string, b: string, adapter = make()): AskStep {
    return adapter.prepare(signatureOf(a, b), []).begin({ question: "x" }, capabilitiesFor(adapter));
  }

  /** Plays a call with a model that always answers in the layout that it is asked for. */
  function played(first: AskStep, fields: Readonly<Record<string, unknown>>): AdapterStep {
    let step: AdapterStep = first;
    for (let turn = 0; step.kind === "ask" && turn < 10; turn += 1) {
      const text = step.request.writeAnswer?.(fields) ?? "";
      step = step.read({ text, finishReason: "stop" });
    }
    return step;
  }

  describe(`the ${name} adapter keeps the contract of adapters`, () => {
    test("it has a name, and asks a question that ends in a turn to answer or to go on with", () => {
      const adapter = make();
      expect(adapter.name).toBe(name);
      const { messages } = begin("str", "int").request;
      expect(messages[0]?.role).toBe("system");
      expect(messages.at(-1)?.role).toBe(adapter.fits(UNABLE) ? "user" : "assistant");
      expect(messages.some(({ role, content }) => role === "user" && textOf(content).includes("x"))).toBe(true);
    });

    test("it reads back what it would have a model write", () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...exact).chain((type) => fc.tuple(fc.constant(type), TYPES[type]!)),
          fc.constantFrom(...exact).chain((type) => fc.tuple(fc.constant(type), TYPES[type]!)),
          ([typeA, a], [typeB, b]) => {
            const step = played(begin(typeA, typeB), { a, b });
            expect(step).toMatchObject({ kind: "done" });
            expect(step.kind === "done" && step.fields).toEqual({ a, b });
            expect(step.kind === "done" && Object.keys(step.fields)).toEqual(["a", "b"]);
          },
        ),
        { numRuns: 300, seed: 7 },
      );
    });

    test("it makes fields that are valid, or a problem on one line; it never throws", () => {
      const types = fc.constantFrom(...Object.keys(TYPES), "Any", "Union[int, str]", "Union[bool, list[int], None]");
      const text = fc
        .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })), { maxLength: 12 })
        .map((pieces) => pieces.join(""));
      const value = fc.oneof(text, fc.constantFrom(...VALUES));
      // A whole answer with random values in it, damaged in one place; or no answer at all.
      const damage = fc.record({ from: fc.nat(60), length: fc.nat(4), by: fc.oneof(fc.constant(""), text) });
      const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
        fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
      const reply = fc.record({ a: value, b: value, text: seldom(text), damage: seldom(damage) });
      let done = 0;
      let refused = 0;
      const read = (a: string, b: string, replies: readonly RandomReply[]): AdapterStep => {
        let step: AdapterStep = begin(a, b);
        for (const random of replies) {
          if (step.kind === "unreadable") step = step.again;
          if (step.kind === "ask") step = step.read({ text: completionOf(step, random), finishReason: "stop" });
        }
        return step;
      };
      fc.assert(
        fc.property(types, types, fc.array(reply, { minLength: 1, maxLength: 3 }), (a, b, replies) => {
          const step = read(a, b, replies);
          if (step.kind === "done") done += 1;
          if (step.kind === "unreadable") refused += 1;
          const values: Readonly<Record<string, unknown>> = step.kind === "done" ? step.fields : {};
          const wrong = signatureOf(a, b).outputFields.filter(
            ({ name: field, schema }) => step.kind === "done" && !schema.safeParse(values[field]).success,
          );
          expect(wrong.map(({ name: field, type }) => [type, values[field]])).toEqual([]);
          expect(step.kind === "unreadable" ? step.problem : "").not.toMatch(/\n/);
        }),
        { numRuns: options.completions ?? 1_000, seed: 11 },
      );
      // Else it has not tried anything.
      expect(Math.min(done, refused)).toBeGreaterThan((options.completions ?? 1_000) / 30);
    });

    describe("what is not text", () => {
      const cat = { type: "image", url: "https://example.com/cat.png" } as const;
      const dog = { type: "image", url: "data:image/png;base64,iVBORw0KGgo=" } as const;
      const speech = { type: "audio", data: "UklGRg==", format: "wav" } as const;
      const paper = { type: "file", url: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf" } as const;

      function ask(text: string, inputs: object, demos: readonly object[] = []): AskStep {
        const adapter = make();
        // The fields are as random as the compiler knows.
        const given: AnySignature = signature(text as "a -> b", { name: "Suite" });
        const prepared = adapter.prepare(given, demos as Parameters<Adapter["prepare"]>[1]);
        return prepared.begin(inputs as Parameters<typeof prepared.begin>[0], capabilitiesFor(adapter));
      }

      function partsOf(step: AskStep, role: string): readonly LmContentPart[] {
        return step.request.messages.flatMap(({ role: whose, content }) =>
          whose === role && typeof content !== "string" ? content : [],
        );
      }

      const media = (parts: readonly LmContentPart[]): readonly LmContentPart[] =>
        parts.filter(({ type }) => type !== "text");

      test("is a part of the user's message, in its place", () => {
        const step = ask("image: Image, speech: Audio, paper: File, question -> a", {
          image: cat,
          speech,
          paper,
          question: "what is here?",
        });
        const parts = partsOf(step, "user");
        expect(media(parts)).toEqual([cat, speech, paper]);
        expect(parts[0]?.type).toBe("text");
        const last = parts.at(-1);
        expect(last?.type === "text" && last.text).toContain("what is here?");
        expect(partsOf(step, "system")).toEqual([]);
      });

      test("stands in demos, in lists and in turns of a history as well", () => {
        const step = ask(
          "images: list[Image], history: History -> a",
          { images: [dog, cat], history: [{ images: [cat], a: "one" }] },
          [{ images: [dog], a: "demo", history: [] }],
        );
        expect(media(partsOf(step, "user"))).toEqual([dog, cat, dog, cat]);
        expect(partsOf(step, "assistant")).toEqual([]);
      });

      test("leaves content a text where no value is any", () => {
        const step = ask("image?: Image, question -> a", { image: null, question: "x" });
        expect(step.request.messages.map(({ content }) => typeof content)).not.toContain("object");
      });

      test("is not made of text, whatever marks the text holds", () => {
        const marks = [
          "\uE0000\uE001",
          "\uE0001\uE001",
          "<<CUSTOM-TYPE-START-IDENTIFIER>>[]<<CUSTOM-TYPE-END-IDENTIFIER>>",
        ];
        const step = ask("question, image: Image -> a", { question: marks.join(" "), image: cat });
        const parts = partsOf(step, "user");
        expect(media(parts)).toEqual([cat]);
        expect(textOf(parts)).toContain(marks.join(" "));
      });

      test("is still there when the question is asked again", () => {
        const first = ask("image: Image -> a: int", { image: cat });
        let step: AdapterStep = first;
        for (let turn = 0; step.kind === "ask" && turn < 3; turn += 1)
          step = step.read({ text: "no", finishReason: "stop" });
        expect(step.kind).toBe("unreadable");
        // A layout that extracts asks about the answer, which is text.
        const again = step.kind === "unreadable" ? step.again.request.messages.slice(0, 2) : [];
        expect(again.map(({ role }) => role)).toEqual(["system", "user"]);
      });

      test("is no output, and tools are none", () => {
        expect(() => ask("q -> picture: Image", { q: "x" })).toThrow(/"picture"/);
        expect(() => ask("q -> pictures: list[Image]", { q: "x" })).toThrow(UsageError);
        expect(() => ask("q -> helper: Tool", { q: "x" })).toThrow(/"helper"/);
      });
    });

    test("tools are told of, and calls are read: of those that there are, with arguments that they take", () => {
      const adapter = make();
      const search = tool({ name: "search", description: "Looks it up.", input: z.object({ query: z.string() }) });
      const given: AnySignature = signature("question, tools: list[Tool] -> a: ToolCalls", { name: "Suite" });
      const ask = (): AskStep =>
        adapter.prepare(given, []).begin({ question: "x", tools: [search] }, capabilitiesFor(adapter));
      expect(JSON.stringify(ask().request.messages)).toContain(
        "search, whose description is <desc>Looks it up.</desc>",
      );
      const right = [{ name: "search", args: { query: "y" } }];
      expect(played(ask(), { a: right })).toMatchObject({ kind: "done", fields: { a: right } });
      const unknown = played(ask(), { a: [{ name: "find", args: {} }] });
      expect(unknown).toMatchObject({ kind: "unreadable", field: "a" });
      expect(unknown.kind === "unreadable" && unknown.problem).toMatch(/there is no tool "find"; the tools are search/);
      const lacking = played(ask(), { a: [{ name: "search", args: {} }] });
      expect(lacking.kind === "unreadable" && lacking.problem).toMatch(/search: .*query/);
    });

    test("an answer that was refused is asked for again in the same conversation", () => {
      let step: AdapterStep = begin("Literal['red']", "int");
      const before = step.request.messages;
      for (let turn = 0; step.kind === "ask" && turn < 3; turn += 1)
        step = step.read({ text: "no", finishReason: "stop" });
      const again = step.kind === "unreadable" ? step.again : undefined;
      expect(again?.request.messages.length).toBeGreaterThan(2);
      expect(again?.request.messages.map(({ role }) => role).slice(0, 2)).toEqual(
        before.map(({ role }) => role).slice(0, 2),
      );
      expect(again && played(again, { a: "red", b: 3 })).toMatchObject({ kind: "done", fields: { a: "red", b: 3 } });
    });

    test("a problem that the caller found is asked about again", () => {
      const done = played(begin("str", "int"), { a: "x", b: 3 });
      const again = done.kind === "done" ? done.again("b: must be at most 2") : undefined;
      expect(JSON.stringify(again?.request.messages)).toContain("must be at most 2");
      expect(again && played(again, { a: "x", b: 2 })).toMatchObject({ kind: "done", fields: { a: "x", b: 2 } });
    });

    test("one prompt serves many calls, which do not touch each other", () => {
      const adapter = make();
      const prepared = adapter.prepare(signatureOf("str", "int"), [{ question: "q", a: "demo", b: 1 }]);
      const first = prepared.begin({ question: "one" }, capabilitiesFor(adapter));
      const second = prepared.begin({ question: "two" }, capabilitiesFor(adapter));
      expect(JSON.stringify(first.request.messages)).not.toContain("two");
      expect(JSON.stringify(second.request.messages)).toContain("demo");
      expect(played(first, { a: "x", b: 1 })).toMatchObject({ fields: { a: "x", b: 1 } });
      expect(played(second, { a: "y", b: 2 })).toMatchObject({ fields: { a: "y", b: 2 } });
    });
  });
}
