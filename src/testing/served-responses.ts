import type { LmCompletion, LmUsage } from "../lm/language-model.ts";
import type { ServedAnswer } from "./openai-answer.ts";
import type { ChatRequestBody } from "./openai-reply.ts";
import { textPieces } from "./scripted-reply.ts";
import { halves, writeLogprobs } from "./served-protocol.ts";
import type { ServedProtocol } from "./served-protocol.ts";

/** The Responses API. It knows no stop strings and no `n`. */
export const servedResponses = Object.freeze<ServedProtocol>({
  path: "/v1/responses",
  formatParam: "text.format",
  // What a body has is not known to the compiler.
  formatOf: ({ text }: ChatRequestBody) => (text as { readonly format?: unknown } | undefined)?.format,
  read(body) {
    const { input, instructions } = body;
    if (typeof input !== "string" && !Array.isArray(input)) return undefined;
    const opening = typeof instructions === "string" ? [{ role: "system", content: instructions }] : [];
    const items = typeof input === "string" ? [{ role: "user", content: input }] : input.map(asMessage);
    // Checked as far as the server relies on it.
    return { ...(body as ChatRequestBody), messages: [...opening, ...items] };
  },
  write: (answer, request) => writeResponse(answer, writeOutput(answer, request)),
  writeEvents,
});

/** Items that are no messages are a tool's business. */
function asMessage(item: unknown): { readonly role: string; readonly content: unknown } {
  // As above: the body is whatever came.
  const { role, content, type, output, arguments: given } = (item ?? {}) as Readonly<Record<string, unknown>>;
  if (type === "function_call_output") return { role: "tool", content: output };
  if (type === "function_call") return { role: "assistant", content: given };
  return { role: String(role), content };
}

function writeResponse({ number, model, usage, completions }: ServedAnswer, output: readonly object[]): object {
  const reason = reasonOf(completions[0]);
  return {
    id: `resp_${number}`,
    object: "response",
    created_at: 0,
    status: reason === undefined ? "completed" : "incomplete",
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    model,
    output,
    usage: writeUsage(usage),
  };
}

function reasonOf(completion: LmCompletion | undefined): string | undefined {
  switch (completion?.finishReason) {
    case "length":
      return "max_output_tokens";
    case "content_filter":
      return "content_filter";
    case "other":
      return "other";
    default:
      return undefined;
  }
}

function writeOutput({ number, completions }: ServedAnswer, request: ChatRequestBody): readonly object[] {
  const { text, toolCalls = [], logprobs, reasoning } = completions[0] ?? { text: "" };
  const told = wantsLogprobs(request) && logprobs !== undefined;
  const part = { type: "output_text", text, annotations: [], logprobs: told ? writeLogprobs(logprobs) : [] };
  const message = { type: "message", id: `msg_${number}`, role: "assistant", status: "completed", content: [part] };
  return [
    ...(reasoning === undefined
      ? []
      : [{ type: "reasoning", id: `rs_${number}`, summary: [{ type: "summary_text", text: reasoning }] }]),
    ...(text === "" && toolCalls.length > 0 ? [] : [message]),
    ...toolCalls.map(({ id, name, arguments: given }, index) => {
      return { type: "function_call", id: `fc_${index}`, call_id: id, name, arguments: given, status: "completed" };
    }),
  ];
}

function wantsLogprobs({ include }: ChatRequestBody): boolean {
  return Array.isArray(include) && include.includes("message.output_text.logprobs");
}

function writeEvents(answer: ServedAnswer, request: ChatRequestBody): readonly string[] {
  const output = writeOutput(answer, request);
  const whole = writeResponse(answer, output);
  const begun = { ...whole, status: "in_progress", incomplete_details: null, output: [], usage: null };
  const last = reasonOf(answer.completions[0]) === undefined ? "response.completed" : "response.incomplete";
  const events: readonly Event[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...output.flatMap((item, index) => itemEvents(item as Item, index, answer.completions[0], request)),
    { type: last, response: whole },
  ];
  return events.map((event, sequence) => {
    return `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`;
  });
}

interface Event {
  readonly type: string;
  readonly [fact: string]: unknown;
}

/** An item of the output above. */
interface Item {
  readonly type: string;
  readonly id: string;
  readonly arguments?: string;
}

function itemEvents(
  item: Item,
  index: number,
  completion: LmCompletion | undefined,
  request: ChatRequestBody,
): readonly Event[] {
  const at = { item_id: item.id, output_index: index };
  const empty =
    item.type === "function_call" ? { arguments: "" } : item.type === "message" ? { content: [] } : { summary: [] };
  return [
    { type: "response.output_item.added", output_index: index, item: { ...item, ...empty, status: "in_progress" } },
    ...pieces(item, completion, request).map((piece) => ({ ...at, ...piece })),
    { type: "response.output_item.done", output_index: index, item },
  ];
}

function pieces(item: Item, completion: LmCompletion | undefined, request: ChatRequestBody): readonly Event[] {
  const { text = "", reasoning = "", logprobs = [] } = completion ?? {};
  switch (item.type) {
    case "function_call":
      return halves(item.arguments ?? "").map((delta) => {
        return { type: "response.function_call_arguments.delta", delta };
      });
    case "reasoning":
      return halves(reasoning).map((delta) => {
        return { type: "response.reasoning_summary_text.delta", summary_index: 0, delta };
      });
    default: {
      const type = "response.output_text.delta";
      if (wantsLogprobs(request) && logprobs.length > 0)
        return logprobs.map((one) => ({ type, content_index: 0, delta: one.token, logprobs: writeLogprobs([one]) }));
      return textPieces(text).map((delta) => ({ type, content_index: 0, delta, logprobs: [] }));
    }
  }
}

function writeUsage(usage: LmUsage): object {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.totalTokens,
  };
}
