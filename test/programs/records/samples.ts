// A value for each kind of record, with as much in it as there can be.
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { DspexError, UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmUsage } from "../../../src/lm/language-model.ts";
import { dumpProgram } from "../../../src/programs/saved/dump-program.ts";
import { RunError } from "../../../src/programs/outcome.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { prediction } from "../../../src/programs/prediction.ts";
import type { PredictionMeta } from "../../../src/programs/prediction.ts";
import type { RecordValues } from "../../../src/programs/record.ts";
import { signature } from "../../../src/signatures/signature.ts";

const PICTURE = `data:image/png;base64,${"iVBORw0K".repeat(20)}`;

const usage: LmUsage = {
  inputTokens: 20,
  outputTokens: 5,
  totalTokens: 25,
  cachedInputTokens: 10,
  reasoningTokens: 2,
  cacheHits: 1,
};

const meta: PredictionMeta = {
  usage,
  usd: 0.0012,
  messages: [
    { role: "system", content: "Look." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image", url: PICTURE },
        { type: "audio", data: "UklGRg==", format: "wav" },
        { type: "file", fileId: "f1", filename: "a.pdf" },
        { type: "file", url: "https://example.com/b.pdf" },
      ],
    },
    { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "search", arguments: '{"q":"cat"}' }] },
    { role: "tool", content: "a cat", toolCallId: "c1" },
    { role: "assistant", content: "A cat." },
  ],
  attempts: 2,
  repairs: 1,
  mended: ["a bracket that was not closed"],
  client: "openai",
  model: "gpt-5-mini",
  adapter: "json",
  logprobs: [{ token: "A", logprob: -0.1, top: [{ token: "The", logprob: -Infinity }] }],
  reasoning: "It has whiskers.",
  ms: 12.5,
};

const made = prediction<object>(
  { answer: "A cat.", score: Infinity, day: new Date(0), parts: [{ image: null }] },
  meta,
);

const failure = new LmError("gpt-5-mini: too many requests", {
  code: "rate_limited",
  retryable: false,
  provider: "openai",
  status: 429,
  requestId: "req_1",
  retryAfterMs: 1500,
  rateLimit: { requests: { limit: 60, remaining: 0, resetMs: 900 }, tokens: { remaining: 5 } },
  details: { host: "api.openai.com", attempts: 3, tries: [{ code: "server", ms: 10, usage }] },
  cause: new UsageError("a model of one's own", { cause: new TypeError("x is not a function") }),
});

class OutOfStock extends DspexError<"out_of_stock"> {
  override readonly name = "OutOfStock";
}

export const OWN_FAILURE = new OutOfStock("no more of it", {
  code: "out_of_stock",
  retryable: true,
  details: { item: "tea", left: 0 },
  cause: new RangeError("0 < 1"),
});

export const SAMPLES: { readonly [Kind in keyof RecordValues]: RecordValues[Kind] } = {
  prediction: prediction<object>(
    { ...made },
    {
      ...meta,
      trace: [
        {
          kind: "answer",
          path: "look",
          inputs: { picture: { type: "image", url: PICTURE } },
          messages: meta.messages,
          prediction: made,
          usage,
        },
        { kind: "failure", path: "score", inputs: { answer: "A cat." }, error: failure },
      ],
    },
  ),
  failure,
  outcome: {
    ok: false,
    error: new RunError("the run crashed: no more of it", {
      code: "run_crashed",
      retryable: false,
      cause: OWN_FAILURE,
    }),
  },
  step: { kind: "failure", path: "self", inputs: { question: "q", tags: ["a", null] }, error: OWN_FAILURE },
  usage,
  example: { question: "What is it?", picture: { type: "image", url: PICTURE }, at: new Date(0), score: -0 },
  program: dumpProgram(
    predict(signature("picture: Image, question -> answer: Literal['cat', 'dog'], score: float"), {
      client: "openai",
      adapter: jsonAdapter({ format: "none" }),
      config: { temperature: 0.5, topP: 0.9, stop: ["\n\n"] },
      onUnparsable: "fail",
      demos: [
        { picture: { type: "image", url: PICTURE }, question: "q", answer: "cat", score: Number.NaN, augmented: true },
      ],
    }),
  ),
  adapter: twoStepAdapter({ extract: jsonAdapter({ format: "json_object", nativeTools: false }), client: "small" }),
  sampling: {
    temperature: 0.5,
    maxTokens: 100,
    stop: ["x"],
    seed: 1,
    topP: 0.9,
    reasoningEffort: "low",
    logprobs: true,
    topLogprobs: 3,
    n: 1,
    repeatPenalty: 1.1,
    cache: false,
    rolloutId: "a",
  },
  media: new Map([["4x", PICTURE]]),
};
