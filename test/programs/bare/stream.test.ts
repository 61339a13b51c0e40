import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../../src/adapters/lean-adapter.ts";
import { xmlAdapter } from "../../../src/adapters/xml-adapter.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest } from "../../../src/lm/language-model.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import type { ForwardOptions } from "../../../src/programs/bare/forward-options.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { stream } from "../../../src/programs/bare/stream.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });
const ABLE = { schema: true, tools: true, prefill: true, grammar: true };

interface Seen {
  readonly parts: readonly { readonly predictor: string; readonly field: string; readonly delta: string }[];
  readonly prediction: object | undefined;
  readonly error: unknown;
}

/** Everything that a stream gives. */
async function collect(items: AsyncIterable<object>): Promise<Seen> {
  const parts: Seen["parts"][number][] = [];
  let prediction: object | undefined;
  try {
    for await (const item of items) {
      // The items' types are the type tests' matter.
      const { type, ...rest } = item as { readonly type: string };
      if (type === "part") parts.push(rest as Seen["parts"][number]);
      else ({ prediction } = rest as { readonly prediction: object });
    }
  } catch (error) {
    return { parts, prediction, error };
  }
  return { parts, prediction, error: undefined };
}

function textOf({ parts }: Seen, field: string, predictor?: string): string {
  return parts
    .filter((part) => part.field === field && (predictor === undefined || part.predictor === predictor))
    .map(({ delta }) => delta)
    .join("");
}

/** A model whose answers a test lets go on piece by piece, or fail. */
function slowModel(answers: readonly (readonly (string | Error)[])[]) {
  const state = { requests: 0, given: 0, left: 0, live: 0 };
  const model: LanguageModel = {
    provider: "slow",
    model: "slow",
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    generate: () => Promise.reject(new Error("nobody should ask for a whole answer")),
    async *stream(_request: LmRequest, { signal } = {}): AsyncGenerator<LmChunk> {
      const pieces = answers[state.requests] ?? [];
      state.requests += 1;
      state.live += 1;
      let text = "";
      try {
        for (const piece of pieces) {
          if (signal?.aborted) throw new LmError("cancelled", { code: "cancelled" });
          if (piece instanceof Error) throw piece;
          state.given += 1;
          text += piece;
          yield { type: "text", text: piece };
        }
        const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
        const completions = [{ text, finishReason: "stop" as const }];
        yield { type: "done", response: { completions, usage, model: "slow", id: "1" } };
      } finally {
        state.live -= 1;
        state.left += 1;
      }
    },
    close: () => Promise.resolve(),
  };
  return { model, state };
}

const answerOf = (count: number): string[] => [
  "[[ ## answer ## ]]\n",
  ...Array.from({ length: count }, (_, index) => `w${index} `),
];

function bare(model: LanguageModel): ForwardOptions {
  return { clients: { main: model }, clock: testClock(), random: seededRandom(1), retry: backoff({ baseMs: 0 }) };
}

describe("what comes", () => {
  test("parts of each output while it is written, each done once, and at last the prediction", async () => {
    const triage = predict(signature("ticket -> why, urgency: 'low' | 'high', score: int, tags: list[str]"));
    const reply = { why: "It is down.", urgency: "high", score: 3, tags: ["a", "b"] };
    for (const adapter of [undefined, jsonAdapter(), xmlAdapter(), leanAdapter()]) {
      const lm = scripted((request) => request.writeAnswer?.(reply) ?? "", { capabilities: ABLE });
      const options = { clients: { main: lm }, ...(adapter && { adapter }) };
      const seen = await collect(stream(triage, { ticket: "t" }, options));
      expect(seen.error).toBeUndefined();
      expect(seen.prediction).toEqual(reply);
      expect(textOf(seen, "why")).toBe("It is down.");
      expect(seen.parts.filter(({ field }) => field === "why").length).toBeGreaterThan(2);
      expect(seen.parts.filter(({ field }) => field !== "why")).toMatchObject([
        { predictor: "self", field: "urgency", delta: "high", done: true },
        { field: "score", delta: "3", done: true },
        { field: "tags", delta: expect.stringMatching(/^\[\s*"a",\s*"b"\s*\]$/), done: true },
      ]);
      expect(seen.parts.filter((part) => "done" in part && part.done === true)).toHaveLength(4);
    }
  });

  test("outputs that only the whole answer shows are told at its end", async () => {
    const two = predict(signature("question -> a: str, b: str, c: Optional[str], n: int"), { adapter: jsonAdapter() });
    const lm = scripted(["Sure: {a: 'one', \"b\": [1], n: 2}"]);
    const seen = await collect(stream(two, { question: "q" }, { clients: { lm } }));
    expect(seen.prediction).toEqual({ a: "one", b: "[1]", c: null, n: 2 });
    expect(seen.parts).toEqual([
      { predictor: "self", field: "a", delta: "one", done: true },
      { predictor: "self", field: "b", delta: "[1]", done: true },
      { predictor: "self", field: "c", delta: "", done: true },
      { predictor: "self", field: "n", delta: "2", done: true },
    ]);
  });

  test("a composed program's parts say which predictor they are from, also at once", async () => {
    const both = program({
      name: "both",
      parts: { think: chainOfThought(signature("question -> draft")), check: qa },
      async forward({ think, check }, inputs: { question: string }) {
        const [{ draft }, { answer }] = await Promise.all([think(inputs), check(inputs)]);
        return { draft, answer };
      },
    });
    const lm = scripted(({ writeAnswer }) => {
      return writeAnswer?.({ reasoning: "It is so.", draft: "A draft.", answer: "An answer." }) ?? "";
    });
    const seen = await collect(stream(both, { question: "q" }, { clients: { lm } }));
    expect(seen.prediction).toEqual({ draft: "A draft.", answer: "An answer." });
    expect(textOf(seen, "reasoning", "think.predict")).toBe("It is so.");
    expect(textOf(seen, "draft", "think.predict")).toBe("A draft.");
    expect(textOf(seen, "answer", "check")).toBe("An answer.");
    const order = seen.parts.map(({ predictor }) => predictor);
    expect(order.indexOf("check")).toBeLessThan(order.lastIndexOf("think.predict"));
    expect(order.indexOf("think.predict")).toBeLessThan(order.lastIndexOf("check"));
  });

  test("the prediction is what forward gives, with its trace", async () => {
    const lm = scripted([{ answer: "yes" }]);
    let last: unknown;
    for await (const item of stream(qa, { question: "q" }, { clients: { lm }, trace: true })) last = item;
    expect(last).toMatchObject({ type: "prediction", prediction: { answer: "yes" } });
    const { $meta } = (last as { readonly prediction: { readonly $meta: object } }).prediction;
    expect($meta).toMatchObject({ attempts: 1, repairs: 0, client: "lm", trace: [{ path: "self", kind: "predict" }] });
  });
});

describe("failures", () => {
  const reset = new LmError("reset", { code: "connection", details: { beforeFirstByte: false } });

  test("before anything was told a request is made again, and nobody sees it", async () => {
    const { model, state } = slowModel([[reset], ["Well, [[ ## ans", reset], answerOf(3)]);
    const seen = await collect(stream(qa, { question: "q" }, bare(model)));
    expect(seen).toMatchObject({ error: undefined, prediction: { answer: "w0 w1 w2" } });
    expect(textOf(seen, "answer")).toBe("w0 w1 w2");
    expect(state).toMatchObject({ requests: 3, live: 0 });
  });

  test("once something was told, the stream ends in the failure itself", async () => {
    const { model, state } = slowModel([[...answerOf(2), reset], answerOf(3)]);
    const seen = await collect(stream(qa, { question: "q" }, bare(model)));
    expect(textOf(seen, "answer")).toBe("w0 w1");
    expect(seen.prediction).toBeUndefined();
    expect(seen.error).toMatchObject({ code: "connection", details: { attempts: 1, tries: [{ code: "connection" }] } });
    expect(state).toMatchObject({ requests: 1, live: 0 });
  });

  test("an answer that cannot be read is asked for again if nothing was told", async () => {
    const lm = scripted(["Mumble.", { answer: "yes" }]);
    const seen = await collect(stream(qa, { question: "q" }, { clients: { lm } }));
    expect(seen).toMatchObject({ error: undefined, prediction: { answer: "yes" } });
    expect(lm.requests).toHaveLength(2);
  });

  test("else it fails, with what the model said", async () => {
    const two = predict(signature("question -> answer, score: int"));
    const lm = scripted(["[[ ## answer ## ]]\nyes\n[[ ## score ## ]]\nmany", { answer: "yes", score: 1 }]);
    const seen = await collect(stream(two, { question: "q" }, { clients: { lm } }));
    expect(textOf(seen, "answer")).toBe("yes");
    expect(textOf(seen, "score")).toBe("");
    expect(seen.error).toMatchObject({ code: "unparsable_output", details: { field: "score", attempts: 1 } });
    expect(lm.requests).toHaveLength(1);
  });

  test("so does one that breaks its field's constraints", async () => {
    const short = predict(signature("question -> answer", { fields: { answer: { type: z.string().max(3) } } }));
    const lm = scripted([{ answer: "too long" }, { answer: "yes" }]);
    const seen = await collect(stream(short, { question: "q" }, { clients: { lm } }));
    expect(seen.error).toMatchObject({ code: "unparsable_output" });
  });

  test("an output that is asked by itself may be asked again while it has not been told, whatever came before", async () => {
    const two = predict(signature("question -> answer, score: int"), { adapter: leanAdapter() });
    const lm = scripted([" yes", " many", " 7"], { capabilities: ABLE });
    const seen = await collect(stream(two, { question: "q" }, { clients: { lm } }));
    expect(seen).toMatchObject({ error: undefined, prediction: { answer: "yes", score: 7 } });
    expect(textOf(seen, "answer")).toBe("yes");
  });

  test("an answer that was cut off says so", async () => {
    const two = predict(signature("question -> answer, score: int"));
    const lm = scripted([{ text: "[[ ## answer ## ]]\nyes and", finishReason: "length", usage: {} }]);
    const seen = await collect(stream(two, { question: "q" }, { clients: { lm } }));
    expect(textOf(seen, "answer")).toBe("yes and");
    expect(seen.error).toMatchObject({ code: "cut_off" });
  });

  test("a stream without its response is a malformed one", async () => {
    const { model } = slowModel([]);
    const silent: LanguageModel = { ...model, async *stream() {} };
    const seen = await collect(stream(qa, { question: "q" }, { ...bare(silent), retry: backoff({ maxAttempts: 1 }) }));
    expect(seen.error).toMatchObject({ code: "malformed_response" });
  });

  test("wrong inputs are misuse, before anything is asked; what is no program at the call", async () => {
    const { model, state } = slowModel([]);
    const wrong = { question: 1 } as unknown as { question: string };
    expect((await collect(stream(qa, wrong, bare(model)))).error).toBeInstanceOf(UsageError);
    expect(state.requests).toBe(0);
    expect(() => stream({} as typeof qa, { question: "q" }, bare(model))).toThrow(UsageError);
  });

  test("the program's own error comes as it is, after what was told", async () => {
    const failing = program({
      name: "failing",
      parts: { qa },
      async forward({ qa: ask }, inputs: { question: string }): Promise<{ answer: string }> {
        await ask(inputs);
        throw new TypeError("a bug");
      },
    });
    const seen = await collect(stream(failing, { question: "q" }, { clients: { lm: scripted([{ answer: "yes" }]) } }));
    expect(textOf(seen, "answer")).toBe("yes");
    expect(seen.error).toBeInstanceOf(TypeError);
  });
});

describe("the loop", () => {
  test("nothing is asked before it begins", async () => {
    const { model, state } = slowModel([answerOf(3)]);
    const items = stream(qa, { question: "q" }, bare(model));
    await new Promise(setImmediate);
    expect(state.requests).toBe(0);
    await items.return();
    expect(await items.next()).toEqual({ value: undefined, done: true });
    expect(state.requests).toBe(0);
  });

  test("the model's stream is read a handful of parts ahead of it, and no further", async () => {
    const { model, state } = slowModel([answerOf(1_000)]);
    const items = stream(qa, { question: "q" }, bare(model));
    await items.next();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    const ahead = state.given;
    expect(ahead).toBeLessThan(15);
    for (let taken = 0; taken < 10; taken += 1) await items.next();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(state.given).toBe(ahead + 10);
    const seen = await collect(items);
    expect(seen.prediction).toBeDefined();
    expect(state).toMatchObject({ given: 1_001, live: 0 });
  });

  test("leaving it cancels the request", async () => {
    const { model, state } = slowModel([answerOf(1_000)]);
    for await (const item of stream(qa, { question: "q" }, bare(model))) {
      expect(item.type).toBe("part");
      break;
    }
    await until(() => state.live === 0);
    expect(state).toMatchObject({ requests: 1, left: 1 });
  });

  test("it can be left while it waits for an item", async () => {
    const lm = scripted(() => new Promise(() => {}));
    const items = stream(qa, { question: "q" }, { clients: { lm } });
    const waits = items.next();
    await until(() => lm.inFlight === 1);
    expect(await items.return()).toEqual({ value: undefined, done: true });
    expect(await waits).toEqual({ value: undefined, done: true });
    await until(() => lm.inFlight === 0);
  });

  test("the caller's signal ends it as cancelled, and its listener goes with it", async () => {
    const stop = new AbortController();
    const lm = scripted(() => new Promise(() => {}));
    const seen = collect(stream(qa, { question: "q" }, { clients: { lm }, signal: stop.signal }));
    await until(() => lm.inFlight === 1);
    stop.abort();
    expect((await seen).error).toMatchObject({ code: "cancelled" });
    await new Promise(setImmediate);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
    expect(
      (await collect(stream(qa, { question: "q" }, { clients: { lm }, signal: stop.signal }))).error,
    ).toMatchObject({
      code: "cancelled",
    });
  });

  test("after the prediction, and after an error, it is over", async () => {
    const right = stream(qa, { question: "q" }, { clients: { lm: scripted([{ answer: "yes" }]) } });
    await collect(right);
    expect(await right.next()).toEqual({ value: undefined, done: true });
    const wrong = stream(qa, { question: "q" }, { clients: { lm: scripted([new LmError("no", { code: "auth" })]) } });
    expect((await collect(wrong)).error).toMatchObject({ code: "auth" });
    expect(await wrong.next()).toEqual({ value: undefined, done: true });
  });

  test("a block that it was made in with `await using` leaves it", async () => {
    const { model, state } = slowModel([answerOf(1_000)]);
    {
      await using items = stream(qa, { question: "q" }, bare(model));
      await items.next();
    }
    await until(() => state.live === 0);
    expect(state.left).toBe(1);
  });
});
