// Answers that models really give, which read otherwise would be wrong values that look right.
import { describe, expect, test } from "vitest";
import type { Adapter, AskStep } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../../src/adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../../src/adapters/xml-adapter.ts";
import type { LmFinishReason } from "../../../src/lm/language-model.ts";
import { signature } from "../../../src/signatures/signature.ts";
import type { AnySignature } from "../../../src/signatures/signature-value.ts";
import { tool } from "../../../src/signatures/values/tool.ts";
import { z } from "zod";

const ABLE = { schema: false, tools: true, prefill: true, grammar: false };
const ADAPTERS: Readonly<Record<string, Adapter>> = {
  chat: chatAdapter(),
  json: jsonAdapter(),
  xml: xmlAdapter(),
  lean: leanAdapter(),
  two_step: twoStepAdapter(),
};

function ask(layout: string, task: AnySignature): AskStep {
  return ADAPTERS[layout]!.prepare(task, []).begin({ q: "x" }, ABLE);
}

function untyped(text: string): AnySignature {
  return signature(text as "q -> a");
}

/** The outputs, or "refused". */
function read(
  layout: string,
  task: AnySignature | string,
  text: string,
  finishReason: LmFinishReason = "stop",
): unknown {
  const step = ask(layout, typeof task === "string" ? untyped(task) : task).read({ text, finishReason });
  return step.kind === "done" ? step.fields : "refused";
}

/** What was told of each output, of an answer that comes sign by sign. */
function streamed(layout: string, task: string, text: string): Record<string, string> {
  const reader = ask(layout, untyped(task)).partial?.();
  const told: Record<string, string> = {};
  const parts = [...text].flatMap((sign) => reader?.push(sign) ?? []);
  for (const { field, delta } of [...parts, ...(reader?.end() ?? [])]) told[field] = (told[field] ?? "") + delta;
  return told;
}

describe("quotes that nobody escaped", () => {
  test.each<[task: string, text: string, right: object]>([
    ["q -> a, b", '{"a": "called it "urgent", then left", "b": "ok"}', { a: 'called it "urgent", then left', b: "ok" }],
    ["q -> a", '{"a": "He said "no""}', { a: 'He said "no"' }],
    ["q -> a", '{"a": "<a class="b", id="c">go</a>"}', { a: '<a class="b", id="c">go</a>' }],
    ["q -> a, b", '{"a": "first "a"\nthen "b"", "b": "ok"}', { a: 'first "a"\nthen "b"', b: "ok" }],
    ["q -> a, b", '{"a": "the 65", which is larger", "b": "ok"}', { a: 'the 65", which is larger', b: "ok" }],
    ["q -> a, b", '{"a": "use f("x") and g", "b": "ok"}', { a: 'use f("x") and g', b: "ok" }],
    ["q -> a, b", '{"a": "see [the "x"] there", "b": "ok"}', { a: 'see [the "x"] there', b: "ok" }],
    ["q -> a, b", '{"a": "write {"k": "v"} here", "b": "ok"}', { a: 'write {"k": "v"} here', b: "ok" }],
    ["q -> a, b", '{"a": "C# "sharp" or not", "b": "ok"}', { a: 'C# "sharp" or not', b: "ok" }],
    ["q -> a, b", '{"a": "x", // note\n "b": "ok"}', { a: "x", b: "ok" }],
    ["q -> a, b", '{"a": "x" "b": "ok"}', { a: "x", b: "ok" }],
  ])("%s: %s, whole and streamed", (task, text, right) => {
    expect(read("json", task, text)).toEqual(right);
    // Where it is no plain JSON, less may be told.
    const told = streamed("json", task, text);
    expect({ ...right, ...told }).toEqual(right);
    expect(Object.keys(told)).toContain("a");
  });

  test.each<[text: string, right: readonly string[]]>([
    ['["say "a", "b" and c", "second"]', ['say "a", "b" and c', "second"]],
    ['["one", "say "x" now", "z"]', ["one", 'say "x" now', "z"]],
    ['["a 65" screen", "b"]', ['a 65" screen', "b"]],
    ["['it's', 'b']", ["it's", "b"]],
    ['["a" "b"]', ["a", "b"]],
    ['["a", yes]', ["a", "yes"]],
    ['["", "b", ""]', ["", "b", ""]],
  ])("items of a list: %s", (text, items) => {
    expect(read("json", "q -> a: list[str]", `{"a": ${text}}`)).toEqual({ a: items });
    expect(read("chat", "q -> a: list[str]", `[[ ## a ## ]]\n${text}`)).toEqual({ a: items });
    expect(read("xml", "q -> a: list[str]", `<a>${text}</a>`)).toEqual({ a: items });
  });

  test("never half a text: what goes on behind the object's end is asked for again", () => {
    expect(read("json", "q -> a", '{"a": "use x"} and y"}')).toBe("refused");
  });
});

describe("an answer that the token limit ended", () => {
  test.each<[layout: string, task: string, text: string]>([
    ["json", "q -> a: list[str]", '{"a": ["lettuce", "carr'],
    ["json", "q -> a: list[str]", '{"a": ["lettuce"'],
    ["json", "q -> a: int", '{"a": 11'],
    ["json", "q -> a", '{"a": "Do not'],
    ["json", "q -> a, b: Optional[str]", '{"a": "x", "b'],
    ["chat", "q -> a: list[str]", '[[ ## a ## ]]\n["lettuce", "carr'],
    ["chat", "q -> a: int", "[[ ## a ## ]]\n11"],
    ["chat", "q -> a", "[[ ## a ## ]]\nDo not"],
    ["chat", "q -> a, b: Optional[str]", "[[ ## a ## ]]\nDo not"],
    ["chat", "q -> a: Literal['red', 'redder']", "[[ ## a ## ]]\nred"],
    ["chat", "q -> a: Code['js']", "[[ ## a ## ]]\n```js\nf("],
    ["chat", "q -> a: dict[str, Any]", '[[ ## a ## ]]\n{"k": 1'],
    ["chat", "q -> a: Optional[str]", "<think>Perhaps"],
    ["xml", "q -> a", "<a>Do not"],
    ["xml", "q -> a, b: Optional[str]", "<a>Do</a>\n<b"],
    ["xml", "q -> a: list[str]", "<a>one</a><a>two</a>"],
    ["lean", "q -> a", " Do not"],
    ["lean", "q -> a: list[int]", " [1, 2]"],
    ["lean", "q -> a: Optional[str]", ""],
    ["two_step", "q -> a", "Do not"],
  ])("%s, %s: %s is cut off", (layout, task, text) => {
    expect(read(layout, task, text, "length")).toBe("refused");
  });

  test.each<[layout: string, task: string, text: string, right: object]>([
    ["json", "q -> a", '{"a": "Pay"}\nI hope', { a: "Pay" }],
    ["json", "q -> a: list[str]", '{"a": ["x"]', { a: ["x"] }],
    ["json", "q -> a: int", '{"a": 11\n', { a: 11 }],
    ["json", "q -> a, b: Optional[str]", '{"a": "x"}\nI', { a: "x", b: null }],
    ["chat", "q -> a", "[[ ## a ## ]]\nPay\n\n[[ ## completed ## ]]\nI ho", { a: "Pay" }],
    ["chat", "q -> a", "[[ ## a ## ]]\nPay\n\n[[ ## compl", { a: "Pay" }],
    ["chat", "q -> a: list[str]", '[[ ## a ## ]]\n["x"]', { a: ["x"] }],
    ["chat", "q -> a: int", "[[ ## a ## ]]\n11\n", { a: 11 }],
    ["chat", "q -> a: Literal['red', 'blue']", "[[ ## a ## ]]\nred", { a: "red" }],
    ["chat", "q -> a: Code['js']", "[[ ## a ## ]]\n```js\nf()\n```\n", { a: "f()" }],
    ["xml", "q -> a", "<a>Pay</a>\nI hope", { a: "Pay" }],
    ["lean", "q -> a", " Pay\nQuest", { a: "Pay" }],
  ])("%s, %s: %s was whole before it", (layout, task, text, right) => {
    expect(read(layout, task, text, "length")).toEqual(right);
  });

  test("arguments of a call that were cut are no arguments", () => {
    const open = tool({ name: "open", input: z.object({ ticket: z.number() }) });
    const task: AnySignature = signature("q, tools: list[Tool] -> calls: ToolCalls");
    const step = jsonAdapter()
      .prepare(task, [])
      .begin({ q: "x", tools: [open] }, ABLE);
    const toolCalls = [{ id: "1", name: "open", arguments: '{"ticket": 25' }];
    expect(step.read({ text: "", toolCalls, finishReason: "length" })).toMatchObject({ kind: "unreadable" });
    expect(step.read({ text: "", toolCalls, finishReason: "tool_calls" })).toMatchObject({ kind: "done" });
  });
});

describe("reasoning in the content", () => {
  const header = (text: string): string => `[[ ## a ## ]]\n${text}\n\n`;
  const chat = `First:\n${header("Lyon")}no.\n</think>\n\n${header("Bern")}[[ ## completed ## ]]`;

  test.each<[layout: string, text: string]>([
    ["chat", `<think>\n${chat}`],
    ["json", '<think>Perhaps {"a": "Lyon"}; no.</think>\n{"a": "Bern"}'],
    ["json", '<thinking>{"a": "Lyon"}</thinking><think>no</think>{"a": "Bern"}'],
    ["json", '[THINK]{"a": "Lyon"}[/THINK]{"a": "Bern"}'],
    ["json", '<Think>{"a": "Lyon"}</Think>{"a": "Bern"}'],
    ["xml", "<|begin_of_thought|>\n<a>Lyon</a><|end_of_thought|><a>Bern</a>"],
    ["lean", "<|START_THINKING|>Lyon<|END_THINKING|>Bern"],
    ["json", 'Sure.\n<think>{"a": "Lyon"}</think>\n{"a": "Bern"}'],
    ["chat", `Sure, here it is:\n <thinking>${header("Lyon")}</thinking>\n${header("Bern")}`],
    ["xml", "Sure.\n<think><a>Lyon</a></think>\n<a>Bern</a>"],
    ["json", 'I think of Lyon.</think>{"a": "Bern"}'],
    ["xml", "<think>\n<a>Lyon</a>? no\n</think>\n<a>Bern</a>"],
    ["xml", "<think>It goes into <a> tags.</think>\n<a>Bern</a>"],
    ["lean", "<think>\nLyon?\n</think>\n\nBern"],
  ])("%s: %s is cut, whole and streamed", (layout, text) => {
    expect(read(layout, "q -> a", text)).toEqual({ a: "Bern" });
    expect(streamed(layout, "q -> a", text)).toEqual({ a: "Bern" });
  });

  test.each<[layout: string, text: string]>([
    ["chat", chat],
    ["json", 'Perhaps {"a": "Lyon"}.</think>\n{"a": "Bern"}'],
    ["xml", "<a>Lyon</a>? no\n</think>\n<a>Bern</a>"],
    ["lean", "Lyon?\n</think>\nBern"],
  ])("%s: %s, of which only the end came", (layout, text) => {
    expect(read(layout, "q -> a", text)).toEqual({ a: "Bern" });
  });

  test.each<[layout: string, task: string, text: string, right: object]>([
    ["json", "q -> a", '{"a": "the <think>x</think> tag"}', { a: "the <think>x</think> tag" }],
    ["json", "q -> a, b", '{"a": "the </think> tag", "b": "x"}', { a: "the </think> tag", b: "x" }],
    ["chat", "q -> a, b", `${header("the </think> tag")}[[ ## b ## ]]\nx`, { a: "the </think> tag", b: "x" }],
    ["xml", "q -> a", "<a>the </think> tag</a>", { a: "the </think> tag" }],
    ["xml", "q -> think, a", "<think>why</think><a>so</a>", { think: "why", a: "so" }],
    ["lean", "q -> a", " the </think> tag", { a: "the </think> tag" }],
  ])("%s, %s: %s only speaks of it", (layout, task, text, right) => {
    expect(read(layout, task, text)).toEqual(right);
    expect(streamed(layout, task, text)).toEqual(right);
  });

  test.each(Object.keys(ADAPTERS))("%s: an answer that ends within it is none", (layout) => {
    expect(read(layout, "q -> a: Optional[str]", "<think>Lyon? Or")).toBe("refused");
    expect(streamed(layout, "q -> a: Optional[str]", "<think>Lyon? Or")).toEqual({});
  });

  test("that begins behind words and never ends is no answer", () => {
    for (const [layout, draft] of [
      ["json", '{"a": "Lyon"}'],
      ["xml", "<a>Lyon</a>"],
      ["chat", header("Lyon")],
    ] as const) {
      expect(read(layout, "q -> a", `Sure.\n<think>\n${draft}`, "length")).toBe("refused");
      expect(streamed(layout, "q -> a", `Sure.\n<think>\n${draft}`)).toEqual({});
    }
    expect(read("json", "q -> a", 'It goes into <think> tags.\n{"a": "x"}')).toEqual({ a: "x" });
  });

  test("two steps: the extraction is not shown it", () => {
    const step = ask("two_step", untyped("q -> a")).read({ text: "<think>Lyon</think>\nBern", finishReason: "stop" });
    expect(JSON.stringify(step.kind === "ask" && step.request.messages)).toContain("Bern");
    expect(JSON.stringify(step.kind === "ask" && step.request.messages)).not.toContain("Lyon");
  });
});

describe("markers behind text", () => {
  test.each<[task: string, text: string, right: object]>([
    ["q -> a", "[[ ## a ## ]]\nThe train [[ ## completed ## ]]", { a: "The train" }],
    ["q -> a, b", "[[ ## a ## ]]\nClear.[[ ## b ## ]]\nNo rain", { a: "Clear.", b: "No rain" }],
    ["q -> a, b", "[[ ## b ## ]] x [[ ## a ## ]] y [[ ## completed ## ]]", { a: "y", b: "x" }],
    ["q -> a", '[[ ## a ## ]]\nHe said "no"[[ ## completed ## ]]', { a: 'He said "no"' }],
    ["q -> a", "[[ ## a ## ]]\nx[[[ ## completed ## ]]", { a: "x[" }],
    ["q -> a", "[[ ## a ## ]]\nend with `[[ ## completed ## ]]`.", { a: "end with `[[ ## completed ## ]]`." }],
    ["q -> a", "[[ ## a ## ]]\nsee [[ ## zzz ## ]] there", { a: "see [[ ## zzz ## ]] there" }],
    ["q -> a", "[[ ## a ## ]]\nx\n[[ ## comp", { a: "x" }],
  ])("%s: %j, whole and streamed", (task, text, right) => {
    expect(read("chat", task, text)).toEqual(right);
    expect(streamed("chat", task, text)).toEqual(right);
  });
});

describe("whole numbers beyond 2^53", () => {
  const ID = "2512292042121000001";
  const big: AnySignature = signature("q -> a", { fields: { a: z.bigint() } });

  test.each<[layout: string, task: AnySignature | string, text: string, right: unknown]>([
    ["json", "q -> a", `{"a": ${ID}}`, { a: ID }],
    ["json", "q -> a: dict[str, Any]", `{"a": {"id": -${ID}, "n": 5}}`, { a: { id: `-${ID}`, n: 5 } }],
    ["json", "q -> a: Any", `{'a': [${ID}]}`, { a: [ID] }],
    ["chat", "q -> a: Any", `[[ ## a ## ]]\n{"id": ${ID}}`, { a: { id: ID } }],
    ["xml", "q -> a: dict[str, Any]", `<a><id>${ID}</id></a>`, { a: { id: ID } }],
    ["json", big, `{"a": ${ID}}`, { a: 2512292042121000001n }],
    ["chat", big, `[[ ## a ## ]]\n${ID}`, { a: 2512292042121000001n }],
    ["chat", "q -> a: int", "[[ ## a ## ]]\n1000000000000000000", { a: 1e18 }],
    ["json", "q -> a: float", '{"a": 1234567890123456.75}', { a: 1234567890123456.75 }],
    ["json", "q -> a: int", `{"a": ${ID}}`, "refused"],
    ["chat", "q -> a: int", `[[ ## a ## ]]\n${ID}`, "refused"],
    ["chat", "q -> a: int", "[[ ## a ## ]]\n2,512,292,042,121,000,001", "refused"],
    ["chat", "q -> a: float", `[[ ## a ## ]]\n${ID}`, "refused"],
    ["json", "q -> a: list[int]", `{"a": [${ID}]}`, "refused"],
  ])("%s, %s: %s", (layout, task, text, right) => {
    expect(read(layout, task, text)).toEqual(right);
  });

  test("a signature that holds one as a number is refused", () => {
    expect(() => signature(`q -> a: Literal[${ID}]` as "q -> a")).toThrow(/without losing digits/);
  });
});

describe("values", () => {
  const day: AnySignature = signature("q -> a", { fields: { a: z.date() } });

  test.each<[text: string, right: unknown]>([
    ["2024-01-15", { a: new Date("2024-01-15") }],
    ["2024-01-15T10:30:00Z", { a: new Date("2024-01-15T10:30:00Z") }],
    ["2024-01-15 10:30:00+02:00", { a: new Date("2024-01-15T08:30:00Z") }],
    ["01/02/2024", "refused"],
    ["5", "refused"],
    ["March 5", "refused"],
    ["2024-02-30", "refused"],
  ])("z.date() from %s", (text, right) => {
    expect(read("json", day, JSON.stringify({ a: text }))).toEqual(right);
    expect(read("chat", day, `[[ ## a ## ]]\n${text}`)).toEqual(right);
  });

  test.each<[type: string, text: string, right: unknown]>([
    ["list[str]", "- [urgent] pay\n- see [1]", ["[urgent] pay", "see [1]"]],
    ["list[str]", "1. [x]\n2. y", ["[x]", "y"]],
    ["list[dict[str, int]]", '- {"k": 1}\n- {"k": 2}', [{ k: 1 }, { k: 2 }]],
    ["list[str]", 'Draft: ["a"]\nFinal: ["b"]', "refused"],
    ["list[str]", 'Draft: ["a"]\nFinal: ["a"]', ["a"]],
    ["dict[str, int]", 'First {"k": 1}, then {"k": 2}', "refused"],
    ["ToolCalls", '{"name": "f", "args": {}} {"name": "g", "args": {}}', "refused"],
    ["Code['md']", "````md\n```js\nf()\n```\n````", "```js\nf()\n```"],
    ["Code['sql']", "```bash\npsql\n```\n```sql\nselect 1\n```", "select 1"],
    ["Code['js']", 'Here: ```js\nconst f = "```";\n```\nand\n```py\nx\n```', 'const f = "```";'],
    ["Code['python']", "~~~py\nx = 1\n~~~", "x = 1"],
  ])("%s from %j", (type, text, right) => {
    expect(read("chat", `q -> a: ${type}`, `[[ ## a ## ]]\n${text}`)).toEqual(
      right === "refused" ? right : { a: right },
    );
  });

  test.each<[type: string, text: string, right: unknown]>([
    ["Optional[list[int]]", "<a></a>", null],
    ["Optional[dict[str, int]]", "<a/>", null],
    ["Optional[str]", "<a>\n</a>", null],
    ["Optional[int]", "<a></a>", null],
    ["list[Optional[str]]", "<a><item/><item>x</item></a>", [null, "x"]],
    ["list[str]", "<a></a>", []],
    ["str", "<a></a>", ""],
  ])("an empty element of %s", (type, text, right) => {
    expect(read("xml", `q -> a: ${type}`, text)).toEqual({ a: right });
  });

  test("a sign that ends tags is escaped in keys, and read back", () => {
    const write = ask("xml", untyped("q -> a: dict[str, int]")).request.writeAnswer;
    const text = write?.({ a: { 'x>y "z"': 1 } }) ?? "";
    expect(text).toBe('<a><entry key="x&gt;y &quot;z&quot;">1</entry></a>');
    expect(read("xml", "q -> a: dict[str, int]", text)).toEqual({ a: { 'x>y "z"': 1 } });
  });
});

test("types nest at most a hundred deep, in each spelling", () => {
  for (const deep of [`str${"[]".repeat(25_000)}`, `${"list[".repeat(25_000)}str`, `${"(".repeat(25_000)}str`])
    expect(() => signature(`q -> a: ${deep}` as "q -> a")).toThrow(/nested more than 100 deep/);
});
