import type { LmCompletion, LmUsage } from "../lm/language-model.ts";
import type { LmToolCall } from "../lm/message.ts";
import type { ServedAnswer } from "./openai-answer.ts";
import type { ChatRequestBody } from "./openai-reply.ts";
import { textPieces } from "./scripted-reply.ts";
import { halves, writeLogprobs } from "./served-protocol.ts";
import type { ServedProtocol } from "./served-protocol.ts";

/** Chat Completions. */
export const servedChat = Object.freeze<ServedProtocol>({
  path: "/v1/chat/completions",
  formatParam: "response_format",
  formatOf: ({ response_format: format }: ChatRequestBody) => format,
  // Checked as far as the server relies on it.
  read: (body) => (Array.isArray(body["messages"]) ? (body as ChatRequestBody) : undefined),
  write: (answer, request) => ({
    id: `chatcmpl-${answer.number}`,
    object: "chat.completion",
    created: 0,
    model: answer.model,
    choices: answer.completions.map((completion, index) => writeChoice(completion, index, request)),
    usage: writeUsage(answer.usage),
  }),
  writeEvents,
});

function writeChoice(completion: LmCompletion, index: number, request: ChatRequestBody): object {
  const { text, finishReason, toolCalls, logprobs, reasoning } = completion;
  const message = {
    role: "assistant",
    content: text === "" && toolCalls !== undefined ? null : text,
    refusal: null,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(toolCalls !== undefined && { tool_calls: toolCalls.map(writeToolCall) }),
  };
  const told = request["logprobs"] === true && logprobs !== undefined;
  return {
    index,
    message,
    finish_reason: finishReason,
    logprobs: told ? { content: writeLogprobs(logprobs), refusal: null } : null,
  };
}

function writeToolCall({ id, name, arguments: text }: LmToolCall): object {
  return { id, type: "function", function: { name, arguments: text } };
}

const EMPTY: LmCompletion = Object.freeze({ text: "", finishReason: "stop" });

function writeEvents({ number, model, usage, completions }: ServedAnswer, request: ChatRequestBody): readonly string[] {
  const head = { id: `chatcmpl-${number}`, object: "chat.completion.chunk", created: 0, model };
  const [completion = EMPTY] = completions;
  const { text, finishReason, toolCalls = [], logprobs = [], reasoning = "" } = completion;
  const piece = (delta: object, more: object = {}): object => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  });
  const told = request["logprobs"] === true && logprobs.length > 0;
  const said = told
    ? logprobs.map((one) => piece({ content: one.token }, { logprobs: { content: writeLogprobs([one]) } }))
    : textPieces(text).map((content) => piece({ content }));
  const events: readonly object[] = [
    piece({ role: "assistant", content: "" }),
    ...halves(reasoning).map((half) => piece({ reasoning_content: half })),
    ...said,
    ...toolCalls.flatMap(({ id, name, arguments: given }, index) => [
      piece({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
      ...halves(given).map((half) => piece({ tool_calls: [{ index, function: { arguments: half } }] })),
    ]),
    piece({}, { finish_reason: finishReason }),
    ...(request.stream_options?.include_usage === true ? [{ ...head, choices: [], usage: writeUsage(usage) }] : []),
  ];
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), "data: [DONE]\n\n"];
}

function writeUsage(usage: LmUsage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}
