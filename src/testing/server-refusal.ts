import type { IncomingHttpHeaders } from "node:http";
import { promptTokens } from "./openai-answer.ts";
import { errorReply } from "./openai-reply.ts";
import type { ChatRequestBody, HttpErrorReply } from "./openai-reply.ts";
import type { ServedProtocol } from "./served-protocol.ts";

export interface RefusalOptions {
  readonly apiKey?: string | undefined;
  readonly models?: readonly string[] | undefined;
  readonly contextTokens?: number | undefined;
  readonly unsupported?: readonly string[] | undefined;
  /** Whether it is for somebody else than a model, who knows what to make of it. */
  readonly isServed?: boolean;
}

export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ChatRequestBody | undefined;
}

/** What OpenAI turns down before a model sees it. */
export function refuse(
  { method, path, headers, body }: ServedRequest,
  protocol: ServedProtocol | undefined,
  options: RefusalOptions,
): HttpErrorReply | undefined {
  const { apiKey, models, contextTokens, unsupported = [] } = options;
  if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
    return errorReply(401, `Incorrect API key provided: ${mask(headers.authorization)}.`, { code: "invalid_api_key" });
  }
  if (options.isServed === true || (method === "GET" && path === "/v1/models")) return undefined;
  if (protocol === undefined) return errorReply(404, `Invalid URL (${method} ${path})`);
  if (body === undefined) return errorReply(400, "The body of the request is no request in JSON.");
  if (models !== undefined && !models.includes(body.model)) {
    const message = `The model \`${body.model}\` does not exist or you do not have access to it.`;
    return errorReply(404, message, { code: "model_not_found" });
  }
  for (const name of unsupported) {
    const refusal = refuseFormat(name, body, protocol) ?? refuseParameter(name, body);
    if (refusal !== undefined) return refusal;
  }
  const room = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens ?? 0;
  const needed = promptTokens(body) + room;
  if (contextTokens !== undefined && needed > contextTokens) {
    const message = `This model's maximum context length is ${contextTokens} tokens, but ${needed} were asked for.`;
    return errorReply(400, message, { code: "context_length_exceeded", param: "messages" });
  }
  return undefined;
}

/** OpenAI's words for a model that is older than structured outputs: neither a code nor a parameter. */
function refuseFormat(type: string, body: ChatRequestBody, protocol: ServedProtocol): HttpErrorReply | undefined {
  if (type !== "json_schema" && type !== "json_object") return undefined;
  if (at(protocol.formatOf(body), "type") !== type) return undefined;
  const { formatParam } = protocol;
  return errorReply(400, `Invalid parameter: '${formatParam}' of type '${type}' is not supported with this model.`);
}

function refuseParameter(name: string, body: ChatRequestBody): HttpErrorReply | undefined {
  if (at(body, name) === undefined) return undefined;
  const hint = name === "max_tokens" ? " Use 'max_completion_tokens' instead." : "";
  const message = `Unsupported parameter: '${name}' is not supported with this model.${hint}`;
  return errorReply(400, message, { param: name, code: "unsupported_parameter" });
}

/** What is in a body under a name, or under names with dots between them. */
function at(body: unknown, place: string): unknown {
  return place.split(".").reduce<unknown>((value, key) => {
    // Whatever came is looked into, as far as it can be.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  }, body);
}

function mask(authorization = ""): string {
  const key = authorization.replace(/^Bearer /, "");
  return `${key.slice(0, 5)}***${key.slice(-2)}`;
}
