import { getEventListeners } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LmError } from "../../src/lm/failure.ts";
import type { LmFailureCode } from "../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest, LmResponse, LmSpec } from "../../src/lm/language-model.ts";
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
  /** Requests that must fail, and as what. */
  readonly failing?: Readonly<Record<string, { readonly request: LmRequest; readonly code: LmFailureCode }>>;
  /** How many requests are still being worked on behind the port, where that can be seen. */
  inFlight?(): number;
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
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
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

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
