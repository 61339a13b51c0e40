import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { makeRefused } from "../../../src/lm/openai/refused.ts";
import { errorReply } from "../../../src/testing/openai-reply.ts";
import type { ServerReply } from "../../../src/testing/openai-reply.ts";
import { KEY, collect, failure, request, serve } from "../served-model.ts";

const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const responseFormat = { type: "json_schema", name: "answer", schema, strict: true } as const;

/** How servers say that a model takes no schema. */
const NO_SCHEMA: Readonly<Record<string, ServerReply>> = {
  "OpenAI, of an older model": errorReply(
    400,
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more at the guide.",
  ),
  "OpenAI, by the parameter": errorReply(400, "Invalid value.", {
    param: "response_format.type",
    code: "invalid_value",
  }),
  Groq: errorReply(400, "This model does not support response format `json_schema`.", { param: "response_format" }),
  DeepSeek: errorReply(400, "This response_format type is unavailable now"),
  "vLLM, with a validation's 422": { status: 422, body: { detail: "1 validation error: response_format.type" } },
  "llama-server, with a 500": errorReply(
    500,
    'response_format type must be one of "text" or "json_object", but got: json_schema',
    { type: "server_error" },
  ),
  Ollama: { status: 400, body: { error: { message: "failed to load model vocabulary required for format" } } },
  "LM Studio": { status: 400, body: { error: "'response_format.type' must be 'text'" } },
};

/** How they say that they take schemas, but not this one. */
const NOT_THIS_SCHEMA: Readonly<Record<string, ServerReply>> = {
  OpenAI: errorReply(400, "Invalid schema for response_format 'answer': In context=(), 'required' is required.", {
    param: "response_format",
    code: "invalid_json_schema",
  }),
  vLLM: errorReply(400, "The provided JSON schema contains features not supported by xgrammar."),
  "llama-server": errorReply(400, "JSON schema conversion failed: Unrecognized schema"),
  Ollama: errorReply(400, "invalid JSON schema in format"),
};

function typeOf(body: Readonly<Record<string, unknown>> | undefined): unknown {
  return (body?.["response_format"] as { readonly type?: string } | undefined)?.type;
}

describe("a schema that is turned down", () => {
  test.each(Object.entries(NO_SCHEMA))(
    "%s: fails once, and JSON of any kind is asked for from then on",
    async (_who, no) => {
      const { server, lm } = await serve({ replies: [no, "{}", "{}"] });
      const refused = await failure(lm.generate({ ...request, responseFormat }));
      expect(refused).toMatchObject({ code: "bad_request", retryable: true, provider: "openai", requestId: "req-1" });
      expect(refused.details["unsupported"]).toBe("json_schema");
      expect(refused.message).toMatch(/; it is asked without json_schema from now on$/);
      await lm.generate({ ...request, responseFormat });
      await lm.generate({ ...request, responseFormat: { ...responseFormat, schema: { type: "object" } } });
      expect(server.requests.map(({ body }) => typeOf(body))).toEqual(["json_schema", "json_object", "json_object"]);
    },
  );

  test.each(Object.entries(NOT_THIS_SCHEMA))("%s: not this one, but others are sent still", async (_who, no) => {
    const { server, lm } = await serve({ replies: [no, "{}", "{}"] });
    expect((await failure(lm.generate({ ...request, responseFormat }))).details["unsupported"]).toBe("json_schema");
    await lm.generate({ ...request, responseFormat });
    await lm.generate({ ...request, responseFormat: { ...responseFormat, schema: { type: "object" } } });
    expect(server.requests.map(({ body }) => typeOf(body))).toEqual(["json_schema", "json_object", "json_schema"]);
  });

  test.each([
    "Invalid request near 'POISON: use response_format'",
    "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
    "response_format cannot be combined with tool calling",
    "Invalid schema for function 'search': 'q' is required.",
  ])("is not told by: %s", async (message) => {
    const { server, lm } = await serve({ replies: [errorReply(400, message), "{}"] });
    const refused = await failure(lm.generate({ ...request, responseFormat }));
    expect(refused).toMatchObject({ code: "bad_request", retryable: false });
    await lm.generate({ ...request, responseFormat });
    expect(server.requests.map(({ body }) => typeOf(body))).toEqual(["json_schema", "json_schema"]);
  });

  test.each(["chat", "responses"] as const)("and JSON of any kind too: then none is asked for (%s)", async (api) => {
    const options = { answer: () => "{}", unsupported: ["json_schema", "json_object"] };
    const { server, lm } = await serve(options, { api });
    const asked = { ...request, responseFormat };
    expect((await failure(lm.generate(asked))).details["unsupported"]).toBe("json_schema");
    expect((await failure(collect(lm.stream(asked)))).details["unsupported"]).toBe("json_object");
    expect((await lm.generate(asked)).completions[0]?.text).toBe("{}");
    expect(JSON.stringify(server.requests.at(-1)?.body)).not.toContain("json");
  });

  test("is what requests that were under way are told as well", async () => {
    const { server, lm } = await serve({ answer: () => "{}", unsupported: ["json_schema"] });
    const asked = Array.from({ length: 10 }, () => failure(lm.generate({ ...request, responseFormat })));
    for (const refused of await Promise.all(asked)) expect(refused).toMatchObject({ retryable: true });
    await lm.generate({ ...request, responseFormat });
    expect(server.counts.requests).toBe(11);
  });

  test("by a prompt that does not speak of JSON is the caller's to mend", async () => {
    const message =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    const { lm } = await serve({ replies: [errorReply(400, message, { param: "messages" })] });
    const refused = await failure(lm.generate({ ...request, responseFormat: { type: "json_object" } }));
    expect(refused).toMatchObject({ code: "bad_request", retryable: false });
  });

  test("is not what a server's failure means that happens to speak of it", async () => {
    const { lm } = await serve({ replies: [errorReply(500, "response_format broke the engine")] });
    expect((await failure(lm.generate({ ...request, responseFormat }))).code).toBe("server");
  });
});

describe("a parameter that is turned down", () => {
  const all: LmRequest = {
    ...request,
    temperature: 0.2,
    topP: 0.9,
    maxTokens: 9,
    stop: ["##"],
    seed: 1,
    logprobs: true,
    topLogprobs: 2,
    tools: [{ name: "look", parameters: { type: "object" } }],
    parallelToolCalls: false,
  };

  test.each([
    ["temperature", "temperature", {}],
    ["top_p", "top_p", {}],
    ["stop", "stop", {}],
    ["seed", "seed", {}],
    ["logprobs", "logprobs", {}],
    ["top_logprobs", "logprobs", {}],
    ["parallel_tool_calls", "parallel_tool_calls", {}],
    ["max_tokens", "max_tokens", { max_completion_tokens: 9 }],
  ])("%s: is left out from then on", async (parameter, unsupported, instead) => {
    const { server, lm } = await serve({ answer: () => "one ## two", unsupported: [parameter] });
    expect(await failure(lm.generate(all))).toMatchObject({ retryable: true, details: { unsupported } });
    const { completions } = await lm.generate(all);
    // Stop strings that are not sent hold all the same.
    expect(completions[0]?.text).toBe("one ");
    const [first, second] = server.requests.map(({ body }) => body);
    const left = Object.entries(first ?? {}).filter(([name]) => !(name in (second ?? {})));
    expect(left.map(([name]) => name)).toEqual(
      unsupported === "logprobs" ? ["logprobs", "top_logprobs"] : [unsupported],
    );
    expect(second).toMatchObject(instead);
  });

  test("the limit goes by its other name, whichever is turned down", async () => {
    const options = { answer: () => "x", unsupported: ["max_completion_tokens"] };
    const { server, lm } = await serve(options, { reasoning: true });
    expect((await failure(lm.generate(all))).details["unsupported"]).toBe("max_completion_tokens");
    await lm.generate(all);
    expect(server.requests.at(-1)?.body).toMatchObject({ max_tokens: 9 });
  });

  test("an effort that is turned down by its value leaves others", async () => {
    const no = errorReply(400, "Unsupported value: 'reasoning.effort' does not support 'minimal' with this model.", {
      param: "reasoning.effort",
      code: "unsupported_value",
    });
    const { server, lm } = await serve({ replies: [no, "x", "x"] }, { api: "responses", reasoning: true });
    const asked = { ...request, reasoningEffort: "minimal" };
    expect((await failure(lm.generate(asked))).details["unsupported"]).toBe("reasoning_effort");
    await lm.generate(asked);
    await lm.generate({ ...asked, reasoningEffort: "low" });
    const efforts = server.requests.map(({ body }) => body?.["reasoning"]);
    expect(efforts).toEqual([{ effort: "minimal" }, undefined, { effort: "low" }]);
  });

  test.each([
    [400, "Unrecognized request argument supplied: parallel_tool_calls", "parallel_tool_calls"],
    [400, "property 'logprobs' is unsupported", "logprobs"],
    [422, "Unknown parameter: 'seed'.", "seed"],
    [400, "`temperature` is deprecated for this model.", "temperature"],
    [400, "Unsupported parameter: top_p", "top_p"],
  ])("said only in words, with a %d: %s", async (status, message, unsupported) => {
    const { lm } = await serve({ replies: [errorReply(status, message), "x"] });
    expect(await failure(lm.generate(all))).toMatchObject({ retryable: true, details: { unsupported } });
    await lm.generate(all);
  });

  test.each([
    ["in the Responses API by its place in a list", "include[0]", "logprobs"],
    ["that the Responses API has inside another", "reasoning.summary", "reasoning_summary"],
  ])("%s", async (_what, param, unsupported) => {
    const no = errorReply(400, `Unsupported parameter: '${param}'.`, { param, code: "unsupported_parameter" });
    const reasoning = unsupported === "reasoning_summary";
    const options = { api: "responses", reasoning, reasoningSummary: "auto" } as const;
    const { server, lm } = await serve({ replies: [no, "x"] }, options);
    expect((await failure(lm.generate(all))).details["unsupported"]).toBe(unsupported);
    await lm.generate(all);
    expect(server.requests.at(-1)?.body).not.toHaveProperty(reasoning ? "reasoning" : "include");
  });

  test.each([
    [
      "that changes what is asked",
      errorReply(400, "Unsupported parameter: 'tools'", { param: "tools", code: "unsupported_parameter" }),
    ],
    ["that was not sent", errorReply(400, "Unsupported parameter: 'n'", { param: "n", code: "unsupported_parameter" })],
    [
      "by a value of its own",
      errorReply(400, "Invalid value for 'temperature': 9.", { param: "temperature", code: "invalid_value" }),
    ],
  ])("%s is a bad request as any other", async (_what, no) => {
    const { lm } = await serve({ replies: [no] });
    const refused = await failure(lm.generate(all));
    expect(refused).toMatchObject({ code: "bad_request", retryable: false });
    expect(refused.details).not.toHaveProperty("unsupported");
  });

  test.each([
    "'n' is not supported with temperature 0",
    `could not parse messages[0].content: "Unsupported parameter: 'temperature'"`,
  ])("%s says nothing about the parameter as such", async (message) => {
    const { lm } = await serve({ replies: [errorReply(400, message)] });
    expect(await failure(lm.generate({ ...all, n: 2 }))).toMatchObject({ code: "bad_request", retryable: false });
  });

  test("one value of it leaves others, until a second one is turned down", async () => {
    const no = errorReply(400, "Unsupported value: 'temperature' must be at most 1.", {
      param: "temperature",
      code: "unsupported_value",
    });
    const { server, lm } = await serve({ replies: [no, "x", no, "x"] });
    for (const temperature of [1.5, 0.5, 1.2, 0.7])
      await lm.generate({ ...request, temperature }).catch(() => undefined);
    expect(server.requests.map(({ body }) => body?.["temperature"])).toEqual([1.5, 0.5, 1.2, undefined]);
  });

  test("that takes its default alone is not sent again", async () => {
    const no = errorReply(
      400,
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      { param: "temperature", code: "unsupported_value" },
    );
    const { server, lm } = await serve({ replies: [no, "x"] });
    await failure(lm.generate({ ...request, temperature: 0.2 }));
    await lm.generate({ ...request, temperature: 0.9 });
    expect(server.requests.at(-1)?.body).not.toHaveProperty("temperature");
  });

  test("that the caller laid over the body is the caller's affair", async () => {
    const { lm } = await serve({ answer: () => "x", unsupported: ["temperature"] }, { extraBody: { temperature: 1 } });
    for (let turn = 0; turn < 2; turn += 1)
      expect(await failure(lm.generate(request))).toMatchObject({ code: "bad_request", retryable: false });
  });

  test("is forgotten by the model that is opened next", async () => {
    const { server, lm } = await serve({ answer: () => "x", unsupported: ["temperature"] });
    await failure(lm.generate(all));
    await lm.generate(all);
    const again = await serve({ answer: () => "x" }, { baseURL: server.baseURL, apiKey: KEY });
    expect((await failure(again.lm.generate(all))).details["unsupported"]).toBe("temperature");
  });
});

test("schemas are remembered one by one up to a number, the oldest forgotten first", () => {
  const refused = makeRefused();
  const failed = new LmError("invalid JSON schema in format", { code: "bad_request" });
  const format = (index: number) => ({ ...responseFormat, schema: { index } });
  for (let index = 0; index <= 200; index += 1) {
    const { name, schema, strict } = format(index);
    const sent = { model: "m", response_format: { type: "json_schema", json_schema: { name, schema, strict } } };
    expect(refused.learn(failed, sent, undefined).retryable).toBe(true);
  }
  expect(refused.format(format(0))).toEqual(format(0));
  expect(refused.format(format(1))).toEqual({ type: "json_object" });
  expect(refused.format(format(200))).toEqual({ type: "json_object" });
});
