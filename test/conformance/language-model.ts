import { getEventListeners } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LmError } from "../../src/lm/failure.ts";
import type { LmFailureCode } from "../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest, LmResponse, LmSpec } from "../../src/lm/language-model.ts";
import type { LmContentPart, LmTool, LmToolCall } from "../../src/lm/message.ts";
import { until } from "../../src/testing/until.ts";

/** An implementation of the port, and requests that show what it promises. */
export interface LanguageModelSubject {
  readonly spec: LmSpec;
  /** Answered the same each time with three words or more, and by more than `short` tokens. */
  readonly request: LmRequest;
  /** A token limit that cuts the answer to `request`; default 2. */
  readonly short?: number;
  /** Takes so long that the suite can abort it in the middle: a second at least, and best for ever. */
  readonly slow: LmRequest;
  /** Whether it gives several completions when `n` asks for them; default true. */
  readonly several?: boolean;
  /** The kinds of parts that it takes beside text; default none. Each of the others must be turned down by its name. */
  readonly parts?: readonly LmContentPart["type"][];
  /** The calls that it answers `request` with where there is the tool `weather`; default: it knows no tools. */
  readonly toolCalls?: readonly LmToolCall[];
  /** Whether it tells log probabilities where they are asked for; default false. */
  readonly logprobs?: boolean;
  /** Requests that must fail, and as what. */
  readonly failing?: Readonly<Record<string, { readonly request: LmRequest; readonly code: LmFailureCode }>>;
  /** How many requests are still being worked on behind the port, where that can be seen. */
  inFlight?(): number;
  /** How many timers it has set, where that can be seen. */
  timers?(): number;
  /** Frees what the subject has set up. */
  cleanup?(): Promise<void>;
}

export interface ConformanceOptions {
  /** For one test; default vitest's. A model that computes in this process takes its time. */
  readonly timeoutMs?: number;
  /** For setting up and opening; default: as `timeoutMs`. */
  readonly setupMs?: number;
}

/** What every `LanguageModel` promises. Call it once for each implementation. */
export function describeLanguageModel(
  name: string,
  setup: () => LanguageModelSubject | Promise<LanguageModelSubject>,
  options: ConformanceOptions = {},
): void {
  const { timeoutMs = 5_000, setupMs = timeoutMs } = options;

  describe(`${name} keeps the contract of a language model`, { timeout: timeoutMs }, () => {
    let subject: LanguageModelSubject;
    let lm: LanguageModel;
    let expected: LmResponse;

    beforeAll(async () => {
      subject = await setup();
      lm = await subject.spec.open();
      expected = await lm.generate(subject.request);
    }, setupMs);

    afterAll(async () => {
      // Where setting up failed, that is the error to show.
      await (lm as LanguageModel | undefined)?.close();
      await (subject as LanguageModelSubject | undefined)?.cleanup?.();
    }, setupMs);

    const idle = async (): Promise<void> => {
      const count = subject.inFlight?.bind(subject);
      if (count) await until(() => count() === 0, { what: "nothing is in flight", withinMs: timeoutMs });
      expect(subject.timers?.() ?? 0, "timers").toBe(0);
    };

    test("the spec is frozen, and says what it opens", () => {
      expect(Object.isFrozen(subject.spec)).toBe(true);
      expect(subject.spec.kind).toBe("lm");
      expect([lm.provider, lm.model]).toEqual([subject.spec.provider, subject.spec.model]);
      expect(Object.values(lm.capabilities).map((can) => typeof can)).toEqual(Array(4).fill("boolean"));
    });

    test("an answer has text, a finish reason, the model's name and an id of its own", async () => {
      const again = await lm.generate(subject.request);
      expect(again.completions).toHaveLength(1);
      expect(again.completions[0]).toEqual(expected.completions[0]);
      expect(textOf(again).trim().split(/\s+/).length).toBeGreaterThanOrEqual(3);
      expect(again.model).not.toBe("");
      expect(again.id).not.toBe("");
      expect(again.id).not.toBe(expected.id);
    });

    test("usage adds up", () => {
      const { inputTokens, outputTokens, totalTokens, cachedInputTokens = 0, reasoningTokens = 0 } = expected.usage;
      expect(inputTokens).toBeGreaterThan(0);
      expect(outputTokens).toBeGreaterThan(0);
      expect(totalTokens).toBe(inputTokens + outputTokens);
      expect(cachedInputTokens).toBeLessThanOrEqual(inputTokens);
      expect(reasoningTokens).toBeLessThanOrEqual(outputTokens);
    });

    test("the request is left as it was", async () => {
      const request = structuredClone({ ...subject.request, writeAnswer: undefined });
      await lm.generate(deepFreeze({ ...subject.request }));
      expect({ ...subject.request, writeAnswer: undefined }).toEqual(request);
    });

    test("a token limit cuts the answer, and the finish reason says so", async () => {
      const { completions, usage } = await lm.generate({ ...subject.request, maxTokens: subject.short ?? 2 });
      expect(completions[0]?.finishReason).toBe("length");
      expect(usage.outputTokens).toBeLessThanOrEqual(subject.short ?? 2);
      expect(completions[0]?.text.length).toBeLessThan(textOf(expected).length);
    });

    test("the answer ends before a stop string", async () => {
      const text = textOf(expected);
      const stop = text.trim().split(/\s+/)[2] ?? "";
      const { completions } = await lm.generate({ ...subject.request, stop: ["this is never said", stop] });
      expect(completions[0]?.text).not.toContain(stop);
      expect(completions[0]?.text.trimEnd()).toBe(text.slice(0, text.indexOf(stop)).trimEnd());
      expect(completions[0]?.finishReason).toBe("stop");
    });

    test("n gives as many completions, all of them paid for", async ({ skip }) => {
      if (subject.several === false) skip("this one gives a single completion");
      const { completions, usage } = await lm.generate({ ...subject.request, n: 3 });
      expect(completions).toHaveLength(3);
      expect(completions.every(({ text }) => text.length > 0)).toBe(true);
      expect(usage.outputTokens).toBeGreaterThanOrEqual(expected.usage.outputTokens * 2);
      expect(usage.totalTokens).toBe(usage.inputTokens + usage.outputTokens);
    });

    test("several requests at once each get their answer", async () => {
      const answers = await Promise.all([1, 2, 3].map(() => lm.generate(subject.request)));
      expect(answers.map(textOf)).toEqual(Array(3).fill(textOf(expected)));
      expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
    });

    test("a stream brings the same text in pieces, and ends with the whole response", async () => {
      const chunks = await collect(lm.stream(subject.request));
      const last = chunks.at(-1);
      if (last?.type !== "done") throw new Error("the last chunk is not the response");
      expect(chunks.filter(({ type }) => type === "done")).toHaveLength(1);
      const pieces = chunks.flatMap((chunk) => (chunk.type === "text" ? [chunk.text] : []));
      expect(pieces.length).toBeGreaterThan(1);
      expect(pieces.every((piece) => piece !== "")).toBe(true);
      expect(pieces.join("")).toBe(textOf(expected));
      expect(last.response.completions).toEqual(expected.completions);
      const { outputTokens, totalTokens, inputTokens } = last.response.usage;
      expect([inputTokens, outputTokens]).toEqual([expected.usage.inputTokens, expected.usage.outputTokens]);
      expect(totalTokens).toBe(inputTokens + outputTokens);
    });

    test("a stream ends before a stop string too, and never shows a part of it", async () => {
      const text = textOf(expected);
      const stop = text.trim().split(/\s+/)[2] ?? "";
      const chunks = await collect(lm.stream({ ...subject.request, stop: [stop] }));
      const streamed = chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("");
      expect(streamed.trimEnd()).toBe(text.slice(0, text.indexOf(stop)).trimEnd());
    });

    test.each(PARTS)("a message with a part of type $type is taken, or turned down by name", async (part) => {
      const content = [{ type: "text", text: "What is this?" } as const, part];
      const request = { ...subject.request, messages: [{ role: "user" as const, content }] };
      const answered = (): Promise<string> => lm.generate(request).then(textOf, refusalOf);
      const streamed = (): Promise<string> => collect(lm.stream(request)).then(() => "an answer", refusalOf);
      const taken = subject.parts?.includes(part.type) === true;
      const wanted = taken ? /^(?!bad_request)./ : new RegExp(`^bad_request.*${part.type}`);
      expect(await answered()).toMatch(wanted);
      expect(await streamed()).toMatch(wanted);
      await idle();
    });

    test("text in parts is the same as text", async () => {
      const messages = subject.request.messages.map((message) => {
        // The subject's own requests hold text.
        const text = message.content as string;
        const middle = Math.floor(text.length / 2);
        const parts = [text.slice(0, middle), text.slice(middle)];
        return { ...message, content: parts.map((part) => ({ type: "text" as const, text: part })) };
      });
      expect(textOf(await lm.generate({ ...subject.request, messages }))).toBe(textOf(expected));
    });

    test("tools are called, whole and streamed, and what they give back is answered", async ({ skip }) => {
      const { toolCalls } = subject;
      if (toolCalls === undefined) skip("this one knows no tools");
      const request: LmRequest = { ...subject.request, tools: [WEATHER], toolChoice: "auto" };
      const whole = await lm.generate(request);
      expect(whole.completions).toEqual([{ text: "", finishReason: "tool_calls", toolCalls }]);
      expect(whole.usage.outputTokens).toBeGreaterThan(0);
      const chunks = await collect(lm.stream(request));
      expect(chunks.map(({ type }) => type)).toEqual(["done"]);
      const last = chunks.at(-1);
      expect(last?.type === "done" && last.response.completions).toEqual(whole.completions);
      const answers = (toolCalls ?? []).map(({ id }) => ({ role: "tool" as const, content: "sunny", toolCallId: id }));
      const asked = { role: "assistant" as const, content: "", ...(toolCalls && { toolCalls }) };
      const again = await lm.generate({ ...request, messages: [...request.messages, asked, ...answers] });
      expect(again.completions).toEqual(expected.completions);
    });

    test("log probabilities come where they are asked for, one for each token of the text", async ({ skip }) => {
      if (subject.logprobs !== true) skip("this one tells none");
      expect(expected.completions[0]).not.toHaveProperty("logprobs");
      const request: LmRequest = { ...subject.request, logprobs: true, topLogprobs: 1 };
      const [whole] = (await lm.generate(request)).completions;
      expect(whole?.logprobs?.map(({ token }) => token).join("")).toBe(textOf(expected));
      for (const { logprob, top } of whole?.logprobs ?? []) {
        expect(logprob).toBeLessThanOrEqual(0);
        expect(top).toHaveLength(1);
      }
      const last = (await collect(lm.stream(request))).at(-1);
      expect(last?.type === "done" && last.response.completions[0]).toEqual(whole);
      const stop = textOf(expected).trim().split(/\s+/)[2] ?? "";
      const [cut] = (await lm.generate({ ...request, stop: [stop] })).completions;
      expect(cut?.text.startsWith(cut?.logprobs?.map(({ token }) => token).join("") ?? "none")).toBe(true);
      expect(cut?.logprobs?.length).toBeLessThan(whole?.logprobs?.length ?? 0);
    });

    test("no request starts before iteration does", async () => {
      lm.stream(subject.slow);
      await new Promise((resolve) => setImmediate(resolve));
      await idle();
    });

    test("leaving the loop ends the request", async () => {
      for await (const chunk of lm.stream(subject.request)) {
        expect(chunk.type).toBe("text");
        break;
      }
      await idle();
      expect(textOf(await lm.generate(subject.request))).toBe(textOf(expected));
    });

    test("leaving it while it waits for what comes next ends it, and is no failure", async () => {
      const { signal } = new AbortController();
      const chunks = lm.stream(subject.slow, { signal })[Symbol.asyncIterator]();
      const first = chunks.next();
      await begun(subject);
      // Nobody waits for what the model has said already, which may be more than a word.
      const waiting = Array.from({ length: 20 }, () => chunks.next());
      const returned = chunks.return?.();
      expect((await Promise.all([first, ...waiting])).map(({ done }) => done)).toContain(true);
      expect(await returned).toEqual({ done: true, value: undefined });
      expect(await chunks.next()).toEqual({ done: true, value: undefined });
      await idle();
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    });

    test("leaving it before it is begun begins nothing", async () => {
      const chunks = lm.stream(subject.slow)[Symbol.asyncIterator]();
      expect(await chunks.return?.()).toEqual({ done: true, value: undefined });
      expect(await chunks.next()).toEqual({ done: true, value: undefined });
      await idle();
    });

    test("a signal that has been aborted already makes it cancelled, and no request", async () => {
      const signal = AbortSignal.abort(new Error("too late"));
      await expectFailure(lm.generate(subject.slow, { signal }), "cancelled");
      await expectFailure(collect(lm.stream(subject.slow, { signal })), "cancelled");
      await idle();
    });

    test("an abort in the middle makes it cancelled, promptly", async () => {
      const stop = new AbortController();
      const answer = expectFailure(lm.generate(subject.slow, { signal: stop.signal }), "cancelled");
      await begun(subject);
      stop.abort(new Error("the caller is gone"));
      await answer;
      await idle();
    });

    test("an abort in the middle of a stream makes it cancelled", async () => {
      const stop = new AbortController();
      const answer = expectFailure(collect(lm.stream(subject.slow, { signal: stop.signal })), "cancelled");
      await begun(subject);
      stop.abort();
      await answer;
      await idle();
    });

    test("no listener stays on the caller's signal", async () => {
      const { signal } = new AbortController();
      await lm.generate(subject.request, { signal });
      await collect(lm.stream(subject.request, { signal }));
      for await (const chunk of lm.stream(subject.request, { signal })) if (chunk.type === "text") break;
      for (const { request } of Object.values(subject.failing ?? {}))
        await collect(lm.stream(request, { signal })).catch(() => {});
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
      await idle();
    });

    test("what it cannot do is an LmError of the right code, in one line", async () => {
      for (const [what, { request, code }] of Object.entries(subject.failing ?? {})) {
        const error = await expectFailure(lm.generate(request), code, what);
        expect(error.message, what).not.toMatch(/\n/);
        expect(error.provider, what).toBe(lm.provider);
        await expectFailure(collect(lm.stream(request)), code, `${what}, streamed`);
      }
    });

    test(
      "closing ends calls in flight as cancelled, may be done twice, and nothing is asked after it",
      async () => {
        const own = await subject.spec.open();
        const whole = expectFailure(own.generate(subject.slow), "cancelled");
        const streamed = expectFailure(collect(own.stream(subject.slow)), "cancelled");
        await begun(subject);
        await own.close();
        await Promise.all([whole, streamed]);
        await own.close();
        await expectFailure(own.generate(subject.request), "client_down");
        await expectFailure(collect(own.stream(subject.request)), "client_down");
        await idle();
      },
      setupMs + timeoutMs,
    );

    test(
      "one incarnation that is closed leaves the others alone",
      async () => {
        const own = await subject.spec.open();
        await own.close();
        expect(textOf(await lm.generate(subject.request))).toBe(textOf(expected));
      },
      setupMs + timeoutMs,
    );
  });
}

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
const PARTS: readonly LmContentPart[] = [
  { type: "image", url: PIXEL },
  { type: "audio", data: "UklGRg==", format: "wav" },
  { type: "file", url: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf" },
];

const WEATHER: LmTool = {
  name: "weather",
  description: "The weather in a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

function textOf(response: LmResponse): string {
  return response.completions[0]?.text ?? "";
}

/** The slow request has got as far as whoever works on it. */
async function begun(subject: LanguageModelSubject): Promise<void> {
  const count = subject.inFlight?.bind(subject);
  if (count) await until(() => count() > 0, { what: "the request has begun" });
  else for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function collect(stream: AsyncIterable<LmChunk>): Promise<readonly LmChunk[]> {
  const chunks: LmChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function expectFailure(promise: Promise<unknown>, code: LmFailureCode, what = ""): Promise<LmError> {
  const outcome = await promise.then(
    () => "an answer",
    (error: unknown) => error,
  );
  if (!(outcome instanceof LmError)) throw new Error(`${what} expected an LmError ${code}`, { cause: outcome });
  expect(outcome.code, what).toBe(code);
  return outcome;
}

/** What it was turned down with. */
function refusalOf(error: unknown): string {
  if (!(error instanceof LmError)) throw error;
  return `${error.code}: ${error.message}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
