import { describe, expect, test } from "vitest";
import type { Adapter } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../../src/adapters/lean-adapter.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import type { FailedTry } from "../../../src/lm/retry/retry.ts";
import type { RunLog } from "../../../src/programs/call-context.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { ForwardOptions } from "../../../src/programs/bare/forward-options.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import type { ScriptedModel } from "../../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../../src/testing/scripted-reply.ts";

const Triage = signature("ticket -> urgency: 'low' | 'high', why", { name: "Triage" });
const triage = predict(Triage);
const right = { urgency: "high", why: "Customers cannot pay." };
const inputs = { ticket: "Checkout is down" };

function bare(lm: ScriptedModel, more: Partial<ForwardOptions> = {}): ForwardOptions {
  return { clients: { openai: lm }, retry: backoff({ baseMs: 0 }), ...more };
}

async function failureOf(promise: Promise<unknown>): Promise<LmError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LmError)) throw new Error(`expected an LmError, got ${String(error)}`);
  return error;
}

describe("a call", () => {
  test("gives the outputs, and what it took in $meta", async () => {
    const lm = scripted([right]);
    const result = await forward(triage, inputs, bare(lm));
    expect(result).toEqual(right);
    expect(Object.keys(result)).toEqual(["urgency", "why"]);
    expect(result.$meta).toMatchObject({
      attempts: 1,
      repairs: 0,
      mended: [],
      client: "openai",
      model: "scripted",
      adapter: "chat",
    });
    expect(result.$meta.usage.totalTokens).toBeGreaterThan(0);
    expect(result.$meta.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
    expect(lm.requests[0]?.messages.at(-1)?.content).toContain("Checkout is down");
  });

  test("says what was mended", async () => {
    const Tags = signature("text -> tags: list[str]");
    const lm = scripted(["[[ ## tags ## ]]\n['a', 'b',]"]);
    const result = await forward(predict(Tags), { text: "x" }, bare(lm));
    expect(result.tags).toEqual(["a", "b"]);
    expect(result.$meta.mended).toEqual(["tags: quotes", "tags: commas"]);
  });

  test("refuses inputs that do not fit before anything is asked", async () => {
    const lm = scripted([right]);
    // A caller without types.
    const wrong = { tickets: "x" } as unknown as { ticket: string };
    await expect(forward(triage, wrong, bare(lm))).rejects.toThrow(UsageError);
    expect(lm.requests).toHaveLength(0);
  });

  test("shows no optional input that was left out, and None for one that is null", async () => {
    const hinted = predict(signature("text, hint?: string -> answer"));
    const lm = scripted([{ answer: "x" }, { answer: "x" }]);
    await forward(hinted, { text: "t" }, bare(lm));
    await forward(hinted, { text: "t", hint: null }, bare(lm));
    const [leftOut, given] = lm.requests.map(({ messages }) => messages.at(-1)?.content);
    expect(leftOut).not.toContain("hint");
    expect(given).toContain("[[ ## hint ## ]]\nNone");
  });

  test("lays the predictor's options over the adapter's, and the stops of both", async () => {
    const lm = scripted([{ urgency: "low" }, { why: "x" }], { capabilities: { prefill: true, grammar: true } });
    await forward(predict(Triage, { config: { temperature: 0.5, stop: ["END"] } }), inputs, bare(lm));
    expect(lm.requests[0]).toMatchObject({ temperature: 0.5, maxTokens: 24, stop: ["\n", "END"] });
  });
});

describe("an answer that cannot be read", () => {
  test("is asked for again in the same conversation, with the problem said", async () => {
    const lm = scripted(["urgency: high", right]);
    const result = await forward(triage, inputs, bare(lm));
    expect(result).toEqual(right);
    expect(result.$meta).toMatchObject({ attempts: 2, repairs: 1 });
    const [first, second] = lm.requests;
    expect(second?.messages.slice(0, 2)).toEqual(first?.messages);
    expect(second?.messages[2]).toEqual({ role: "assistant", content: "urgency: high" });
    expect(second?.messages[3]?.content).toContain("the answer has no section [[ ## urgency ## ]]");
    expect(result.$meta.usage.inputTokens).toBeGreaterThan(lm.requests[0]!.messages[0]!.content.length / 4);
  });

  test("a third time ends the call with the model's text", async () => {
    const lm = scripted(["what?", "who?", "[[ ## urgency ## ]]\nvery\n[[ ## why ## ]]\nx"]);
    const error = await failureOf(forward(triage, inputs, bare(lm)));
    expect(error.code).toBe("unparsable_output");
    expect(error.retryable).toBe(false);
    expect(error.details).toMatchObject({
      raw: "[[ ## urgency ## ]]\nvery\n[[ ## why ## ]]\nx",
      field: "urgency",
      problem: 'urgency: expected exactly one of: low; high; got "very"',
      attempts: 3,
    });
    expect(error.message).not.toContain("\n");
  });

  test("is not asked for again when no attempt is left", async () => {
    const lm = scripted(["what?"]);
    const error = await failureOf(forward(triage, inputs, bare(lm, { retry: backoff({ maxAttempts: 1 }) })));
    expect(error).toMatchObject({ code: "unparsable_output", details: { attempts: 1 } });
  });

  test("is asked for again as often as the policy says, each time with what is wrong now", async () => {
    const retry = backoff({ baseMs: 0, maxRepairs: 3 });
    const lm = scripted(["what?", "[[ ## urgency ## ]]\nvery", "who?", right]);
    const result = await forward(triage, inputs, bare(lm, { retry }));
    expect(result).toEqual(right);
    expect(result.$meta).toMatchObject({ attempts: 4, repairs: 3 });
    const error = await failureOf(
      forward(
        triage,
        inputs,
        bare(
          scripted(() => "what?"),
          { retry },
        ),
      ),
    );
    expect(error).toMatchObject({ code: "unparsable_output", details: { attempts: 4 } });
    const few = backoff({ baseMs: 0, maxRepairs: 9, maxAttempts: 3 });
    const stopped = await failureOf(
      forward(
        triage,
        inputs,
        bare(
          scripted(() => "what?"),
          { retry: few },
        ),
      ),
    );
    expect(stopped).toMatchObject({ code: "unparsable_output", details: { attempts: 3 } });
  });

  test("is not asked for again where the policy says so", async () => {
    const retry = backoff({ baseMs: 0, maxRepairs: 0 });
    for (const onUnparsable of ["ask_again", "json"] as const) {
      const lm = scripted(["what?", right]);
      const error = await failureOf(forward(triage.with({ onUnparsable }), inputs, bare(lm, { retry })));
      expect(error).toMatchObject({ code: "unparsable_output", details: { attempts: 1 } });
    }
  });

  test("and failed requests draw on one count of attempts", async () => {
    const overloaded = new LmError("full", { code: "overloaded" });
    const lm = scripted([overloaded, "what?", overloaded, right]);
    const policy = backoff({ maxAttempts: 3, baseMs: 0 });
    const error = await failureOf(forward(triage, inputs, bare(lm, { retry: policy })));
    expect(error).toMatchObject({ code: "overloaded", details: { attempts: 3 } });
    expect(lm.requests).toHaveLength(3);
    const result = await forward(triage, inputs, bare(scripted([overloaded, "what?", overloaded, right])));
    expect(result.$meta).toMatchObject({ attempts: 4, repairs: 1 });
  });

  test.each([
    ["length", "cut_off"],
    ["content_filter", "content_filter"],
  ] as const)("because of finish reason %s is %s, and not asked for again", async (finishReason, code) => {
    const lm = scripted([{ text: "[[ ## urgency ## ]]\nhi", finishReason }]);
    expect(await failureOf(forward(triage, inputs, bare(lm)))).toMatchObject({
      code,
      details: { raw: "[[ ## urgency ## ]]\nhi", attempts: 1 },
    });
  });

  test("withheld by the provider is no answer, whatever text is there", async () => {
    const text = "[[ ## urgency ## ]]\nhigh\n[[ ## why ## ]]\nbe";
    const lm = scripted([{ text, finishReason: "content_filter" }]);
    expect(await failureOf(forward(triage, inputs, bare(lm)))).toMatchObject({ code: "content_filter" });
  });
});

describe("an answer without a word in it", () => {
  test.each(["", " \n"])("is a request that failed: %j is made again with the same messages", async (text) => {
    const lm = scripted([text, "", right]);
    const result = await forward(triage, inputs, bare(lm));
    expect(result).toEqual(right);
    expect(result.$meta).toMatchObject({ attempts: 3, repairs: 0 });
    const [first, second, third] = lm.requests;
    expect([second?.messages, third?.messages]).toEqual([first?.messages, first?.messages]);
    // Nobody was told for nothing.
    expect(result.$meta.usage.inputTokens % 3).toBe(0);
  });

  test("always: the call ends as malformed_response, with what each cost", async () => {
    const retry = backoff({ baseMs: 0, maxAttempts: 3 });
    const prices = { scripted: { inputPerMillion: 1, outputPerMillion: 1 } };
    const error = await failureOf(
      forward(
        triage,
        inputs,
        bare(
          scripted(() => ""),
          { retry, prices },
        ),
      ),
    );
    expect(error).toMatchObject({ code: "malformed_response", retryable: true, details: { attempts: 3 } });
    const tries = error.details["tries"] as readonly FailedTry[];
    expect(tries.map(({ code }) => code)).toEqual(times(3, "malformed_response"));
    for (const { usage, usd } of tries) expect(usd).toBeCloseTo((usage?.inputTokens ?? NaN) / 1e6);
  });

  test("is an answer where nothing is one", async () => {
    const lm = scripted([""]);
    const anything: Adapter = {
      ...chatAdapter(),
      prepare: () => ({
        begin: () => ({
          kind: "ask",
          request: { messages: [{ role: "user", content: "say nothing" }] },
          read: ({ text }) => ({
            kind: "done",
            fields: { answer: text },
            mended: [],
            raw: text,
            again: () => {
              throw new Error("it was right");
            },
          }),
        }),
      }),
    };
    const result = await forward(
      predict(signature("question -> answer"), { adapter: anything }),
      { question: "?" },
      bare(lm),
    );
    expect(result).toEqual({ answer: "" });
  });

  test("from a model that goes on with an opened turn is one that cannot be read", async () => {
    const lm = scripted(["", { urgency: "low" }, { why: "x" }], { capabilities: { prefill: true, grammar: true } });
    const result = await forward(triage, inputs, bare(lm));
    expect(result.$meta).toMatchObject({ adapter: "lean", repairs: 1 });
  });
});

describe("what a call cost", () => {
  const prices = { scripted: { inputPerMillion: 3, outputPerMillion: 12 } };

  test("is in $meta.usd where the price is known", async () => {
    const { $meta } = await forward(triage, inputs, bare(scripted(["what?", right]), { prices }));
    const { inputTokens, outputTokens } = $meta.usage;
    expect($meta.usd).toBeCloseTo((3 * inputTokens + 12 * outputTokens) / 1e6, 12);
    const free = await forward(triage, inputs, bare(scripted([right])));
    expect(free.$meta).not.toHaveProperty("usd");
  });

  test("is not known where the model tells no tokens", async () => {
    const usage = { inputTokens: 0, outputTokens: 0 };
    const silent = scripted((request) => ({ text: request.writeAnswer?.(right) ?? "", usage }));
    const { $meta } = await forward(triage, inputs, bare(silent, { prices }));
    expect($meta).not.toHaveProperty("usd");
  });

  test("is in its failure, for each answer that could not be read and each request that failed", async () => {
    const overloaded = new LmError("full", { code: "overloaded", status: 503, requestId: "r1" });
    const clock = testClock();
    const lm = scripted([overloaded, "what?", "who?", "how?"], { latencyMs: 20, clock });
    const failing = failureOf(forward(triage, inputs, bare(lm, { prices, clock })));
    for (let turn = 0; turn < 5; turn += 1) await clock.advance(20);
    const { details } = await failing;
    expect(details).toMatchObject({ attempts: 4 });
    expect(details["tries"]).toEqual([
      { code: "overloaded", status: 503, requestId: "r1", ms: expect.any(Number) as number, waitMs: 0 },
      ...times(3, {
        code: "unparsable_output",
        ms: 20,
        usage: expect.objectContaining({ outputTokens: expect.any(Number) as number }) as object,
        usd: expect.any(Number) as number,
      }),
    ]);
  });
});

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe("onUnparsable", () => {
  test("json asks anew through the JSON adapter, as DSPy does", async () => {
    const lm = scripted(["what?", JSON.stringify(right)]);
    const result = await forward(predict(Triage, { onUnparsable: "json" }), inputs, bare(lm));
    expect(result).toEqual(right);
    expect(result.$meta).toMatchObject({ adapter: "json", attempts: 2, repairs: 1 });
    expect(lm.requests[1]?.messages).toHaveLength(2);
    expect(lm.requests[1]?.messages[1]?.content).toContain("Respond with a JSON object");
  });

  test("json asks no more than twice", async () => {
    const error = await failureOf(
      forward(predict(Triage, { onUnparsable: "json" }), inputs, bare(scripted(["what?", "{}", "{}"]))),
    );
    expect(error).toMatchObject({ code: "unparsable_output", details: { raw: "{}", attempts: 3 } });
  });

  test("fail asks no more", async () => {
    const error = await failureOf(forward(triage.with({ onUnparsable: "fail" }), inputs, bare(scripted(["what?"]))));
    expect(error).toMatchObject({ code: "unparsable_output", details: { attempts: 1 } });
  });
});

test("an answer within the layout but outside a field's constraints is asked for again", async () => {
  const Rating = signature("review -> stars: int", { fields: { stars: { constraints: { ge: 1, le: 5 } } } });
  const lm = scripted([{ stars: 9 }, { stars: 5 }]);
  const result = await forward(predict(Rating), { review: "fine" }, bare(lm));
  expect(result).toEqual({ stars: 5 });
  expect(lm.requests[1]?.messages.at(-1)?.content).toContain("stars: must be at most 5");
  const error = await failureOf(
    forward(predict(Rating), { review: "x" }, bare(scripted([{ stars: 0 }, { stars: 0 }, { stars: 0 }]))),
  );
  expect(error).toMatchObject({ code: "unparsable_output", details: { field: "stars" } });
});

describe("the adapter", () => {
  const local = { capabilities: { prefill: true, grammar: true } };

  test("follows from what the model can do", async () => {
    const lm = scripted([right, right], local);
    const result = await forward(triage, inputs, bare(lm));
    expect(result).toEqual(right);
    expect(result.$meta).toMatchObject({ adapter: "lean", attempts: 2, repairs: 0 });
    expect(result.$meta.messages.at(-1)).toEqual({
      role: "assistant",
      content: "Urgency: high\nWhy: Customers cannot pay.",
    });
  });

  test("of the program goes before that, and the call's before the program's", async () => {
    const json = predict(Triage, { adapter: jsonAdapter() });
    expect((await forward(json, inputs, bare(scripted([right], local)))).$meta.adapter).toBe("json");
    const lean = bare(scripted([right, right], local), { adapter: leanAdapter() });
    expect((await forward(json, inputs, lean)).$meta.adapter).toBe("lean");
  });

  test("that does not fit the model is refused before anything is asked", async () => {
    const lm = scripted([right]);
    await expect(forward(predict(Triage, { adapter: leanAdapter() }), inputs, bare(lm))).rejects.toThrow(
      "the lean adapter, set for the program, does not fit this model",
    );
    expect(lm.requests).toHaveLength(0);
  });

  test("may take more questions than there are attempts, as long as all goes well", async () => {
    const once = backoff({ maxAttempts: 1 });
    const result = await forward(triage, inputs, bare(scripted([right, right], local), { retry: once }));
    expect(result.$meta).toMatchObject({ attempts: 2, repairs: 0 });
    const error = await failureOf(forward(triage, inputs, bare(scripted([right, ""], local), { retry: once })));
    expect(error).toMatchObject({ code: "unparsable_output", details: { field: "why", attempts: 2 } });
  });

  test("asks again for the output that could not be read, and goes on from there", async () => {
    const lm = scripted([{ urgency: "high" }, "", { why: "Money." }], local);
    const result = await forward(triage, inputs, bare(lm));
    expect(result).toEqual({ urgency: "high", why: "Money." });
    expect(result.$meta).toMatchObject({ attempts: 3, repairs: 1 });
  });
});

test("outputs that are asked for one by one do not use up the attempts; failures among them do", async () => {
  const parts = { a: "1", b: "2", c: "3", d: "4" };
  const program = predict(signature("text -> a, b, c, d"));
  const overloaded = new LmError("full", { code: "overloaded" });
  const options = (script: readonly ScriptedReply[], maxAttempts: number): ForwardOptions => {
    const lm = scripted(script, { capabilities: { prefill: true, grammar: true } });
    return bare(lm, { retry: backoff({ maxAttempts, baseMs: 0 }) });
  };
  const result = await forward(program, { text: "x" }, options([parts, parts, overloaded, parts, parts], 2));
  expect(result).toEqual(parts);
  expect(result.$meta.attempts).toBe(5);
  const twice = forward(program, { text: "x" }, options([parts, overloaded, parts, overloaded], 2));
  expect(await failureOf(twice)).toMatchObject({ code: "overloaded" });
});

describe("a predictor", () => {
  test("is a frozen value, and so is all that it holds", () => {
    const demos = [{ ticket: "a", urgency: "low", why: "b" }];
    const made = predict(Triage, { demos, config: { temperature: 0 }, client: "openai" });
    demos[0]!.ticket = "changed";
    for (const part of [made, made.demos, made.demos[0], made.config]) expect(Object.isFrozen(part)).toBe(true);
    expect(made).toMatchObject({ kind: "predict", name: "Triage", client: "openai", signature: Triage });
    expect(made.demos).toEqual([{ ticket: "a", urgency: "low", why: "b" }]);
  });

  test("is edited by copying; what is left out stays", async () => {
    const demo = { ticket: "a", urgency: "low", why: "b" };
    const base = predict(Triage, { demos: [demo], config: { temperature: 0.2 }, client: "openai" });
    const edited = base.with({ instructions: "Be quick.", config: { maxTokens: 50 } });
    expect(base.signature.instructions).toBe(Triage.instructions);
    expect(edited.signature.instructions).toBe("Be quick.");
    expect(edited).toMatchObject({ demos: [demo], client: "openai", config: { temperature: 0.2, maxTokens: 50 } });
    const lm = scripted([right]);
    await forward(edited, inputs, bare(lm));
    expect(lm.requests[0]?.messages.map(({ content }) => content).join("\n")).toMatch(
      /Be quick\.[\s\S]*low[\s\S]*Checkout/,
    );
    expect(base.with({ demos: [] }).demos).toEqual([]);
  });

  test("takes over another signature", async () => {
    const Other = signature("question -> answer: int");
    const other = triage.with({ signature: Other });
    const result = await forward(other, { question: "x" }, bare(scripted([{ answer: 3 }])));
    expect(result).toEqual({ answer: 3 });
  });

  test("knows itself by path, and can be replaced there", () => {
    const better = triage.with({ instructions: "Better." });
    expect(triage.predictors()).toEqual({ self: triage });
    expect(triage.withPredictors({ self: better })).toBe(better);
    expect(() => triage.withPredictors({ predict: better })).toThrow(
      'Triage: no predictor at "predict"; there are self',
    );
  });

  test("builds the fixed part of its prompt once", async () => {
    let prepared = 0;
    const adapter = {
      ...jsonAdapter(),
      prepare: (...args: Parameters<ReturnType<typeof jsonAdapter>["prepare"]>) => {
        prepared += 1;
        return jsonAdapter().prepare(...args);
      },
    };
    const program = predict(Triage, { adapter });
    await forward(program, inputs, bare(scripted([right])));
    await forward(program, inputs, bare(scripted([right])));
    expect(prepared).toBe(1);
  });

  test.each([
    [{ config: { n: 3 } }, "predict: config.n must be 1, got 3"],
    [{ config: { temprature: 0 } }, 'predict: config: no sampling option "temprature" (did you mean "temperature"?)'],
    [{ config: { temperature: "hot" } }, 'predict: config: temperature must be a number from 0, got "hot"'],
    [{ config: { topP: Number.NaN } }, "predict: config: topP must be a number from 0 to 1, got NaN"],
    [{ config: [] }, "predict: config must be an object of sampling options, got []"],
    [{ demos: ["text"] }, 'predict: a demo must be an object of field values, got "text"'],
    [{ demos: {} }, "predict: demos must be a list"],
    [{ onUnparsable: "ask" }, 'predict: onUnparsable must be "ask_again", "json" or "fail", got "ask"'],
    [
      { temperature: 1 },
      'predict: no option "temperature" (write config: { temperature: … }); there are client, adapter, demos, config, name, onUnparsable',
    ],
  ])("with options %j is refused", (options, message) => {
    // A caller without types.
    expect(() => predict(Triage, options as unknown as object)).toThrow(message);
  });

  test("undefined is fine for each, and edits with it change nothing", async () => {
    const some = (temperature?: number, client?: string, onUnparsable?: "fail") =>
      predict(Triage, { config: { temperature }, client, onUnparsable, adapter: undefined, demos: undefined });
    expect(some().config).toEqual({});
    const cold = some(0, "only", "fail");
    const lm = scripted([right]);
    await forward(cold.with({ config: { temperature: undefined }, client: undefined }), inputs, {
      clients: { only: lm },
    });
    expect(lm.requests[0]?.temperature).toBe(0);
    expect(() => cold.with({ config: { temprature: 1 } as object })).toThrow("did you mean");
  });

  test("of something else than a signature is refused", () => {
    expect(() => predict(3 as unknown as typeof Triage)).toThrow("predict: expected a signature, got 3");
  });
});

test("what is decided is told to the log, without contents unless it wants them", async () => {
  const told: unknown[] = [];
  const log = (contents: boolean): RunLog => ({ contents, event: (...event) => told.push(event) });
  const replies = [new LmError("full", { code: "overloaded", status: 529 }), "what?", right];
  await forward(triage, inputs, bare(scripted(replies), { log: log(false) }));
  expect(told).toEqual([
    [
      "retry",
      "warn",
      expect.objectContaining({ client: "openai", code: "overloaded", status: 529, attempt: 1, why: "backoff" }),
    ],
    ["ask_again", "warn", { client: "openai", path: "self", field: "urgency", attempt: 2 }],
  ]);
  told.length = 0;
  await forward(triage, inputs, bare(scripted(["what?", right]), { log: log(true) }));
  expect(told).toEqual([["ask_again", "warn", expect.objectContaining({ raw: "what?" })]]);
});
