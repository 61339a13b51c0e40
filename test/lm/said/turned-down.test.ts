// How servers say what they do not take: from their sources, their documentation and public reports of 2024 to 2026.
import { describe, expect, test } from "vitest";
import { httpFailure } from "../../../src/lm/openai/failure.ts";
import { redactor } from "../../../src/lm/redact.ts";
import { formatTurnedDown, isAboutValue, parametersTurnedDown } from "../../../src/lm/said/turned-down.ts";

const asked = { provider: "p", model: "m", host: "api.example", keyName: "KEY", redact: redactor([]) };
const failed = (status: number, body: unknown) =>
  httpFailure({ status, body: JSON.stringify(body), headers: new Headers(), wallTime: 0 }, asked);
const said = (message: string, more: object = {}): object => ({
  error: { message, type: "invalid_request_error", param: null, code: null, ...more },
});
const forbidden = (...loc: readonly string[]): object => ({
  type: "extra_forbidden",
  loc: ["body", ...loc],
  msg: "Extra inputs are not permitted",
});

describe("parameters", () => {
  test.each<[who: string, status: number, body: unknown, names: readonly string[]]>([
    ["OpenAI, by its code", 400, said("no", { param: "seed", code: "unsupported_parameter" }), ["seed"]],
    [
      "OpenAI, only said",
      400,
      said(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      ),
      ["max_tokens"],
    ],
    [
      "OpenAI, of a value",
      400,
      said("Unsupported value: 'temperature' does not support 0.2 with this model."),
      ["temperature"],
    ],
    ["OpenAI, an unknown one", 400, said("Unrecognized request argument supplied: seed"), ["seed"]],
    [
      "LiteLLM, OpenAI behind it",
      400,
      said(
        "litellm.BadRequestError: OpenAIException - Unsupported parameter: 'stop' is not supported with this model.. Received Model Group=my",
      ),
      ["stop"],
    ],
    [
      "LiteLLM, its own list",
      400,
      said(
        "litellm.UnsupportedParamsError: acme does not support parameters: ['seed', 'logprobs'], for model=m. To drop these, set `litellm.drop_params=True`",
      ),
      ["seed", "logprobs"],
    ],
    [
      "LiteLLM, its own dictionary",
      400,
      said("litellm.UnsupportedParamsError: acme does not support parameters: {'seed': 3}, for model=m."),
      ["seed"],
    ],
    [
      "LiteLLM, of a value",
      400,
      said("litellm.UnsupportedParamsError: m doesn't support temperature=0.1. Only temperature=1 is supported."),
      ["temperature"],
    ],
    [
      "OpenRouter",
      400,
      {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: { raw: JSON.stringify(said("Unsupported parameter: 'seed' is not supported with this model.")) },
        },
      },
      ["seed"],
    ],
    [
      "OpenRouter, that finds nobody",
      404,
      said(
        "No endpoints found that support the provided 'logprobs' value. To learn more about provider routing, visit the page",
      ),
      ["logprobs"],
    ],
    ["Mistral", 422, { detail: [forbidden("seed")] }, ["seed"]],
    [
      "Mistral, in its message",
      422,
      { object: "error", message: { detail: [forbidden("top_p")] }, type: "invalid_request_error" },
      ["top_p"],
    ],
    ["Mistral, with no code", 400, said("seed: Extra inputs are not permitted"), ["seed"]],
    ["Fireworks", 400, said("Extra inputs are not permitted, field: 'seed', value: 3"), ["seed"]],
    [
      "Gemini",
      400,
      [
        {
          error: {
            code: 400,
            message: 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
            status: "INVALID_ARGUMENT",
          },
        },
      ],
      ["seed"],
    ],
    [
      "Gemini, of its models",
      400,
      { error: { code: 400, message: "Logprobs is not enabled for this model.", status: "INVALID_ARGUMENT" } },
      ["logprobs"],
    ],
    [
      "Vertex",
      400,
      {
        error: {
          code: 400,
          message: "Unable to submit request because seed is not supported for this model.",
          status: "INVALID_ARGUMENT",
        },
      },
      ["seed"],
    ],
    ["Kimi", 400, said("invalid temperature: only 1 is allowed for this model"), ["temperature"]],
    [
      "xAI",
      400,
      { code: "Client specified an invalid argument", error: "Argument not supported on this model: stop" },
      ["stop"],
    ],
    [
      "xAI, older",
      400,
      { code: "Client specified an invalid argument", error: "Model m does not support parameter reasoningEffort." },
      ["reasoning_effort"],
    ],
    ["Anthropic", 400, said("`temperature` is deprecated for this model."), ["temperature"]],
    ["Groq", 400, said("property 'logprobs' is unsupported"), ["logprobs"]],
    [
      "Cerebras",
      400,
      { message: "'parallel_tool_calls' is not supported yet", type: "invalid_request_error" },
      ["parallel_tool_calls"],
    ],
    ["DeepSeek", 400, said("The model deepseek-reasoner does not support the parameter `logprobs`"), ["logprobs"]],
    ["Cohere", 400, { message: "invalid request: parameter 'seed' is not a valid field" }, ["seed"]],
    [
      "Bedrock",
      400,
      {
        message:
          "Malformed input request: extraneous key [seed] is not permitted, please reformat your input and try again.",
      },
      ["seed"],
    ],
    ["a server in Rust", 422, { error: "unknown field `seed`, expected one of `model`, `messages`" }, ["seed"]],
    ["a server in Go", 400, said('json: unknown field "seed"'), ["seed"]],
    ["a server with zod", 400, said("Unrecognized key(s) in object: 'seed'"), ["seed"]],
    ["a server with JSON Schema", 400, said("Additional properties are not allowed ('seed' was unexpected)"), ["seed"]],
    [
      "a server in Python",
      500,
      said("Llama.create_chat_completion() got an unexpected keyword argument 'seed'"),
      ["seed"],
    ],
    ["a server of protobuf", 400, said('Message type "inference.Request" has no field named "seed"'), ["seed"]],
    [
      "the Responses API, in a list",
      400,
      said("no", { param: "include[0]", code: "unsupported_parameter" }),
      ["include"],
    ],
  ])("%s", (_who, status, body, names) => {
    expect(parametersTurnedDown(failed(status, body))).toEqual(names);
  });

  test.each([
    "'n' is not supported with temperature 0",
    `could not parse messages[0].content: "Unsupported parameter: 'temperature'"`,
    `could not parse messages[0].content: This model does not support seed`,
    "Invalid value for 'temperature': 9.",
    "`temperature` and `top_p` cannot both be specified for this model.",
    "messages.0: property is required",
  ])("none: %s", (message) => {
    expect(parametersTurnedDown(failed(400, said(message)))).toEqual([]);
  });

  test("of which another value may be taken", () => {
    const about = (message: string) => isAboutValue(failed(400, said(message)));
    expect(about("Unsupported value: 'temperature' must be at most 1.")).toBe(true);
    expect(about("m doesn't support temperature=0.1.")).toBe(true);
    for (const message of [
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      "m doesn't support temperature=0.1. Only temperature=1 is supported.",
      "invalid temperature: only 1 is allowed for this model",
      "Unsupported parameter: 'temperature'",
    ])
      expect(about(message)).toBe(false);
  });
});

describe("formats", () => {
  const gemini = (message: string) => ({ error: { code: 400, message, status: "INVALID_ARGUMENT" } });
  test.each<[who: string, status: number, body: unknown, what: "schema" | "format" | undefined]>([
    [
      "Gemini, a word in it",
      400,
      [
        gemini(
          "Invalid JSON payload received. Unknown name \"prefixItems\" at 'generation_config.response_schema.properties[0].value': Cannot find field.",
        ),
      ],
      "schema",
    ],
    [
      "Gemini, what it lacks",
      400,
      gemini("* GenerateContentRequest.generation_config.response_schema.properties[pay].type: must be specified"),
      "schema",
    ],
    [
      "Gemini, too much of it",
      400,
      gemini("The specified schema produces a constraint that has too many states for serving."),
      "schema",
    ],
    [
      "Gemini, too deep",
      400,
      gemini("A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth."),
      "schema",
    ],
    [
      "Gemini, no format",
      400,
      [gemini('Invalid JSON payload received. Unknown name "response_format": Cannot find field.')],
      "format",
    ],
    ["vLLM", 400, said("The provided JSON schema contains features not supported by xgrammar."), "schema"],
    ["llguidance", 400, said('Failed to compile JSON schema: Unimplemented keys: ["prefixItems"]'), "schema"],
    [
      "OpenAI",
      400,
      said(
        "Invalid schema for response_format 'a': In context=(), 'additionalProperties' is required to be supplied and to be false.",
        { param: "response_format" },
      ),
      "schema",
    ],
    // anthropics/anthropic-sdk-python#1185
    [
      "Anthropic, too much of it",
      400,
      said(
        "The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.",
      ),
      "schema",
    ],
    [
      "Anthropic, a place in it",
      400,
      said("output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"),
      "schema",
    ],
    ["LM Studio, llama-server", 400, said("Failed to initialize samplers: failed to parse grammar"), "schema"],
    [
      "LiteLLM",
      400,
      said("litellm.BadRequestError: AcmeException - This response_format type is not supported", {
        param: "None",
        type: "None",
        code: "400",
      }),
      "format",
    ],
    [
      "OpenRouter",
      400,
      {
        error: {
          message: "Provider returned error",
          metadata: {
            raw: JSON.stringify(
              said("This model does not support response format `json_schema`", { param: "response_format" }),
            ),
          },
        },
      },
      "format",
    ],
    [
      "OpenRouter, that finds nobody",
      404,
      said("No endpoints found that support the provided 'response_format' value."),
      "format",
    ],
    [
      "Mistral",
      422,
      {
        detail: [
          {
            type: "literal_error",
            loc: ["body", "response_format", "type"],
            msg: "Input should be 'text' or 'json_object'",
          },
        ],
      },
      "format",
    ],
    ["a server in Python", 422, { detail: [forbidden("response_format")] }, "format"],
    ["Cohere", 400, { message: "response_format is not supported with this model" }, "format"],
    ["a tool's schema", 400, said("tools[0].function.parameters: Invalid schema"), undefined],
    [
      "a tool's schema of Gemini's",
      400,
      gemini(
        "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties[x].type: must be specified",
      ),
      undefined,
    ],
    [
      "tools beside it",
      400,
      gemini("Function calling with a response mime type: 'application/json' is unsupported"),
      undefined,
    ],
    [
      "another parameter",
      400,
      said("Unsupported value: response_format must be absent", { param: "logprobs" }),
      undefined,
    ],
    ["a failure that speaks of it", 500, said("response_format broke the engine"), undefined],
  ])("%s", (_who, status, body, what) => {
    expect(formatTurnedDown(failed(status, body))).toBe(what);
  });
});
