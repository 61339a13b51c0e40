import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest } from "../../../src/lm/language-model.ts";
import { llama } from "../../../src/lm/llama/llama.ts";
import { describeLanguageModel } from "../../conformance/language-model.ts";

const MODEL = join(import.meta.dirname, "../../fixtures/models/stories260K.gguf");
const tale: LmRequest = { messages: [{ role: "user", content: "Once upon a time, there was a" }], maxTokens: 24 };
const LONG = "Lily and Ben went to the park with the big red ball. ";

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describeLanguageModel("llama", () => ({
  spec: llama({ modelPath: MODEL, contextTokens: 512, threads: 1 }),
  request: { ...tale, temperature: 0 },
  slow: { ...tale, maxTokens: 450 },
  failing: {
    "a prompt longer than the context": {
      request: { messages: [{ role: "user", content: LONG.repeat(60) }] },
      code: "context_too_long",
    },
    "no messages": { request: { messages: [] }, code: "bad_request" },
  },
}));

describe("llama(): a model that answers", () => {
  let lm: LanguageModel;
  beforeAll(async () => {
    lm = await llama({ modelPath: MODEL, contextTokens: 512, threads: 1 }).open();
  });
  afterAll(() => lm.close());

  test("says what it is and what it can do", () => {
    expect(lm).toMatchObject({
      provider: "llama",
      model: "stories260K",
      capabilities: { schema: true, tools: false, prefill: true, grammar: true },
    });
  });

  test("answers the same at temperature 0, with tokens counted and the cut told", async () => {
    const first = await lm.generate(tale);
    const second = await lm.generate(tale);
    expect(first.completions).toEqual([{ text: expect.stringMatching(/\w+ \w+/) as string, finishReason: "length" }]);
    expect(second.completions).toEqual(first.completions);
    expect(first.usage).toMatchObject({ outputTokens: 24, totalTokens: first.usage.inputTokens + 24 });
    expect(first.model).toBe("stories260K");
    expect(second.id).not.toBe(first.id);
  });

  test("reads a prompt that it remembers only once", async () => {
    const request = { ...tale, messages: [{ role: "user" as const, content: LONG.repeat(8) }] };
    await lm.generate(request);
    const { usage } = await lm.generate(request);
    expect(usage.cachedInputTokens).toBe(usage.inputTokens - 1);
  });

  test("stops before a stop text, which is not in the answer", async () => {
    const whole = (await lm.generate(tale)).completions[0]?.text ?? "";
    const stop = whole.slice(12, 15);
    const { completions } = await lm.generate({ ...tale, stop: ["", stop] });
    expect(completions).toEqual([{ text: whole.slice(0, whole.indexOf(stop)), finishReason: "stop" }]);
  });

  test("goes on with what the assistant has begun, and gives only what it added", async () => {
    const { completions } = await lm.generate({
      messages: [...tale.messages, { role: "assistant", content: "little girl named" }],
      maxTokens: 4,
    });
    expect(completions[0]?.text).not.toContain("named");
  });

  test("keeps to a grammar", async () => {
    const { completions } = await lm.generate({ ...tale, grammar: 'root ::= ( "sports" | "business" )' });
    expect(completions).toEqual([
      { text: expect.stringMatching(/^(sports|business)$/) as string, finishReason: "stop" },
    ]);
  });

  test("keeps to a JSON schema, alternatives included", async () => {
    const schema = {
      type: "object",
      properties: { kind: { enum: ["cat", "dog"] }, old: { anyOf: [{ type: "boolean" }, { type: "null" }] } },
      required: ["kind", "old"],
    };
    const { completions } = await lm.generate({
      ...tale,
      maxTokens: 100,
      responseFormat: { type: "json_schema", name: "pet", schema, strict: true },
    });
    const pet = JSON.parse(completions[0]?.text ?? "") as Record<string, unknown>;
    expect(Object.keys(pet)).toEqual(["kind", "old"]);
    expect(["cat", "dog"]).toContain(pet["kind"]);
    expect([true, false, null]).toContain(pet["old"]);
  });

  test("gives n completions: by seed, and different ones when it is warm", async () => {
    const warm = { ...tale, n: 3, temperature: 1.2, seed: 7 };
    const first = await lm.generate(warm);
    const texts = first.completions.map(({ text }) => text);
    expect(new Set(texts).size).toBe(3);
    expect((await lm.generate(warm)).completions.map(({ text }) => text)).toEqual(texts);
    expect(first.usage.outputTokens).toBeGreaterThan(24);
  });

  test("streams the answer that generate gives", async () => {
    const chunks: LmChunk[] = [];
    for await (const chunk of lm.stream(tale)) chunks.push(chunk);
    const whole = await lm.generate(tale);
    const texts = chunks.flatMap((chunk) => (chunk.type === "text" ? [chunk.text] : []));
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.join("")).toBe(whole.completions[0]?.text);
    expect(chunks.at(-1)).toMatchObject({ type: "done", response: { completions: whole.completions } });
  });

  test("leaving a stream frees the sequence", async () => {
    for (let round = 0; round < 4; round += 1) {
      for await (const chunk of lm.stream({ ...tale, maxTokens: 400 })) if (chunk.type === "text") break;
    }
    expect((await lm.generate(tale)).completions).toHaveLength(1);
  });

  test("answers more calls than it has sequences, each with its own answer", async () => {
    const prompts = ["The cat", "The dog", "A big", "One day", "Tom saw"];
    const ask = (content: string) => lm.generate({ messages: [{ role: "user", content }], maxTokens: 12 });
    const together = await Promise.all(prompts.map(ask));
    for (const [index, prompt] of prompts.entries())
      expect(together[index]?.completions).toEqual((await ask(prompt)).completions);
  });

  test("a call that is aborted ends as cancelled, and the next one is not disturbed", async () => {
    const stop = new AbortController();
    const begun = lm.generate({ ...tale, maxTokens: 400 }, { signal: stop.signal });
    setImmediate(() => stop.abort());
    expect(await failureOf(begun)).toMatchObject({ name: "LmError", code: "cancelled" });
    expect(await failureOf(lm.generate(tale, { signal: stop.signal }))).toMatchObject({ code: "cancelled" });
    expect((await lm.generate(tale)).completions[0]?.finishReason).toBe("length");
  });

  test("a prompt that does not fit is told in figures, in one line", async () => {
    const failure = await failureOf(lm.generate({ messages: [{ role: "user", content: LONG.repeat(60) }] }));
    expect(failure).toBeInstanceOf(LmError);
    expect(failure).toMatchObject({ code: "context_too_long", retryable: false, details: { contextTokens: 512 } });
    // So that a client need not let in what is far beyond it.
    expect(lm.contextTokens).toBe(512);
    expect((failure as LmError).message).toMatch(
      /^the prompt has \d+ tokens .* holds 512: .* contextTokens up to 2048$/,
    );
  });

  test("without a limit an answer ends where the context does, at the latest", async () => {
    const { completions, usage } = await lm.generate({ messages: [{ role: "user", content: LONG.repeat(18) }] });
    expect(usage.totalTokens).toBeLessThanOrEqual(512);
    expect(completions[0]?.text).not.toBe("");
  });

  test.each<[string, Partial<LmRequest>]>([
    ["no messages", { messages: [] }],
    ["n of 0", { n: 0 }],
    ["maxTokens of 0", { maxTokens: 0 }],
    ["a grammar and a format", { grammar: 'root ::= "a"', responseFormat: { type: "json_object" } }],
    [
      "a schema that no grammar can hold",
      { responseFormat: { type: "json_schema", name: "x", schema: { not: {} }, strict: true } },
    ],
  ])("%s is a bad request", async (_, more) => {
    expect(await failureOf(lm.generate({ ...tale, ...more }))).toMatchObject({ code: "bad_request" });
  });
});

describe("llama(): opening and closing", () => {
  const spec = llama({ modelPath: MODEL, contextTokens: 512, threads: 1 });

  test("closing ends calls in flight and calls in line as cancelled, and may be done twice", async () => {
    const lm = await spec.open();
    const calls = [1, 2, 3, 4].map(() => failureOf(lm.generate({ ...tale, maxTokens: 400 })));
    await Promise.all([lm.close(), lm.close()]);
    for (const failure of await Promise.all(calls))
      expect(failure).toMatchObject({ name: "LmError", code: "cancelled" });
    await lm.close();
    expect(await failureOf(lm.generate(tale))).toMatchObject({ name: "LmError", code: "client_down" });
  });

  test("can be opened again, and twice at the same time", async () => {
    const [one, other] = await Promise.all([spec.open(), spec.open()]);
    await one.close();
    expect((await other.generate(tale)).completions).toHaveLength(1);
    await other.close();
  });

  test("an open that is aborted ends as cancelled, whenever that comes", async () => {
    const before = AbortSignal.abort();
    expect(await failureOf(spec.open({ signal: before }))).toMatchObject({ code: "cancelled" });
    const while_ = new AbortController();
    const opening = failureOf(spec.open({ signal: while_.signal }));
    setImmediate(() => while_.abort());
    expect(await opening).toMatchObject({ name: "LmError", code: "cancelled" });
  });

  test("the spec is frozen and named after the file", () => {
    expect(Object.isFrozen(spec)).toBe(true);
    expect(spec).toMatchObject({ kind: "lm", provider: "llama", model: "stories260K" });
    expect(llama().model).toBe("SmolLM2-135M-Instruct");
  });

  test.each([
    ["contextTokens", { contextTokens: 0 }],
    ["sequences", { sequences: 1.5 }],
    ["threads", { threads: 0 }],
    // What somebody without types might write.
    ["template", { template: "alpaca" as "chatml" }],
  ])("refuses a wrong %s at the call", (name, options) => {
    expect(() => llama(options)).toThrow(UsageError);
    expect(() => llama(options)).toThrow(name);
  });
});

describe("llama(): files that are no model", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dspex-llama-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function opened(bytes: Buffer): Promise<Error> {
    const modelPath = join(folder, "model.gguf");
    await writeFile(modelPath, bytes);
    const failure = await failureOf(llama({ modelPath, threads: 1 }).open());
    expect(failure).toBeInstanceOf(UsageError);
    return failure as Error;
  }

  test("one that is not there", async () => {
    const modelPath = join(folder, "absent.gguf");
    const failure = await failureOf(llama({ modelPath }).open());
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as Error).message).toBe(`there is no model file at ${modelPath} (llama({ modelPath }))`);
  });

  test.each([
    ["empty", async () => Buffer.alloc(0)],
    ["something else", async () => Buffer.alloc(50_000, "no model ")],
    ["cut off", async () => (await readFile(MODEL)).subarray(0, 600_000)],
    ["damaged in its header", async () => (await readFile(MODEL)).fill(0xff, 100, 400)],
  ])("one that is %s: one line that names it and says what to do", async (_, bytes) => {
    const { message } = await opened(await bytes());
    expect(message).toContain(join(folder, "model.gguf"));
    expect(message).toContain("fetch it again");
    expect(message).not.toContain("\n");
  });

  test("a folder", async () => {
    await expect(llama({ modelPath: folder }).open()).rejects.toThrow(/is no file/);
  });

  test("nothing that the engine says reaches the console", async () => {
    const log = await open(join(folder, "log"), "w+");
    await log.close();
    const { spawnSync } = await import("node:child_process");
    const program = `
      const { llama } = await import(${JSON.stringify(new URL("../../../src/lm/llama/llama.ts", import.meta.url).href)});
      const lm = await llama({ modelPath: ${JSON.stringify(MODEL)}, threads: 1 }).open();
      await lm.generate({ messages: [{ role: "user", content: "Once" }], maxTokens: 3 });
      await lm.close();
      await llama({ modelPath: ${JSON.stringify(join(folder, "model.gguf"))} }).open().catch(() => undefined);`;
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    expect({ code: ran.status, out: ran.stdout, err: ran.stderr }).toEqual({ code: 0, out: "", err: "" });
  });
});
