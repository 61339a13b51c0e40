// A value for each kind of record, with as much in it as there can be.
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../../src/adapters/two-step-adapter.ts";
import { DspexError, UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { type LmUsage, NO_USAGE } from "../../../src/lm/language-model.ts";
import { dumpProgram } from "../../../src/programs/saved/dump-program.ts";
import { RunError } from "../../../src/programs/outcome.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { prediction } from "../../../src/programs/prediction.ts";
import type { Exchange, PredictionMeta } from "../../../src/programs/prediction.ts";
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
  run: "run-7",
  path: "look",
  ms: 12.5,
};

const made = prediction<object>(
  { answer: "A cat.", score: Infinity, day: new Date(0), parts: [{ image: null }] },
  meta,
);

const failure: LmError = new LmError("gpt-5-mini: too many requests", {
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

const EXCHANGES: readonly Exchange[] = [
  {
    client: "openai",
    request: {
      messages: meta.messages.slice(0, 2),
      temperature: 0.5,
      stop: ["\n\n"],
      responseFormat: { type: "json_schema", name: "outputs", schema: { type: "object" }, strict: true },
      tools: [{ name: "search", parameters: { type: "object" }, strict: true }],
      toolChoice: { name: "search" },
      parallelToolCalls: false,
      grammar: 'root ::= "a"',
    },
    response: {
      completions: [
        {
          text: "",
          finishReason: "tool_calls",
          toolCalls: [{ id: "c1", name: "search", arguments: '{"q":"cat"}' }],
          reasoning: "It has whiskers.",
        },
      ],
      usage,
      model: "gpt-5-mini",
      id: "resp_1",
      rateLimit: { tokens: { remaining: 5 } },
      client: "other",
    },
    problem: "it is no cat",
    ms: 7,
  },
  { client: "openai", request: { messages: [] }, error: failure, ms: 0.5 },
];

/** What the first version's files told of: no run, no exchanges, no searches. */
export const FIRST_SAMPLES: Partial<typeof SAMPLES> = {
  get prediction() {
    return prediction<object>(
      { ...made },
      {
        ...meta,
        run: "",
        path: "self",
        trace: [
          {
            kind: "predict",
            path: "look",
            inputs: { picture: { type: "image", url: PICTURE } },
            exchanges: [],
            prediction: prediction<object>({ ...made }, { ...meta, run: "", path: "self" }),
            usage,
            ms: 0,
          },
          {
            kind: "predict",
            path: "score",
            inputs: { answer: "A cat." },
            exchanges: [],
            error: failure,
            usage: NO_USAGE,
            ms: 0,
          },
        ],
      },
    );
  },
  get step() {
    return { ...SAMPLES.step, kind: "predict" };
  },
};

export const SAMPLES: { readonly [Kind in keyof RecordValues]: RecordValues[Kind] } = {
  prediction: prediction<object>(
    { ...made },
    {
      ...meta,
      trace: [
        {
          kind: "predict",
          path: "look",
          inputs: { picture: { type: "image", url: PICTURE } },
          exchanges: EXCHANGES,
          prediction: made,
          usage,
          usd: 0.0012,
          ms: 12.5,
        },
        {
          kind: "predict",
          path: "score",
          inputs: { answer: "A cat." },
          exchanges: [],
          error: failure,
          usage: NO_USAGE,
          ms: 3,
          replayed: true,
        },
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
  step: {
    kind: "mail",
    path: "self",
    inputs: { question: "q", tags: ["a", null] },
    exchanges: [],
    error: OWN_FAILURE,
    usage: NO_USAGE,
    ms: 0,
  },
  usage,
  ledger: {
    requests: 7,
    failures: 2,
    hedges: 1,
    searches: 3,
    tokens: usage,
    usd: 0.0123,
    unpriced: 1,
    longestAnswer: 512,
  },
  example: { question: "What is it?", picture: { type: "image", url: PICTURE }, at: new Date(0), score: -0 },
  program: {
    ...dumpProgram(
      predict(signature("picture: Image, question -> answer: Literal['cat', 'dog'], score: float"), {
        client: "openai",
        adapter: jsonAdapter({ format: "none" }),
        config: { temperature: 0.5, topP: 0.9, stop: ["\n\n"] },
        onUnparsable: "fail",
        demos: [
          {
            picture: { type: "image", url: PICTURE },
            question: "q",
            answer: "cat",
            score: Number.NaN,
            augmented: true,
          },
        ],
      }),
    ),
    // The record's version is one thing, that of the state in it another: the file has one of this.
    version: 2,
  },
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
