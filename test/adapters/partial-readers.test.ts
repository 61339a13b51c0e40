// Answers read while they come: cut anywhere, they give the values that the readers of whole answers give.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Adapter, AdapterStep, AskStep } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import type { FieldPart, PartialReader } from "../../src/adapters/answer/partial-reader.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { AnySignature } from "../../src/signatures/signature-value.ts";

const ABLE = { schema: true, tools: true, prefill: true, grammar: true };

const PLAIN: AnySignature = signature("q -> a: str, n: int, b: str, c: Optional[str], d: list[str]");

function askFor(adapter: Adapter, task: AnySignature = PLAIN): AskStep {
  return adapter.prepare(task, []).begin({ q: "x" }, ABLE);
}

function readerOf(ask: AskStep): PartialReader {
  const reader = ask.partial?.();
  if (reader === undefined) throw new Error("this question has no partial reader");
  return reader;
}

/** The parts of an answer that comes in these pieces. */
function stream(ask: AskStep, pieces: readonly string[]): FieldPart[] {
  const reader = readerOf(ask);
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

function textOf(parts: readonly FieldPart[], field: string): string | undefined {
  const own = parts.filter((part) => part.field === field);
  return own.length === 0 ? undefined : own.map(({ delta }) => delta).join("");
}

/** Cuts a text at random places, also within the halves of a sign. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

const places = fc.array(fc.nat({ max: 5_000 }), { maxLength: 60 });

const SCRAPS = [
  "word",
  " ",
  "  ",
  "\n",
  "\r\n",
  "\t",
  "[",
  "[[ ## ",
  " ## ]]",
  "[[ ## b ## ]]x",
  "[[ ##",
  '"',
  "'",
  "\\",
  "\\n",
  "\\u12",
  ",",
  "}",
  "{",
  ":",
  "/",
  "#",
  "<",
  ">",
  "<b>",
  "</b>",
  "</a",
  "&",
  "&amp;",
  "&#65;",
  "&#",
  ";",
  "]]>",
  "<![CDATA[",
  "😀",
  "é",
  "\u0085",
  "\ufeff",
  "null",
  "None",
  "No",
];

const prose = fc.array(fc.constantFrom(...SCRAPS), { maxLength: 12 }).map((scraps) => scraps.join(""));

/** Pieces of layouts and of what stands in them, in any order. */
const RUBBLE = [
  ...SCRAPS,
  "[[ ## a ## ]]",
  "[[ ## a ## ]]\n",
  "\n[[ ## b ## ]]\n",
  "\n  [[ ## n ## ]]\n1\n",
  "\n[[ ## c ## ]]\n",
  "\n[[ ## d ## ]]\n[]\n",
  "\n[[ ## completed ## ]]\n",
  "<a>",
  "</a>",
  "<a >",
  "<a/>",
  "</a\n>",
  "<n>1</n>",
  "<c>",
  "</c>",
  "<d><item>x</item></d>",
  "<a x='<' y=\">\">",
  '{"a": "',
  '", "b": "',
  '", "n": 1, "c": null, "d": ["x", "}"], "b": "',
  '"}',
  "```json\n",
  "\n```",
  '{"',
  '": ',
  "true",
];

interface Damage {
  readonly at: number;
  /** Signs that go. */
  readonly lost: number;
  readonly put: string;
}

const damages = fc.array(
  fc.record({ at: fc.nat({ max: 5_000 }), lost: fc.constantFrom(0, 0, 1, 5, 30), put: fc.constantFrom("", ...RUBBLE) }),
  { maxLength: 5 },
);

function damaged(text: string, all: readonly Damage[]): string {
  return all.reduce((left, { at, lost, put }) => {
    const place = at % (left.length + 1);
    return left.slice(0, place) + put + left.slice(place + lost);
  }, text);
}

const values = fc.record({
  a: prose,
  n: fc.integer(),
  b: prose,
  c: fc.option(prose),
  d: fc.array(prose, { maxLength: 3 }),
});

const layouts: readonly Adapter[] = [chatAdapter(), jsonAdapter(), xmlAdapter()];

function done(step: AdapterStep): Readonly<Record<string, unknown>> | undefined {
  return step.kind === "done" ? step.fields : undefined;
}

describe.each(layouts.map((adapter) => [adapter.name, adapter] as const))("%s", (_name, adapter) => {
  const ask = askFor(adapter);
  const write = ask.request.writeAnswer ?? (() => "");

  test("the parts of an answer are the values that are read from it, wherever it was cut", () => {
    let read = 0;
    fc.assert(
      fc.property(values, places, (given, at) => {
        const text = write(given);
        const fields = done(ask.read({ text, finishReason: "stop" }));
        if (fields === undefined) return;
        read += 1;
        const parts = stream(ask, cut(text, at));
        expect(textOf(parts, "a")).toBe(fields["a"]);
        expect(textOf(parts, "b")).toBe(fields["b"]);
        // A null that JSON says is told at the end, by whoever reads the whole.
        expect(textOf(parts, "c") ?? "").toBe(fields["c"] ?? "");
        expect(Number(textOf(parts, "n") ?? fields["n"])).toBe(fields["n"]);
      }),
      { seed: 20_261_129, numRuns: 1_500 },
    );
    expect(read).toBeGreaterThan(500);
  });

  test("of a broken answer no part is wrong", () => {
    let told = 0;
    fc.assert(
      fc.property(values, damages, places, (given, damage, at) => {
        const text = damaged(write(given), damage);
        const pieces = cut(text, at);
        const parts = stream(ask, pieces);
        // However it comes, it is the same.
        const names = ["a", "b", "c", "n", "d"];
        const whole = stream(ask, [text]);
        expect(names.map((name) => textOf(parts, name))).toEqual(names.map((name) => textOf(whole, name)));
        const fields = done(ask.read({ text, finishReason: "stop" }));
        // JSON's last value of a key counts, and which object is meant may show at the end.
        if (fields === undefined || (adapter.name === "json" && isAmbiguous(text))) return;
        for (const name of ["a", "b", "c"]) {
          const said = textOf(parts, name);
          if (said === undefined) continue;
          told += 1;
          // Of odd JSON less may be told than it holds, but nothing else.
          const value = String(fields[name] ?? "");
          expect(said).toBe(adapter.name === "json" ? value.slice(0, said.length) : value);
        }
      }),
      { seed: 20_261_129, numRuns: 4_000 },
    );
    expect(told).toBeGreaterThan(1_000);
  });

  test("no part ends in half a sign", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-composite" }), places, (text, at) => {
        const answer = write({ a: text, n: 1, b: text, c: text, d: [] });
        for (const { delta } of stream(ask, cut(answer, at))) expect(delta.isWellFormed()).toBe(true);
      }),
      { seed: 20_261_129, numRuns: 500 },
    );
  });
});

/** Damage may put blanks between a key and its colon. */
function isAmbiguous(text: string): boolean {
  return (
    ["a", "b", "c"].some((name) => text.split(new RegExp(`"${name}"\\s*:`)).length > 2) || text.split("{").length > 2
  );
}

describe("lean: each output by itself", () => {
  const task: AnySignature = signature("q -> a: str, c: Optional[str], n: Literal['x', 'y']");

  test("is the value that is read from its line", () => {
    fc.assert(
      fc.property(prose, places, (line, at) => {
        const ask = askFor(leanAdapter(), task);
        const step = ask.read({ text: line, finishReason: "stop" });
        const parts = stream(ask, cut(line, at));
        // The next question holds the answer to the last one; where there is none, nothing was told.
        const held = step.kind === "ask" ? step.request.messages.at(-1)?.content : undefined;
        expect(held).toBe(parts.length === 0 ? undefined : `A: ${textOf(parts, "a")}\nC:`);
        expect(parts.every(({ done }, index) => done === (index === parts.length - 1))).toBe(true);
      }),
      { seed: 20_261_129, numRuns: 2_000 },
    );
  });

  test("empty lines before the first words are passed over where nothing is no answer", () => {
    const first = askFor(leanAdapter(), task).read({ text: " ", finishReason: "stop" });
    if (first.kind !== "unreadable") throw new Error(`expected unreadable, got ${first.kind}`);
    expect(stream(first.again, [" \n", "\n yes", " and", " no ", "\nmore"])).toEqual([
      { field: "a", delta: "yes", done: false },
      { field: "a", delta: " and", done: false },
      { field: "a", delta: " no", done: false },
      { field: "a", delta: "", done: true },
    ]);
  });
});

describe("what is told, and when", () => {
  test("chat: text as it comes, without what may yet be a header, a value of another type in one piece", () => {
    const reader = readerOf(askFor(chatAdapter()));
    expect(reader.push("Sure!\n[[ ## a ##")).toEqual([]);
    expect(reader.push(" ]]\n\nOne ")).toEqual([{ field: "a", delta: "One", done: false }]);
    expect(reader.push("two\n\n[[ ## b")).toEqual([{ field: "a", delta: " two", done: false }]);
    expect(reader.push("oth\n\n")).toEqual([{ field: "a", delta: "\n\n[[ ## both", done: false }]);
    expect(reader.push("[[ ## n ## ]]\n4")).toEqual([{ field: "a", delta: "", done: true }]);
    expect(reader.push("2\n[[ ## b ## ]]x")).toEqual([
      { field: "n", delta: "42", done: true },
      { field: "b", delta: "x", done: false },
    ]);
    expect(reader.end()).toEqual([{ field: "b", delta: "", done: true }]);
  });

  test("json: escapes are read when they are whole, and a quote is the last one when something proves it", () => {
    const reader = readerOf(askFor(jsonAdapter()));
    expect(reader.push('Here: {"a": "say ')).toEqual([{ field: "a", delta: "say", done: false }]);
    expect(reader.push('"hi" to \\u00')).toEqual([{ field: "a", delta: ' "hi" to', done: false }]);
    expect(reader.push("e9t\\ud83d")).toEqual([{ field: "a", delta: " ét", done: false }]);
    expect(reader.push('\\ude00"')).toEqual([{ field: "a", delta: "😀", done: false }]);
    expect(reader.push(', "n": 4')).toEqual([{ field: "a", delta: "", done: true }]);
    expect(reader.push('2, "d": ["}", 1')).toEqual([{ field: "n", delta: "42", done: true }]);
    expect(reader.push("]}")).toEqual([]);
  });

  test("json: a list whose items have the right type is told when it closes", () => {
    const reader = readerOf(askFor(jsonAdapter()));
    expect(reader.push('{"d": ["}", "\\"]"]')).toEqual([{ field: "d", delta: '["}", "\\"]"]', done: true }]);
  });

  test("xml: entities and CDATA are resolved, tags of others are text", () => {
    const reader = readerOf(askFor(xmlAdapter()));
    expect(reader.push("<think>no</think><a>1 &l")).toEqual([{ field: "a", delta: "1", done: false }]);
    expect(reader.push("t; <i>2</i> <![CDATA[<a>")).toEqual([{ field: "a", delta: " < <i>2</i>", done: false }]);
    expect(reader.push("]]> </a")).toEqual([{ field: "a", delta: " <a>", done: false }]);
    expect(reader.push(">")).toEqual([{ field: "a", delta: "", done: true }]);
  });

  test("an optional text says nothing until it is known not to be one of the words for none", () => {
    for (const [text, said] of [
      ["None", ""],
      ["null", ""],
      ["nul", "nul"],
    ] as const) {
      const reader = readerOf(askFor(chatAdapter()));
      const early = reader.push(`[[ ## c ## ]]\n${text}`);
      expect(early).toEqual([]);
      expect(textOf([...early, ...reader.end()], "c")).toBe(said);
    }
  });

  test("two steps: the free answer has no fields, the extraction has", () => {
    const first = askFor(twoStepAdapter());
    expect(first.partial).toBeUndefined();
    const second = first.read({ text: "Some answer.", finishReason: "stop" });
    expect(second.kind === "ask" && second.partial).toBeTypeOf("function");
  });
});

describe("hostile answers are read in linear time", () => {
  const pieces = [
    "[[ ## ",
    "[[ ## a",
    "[",
    " ",
    "\n",
    '{"a": "',
    '"',
    '" ',
    "\\",
    "\\u",
    "[[",
    "<a ",
    "<",
    "<![CDATA[",
  ];
  const more = ["&", "&#1", "]]", ">", "\r", "n", "nul", "<a>", "{", '{"d": [', '"/', "\ud83d"];

  test.each([...pieces, ...more])("%j over and over", (piece) => {
    const text = piece.repeat(100_000 / piece.length);
    for (const adapter of layouts) {
      for (const start of ["", "[[ ## a ## ]]", '{"a": "', '{"d": ["', "<a>", "<a><![CDATA["]) {
        const reader = readerOf(askFor(adapter));
        reader.push(start);
        // Small pieces, as a model's stream has them. With anything quadratic in it this would take minutes.
        for (let at = 0; at < text.length; at += 7) reader.push(text.slice(at, at + 7));
        reader.end();
      }
    }
  });
});

test("of code the code alone is told, without its fence, when it is whole", () => {
  const task: AnySignature = signature("q -> a: Code['js'], b: date");
  const answer = "[[ ## a ## ]]\n```js\nf(1)\n```\n\n[[ ## b ## ]]\n2024-01-15\n\n[[ ## completed ## ]]\n";
  for (const places of [[], [20, 30, 50], [1, 2, 3, 4, 5, 60]]) {
    const parts = stream(askFor(chatAdapter(), task), cut(answer, places));
    expect(parts).toEqual([
      { field: "a", delta: "f(1)", done: true },
      { field: "b", delta: "2024-01-15", done: true },
    ]);
  }
});
