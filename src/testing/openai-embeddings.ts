import crypto from "node:crypto";
import type { ServerResponse } from "node:http";
import { sleep, systemClock } from "../foundation/clock.ts";
import { applyFault, faultPlan } from "./fault-plan.ts";
import type { EmbeddingsRequestBody, FaultReply, HttpErrorReply, ServerFault } from "./openai-reply.ts";
import { errorReply } from "./openai-reply.ts";
import type { OpenAiServerOptions } from "./server-options.ts";
import { estimateTokens } from "./scripted-reply.ts";
import { breakBefore, breakOff, breaksOff, sendError, write } from "./server-sending.ts";
import type { Tally } from "./server-tally.ts";

export const EMBEDDINGS_PATH = "/v1/embeddings";

/** A request as the server keeps it. */
interface EmbeddingsCall {
  readonly headers: { readonly authorization?: string | undefined };
  embeddings: EmbeddingsRequestBody | undefined;
  outcome: string;
}

/** Answers one request to {@link EMBEDDINGS_PATH}, whose body has come. */
export type EmbeddingsEndpoint = (
  text: string,
  asked: EmbeddingsCall,
  response: ServerResponse,
  gone: AbortSignal,
) => Promise<void>;

/** The endpoint for embeddings of the loopback server. Its faults are drawn apart from those of chat requests. */
export function embeddingsEndpoint(options: OpenAiServerOptions, tally: Tally): EmbeddingsEndpoint {
  const { clock = systemClock, latencyMs = 0, slowMs = 1_000 } = options;
  const plan = options.faults && faultPlan(options.faults);
  let count = 0;
  return async (text, asked, response, gone) => {
    const body = parseBody(text);
    asked.embeddings = body;
    const refusal = refuse(asked, body, options);
    if (body === undefined || refusal !== undefined) return sendError(response, refusal ?? errorReply(400, "no body"));
    const index = count;
    count += 1;
    const drawn = plan?.next();
    if (drawn !== undefined) tally.befell(drawn);
    const planned = plan && drawn && (applyFault(drawn, "", plan) as HttpErrorReply | FaultReply);
    const reply = options.embeddings?.(body, index) ?? planned;
    if (latencyMs > 0) await sleep(clock, latencyMs, gone);
    response.setHeader("x-request-id", `req-embeddings-${index + 1}`);
    for (const [name, value] of Object.entries(options.headers ?? {})) response.setHeader(name, value);
    if (reply !== undefined && "status" in reply) return sendError(response, reply);
    const fault = reply?.fault;
    if (!breaksOff(fault)) {
      const whole = JSON.stringify(writeEmbeddings(body, fault));
      if (fault === "slow_stream") await sleep(clock, slowMs, gone);
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(fault === "cut_json" ? whole.slice(0, whole.length / 2) : whole);
    }
    asked.outcome = "faulted";
    if (breakBefore(response, fault)) return;
    const whole = JSON.stringify(writeEmbeddings(body, undefined));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
    await write(response, whole.slice(0, whole.length / 2));
    breakOff(response, fault);
  };
}

function refuse(
  { headers }: EmbeddingsCall,
  body: EmbeddingsRequestBody | undefined,
  { apiKey, models }: OpenAiServerOptions,
): HttpErrorReply | undefined {
  if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`)
    return errorReply(401, "Incorrect API key provided.", { code: "invalid_api_key" });
  if (body === undefined) return errorReply(400, "The body of the request is no embeddings request in JSON.");
  if (models !== undefined && !models.includes(body.model)) {
    const message = `The model \`${body.model}\` does not exist or you do not have access to it.`;
    return errorReply(404, message, { code: "model_not_found" });
  }
  const texts = textsOf(body);
  if (texts.length === 0 || texts.length > MOST_TEXTS || texts.includes(""))
    return errorReply(400, `'$.input' is invalid: 1 to ${MOST_TEXTS} texts, none of them empty.`, { param: "input" });
  return undefined;
}

/** As OpenAI has it. */
const MOST_TEXTS = 2_048;

/** As `text-embedding-3-small` has it. */
const DEFAULT_DIMENSIONS = 1_536;

/** Undefined for what is no embeddings request. */
function parseBody(text: string): EmbeddingsRequestBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || !("model" in body) || !("input" in body)) return undefined;
    const { input } = body;
    const isInput =
      typeof input === "string" || (Array.isArray(input) && input.every((one) => typeof one === "string"));
    // Checked as far as the server relies on it.
    return isInput ? (body as EmbeddingsRequestBody) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer to an embeddings request; `fault` where what is said in it is wrong. */
function writeEmbeddings(body: EmbeddingsRequestBody, fault: ServerFault | undefined): object {
  const tokens = textsOf(body).reduce((sum, text) => sum + estimateTokens(text), 0);
  const data = textsOf(body).map((text, index) => ({
    object: "embedding",
    index,
    embedding: written(vectorOf(text, body.dimensions), body.encoding_format),
  }));
  return {
    object: "list",
    data: fault === "empty_content" ? [] : fault === "off_format" ? data.map(({ index }) => ({ index })) : data,
    model: body.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/**
 * A vector of length 1 that depends on the text's words alone: the more of them two texts share, the nearer they are. The
 * nearest thing to meaning that needs no model.
 */
function vectorOf(text: string, dimensions = DEFAULT_DIMENSIONS): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]);
  for (const word of words) {
    const place = Number.parseInt(crypto.hash("sha256", word, "hex").slice(0, 8), 16) % dimensions;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function textsOf({ input }: EmbeddingsRequestBody): readonly string[] {
  return typeof input === "string" ? [input] : input;
}

function written(vector: Float32Array, encoding: "float" | "base64" = "float"): string | readonly number[] {
  return encoding === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
}
