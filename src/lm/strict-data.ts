import { z } from "zod";
import type {
  LmCompletion,
  LmRequest,
  LmResponse,
  LmResponseFormat,
  LmTokenLogprob,
  LmUsage,
} from "./language-model.ts";
import type { LmContentPart, LmMessage, LmTool, LmToolCall } from "./message.ts";
import { SAMPLING_SCHEMA } from "./sampling.ts";
import type { LmSampling } from "./sampling.ts";
import type { LedgerRecord } from "./ledger/account.ts";
import type { LmRateLimit, LmRateWindow } from "./limits/rate-limit.ts";

/**
 * The data of this port as it is read from records: exactly what it is, and nothing besides. A part that a type has and its
 * schema has not does not compile.
 */
export function strict<Data>(shape: { readonly [Key in keyof Required<Data>]: z.ZodType }): z.ZodType<Data> {
  // Each part is checked by its own schema; that it is there, by the compiler.
  return z.strictObject(shape) as unknown as z.ZodType<Data>;
}

const count = z.number().min(0);

export const USAGE_SCHEMA = strict<LmUsage>({
  inputTokens: count,
  outputTokens: count,
  totalTokens: count,
  cachedInputTokens: count.exactOptional(),
  reasoningTokens: count.exactOptional(),
  cacheHits: count.exactOptional(),
});

export const LEDGER_SCHEMA = strict<LedgerRecord>({
  requests: count,
  failures: count,
  hedges: count,
  searches: count.exactOptional(),
  tokens: USAGE_SCHEMA,
  usd: count,
  unpriced: count,
  longestAnswer: count,
});

const PART: z.ZodType<LmContentPart> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({ type: z.literal("image"), url: z.string() }),
  z.strictObject({ type: z.literal("audio"), data: z.string(), format: z.string() }),
  z.strictObject({
    type: z.literal("file"),
    url: z.string().exactOptional(),
    fileId: z.string().exactOptional(),
    filename: z.string().exactOptional(),
  }),
]);

const TOOL_CALL = strict<LmToolCall>({ id: z.string(), name: z.string(), arguments: z.string() });

export const MESSAGE_SCHEMA = strict<LmMessage>({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(PART)]),
  toolCalls: z.array(TOOL_CALL).exactOptional(),
  toolCallId: z.string().exactOptional(),
});

/** May be infinite, as a log probability and a wait without an end are. */
export const NUMBER_SCHEMA = z.custom<number>((value) => typeof value === "number" && !Number.isNaN(value));

export const LOGPROB_SCHEMA = strict<LmTokenLogprob>({
  token: z.string(),
  logprob: NUMBER_SCHEMA,
  top: z.array(z.strictObject({ token: z.string(), logprob: NUMBER_SCHEMA })).exactOptional(),
});

const WINDOW = strict<LmRateWindow>({
  limit: NUMBER_SCHEMA.exactOptional(),
  remaining: NUMBER_SCHEMA.exactOptional(),
  resetMs: NUMBER_SCHEMA.exactOptional(),
});

export const RATE_LIMIT_SCHEMA = strict<LmRateLimit>({
  requests: WINDOW.exactOptional(),
  tokens: WINDOW.exactOptional(),
});

const OBJECT = z.record(z.string(), z.unknown());

const RESPONSE_FORMAT: z.ZodType<LmResponseFormat> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({ type: z.literal("json_schema"), name: z.string(), schema: OBJECT, strict: z.boolean() }),
]);

const TOOL = strict<LmTool>({
  name: z.string(),
  description: z.string().exactOptional(),
  parameters: OBJECT,
  strict: z.boolean().exactOptional(),
});

/** A request as it was sent, its sampling options apart. */
export const REQUEST_SCHEMA = strict<
  Omit<LmRequest, keyof LmSampling | "writeAnswer"> & { readonly sampling: LmSampling }
>({
  messages: z.array(MESSAGE_SCHEMA),
  responseFormat: RESPONSE_FORMAT.exactOptional(),
  tools: z.array(TOOL).exactOptional(),
  toolChoice: z.union([z.enum(["auto", "none", "required"]), z.strictObject({ name: z.string() })]).exactOptional(),
  parallelToolCalls: z.boolean().exactOptional(),
  grammar: z.string().exactOptional(),
  sampling: SAMPLING_SCHEMA,
});

const COMPLETION = strict<LmCompletion>({
  text: z.string(),
  finishReason: z.enum(["stop", "length", "content_filter", "tool_calls", "other"]),
  toolCalls: z.array(TOOL_CALL).exactOptional(),
  logprobs: z.array(LOGPROB_SCHEMA).exactOptional(),
  reasoning: z.string().exactOptional(),
});

export const RESPONSE_SCHEMA = strict<LmResponse>({
  completions: z.array(COMPLETION),
  usage: USAGE_SCHEMA,
  usd: z.number().exactOptional(),
  model: z.string(),
  id: z.string(),
  rateLimit: RATE_LIMIT_SCHEMA.exactOptional(),
  client: z.string().exactOptional(),
});
