import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { client } from "../../src/actors/client/client.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { loadProgram, saveProgram } from "../../src/programs/saved/program-file.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";

// What people write first, in plain JavaScript and in tests, where no compiler looks.
const untyped = (value: unknown): never => value as never;

const qa = predict("question -> answer");
const lm = scripted(() => ({ answer: "hi" }));
const clients = { lm };
const inputs = { question: "x" };

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function told(make: () => unknown): Promise<string> {
  try {
    await make();
  } catch (thrown) {
    if (thrown instanceof UsageError && thrown.code === "misuse") return thrown.message;
    throw thrown;
  }
  return "nothing";
}

describe("a call without a system", () => {
  test.each<[string, () => unknown, string]>([
    [
      "no options",
      () => forward(qa, inputs, untyped(undefined)),
      "forward: expected an object of options, got undefined",
    ],
    ["a model beside the options", () => forward(qa, inputs, untyped({ lm })), '"lm" (write clients: { lm })'],
    [
      "a model as clients",
      () => forward(qa, inputs, { clients: untyped(lm) }),
      "got a model: { clients: { main: model } }",
    ],
    ["a list of clients", () => forward(qa, inputs, { clients: untyped([lm]) }), "an object of models by name, got ["],
    [
      "no clients",
      () => forward(qa, inputs, untyped({})),
      "clients must be an object of models by name, got undefined",
    ],
    ["no inputs", () => forward(qa, untyped(undefined), { clients }), "expected an object of inputs, got undefined"],
    [
      "inputs first",
      () => forward(untyped(inputs), untyped(qa), { clients }),
      'expected a program, got {"question":"x"}',
    ],
    [
      "a signature",
      () => forward(untyped(signature("a -> b")), untyped({}), { clients }),
      "predict(signature) makes one",
    ],
    ["a text", () => forward(untyped("a -> b"), untyped({}), { clients }), 'predict("a -> b") makes one'],
    ["a stream without options", () => stream(qa, inputs, untyped(undefined)), "stream: expected an object of options"],
    ["a stream's inputs first", () => stream(untyped(inputs), untyped(qa), { clients }), "stream: expected a program"],
  ])("%s", async (_what, make, message) => expect(await told(make)).toContain(message));
});

describe("files and children", () => {
  const one = client({ name: "lm", lm });
  test.each<[string, () => unknown, string]>([
    [
      "program and path swapped",
      () => loadProgram(untyped(qa), untyped("x.json")),
      "the path comes first, then the program",
    ],
    [
      "no program to load into",
      () => loadProgram("x.json", untyped(undefined)),
      "loadProgram: expected a program, got undefined",
    ],
    ["a path swapped when saved", () => saveProgram(untyped("x.json"), untyped(qa)), "saveProgram: expected a program"],
    ["no path", () => saveProgram(qa, untyped(undefined)), "saveProgram: expected a file's path, got undefined"],
    ["children alone", () => startSystem(untyped([one])), "startSystem: expected an object of options, got ["],
    ["a model among them", () => startSystem({ children: [untyped(lm)] }), "client({ name, lm }) makes one of a model"],
    [
      "a program among them",
      () => startSystem({ children: [untyped(qa)] }),
      "programActor({ name, program }) makes one",
    ],
  ])("%s", async (_what, make, message) => expect(await told(make)).toContain(message));
});

describe("sampling options beside config", () => {
  const hint = "write config: { temperature: … }";
  test.each<[string, () => unknown, string]>([
    ["of a predictor", () => predict("a -> b", untyped({ temperature: 0 })), hint],
    ["of a chain of thought", () => chainOfThought("a -> b", untyped({ temperature: 0 })), hint],
    ["of a copy", () => qa.with(untyped({ temperature: 0 })), hint],
    ["of a bare call", () => forward(qa, inputs, untyped({ clients, temperature: 0 })), hint],
    ["in DSPy's spelling", () => predict("a -> b", untyped({ max_tokens: 5 })), "write config: { maxTokens: … }"],
  ])("%s", async (_what, make, message) => expect(await told(make)).toContain(message));

  test("of a call under a system", async () => {
    const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false });
    systems.push(system);
    expect(await told(() => system.forward(qa, inputs, untyped({ temperature: 0 })))).toContain(hint);
  });
});

describe("a base URL that is an address of requests", () => {
  test.each([
    [
      "http://127.0.0.1:9/v1/chat/completions",
      '"/chat/completions", which is added for each request: "http://127.0.0.1:9/v1"',
    ],
    ["http://127.0.0.1:9/v1/responses/", '"http://127.0.0.1:9/v1"'],
    ["http://127.0.0.1:9/embeddings", '"http://127.0.0.1:9"'],
  ])("%s", async (baseURL, message) => {
    expect(await told(async () => openai("m", { apiKey: "k", baseURL }).open())).toContain(message);
    const env = { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: "k" };
    expect(await told(async () => openai("m", { env }).open())).toContain("OPENAI_BASE_URL must be the address before");
  });
});

describe("a signature's texts without quotes", () => {
  test.each([
    ["ticket -> urgency: low | high", 'stand in quotes: "low" | "high"'],
    ["ticket -> urgency: 'low' | high", "stand in quotes: 'low' | \"high\""],
    ["ticket -> state: in-progress | done | None", 'stand in quotes: "in-progress" | "done" | None'],
    ["ticket -> urgency: Literal[low, high]", 'got low without quotes: "low" is one'],
  ])("%s", async (text, message) => expect(await told(() => signature(untyped(text)))).toContain(message));
});

describe("a type in a message is spelt as whoever wrote it spelt it", () => {
  test.each([
    ["xs: string[] -> answer", "expected string[], got 3"],
    ["xs: list[str] -> answer", "expected list[str], got 3"],
    ["xs: Record<string, number> -> answer", "expected Record<string, number>, got 3"],
    ["xs: 'a' | 'b' -> answer", "expected 'a' | 'b', got 3"],
    ["xs: Literal['a', 'b'] -> answer", "expected Literal['a', 'b'], got 3"],
    ["xs: boolean -> answer", "expected boolean, got 3"],
    ["xs?: bool -> answer", "expected bool, got 3"],
    ["xs -> answer", "expected str, got 3"],
  ])("%s", async (text, message) => {
    const made = predict(signature(untyped(text)) as typeof qa.signature);
    expect(await told(() => forward(made, untyped({ xs: 3 }), { clients }))).toContain(message);
  });

  test("one that is missing, and one that is from zod", async () => {
    const missing = predict("xs: string[] -> answer");
    expect(await told(() => forward(missing, untyped({}), { clients }))).toContain('"xs" (string[]) is missing');
    const input = z.object({
      a: z.array(z.string()),
      b: z.enum(["x", "y"]),
      c: z.record(z.string(), z.int()).nullable(),
    });
    const made = predict(signature({ input, output: z.object({ answer: z.string() }) }));
    const wrong = (given: object) => told(() => forward(made, untyped(given), { clients }));
    expect(await wrong({ a: 3 })).toContain("expected string[], got 3");
    expect(await wrong({ a: [], b: 3 })).toContain('expected "x" | "y", got 3');
    expect(await wrong({ a: [], b: "x", c: 3 })).toContain("expected Record<string, int> | null, got 3");
  });

  test("what is saved and shown to models has DSPy's spelling all the same", () => {
    expect(String(signature("xs: string[] -> answer"))).toBe("xs: list[str] -> answer");
  });
});

describe("inputs that no prompt can hold", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  test.each<[string, unknown, string]>([
    ["a circle", circle, "at self: an object that holds itself"],
    ["a function", { f: () => 1 }, "at f: a function f"],
    ["a set", { s: new Set([1]) }, "at s: a Set"],
    ["bytes", { b: new Uint8Array([1]) }, "at b: bytes (of an image, a sound or a file: image(…)"],
  ])("%s", async (_what, data, lost) => {
    const message = `must be data that JSON can hold, got ${lost}`;
    for (const text of ["data: Any -> answer", "data: dict -> answer", "data: Any[] -> answer"]) {
      const made = predict(signature(untyped(text)) as typeof qa.signature);
      const given = text.includes("[]") ? [data] : data;
      const said = await told(() => forward(made, untyped({ data: given }), { clients }));
      expect(said.replace("at 0.", "at ")).toContain(`input "data" ${message}`);
    }
  });
});

test("a predictor is made of a signature's text", async () => {
  expect((await forward(qa, inputs, { clients })).answer).toBe("hi");
  expect(qa.signature.toString()).toBe(signature("question -> answer").toString());
  expect(Object.keys(chainOfThought("question -> answer").predictors())).toEqual(["predict"]);
});
