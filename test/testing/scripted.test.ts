import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmChunk, LmRequest } from "../../src/lm/language-model.ts";
import { textOf } from "../../src/lm/message.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../src/testing/scripted-reply.ts";
import { describeLanguageModel } from "../conformance/language-model.ts";
import { CALLS, obedientAnswer } from "../conformance/obedient-answer.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const request: LmRequest = { messages: [{ role: "user", content: "four words of text" }] };

describe("replies", () => {
  test("text is the completion, one for each request", async () => {
    const lm = scripted(["one", "two"]);
    expect((await lm.generate(request)).completions).toEqual([{ text: "one", finishReason: "stop" }]);
    expect((await lm.generate(request)).completions).toEqual([{ text: "two", finishReason: "stop" }]);
    expect(lm.requests).toEqual([request, request]);
  });

  test("fields are written in the layout that the request asks for", async () => {
    const lm = scripted([{ answer: "42" }]);
    const response = await lm.generate({ ...request, writeAnswer: (fields) => `ANSWER=${String(fields["answer"])}` });
    expect(response.completions[0]?.text).toBe("ANSWER=42");
  });

  test("fields without a layout are a mistake that is named", async () => {
    await expect(scripted([{ answer: "42" }]).generate(request)).rejects.toThrow(
      new UsageError(
        "scripted: reply 1 is an object of fields, but the request names no layout to write them in; give text",
      ),
    );
  });

  test("an output that is called text is a field all the same", async () => {
    const response = await scripted([{ text: "hi" }]).generate({ ...request, writeAnswer: (f) => JSON.stringify(f) });
    expect(response.completions[0]?.text).toBe('{"text":"hi"}');
  });

  test("a list gives that many completions", async () => {
    const { completions } = await scripted([["a", { text: "b", finishReason: "length" }]]).generate(request);
    expect(completions).toEqual([
      { text: "a", finishReason: "stop" },
      { text: "b", finishReason: "length" },
    ]);
  });

  test("text with calls of tools, reasoning and log probabilities, which are told where they are asked for", async () => {
    const toolCalls = [{ id: "a", name: "look", arguments: "{}" }];
    const reply = { text: "hi", toolCalls, reasoning: "Hm.", logprobs: [{ token: "hi", logprob: -1 }] };
    const lm = scripted([reply, reply]);
    const { logprobs, ...rest } = reply;
    const completion = { ...rest, finishReason: "tool_calls" };
    expect((await lm.generate(request)).completions).toEqual([completion]);
    expect((await lm.generate({ ...request, logprobs: true })).completions).toEqual([{ ...completion, logprobs }]);
  });

  test("outputs that are called text and reasoning are fields all the same", async () => {
    const lm = scripted([{ text: "hi", reasoning: "Hm." }]);
    const response = await lm.generate({ ...request, writeAnswer: (fields) => Object.keys(fields).join() });
    expect(response.completions[0]?.text).toBe("text,reasoning");
  });

  test("an error fails the request", async () => {
    const error = new LmError("no", { code: "server" });
    await expect(scripted([error]).generate(request)).rejects.toBe(error);
  });

  test("a function sees the request and its number", async () => {
    const lm = scripted(async (asked, index) => `${index}: ${textOf(asked.messages[0]?.content ?? "")}`);
    await lm.generate(request);
    expect((await lm.generate(request)).completions[0]?.text).toBe("1: four words of text");
  });

  test("running out says how many were given", async () => {
    const lm = scripted(["only"]);
    await lm.generate(request);
    await expect(lm.generate(request)).rejects.toThrow(
      new UsageError("scripted: request 2 came, but only 1 reply was given"),
    );
  });

  test("usage is counted, or said", async () => {
    const lm = scripted(["twelve chars", { text: "x", usage: { inputTokens: 7, cachedInputTokens: 3 } }]);
    expect((await lm.generate(request)).usage).toEqual({ inputTokens: 5, outputTokens: 3, totalTokens: 8 });
    expect((await lm.generate(request)).usage).toEqual({
      inputTokens: 7,
      outputTokens: 1,
      totalTokens: 8,
      cachedInputTokens: 3,
    });
  });
});

test("a stream brings the same text in pieces", async () => {
  const chunks: LmChunk[] = [];
  for await (const chunk of scripted([" one two\n"]).stream(request)) chunks.push(chunk);
  expect(chunks.map((chunk) => (chunk.type === "text" ? chunk.text : chunk.type))).toEqual([
    " one",
    " two",
    "\n",
    "done",
  ]);
});

test("latency passes by the given clock, and an abort ends it", async () => {
  const clock = testClock();
  const lm = scripted(["slow", "never"], { latencyMs: 1_000, clock });
  const slow = lm.generate(request);
  expect(lm.inFlight).toBe(1);
  await clock.advance(1_000);
  expect((await slow).completions[0]?.text).toBe("slow");
  const stop = new AbortController();
  const cancelled = lm.generate(request, { signal: stop.signal }).catch((error: unknown) => error);
  stop.abort();
  expect(await cancelled).toMatchObject({ code: "cancelled" });
  expect(lm.inFlight).toBe(0);
  expect(clock.pending).toBe(0);
});

test("each incarnation is closed by itself and goes on in the same script", async () => {
  const spec = scripted(["one", "two"]);
  const first = await spec.open();
  await first.generate(request);
  await first.close();
  await expect(first.generate(request)).rejects.toMatchObject({ code: "client_down" });
  const second = await spec.open();
  expect((await second.generate(request)).completions[0]?.text).toBe("two");
  expect(spec.requests).toHaveLength(2);
});

test("is a frozen spec with the capabilities that were asked for", () => {
  const lm = scripted([], { capabilities: { prefill: true } });
  expect(Object.isFrozen(lm)).toBe(true);
  expect(lm.kind).toBe("lm");
  expect(lm.capabilities).toEqual({ schema: false, tools: false, prefill: true, grammar: false });
});

describeLanguageModel("scripted", () => {
  const lm = scripted((asked) => {
    const content = asked.messages.at(-1)?.content ?? "";
    if (content === "slow") return new Promise(() => {});
    if (content === "fail") throw new LmError("it failed", { code: "server", provider: "scripted" });
    if (asked.tools !== undefined && asked.messages.at(-1)?.role !== "tool") return { text: "", toolCalls: CALLS };
    return obedientAnswer("It is what I say.", asked);
  });
  return {
    spec: lm,
    request: { messages: [{ role: "user", content: "say it" }] },
    slow: { messages: [{ role: "user", content: "slow" }] },
    parts: ["image", "audio", "file"],
    toolCalls: CALLS,
    logprobs: true,
    failing: { "a scripted failure": { request: { messages: [{ role: "user", content: "fail" }] }, code: "server" } },
    inFlight: () => lm.inFlight,
  };
});

describe("a script and a program that disagree", () => {
  const qa = predict(signature("question -> answer, score: float"));
  const ask = (...replies: ScriptedReply[]) => forward(qa, { question: "?" }, { clients: { lm: scripted(replies) } });

  test("name a field that is no output, where one is missing", async () => {
    const message = 'scripted: reply 1: no output "anwser" (is "answer" meant?); the outputs are answer, score';
    await expect(ask({ anwser: "hi", score: 1 }, { answer: "hi", score: 1 })).rejects.toThrow(new UsageError(message));
    await expect(ask(() => ({ anwser: "hi", score: 1 }))).rejects.toThrow(new UsageError(message));
    await expect(
      ask([
        { answer: "hi", score: 1 },
        { anwser: "hi", score: 1 },
      ]),
    ).rejects.toThrow(new UsageError(message));
  });

  test("but one reply may serve several predictors", async () => {
    expect(await ask({ answer: "hi", score: 1, reasoning: "so" })).toEqual({ answer: "hi", score: 1 });
  });

  test("say what was wrong with the answer before, where replies run out", async () => {
    await expect(ask({ answer: "hi", score: "much" })).rejects.toThrow(
      'request 2 came, but only 1 reply was given; it says: That answer could not be read: score: expected a number, got "much"',
    );
  });
});

test("requests are forgotten, and the script goes on", async () => {
  const lm = scripted([{ answer: "one" }, { answer: "two" }]);
  const qa = predict(signature("question -> answer"));
  await forward(qa, { question: "1" }, { clients: { lm } });
  lm.forget();
  expect(lm.requests).toEqual([]);
  expect(await forward(qa, { question: "2" }, { clients: { lm } })).toEqual({ answer: "two" });
  expect(lm.requests).toHaveLength(1);
});
