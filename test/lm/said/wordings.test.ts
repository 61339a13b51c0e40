// What servers say, in their own words: from their sources, their documentation and public reports of 2024 to 2026.
import { describe, expect, test } from "vitest";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { errorInBody, httpFailure } from "../../../src/lm/openai/failure.ts";
import { redactor } from "../../../src/lm/redact.ts";

const asked = { provider: "p", model: "m", host: "api.example", keyName: "KEY", redact: redactor([]) };
const wallTime = Date.parse("2026-11-24T12:00:00Z");
const httpError = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  httpFailure(
    { status, body: typeof body === "string" ? body : JSON.stringify(body), headers: new Headers(headers), wallTime },
    asked,
  );
const openai = (message: string, more: object = {}): object => ({
  error: { message, type: "invalid_request_error", param: null, code: null, ...more },
});
const google = (code: number, status: string, message: string, details: readonly object[] = []): object => ({
  error: { code, status, message, details },
});

type Row = readonly [who: string, status: number, body: unknown];

function holds(code: LmFailureCode, rows: readonly Row[]): void {
  test.each(rows)(`${code}: %s (%d)`, (_who, status, body) => {
    expect(httpError(status, body).code).toBe(code);
  });
}

/** What tells itself apart without its status: in a 200, and inside a stream. */
function holdsAnywhere(code: LmFailureCode, rows: readonly Row[]): void {
  holds(code, rows);
  test.each(rows)(`${code}, where a 200 had begun: %s`, (_who, _status, body) => {
    expect(errorInBody(body, asked, wallTime).code).toBe(code);
  });
}

describe("a prompt that is too long", () => {
  holdsAnywhere("context_too_long", [
    ["vLLM", 400, openai("This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.")],
    [
      "vLLM, input tokens",
      400,
      openai(
        "You passed 9001 input tokens and requested 0 output tokens. However, the model's context length is only 8192 tokens.",
      ),
    ],
    [
      "vLLM, an encoder's prompt",
      400,
      openai("The encoder prompt (length 900) is longer than the maximum model length of 512."),
    ],
    [
      "vLLM, a decoder's prompt",
      400,
      {
        object: "error",
        message:
          "The decoder prompt (length 8201) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.",
        type: "BadRequestError",
        code: 400,
      },
    ],
    ["vLLM, its core", 400, openai("Input prompt (8201 tokens) is too long and exceeds limit of 8192")],
    [
      "SGLang",
      400,
      {
        object: "error",
        message: "The input (50000 tokens) is longer than the model's context length (40960 tokens).",
        type: "BadRequestError",
        param: null,
        code: 400,
      },
    ],
    [
      "SGLang, what was asked for",
      400,
      openai(
        "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 40000 tokens",
      ),
    ],
    [
      "TGI",
      422,
      {
        error:
          "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 512 `max_new_tokens`",
        error_type: "validation",
      },
    ],
    [
      "TEI",
      413,
      {
        error: "Input validation error: `inputs` must have less than 512 tokens. Given: 600",
        error_type: "Validation",
      },
    ],
    [
      "llama-server",
      400,
      {
        error: {
          code: 400,
          message: "the request exceeds the available context size, try increasing it",
          type: "exceed_context_size_error",
          n_prompt_tokens: 9000,
          n_ctx: 8192,
        },
      },
    ],
    [
      "llama-server, embeddings",
      500,
      {
        error: {
          code: 500,
          message: "input is too large to process. increase the physical batch size",
          type: "server_error",
        },
      },
    ],
    ["Ollama", 400, { error: "the input length exceeds the context length" }],
    ["Ollama, of the cloud", 400, openai("prompt too long; exceeded max context length by 1234 tokens")],
    [
      "LM Studio",
      400,
      { error: "The number of tokens to keep from the initial prompt is greater than the context length." },
    ],
    ["MLX", 400, openai("Prompt too long: 5000 tokens exceeds max 4096")],
    [
      "TensorRT-LLM",
      400,
      openai(
        "Prompt length (5000) exceeds maximum input length (4096). Set log level to info and check TRTGptModel logs",
      ),
    ],
    [
      "Anthropic",
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "prompt is too long: 213462 tokens > 200000 maximum" },
      },
    ],
    [
      "Anthropic, with its answer",
      400,
      openai(
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again",
      ),
    ],
    [
      "Anthropic, in bytes",
      413,
      { type: "error", error: { type: "request_too_large", message: "Request exceeds the maximum size" } },
    ],
    [
      "Gemini",
      400,
      [
        google(
          400,
          "INVALID_ARGUMENT",
          "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        ),
      ],
    ],
    [
      "Vertex",
      400,
      google(
        400,
        "INVALID_ARGUMENT",
        "Unable to submit request because the input token count is 40000 but model only supports up to 32768. Reduce the input token count and try again.",
      ),
    ],
    [
      "xAI",
      400,
      {
        code: "Client specified an invalid argument",
        error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      },
    ],
    [
      "Mistral",
      400,
      {
        object: "error",
        message:
          "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        type: "invalid_request_prompt",
        code: "3051",
      },
    ],
    [
      "Cohere",
      400,
      {
        message:
          "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000. Try using a shorter prompt",
      },
    ],
    [
      "Cohere, of a conversation",
      400,
      {
        id: "x",
        message:
          "size limit exceeded: too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs, or setting prompt_truncation='AUTO'.",
      },
    ],
    [
      "Groq",
      400,
      openai("Please reduce the length of the messages or completion.", {
        code: "context_length_exceeded",
        param: "messages",
      }),
    ],
    [
      "Cerebras",
      400,
      {
        message: "Current length is 9000 while limit is 8192",
        type: "invalid_request_error",
        param: "messages",
        code: "context_length_exceeded",
      },
    ],
    ["Fireworks", 400, openai("The prompt is too long: 140000, model maximum context length: 131071")],
    [
      "Together",
      422,
      openai(
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 0 `max_new_tokens`",
      ),
    ],
    ["Bedrock", 400, { message: "Input is too long for requested model." }],
    [
      "Bedrock, Titan",
      400,
      {
        message:
          "Malformed input request: #/inputText: expected maxLength: 50000, actual: 60000, please reformat your input and try again.",
      },
    ],
    [
      "Bedrock, Nova",
      400,
      {
        message:
          "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
      },
    ],
    [
      "Azure, GitHub Models",
      413,
      openai("Request body too large for gpt-4o model. Max size: 8000 tokens.", { code: "tokens_limit_reached" }),
    ],
    [
      "Copilot",
      400,
      openai("prompt token count of 130000 exceeds the limit of 128000", { code: "model_max_prompt_tokens_exceeded" }),
    ],
    [
      "OpenAI, embeddings",
      400,
      openai("Requested 400000 tokens, max 300000 tokens per request", { code: "max_tokens_per_request" }),
    ],
    [
      "OpenAI, Responses",
      400,
      openai("Your input exceeds the context window of this model. Please adjust your input and try again.", {
        param: "input",
        code: "context_length_exceeded",
      }),
    ],
    [
      "Voyage",
      400,
      {
        detail:
          "Request to model 'voyage-3' failed. The max allowed tokens per submitted batch is 120000. Your batch has 200000 tokens after truncation. Please lower the number of tokens: the input is too long.",
      },
    ],
    [
      "watsonx",
      400,
      {
        errors: [
          {
            code: "invalid_input_argument",
            message:
              "Invalid input argument for Model 'x': the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
          },
        ],
        trace: "t",
        status_code: 400,
      },
    ],
    ["Kimi", 400, openai("Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)")],
    ["MiniMax", 400, openai("invalid params, context window exceeds limit (2013)")],
    [
      "DashScope",
      400,
      openai("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]", {
        code: "invalid_parameter_error",
      }),
    ],
    ["Zhipu", 400, { error: { code: "1261", message: "Prompt exceeds max length" } }],
    ["Zhipu, in Chinese", 400, { error: { code: "1261", message: "Prompt 超长" } }],
    ["Doubao", 400, openai("Total tokens of image and text exceed max message tokens. Request id: 0217")],
    ["Poolside", 400, openai("Input length 131393 exceeds the maximum allowed input length of 131040 tokens.")],
    ["a proxy", 400, openai("Input length (265330) exceeds model's maximum context length (262144).")],
    [
      "LiteLLM",
      400,
      openai(
        "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - the request is too long",
        { type: null, code: "400" },
      ),
    ],
    ["a relay in front of it", 400, openai("invalid_argument - input token limit is 202752")],
    [
      "OpenRouter",
      400,
      {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: {
            raw: JSON.stringify({
              error: { message: "This model's maximum context length is 8192 tokens.", code: 400 },
            }),
            provider_name: "Acme",
          },
        },
      },
    ],
  ]);

  holds("bad_request", [
    [
      "the length of a name",
      400,
      openai(
        "Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 100 instead.",
        { code: "string_above_max_length" },
      ),
    ],
    [
      "the answer's own limit",
      400,
      openai(
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
        { param: "max_tokens" },
      ),
    ],
    ["an image", 400, openai("The input image is too large: at most 20 MB are supported.")],
    ["too many images", 400, openai("This model supports at most 1 image per prompt.")],
    [
      "a schema",
      400,
      openai("Invalid schema for response_format 'a': the schema exceeds the maximum number of tokens"),
    ],
  ]);
  holds("rate_limited", [
    ["Bedrock's throttle", 429, openai("Too many tokens, please wait before trying again.")],
    [
      "Bedrock's throttle, as a 400",
      400,
      { __type: "ThrottlingException", message: "Too many tokens, please wait before trying again." },
    ],
    [
      "Groq's minute, with one request",
      413,
      openai(
        "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7500, please reduce your message size and try again.",
        { type: "tokens", code: "rate_limit_exceeded" },
      ),
    ],
  ]);
});

describe("an account that has run out, and a rate that is limited", () => {
  const retryInfo = (retryDelay: string): object => ({
    "@type": "type.googleapis.com/google.rpc.RetryInfo",
    retryDelay,
  });
  const quota = (quotaId: string): object => ({
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    violations: [{ quotaId }],
  });
  const exceeded = "You exceeded your current quota, please check your plan and billing details.";

  holdsAnywhere("insufficient_quota", [
    ["OpenAI", 429, openai(exceeded, { type: "insufficient_quota", code: "insufficient_quota" })],
    [
      "OpenAI, a hard limit",
      429,
      openai("Billing hard limit has been reached", { type: "insufficient_quota", code: "billing_hard_limit_reached" }),
    ],
    [
      "Moonshot",
      429,
      openai("Your account is suspended, please check your plan and billing details", {
        type: "exceeded_current_quota_error",
      }),
    ],
    ["Zhipu", 429, { error: { code: "1113", message: "余额不足或无可用资源包,请充值。" } }],
    ["DeepSeek", 402, openai("Insufficient Balance", { type: "unknown_error", code: "invalid_request_error" })],
    [
      "OpenRouter",
      402,
      {
        error: {
          message:
            "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 100.",
          code: 402,
        },
      },
    ],
    [
      "Anthropic",
      400,
      openai(
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
      ),
    ],
    [
      "LiteLLM's budget",
      400,
      openai("Budget has been exceeded! Current cost: 1.2, Max budget: 1.0", { type: "budget_exceeded", code: "400" }),
    ],
    [
      "LiteLLM's budget of a key",
      429,
      openai("ExceededBudget: Key over budget. Budget has been exceeded", { type: "budget_exceeded" }),
    ],
    [
      "xAI",
      403,
      {
        code: "The caller does not have permission to execute the specified operation",
        error: "Your team has either used all available credits or reached its monthly spending limit.",
      },
    ],
    [
      "DashScope",
      403,
      openai("The free tier of the model has been exhausted.", { code: "AllocationQuota.FreeTierOnly" }),
    ],
    [
      "DashScope, in arrears",
      400,
      openai("Access denied, please make sure your account is in good standing.", {
        type: "Arrearage",
        code: "Arrearage",
      }),
    ],
    // QuantumNous/new-api#7448
    [
      "new-api",
      403,
      openai("用户额度不足, 剩余额度: ＄-0.000002", { type: "new_api_error", code: "insufficient_user_quota" }),
    ],
    ["one-api", 403, openai("user quota is not enough", { type: "one_api_error", code: "insufficient_user_quota" })],
    // anomalyco/opencode#37161
    [
      "OpenCode Zen",
      401,
      {
        type: "error",
        error: { type: "CreditsError", message: "No payment method. Add a payment method here: https://example.com" },
      },
    ],
    ["Hugging Face", 402, { error: "You have exceeded your monthly included credits for Inference Providers." }],
    [
      "Vercel's gateway",
      402,
      { error: { message: "Insufficient funds. Please add credits to your account", type: "insufficient_funds" } },
    ],
    [
      "Gemini, a quota of nothing",
      429,
      google(
        429,
        "RESOURCE_EXHAUSTED",
        `${exceeded} * Quota exceeded for metric: free_tier_requests, limit: 0, model: m Please retry in 37s.`,
        [retryInfo("37s")],
      ),
    ],
  ]);

  holdsAnywhere("rate_limited", [
    [
      "Gemini, by the minute",
      429,
      google(429, "RESOURCE_EXHAUSTED", `${exceeded} Please retry in 1.5s.`, [
        quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
        retryInfo("1.5s"),
      ]),
    ],
    [
      "Gemini, by the minute, and no word of when",
      429,
      google(429, "RESOURCE_EXHAUSTED", exceeded, [quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")]),
    ],
    ["Gemini, in a list", 429, [google(429, "RESOURCE_EXHAUSTED", `${exceeded} Please retry in 1.5s.`)]],
    ["Vertex", 429, google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")],
    [
      "Gemini's, behind LiteLLM",
      429,
      openai(
        `litellm.RateLimitError: geminiException - ${JSON.stringify(google(429, "RESOURCE_EXHAUSTED", exceeded, [retryInfo("20s")]))}`,
        { type: "throttling_error", code: "429" },
      ),
    ],
    [
      "OpenAI",
      429,
      openai(
        "Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s. Visit the page to learn more.",
        { type: "tokens", code: "rate_limit_exceeded" },
      ),
    ],
    [
      "OpenRouter's day, which ends",
      429,
      {
        error: {
          message:
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
          code: 429,
          metadata: {
            headers: { "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1796169600000" },
          },
        },
      },
    ],
    [
      "a plan's window",
      429,
      {
        error: {
          type: "usage_limit_reached",
          message: "The usage limit has been reached",
          code: "429",
          plan_type: "plus",
          resets_in_seconds: 360,
        },
      },
    ],
    [
      "OpenRouter's provider",
      429,
      {
        error: {
          message: "Provider returned error",
          code: 429,
          metadata: { raw: "m is temporarily rate-limited upstream. Please retry shortly, or add your own key" },
        },
      },
    ],
    [
      "Mistral",
      429,
      {
        object: "error",
        message: "Requests rate limit exceeded",
        type: "rate_limited",
        param: null,
        code: "1300",
        raw_status_code: 429,
      },
    ],
    ["Zhipu", 429, { error: { code: "429", message: "Rate limit reached for requests (1302)" } }],
  ]);

  test("a header that says when is a time to come back as well", () => {
    expect(httpError(429, openai(exceeded), { "retry-after": "20" })).toMatchObject({
      code: "rate_limited",
      retryable: true,
    });
    expect(httpError(429, openai(exceeded)).code).toBe("insufficient_quota");
  });

  test("a quota of nothing is not asked for again", () => {
    const none = httpError(429, google(429, "RESOURCE_EXHAUSTED", `${exceeded} limit: 0`, [retryInfo("37s")]));
    expect(none).toMatchObject({ code: "insufficient_quota", retryable: false });
  });
});

describe("contents that are refused", () => {
  holdsAnywhere("content_filter", [
    [
      "Azure",
      400,
      openai("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", {
        code: "content_filter",
      }),
    ],
    [
      "Azure, by its inner error",
      400,
      {
        error: {
          message: "no",
          code: "BadRequest",
          innererror: { code: "ResponsibleAIPolicyViolation", message: "The prompt was filtered." },
        },
      },
    ],
    [
      "OpenAI",
      400,
      openai("Your request was rejected as a result of our safety system.", { code: "content_policy_violation" }),
    ],
    [
      "OpenAI, Responses",
      400,
      openai("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", {
        code: "invalid_prompt",
      }),
    ],
    ["Anthropic", 400, openai("Output blocked by content filtering policy")],
    ["DeepSeek", 400, openai("Content Exists Risk", { code: "invalid_request_error" })],
    [
      "DashScope",
      400,
      openai("<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.", {
        code: "data_inspection_failed",
      }),
    ],
    [
      "Zhipu",
      400,
      {
        error: {
          code: "1301",
          message: "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语",
        },
      },
    ],
    // UKGovernmentBEIS/inspect_ai#2267
    [
      "xAI",
      403,
      {
        code: "The caller does not have permission to execute the specified operation",
        error: "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
      },
    ],
    [
      "OpenRouter",
      403,
      {
        error: {
          code: 403,
          message:
            'openai/gpt-5 requires moderation on Acme. Your input was flagged for "violence". No credits were charged.',
          metadata: { reasons: ["violence"], flagged_input: "…" },
        },
      },
    ],
    ["Gemini", 400, google(400, "INVALID_ARGUMENT", "The request was blocked because of PROHIBITED_CONTENT")],
    ["a guardrail", 400, openai("Violated guardrail policy", { type: "guardrail_violation" })],
  ]);
  test("as unavailable for legal reasons", () => {
    expect(httpError(451, openai("This content is blocked in your country")).code).toBe("content_filter");
    expect(httpError(451, "").code).toBe("permission");
  });
});

describe("a key that is refused", () => {
  holdsAnywhere("auth", [
    ["OpenAI", 401, openai("Incorrect API key provided: sk-ab***yz.", { code: "invalid_api_key" })],
    [
      "Gemini",
      400,
      [
        google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
          { reason: "API_KEY_INVALID" },
        ]),
      ],
    ],
    ["Gemini, expired", 400, google(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.")],
    [
      "Gemini, leaked",
      403,
      google(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
    ],
    [
      "Gemini, none",
      403,
      google(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers. Missing API key."),
    ],
    [
      "xAI",
      400,
      {
        code: "Client specified an invalid argument",
        error: "Incorrect API key provided: xa***yz. You can obtain an API key from the console.",
      },
    ],
    ["Bedrock", 403, { message: "The security token included in the request is invalid." }],
    ["Anthropic", 401, { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } }],
    [
      "LiteLLM",
      401,
      openai("Authentication Error, Invalid proxy server token passed.", { type: "auth_error", code: "401" }),
    ],
    [
      "LiteLLM, as a 400",
      400,
      openai("litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided", {
        code: "400",
      }),
    ],
    ["new-api", 401, openai("无效的令牌 (request id: 1)", { type: "new_api_error" })],
    ["a token that is none", 498, { error: { message: "Invalid Token", code: "invalid_token" } }],
  ]);
  holds("auth", [
    ["a 498 in words alone", 498, "Invalid token"],
    ["a 401 that says nothing", 401, ""],
  ]);
});

describe("everything else that a status does not tell", () => {
  holds("overloaded", [
    // Its documentation, of the flex tier.
    [
      "Groq's full tier",
      498,
      { error: { message: "Flex tier capacity exceeded. You can try again later.", code: "capacity_exceeded" } },
    ],
    ["a 498 that says nothing", 498, ""],
    ["Anthropic", 529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
    ["Gemini", 503, google(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")],
    [
      "a gateway's 502 around an overload",
      502,
      {
        error: {
          message: "Provider returned error",
          code: 502,
          metadata: {
            raw: JSON.stringify({ error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }),
          },
        },
      },
    ],
    ["Hugging Face, of a model that is loaded", 503, { error: "Model m is currently loading", estimated_time: 20 }],
  ]);
  // router-for-me/CLIProxyAPI#2712
  test("an overload inside a stream", () => {
    expect(
      errorInBody({ error: { type: "service_unavailable_error", code: "server_is_overloaded", message: "no" } }, asked)
        .code,
    ).toBe("overloaded");
    expect(errorInBody({ type: "error", error: { type: "overloaded_error", message: "no" } }, asked).code).toBe(
      "overloaded",
    );
    expect(errorInBody({ type: "error", code: "server_is_overloaded", message: "no" }, asked).code).toBe("overloaded");
  });
  holds("server", [
    ["too early", 425, ""],
    // can1357/oh-my-pi#11841
    ["a relay that gave up what it had asked for", 499, ""],
    ["a conflict", 409, ""],
    ["Cloudflare", 520, "<html>error code: 520</html>"],
  ]);
  holds("not_found", [
    // anomalyco/opencode#29568
    [
      "OpenCode Zen",
      401,
      { type: "error", error: { type: "ModelError", message: "Model m is not supported for format oa-compat" } },
    ],
    [
      "Groq",
      400,
      openai("The model `m` has been decommissioned and is no longer supported.", { code: "model_decommissioned" }),
    ],
    [
      "Mistral",
      400,
      { object: "error", message: "Invalid model: m", type: "invalid_model", param: null, code: "1500" },
    ],
    ["DeepSeek", 400, openai("Model Not Exist")],
    ["gone", 410, openai("This model was retired.")],
  ]);
  holds("permission", [
    ["Gemini, of a place", 400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")],
    [
      "OpenAI, of a place",
      403,
      openai("Country, region, or territory not supported", { code: "unsupported_country_region_territory" }),
    ],
    ["Bedrock", 403, { message: "You don't have access to the model with the specified model ID." }],
  ]);
  // Kilo-Org/kilocode#9006
  test("that nobody takes what was asked for is no wrong address", () => {
    const failure = httpError(
      404,
      openai("No endpoints found that support tool use. To learn more about provider routing, visit the page"),
    );
    expect(failure).toMatchObject({ code: "bad_request", message: expect.not.stringContaining("base URL") as string });
  });
  test("what the model wrote and the server could not read is asked for again", () => {
    for (const code of ["json_validate_failed", "tool_use_failed", "output_parse_failed"]) {
      const body = openai("Failed. See 'failed_generation' for more details.", { code, failed_generation: "{" });
      expect(httpError(400, body)).toMatchObject({ code: "malformed_response", retryable: true });
      expect(errorInBody(body, asked)).toMatchObject({ code: "malformed_response", retryable: true });
    }
    const cut = openai("max completion tokens reached before generating a valid document", {
      code: "json_validate_failed",
    });
    expect(httpError(400, cut)).toMatchObject({ code: "cut_off", retryable: false });
  });
  test("a gateway's status gives way to the one that it got", () => {
    const inner = (status: number) => httpError(500, { error: { message: "upstream", code: status } }).code;
    expect([401, 402, 404, 429, 503].map(inner)).toEqual([
      "auth",
      "insufficient_quota",
      "not_found",
      "rate_limited",
      "overloaded",
    ]);
  });
});
