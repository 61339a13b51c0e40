import { describe, expect, test } from "vitest";
import type { AskStep, AdapterStep } from "../../src/adapters/adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import type { Demo } from "../../src/signatures/example.ts";
import { signature } from "../../src/signatures/signature.ts";
import { vectorSignature } from "../dspy/vector-signature.ts";
import type { VectorField } from "../dspy/vector-signature.ts";

const LOCAL = { schema: false, tools: false, prefill: true, grammar: true };

function field(name: string, role: "input" | "output", type: string, more: Partial<VectorField> = {}): VectorField {
  return { name, role, type, ...more };
}

function begin(
  fields: readonly VectorField[],
  inputs: object,
  demos: readonly Demo[] = [],
  capabilities = LOCAL,
): AskStep {
  const signature = vectorSignature({ instructions: "Sort it.", fields });
  return leanAdapter()
    .prepare(signature, demos)
    .begin({ ...inputs }, capabilities);
}

function answer(step: AdapterStep, text: string, finishReason: "stop" | "length" = "stop"): AdapterStep {
  if (step.kind !== "ask") throw new Error(`expected a question, got ${step.kind}`);
  return step.read({ text, finishReason });
}

const question = field("question", "input", "str");
const text = field("answer", "output", "str");
const topic = field("topic", "output", "Literal['sports', 'business']");

describe("the question", () => {
  test("holds the inputs as lines and the opened answer", () => {
    const { request } = begin([question, field("context", "input", "str"), text], {
      question: "Who?",
      context: "Ann.",
    });
    expect(request.messages).toEqual([
      { role: "system", content: "Sort it." },
      { role: "user", content: "Question: Who?\nContext: Ann." },
      { role: "assistant", content: "Answer:" },
    ]);
    expect(request).toMatchObject({ stop: ["\n"], temperature: 0, maxTokens: 256, repeatPenalty: 1.05 });
    expect(request.grammar).toBeUndefined();
  });

  test.each([
    [
      "Literal['sports', 'business']",
      'root ::= " " ( "sports" | "business" )',
      "Topic is one of sports, business.",
      24,
    ],
    ["bool", 'root ::= " " ( "True" | "False" )', "Topic is True or False.", 24],
    ["int", 'root ::= " " "-"? [0-9]{1,9}', "Topic is a whole number.", 24],
    ["Optional[bool]", 'root ::= " " ( ( "True" | "False" ) | "None" )', "Topic is True or False, or None.", 24],
  ])("of type %s is held to a grammar and says its type", (type, grammar, sentence, maxTokens) => {
    const { request } = begin([question, field("topic", "output", type)], { question: "x" });
    expect(request).toMatchObject({ grammar, maxTokens, temperature: 0, repeatPenalty: 1 });
    expect(request.messages[0]?.content).toBe(`Sort it. ${sentence}`);
  });

  test("of a list or an object is held to its JSON", () => {
    const { request } = begin([question, field("tags", "output", "list[str]")], { question: "x" });
    expect(request.grammar).toContain('root ::= " " "[" ( text ( ", " text )* )? "]"');
    expect(request.messages[0]?.content).toBe("Sort it. Tags is a JSON list of texts.");
  });

  test.each([
    ["dict[str, int]", 'Tags is JSON like {"key": 0}.'],
    ["list[list[bool]]", "Tags is JSON like [[true]]."],
    ["Optional[list[str]]", "Tags is a JSON list of texts, or None."],
    ["tuple[int, Literal['a', 'b']]", 'Tags is JSON like [0, "a or b"].'],
  ])("of type %s says what its JSON looks like", (type, sentence) => {
    const { request } = begin([question, field("tags", "output", type)], { question: "x" });
    expect(request).toMatchObject({ maxTokens: 256, repeatPenalty: 1.05 });
    expect(request.messages[0]?.content).toBe(`Sort it. ${sentence}`);
  });

  test("says the descriptions and constraints of its fields", () => {
    const fields = [
      field("question", "input", "str", { desc: "What is asked" }),
      field("stars", "output", "int", { desc: "How good it is.", constraints: { ge: 1, le: 5 } }),
    ];
    expect(begin(fields, { question: "x" }).request.messages[0]?.content).toBe(
      "Sort it. Question: What is asked. Stars is a whole number (greater than or equal to: 1, less than or equal to: 5). How good it is.",
    );
  });

  test("has no grammar where the model takes none", () => {
    const { request } = begin([question, topic], { question: "x" }, [], { ...LOCAL, grammar: false });
    expect(request.grammar).toBeUndefined();
  });

  test("shows demos in the very same form, and leaves out those with a hole", () => {
    const demos = [
      { question: "a\nb", topic: "sports", answer: "two\nlines" },
      { question: "c", topic: "business" },
    ];
    const { request } = begin([question, topic, text], { question: "x" }, demos);
    expect(request.messages.slice(1)).toEqual([
      { role: "user", content: "Question: a\nb" },
      { role: "assistant", content: "Topic: sports\nAnswer: two lines" },
      { role: "user", content: "Question: x" },
      { role: "assistant", content: "Topic:" },
    ]);
  });

  test("has no repeat penalty for free text with demos", () => {
    const { request } = begin([question, text], { question: "x" }, [{ question: "a", answer: "b" }]);
    expect(request.repeatPenalty).toBe(1);
  });

  test("names the output when it writes a scripted answer", () => {
    const { request } = begin([question, topic, text], { question: "x" });
    expect(request.writeAnswer?.({ topic: "sports", answer: "y" })).toBe(" sports");
  });
});

describe("the answer", () => {
  test("is trimmed, and the next output goes on in the same turn", () => {
    const second = answer(begin([question, topic, text], { question: "x" }), " sports");
    expect(second.kind === "ask" && second.request.messages.at(-1)).toEqual({
      role: "assistant",
      content: "Topic: sports\nAnswer:",
    });
    expect(answer(second, " A match. \n")).toMatchObject({
      kind: "done",
      fields: { topic: "sports", answer: "A match." },
      mended: [],
      raw: "Topic: sports\nAnswer: A match.",
    });
  });

  test("that is empty is asked for again with a grammar that forbids it", () => {
    const step = answer(begin([question, text], { question: "x" }), "\n");
    expect(step).toMatchObject({ kind: "unreadable", field: "answer" });
    const again = step.kind === "unreadable" ? step.again : undefined;
    expect(again?.request.grammar).toBe(String.raw`root ::= " " [^\n ] [^\n]{0,200}`);
    expect(again?.request.messages.at(-1)).toEqual({ role: "assistant", content: "Answer:" });
    expect(again?.read({ text: " Ann", finishReason: "stop" })).toMatchObject({
      kind: "done",
      fields: { answer: "Ann" },
    });
  });

  test("that is empty is read from the next line where no grammar can forbid it", () => {
    const step = answer(begin([question, text], { question: "x" }, [], { ...LOCAL, grammar: false }), "");
    const again = step.kind === "unreadable" ? step.again : undefined;
    expect(again?.request.stop).toBeUndefined();
    expect(again?.read({ text: "\n\nAnn\nBo", finishReason: "stop" })).toMatchObject({ fields: { answer: "Ann" } });
  });

  test("that is empty means none for an optional output", () => {
    expect(answer(begin([question, field("why", "output", "Optional[str]")], { question: "x" }), "")).toMatchObject({
      kind: "done",
      fields: { why: null },
    });
  });

  test("that is no choice is refused, and asked for again with the problem said", () => {
    const step = answer(begin([question, topic, text], { question: "x" }, [], { ...LOCAL, grammar: false }), " art");
    expect(step).toMatchObject({ kind: "unreadable", field: "topic", raw: "Topic: art" });
    const again = step.kind === "unreadable" ? step.again : undefined;
    expect(again?.request.messages.slice(2)).toEqual([
      { role: "assistant", content: "Topic: art" },
      {
        role: "user",
        content: 'Topic cannot be read: expected exactly one of: sports; business; got "art". Answer again.',
      },
      { role: "assistant", content: "Topic:" },
    ]);
  });

  test("that breaks a constraint is refused", () => {
    const stars = field("stars", "output", "int", { constraints: { le: 5 } });
    expect(answer(begin([question, stars], { question: "x" }), " 7")).toMatchObject({
      kind: "unreadable",
      problem: "stars: must be at most 5",
    });
  });

  test("that was cut is refused, text and label alike, unless its line had come to its end", () => {
    expect(answer(begin([question, text], { question: "x" }), " Half a sen", "length").kind).toBe("unreadable");
    expect(answer(begin([question, text], { question: "x" }), " A whole one.\nQuest", "length")).toMatchObject({
      kind: "done",
      fields: { answer: "A whole one." },
    });
    expect(answer(begin([question, topic], { question: "x" }), " sport", "length").kind).toBe("unreadable");
  });
});

test("a signature without outputs is refused by name", () => {
  expect(() => begin([question], { question: "x" })).toThrow(/Vector: the lean adapter .* no output/);
});

test("only models that go on with an opened turn can be asked so", () => {
  expect(leanAdapter().fits({ ...LOCAL, grammar: false })).toBe(true);
  expect(leanAdapter().fits({ ...LOCAL, prefill: false })).toBe(false);
});

test("dates are held to their form, and code is one line of JSON", () => {
  const given = signature("q -> day: date, at: datetime, code: Code['js']");
  const prompt = leanAdapter().prepare(given, [{ q: "x", day: "2024-01-15", at: "2024-01-15T10:30:00", code: "a\nb" }]);
  const { request } = prompt.begin({ q: "y" }, { schema: false, tools: false, prefill: true, grammar: true });
  expect(request.grammar).toBe('root ::= " " [0-9]{4} "-" [0-9]{2} "-" [0-9]{2}');
  expect(request.messages[0]?.content).toContain("Day is a date like 2024-01-15.");
  expect(request.messages[0]?.content).toContain('Code is js code, as JSON like {"code": "..."}.');
  expect(request.messages[2]?.content).toContain('Code: {"code": "a\\nb"}');
});
