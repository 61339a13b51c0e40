import type { LmRequest, LmResponseFormat } from "../language-model.ts";
import type { LmTool, LmToolChoice } from "../message.ts";
import { writeChatMessage } from "./chat-parts.ts";
import { writeParameters } from "./parameters.ts";
import { formatFor, schemaName } from "./protocol.ts";
import type { BodySettings } from "./protocol.ts";
import type { OpenAiBody } from "./refused.ts";

/** The body of a Chat Completions request. */
export function writeChatBody(request: LmRequest, settings: BodySettings, stream: boolean): OpenAiBody {
  const { model, capabilities, extraBody, refused } = settings;
  const { maxTokens, grammar } = request;
  const format = formatFor(request, settings);
  return {
    model: request.model ?? model,
    messages: request.messages.map(writeChatMessage),
    ...writeParameters(request, settings, "chat"),
    ...(maxTokens !== undefined && writeLimit(maxTokens, settings)),
    ...writeLogprobs(request, settings),
    ...(format && { response_format: writeFormat(format) }),
    ...writeTools(request, settings),
    ...(grammar !== undefined && capabilities.grammar && { grammar }),
    // vLLM has to be told to go on with the last turn; llama-server does so by itself and does not mind.
    ...(capabilities.prefill &&
      request.messages.at(-1)?.role === "assistant" && { continue_final_message: true, add_generation_prompt: false }),
    ...(stream && {
      stream: true,
      ...(!refused?.has("stream_options") && { stream_options: { include_usage: true } }),
    }),
    ...extraBody,
  };
}

/** Under the name that the model has for it, as far as is known; without one, where it has turned down both. */
function writeLimit(maxTokens: number, { reasoning, refused }: BodySettings): object {
  const name = reasoning ? "max_completion_tokens" : "max_tokens";
  if (!refused?.has(name)) return { [name]: maxTokens };
  const other = reasoning ? "max_tokens" : "max_completion_tokens";
  return refused.has(other) ? {} : { [other]: maxTokens };
}

function writeLogprobs({ logprobs, topLogprobs }: LmRequest, { reasoning, refused }: BodySettings): object {
  if (logprobs !== true || reasoning || refused?.has("logprobs")) return {};
  return { logprobs, ...(topLogprobs !== undefined && topLogprobs > 0 && { top_logprobs: topLogprobs }) };
}

function writeFormat(format: LmResponseFormat): object {
  if (format.type === "json_object") return { type: format.type };
  const { schema, strict } = format;
  return { type: "json_schema", json_schema: { name: schemaName(format.name), schema, strict } };
}

function writeTools({ tools, toolChoice, parallelToolCalls }: LmRequest, { refused }: BodySettings): object {
  if (tools === undefined || tools.length === 0) return {};
  return {
    tools: tools.map(writeTool),
    ...(toolChoice !== undefined && { tool_choice: writeChoice(toolChoice) }),
    ...(parallelToolCalls !== undefined &&
      !refused?.has("parallel_tool_calls") && { parallel_tool_calls: parallelToolCalls }),
  };
}

export function writeTool({ name, description, parameters, strict }: LmTool): object {
  const about = { name, ...(description !== undefined && { description }), parameters };
  return { type: "function", function: { ...about, ...(strict === true && { strict }) } };
}

function writeChoice(choice: LmToolChoice): string | object {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}
