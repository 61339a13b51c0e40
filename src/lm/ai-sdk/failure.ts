import { LmError, oneLine, type LmFailureCode } from "../failure.ts";
import { type AskedServer, errorInBody, httpFailure } from "../openai/failure.ts";
import { isRedirect, redirected } from "../openai/redirect.ts";
import { isRecord } from "../read-json.ts";
import { errorIn } from "../said/error-in.ts";
import { transportFailure } from "../transport/failure.ts";

/** The AI SDK's own errors, by name, that no request is at the bottom of. */
const BY_NAME: Readonly<Record<string, LmFailureCode>> = Object.freeze({
  AI_LoadAPIKeyError: "auth",
  AI_LoadSettingError: "bad_request",
  AI_NoSuchModelError: "not_found",
  AI_NoSuchProviderReferenceError: "not_found",
  AI_InvalidArgumentError: "bad_request",
  AI_InvalidPromptError: "bad_request",
  AI_UnsupportedFunctionalityError: "bad_request",
  AI_EmptyResponseBodyError: "malformed_response",
  AI_InvalidResponseDataError: "malformed_response",
  AI_JSONParseError: "malformed_response",
  AI_NoContentGeneratedError: "malformed_response",
  AI_TypeValidationError: "malformed_response",
});

/**
 * The failure that an AI SDK model's error means: an HTTP answer by its status and what it said, a lost connection by its
 * code. The error itself is not kept as the cause, since it holds the whole prompt.
 */
export function aiSdkFailure(thrown: unknown, asked: AskedServer, wallTime: number): LmError {
  if (thrown instanceof LmError) return withProvider(thrown, asked);
  // An `error` part of a stream may hold what the provider sent.
  if (!(thrown instanceof Error)) return errorInBody(thrown, asked, wallTime);
  // What the package could not read, where that is a word about a failure.
  const unread = errorIn(unreadIn(thrown));
  if (unread !== undefined) return errorInBody(unread, asked, wallTime);
  const named = BY_NAME[thrown.name];
  if (named !== undefined) return plain(thrown, named, asked);
  if (!isApiCallError(thrown)) return otherFailure(thrown, asked, wallTime);
  const { statusCode: status, responseHeaders, responseBody = "" } = thrown;
  if (status === undefined) return transportFailure(thrown.cause ?? thrown, "headers", asked);
  const headers = headersOf(responseHeaders);
  // Read already, and so no answer of that status: a 200 that the package made a failure of, with a status of its own.
  if (isRecord(responseBody)) {
    const told = errorIn(responseBody);
    return told === undefined ? plain(thrown, "malformed_response", asked) : errorInBody(told, asked, wallTime);
  }
  if (isRedirect(status)) return redirected({ status, headers, url: thrown.url ?? "" }, asked);
  if (status >= 400) return httpFailure({ status, headers, body: responseBody, wallTime }, asked);
  const told = errorIn(parsed(responseBody));
  if (told !== undefined) return errorInBody(told, asked, wallTime);
  // The answer was good so far: then its body broke off, or was not what the provider's package expects.
  const broken = transportFailure(thrown.cause, "body", asked);
  if ("system" in broken.details || broken.code === "timeout") return broken;
  const said = oneLine(asked.redact(thrown.message));
  return new LmError(`${asked.host} answered with what cannot be read (${status}): ${said}`, {
    code: "malformed_response",
    provider: asked.provider,
    status,
    details: { host: asked.host },
  });
}

/** A gateway's own errors have a status and words, and where they wrap an answer, that as their cause. */
function otherFailure(thrown: Error, asked: AskedServer, wallTime: number): LmError {
  const status: unknown = "statusCode" in thrown ? thrown.statusCode : undefined;
  if (thrown.cause instanceof Error && isApiCallError(thrown.cause)) return aiSdkFailure(thrown.cause, asked, wallTime);
  if (typeof status === "number" && status >= 400)
    return httpFailure({ status, headers: headersOf(undefined), body: thrown.message, wallTime }, asked);
  return transportFailure(thrown, "body", asked);
}

/** Of a package's own error. */
function unreadIn(thrown: Error): unknown {
  if (thrown.name === "AI_TypeValidationError" && "value" in thrown) return thrown.value;
  if (thrown.name === "AI_InvalidResponseDataError" && "data" in thrown) return thrown.data;
  return undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

interface ApiCallError extends Error {
  readonly statusCode?: number;
  readonly url?: string;
  readonly responseHeaders?: unknown;
  readonly responseBody?: string | Readonly<Record<string, unknown>>;
}

function isApiCallError(error: Error): error is ApiCallError {
  return error.name === "AI_APICallError" || ("isRetryable" in error && "requestBodyValues" in error);
}

function headersOf(headers: unknown): { get(name: string): string | null } {
  const entries = isRecord(headers) ? Object.entries(headers) : [];
  return {
    get(name) {
      const found = entries.find(([key]) => key.toLowerCase() === name)?.[1];
      return typeof found === "string" ? found : null;
    },
  };
}

function plain({ message }: Error, code: LmFailureCode, { provider, host, redact }: AskedServer): LmError {
  return new LmError(`${host}: ${oneLine(redact(message))}`, { code, provider, details: { host } });
}

/** The pure readers do not know who was asked. */
function withProvider(failure: LmError, { provider, host }: AskedServer): LmError {
  if (failure.provider !== undefined) return failure;
  const { code, retryable, details } = failure;
  const message =
    details["finishReason"] === undefined
      ? `${host} did not answer as its package promises: ${failure.message}`
      : `${host} ${failure.message}`;
  return new LmError(message, { code, retryable, provider, details: { host, ...details } });
}
