import { LM_FAILURES, LmError } from "../failure.ts";
import type { LmErrorOptions, LmFailureCode } from "../failure.ts";
import type { Redact } from "../redact.ts";
import { readRateLimit } from "../limits/rate-limit.ts";
import { readRetryAfterMs } from "../retry/retry-after.ts";
import type { HeaderReader } from "../retry/retry-after.ts";
import { classify } from "../said/classify.ts";
import { readSaid } from "../said/said.ts";
import type { Said } from "../said/said.ts";
import { isAboutRate, isZeroLimit } from "../said/wordings.ts";

/** Who was asked, for messages. */
export interface AskedServer {
  readonly provider: string;
  readonly model: string;
  /** The base URL's host. */
  readonly host: string;
  /** Where the key comes from ("OPENAI_API_KEY"). */
  readonly keyName: string;
  readonly redact: Redact;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: HeaderReader;
  readonly body: string;
  /** Milliseconds since 1970, for `Retry-After` dates. */
  readonly wallTime: number;
}

/** The failure that an HTTP answer other than 2xx means. */
export function httpFailure(reply: HttpReply, asked: AskedServer): LmError {
  const { status, headers, body, wallTime } = reply;
  const said = readSaid(body, asked.redact, wallTime);
  const inHeaders = readRetryAfterMs(headers, wallTime);
  const waitMs = inHeaders ?? said.waitMs;
  const code = classify({ status, said, waitMs });
  const rateLimit = readRateLimit(headers, wallTime);
  return new LmError(explain(code, status, said, asked), {
    ...facts(code, said, asked, inHeaders),
    ...whetherRetryable(said, headers),
    status,
    ...idOf(headers, said),
    ...(rateLimit !== undefined && { rateLimit }),
    details: details(said, { host: asked.host, ...(code === "timeout" && { phase: "first_byte" }) }),
  });
}

/**
 * The failure that an error in the body of a 200, or in an event of a stream, means.
 * @param wallTime milliseconds since 1970, for moments at which to come back. Default: such are not read
 */
export function errorInBody(error: unknown, asked: AskedServer, wallTime: number = Infinity): LmError {
  const said = readSaid(error, asked.redact, wallTime);
  const code = classify({ status: undefined, said, waitMs: said.waitMs });
  return new LmError(explain(code, undefined, said, asked), {
    ...facts(code, said, asked, undefined),
    ...idOf(undefined, said),
    details: details(said, { host: asked.host }),
  });
}

function facts(
  code: LmFailureCode,
  { waitMs }: Said,
  { provider }: AskedServer,
  inHeaders: number | undefined,
): LmErrorOptions {
  // What is only said is of use where there is something to come back for.
  const retryAfterMs = inHeaders ?? (LM_FAILURES[code].retryable ? waitMs : undefined);
  return { code, provider, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** By which the provider finds the request again: each has a header of its own, or says it in the body. */
const ID_HEADERS = [
  "x-request-id",
  "request-id",
  "x-amzn-requestid",
  "apim-request-id",
  "x-ms-request-id",
  "x-generation-id",
];

function idOf(headers: HeaderReader | undefined, said: Said): Pick<LmErrorOptions, "requestId"> {
  const told = (headers && requestIdIn(headers)) ?? said.requestId;
  return told === "" ? {} : { requestId: told };
}

/** The id that an answer's headers tell, under any of its names. */
export function requestIdIn(headers: HeaderReader): string | undefined {
  return ID_HEADERS.map((name) => headers.get(name) ?? "").find((id) => id !== "");
}

function details(said: Said, more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    ...more,
    ...(said.code && { providerCode: said.code }),
    ...(said.type && { providerType: said.type }),
    ...(said.param && { param: said.param }),
  };
}

/** A server may say that it is no use (OpenAI does so, beside a 429 for an empty account); one request may be more than a rate allows. */
function whetherRetryable(said: Said, headers: HeaderReader): Pick<LmErrorOptions, "retryable"> {
  const noUse =
    headers.get("x-should-retry") === "false" ||
    isZeroLimit(said) ||
    (/request too large/i.test(said.message) && isAboutRate(said));
  return noUse ? { retryable: false } : {};
}

function explain(code: LmFailureCode, status: number | undefined, said: Said, asked: AskedServer): string {
  const { host, model, keyName } = asked;
  const reason = said.message === "" ? "" : `: ${said.message}`;
  const at = status === undefined ? "" : ` (${status})`;
  // That there is none is said already.
  const beside = reason === "" || /does not exist|not found/i.test(reason) ? "" : `; it said${reason}`;
  switch (code) {
    case "auth":
      return `${host} refused the API key${at}: check ${keyName}${reason && `; it said${reason}`}`;
    case "permission":
      return `${host} does not allow this key to use model "${model}"${at}${reason}`;
    case "not_found":
      return isAboutModel(said)
        ? `model "${model}" does not exist at ${host}${at}: check its name, and whether the key may use it${beside}`
        : `${host} has nothing at this address${at}: check the base URL and the model "${model}"${reason}`;
    case "context_too_long":
      return `the prompt and its answer are too long for model "${model}": shorten the inputs or lower maxTokens${reason}`;
    case "content_filter":
      return `${host} refused the contents${at}${reason}`;
    case "rate_limited":
      return `${host} is limiting our rate${at}${reason}`;
    case "insufficient_quota":
      return `the account at ${host} has run out${at}: check its plan and billing${reason}`;
    case "overloaded":
      return `${host} is overloaded${at}${reason}`;
    case "timeout":
      return `${host} gave up waiting for the request${at}${reason}`;
    case "malformed_response":
      return status !== undefined && status < 400
        ? `${host} answered with a status that the protocol does not know${at}${reason}`
        : `${host} could not read what its model wrote${at}${reason}`;
    case "cut_off":
      return `the token limit was reached before ${host} could read what its model wrote${at}: raise maxTokens${reason}`;
    case "server":
      return `${host} failed${at}${reason}`;
    default:
      return `${host} rejected the request${at}${reason}`;
  }
}

function isAboutModel({ message, code, param }: Said): boolean {
  return code === "model_not_found" || param === "model" || /\bmodel\b/i.test(message);
}
