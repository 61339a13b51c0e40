import type { LmRequest, LmResponseFormat } from "../language-model.ts";
import type { LmTool } from "../message.ts";
import { writeParameters } from "./parameters.ts";
import { formatFor, schemaName } from "./protocol.ts";
import type { BodySettings } from "./protocol.ts";
import type { OpenAiBody } from "./refused.ts";
import { isRecord } from "../read-json.ts";
import { writeInput } from "./responses-input.ts";

/** Log probabilities are one of the things that an answer leaves out unless they are asked for. */
export const LOGPROBS = "message.output_text.logprobs";

/**
 * The body of a request to the Responses API. It has no words for `stop` (the reader of the answer cuts it there), `n`
 * (there is one completion), `seed`, grammars, audio and an opened turn: what of these is no part of a message is left out.
 *
 * Nothing is to be kept at the provider (`store: false`), who would else do so for 30 days.
 */
export function writeResponsesBody(request: LmRequest, settings: BodySettings, stream: boolean): OpenAiBody {
  const { model, extraBody, refused } = settings;
  const { maxTokens } = request;
  const format = formatFor(request, settings);
  return {
    model: request.model ?? model,
    ...writeInput(request.messages),
    ...writeParameters(request, settings, "responses"),
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
    ...writeReasoning(request, settings),
    ...writeLogprobs(request, settings),
    ...(format && { text: { format: writeFormat(format) } }),
    ...writeTools(request, settings),
    ...(!refused?.has("store") && { store: false }),
    ...(stream && { stream: true }),
    ...extraBody,
    ...laidInside(extraBody, { text: format && { format: writeFormat(format) }, ...writeReasoning(request, settings) }),
  };
}

/** What `extraBody` says of `text` and `reasoning` is laid over what stands in them, since other settings live there too. */
function laidInside(extraBody: BodySettings["extraBody"] = {}, ours: Readonly<Record<string, unknown>>): object {
  const both = (["text", "reasoning"] as const).filter((name) => isRecord(extraBody[name]) && isRecord(ours[name]));
  return Object.fromEntries(both.map((name) => [name, { ...Object(ours[name]), ...Object(extraBody[name]) }]));
}

function writeReasoning({ reasoningEffort: wanted }: LmRequest, settings: BodySettings): object {
  const { reasoning, refused, reasoningSummary } = settings;
  if (!reasoning) return {};
  const effort = wanted !== undefined && refused?.has("reasoning_effort", wanted) ? undefined : wanted;
  const summary = refused?.has("reasoning_summary") ? undefined : reasoningSummary;
  if (effort === undefined && summary === undefined) return {};
  return { reasoning: { ...(effort !== undefined && { effort }), ...(summary !== undefined && { summary }) } };
}

function writeLogprobs({ logprobs, topLogprobs }: LmRequest, { reasoning, refused }: BodySettings): object {
  if (logprobs !== true || reasoning || refused?.has("logprobs")) return {};
  return { include: [LOGPROBS], ...(topLogprobs !== undefined && topLogprobs > 0 && { top_logprobs: topLogprobs }) };
}

function writeFormat(format: LmResponseFormat): object {
  if (format.type === "json_object") return { type: format.type };
  const { schema, strict } = format;
  return { type: "json_schema", name: schemaName(format.name), schema, strict };
}

function writeTools({ tools, toolChoice, parallelToolCalls }: LmRequest, { refused }: BodySettings): object {
  if (tools === undefined || tools.length === 0) return {};
  return {
    tools: tools.map(writeTool),
    ...(toolChoice !== undefined && {
      tool_choice: typeof toolChoice === "string" ? toolChoice : { type: "function", name: toolChoice.name },
    }),
    ...(parallelToolCalls !== undefined &&
      !refused?.has("parallel_tool_calls") && { parallel_tool_calls: parallelToolCalls }),
  };
}

/** Left out, `strict` would be true here. */
function writeTool({ name, description, parameters, strict = false }: LmTool): object {
  return { type: "function", name, ...(description !== undefined && { description }), parameters, strict };
}
