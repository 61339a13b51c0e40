import { LmError, oneLine } from "../failure.ts";
import type { LmErrorOptions, LmFailureCode } from "../failure.ts";
import { isRecord } from "../read-json.ts";
import type { Redact } from "../redact.ts";
import { readRateLimit } from "../limits/rate-limit.ts";
import { readRetryAfterMs } from "../retry/retry-after.ts";
import type { HeaderReader } from "../retry/retry-after.ts";

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

/** What a provider says about a failure, in any of the shapes that servers use. */
interface Said {
  readonly message: string;
  readonly code: string;
  readonly type: string;
  readonly param: string;
}

/** The failure that an HTTP answer other than 2xx means. */
export function httpFailure(reply: HttpReply, asked: AskedServer): LmError {
  const said = readSaid(reply.body, asked.redact);
  const code = classify(reply.status, said);
  const retryAfterMs = readRetryAfterMs(reply.headers, reply.wallTime);
  const requestId = reply.headers.get("x-request-id");
  const rateLimit = readRateLimit(reply.headers, reply.wallTime);
  return new LmError(explain(code, reply.status, said, asked), {
    code,
    ...whetherRetryable(said, reply.headers),
    provider: asked.provider,
    status: reply.status,
    ...(requestId !== null && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(rateLimit !== undefined && { rateLimit }),
    details: details(said, { host: asked.host, ...(code === "timeout" && { phase: "first_byte" }) }),
  });
}

/** The failure that an error in the body of a 200, or in an event of a stream, means. */
export function errorInBody(error: unknown, asked: AskedServer): LmError {
  const said = readError(error, asked.redact);
  const code = classify(impliedStatus(said), said);
  return new LmError(explain(code, undefined, said, asked), {
    code,
    provider: asked.provider,
    details: details(said, { host: asked.host }),
  });
}

/** The status that an error would have come with, had the answer not begun already. */
function impliedStatus({ code, type }: Said): number {
  // Some gateways put the status they got behind them there.
  if (/^[45]\d\d$/.test(code)) return Number(code);
  const words = `${code} ${type}`;
  if (/rate_limit|insufficient_quota/i.test(words)) return 429;
  if (/invalid_api_key|authentication/i.test(words)) return 401;
  if (/model_not_found/i.test(words)) return 404;
  // The last ones are those of the Responses API, about an image or a prompt that it cannot take.
  return /invalid_request|invalid_prompt|policy|image/i.test(words) ? 400 : 500;
}

function details(said: Said, more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    ...more,
    ...(said.code && { providerCode: said.code }),
    ...(said.type && { providerType: said.type }),
    ...(said.param && { param: said.param }),
  };
}

/** A server may say that it is no use (OpenAI does so, beside a 429 for an empty account). */
function whetherRetryable(said: Said, headers: HeaderReader): Pick<LmErrorOptions, "retryable"> {
  const noUse = headers.get("x-should-retry") === "false" || /request too large/i.test(said.message);
  return noUse ? { retryable: false } : {};
}

function classify(status: number, said: Said): LmFailureCode {
  const words = `${said.code} ${said.type}`;
  switch (status) {
    case 400:
    case 413:
    case 422:
      if (isContextTooLong(said)) return "context_too_long";
      return /content.?filter|content_policy|policy_violation|bio_policy|ResponsibleAI/i.test(words)
        ? "content_filter"
        : "bad_request";
    case 401:
      return "auth";
    case 402:
      return "insufficient_quota";
    case 403:
      return "permission";
    case 404:
      return "not_found";
    case 408:
      return "timeout";
    case 409:
      return "server";
    case 429:
      return /insufficient_quota|billing/i.test(words) || /exceeded your current quota/i.test(said.message)
        ? "insufficient_quota"
        : "rate_limited";
    case 503:
    case 529:
      return "overloaded";
    default:
      if (status < 400) return "malformed_response";
      if (status < 500) return "bad_request";
      if (isContextTooLong(said)) return "context_too_long";
      return /overloaded/i.test(words) || /\boverloaded\b/i.test(said.message) ? "overloaded" : "server";
  }
}

/** OpenAI and Azure by code, llama-server by type; vLLM and others only say it. */
function isContextTooLong({ message, code, type }: Said): boolean {
  return (
    code === "context_length_exceeded" ||
    type === "exceed_context_size_error" ||
    /maximum context length|context (?:size|window|length)|prompt is too long|too many (?:input )?tokens/i.test(message)
  );
}

function explain(code: LmFailureCode, status: number | undefined, said: Said, asked: AskedServer): string {
  const { host, model, keyName } = asked;
  const reason = said.message === "" ? "" : `: ${said.message}`;
  const at = status === undefined ? "" : ` (${status})`;
  switch (code) {
    case "auth":
      return `${host} refused the API key${at}: check ${keyName}${reason && `; it said${reason}`}`;
    case "permission":
      return `${host} does not allow this key to use model "${model}"${at}${reason}`;
    case "not_found":
      return isAboutModel(said)
        ? `model "${model}" does not exist at ${host}${at}: check its name, and whether the key may use it`
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
      return `${host} answered with a status that the protocol does not know${at}${reason}`;
    case "server":
      return `${host} failed${at}${reason}`;
    default:
      return `${host} rejected the request${at}${reason}`;
  }
}

function isAboutModel({ message, code, param }: Said): boolean {
  return code === "model_not_found" || param === "model" || /\bmodel\b/i.test(message);
}

const NOTHING_SAID: Said = Object.freeze({ message: "", code: "", type: "", param: "" });

function readSaid(body: string, redact: Redact): Said {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // A proxy's page of HTML helps no one.
    const text = /^\s*</.test(body) ? "" : body;
    return { ...NOTHING_SAID, message: oneLine(redact(text)) };
  }
  return readError(isRecord(parsed) && "error" in parsed ? parsed["error"] : parsed, redact);
}

function readError(error: unknown, redact: Redact): Said {
  if (typeof error === "string") return { ...NOTHING_SAID, message: oneLine(redact(error)) };
  if (!isRecord(error)) return NOTHING_SAID;
  const text = (key: string): string => {
    const value = error[key];
    return typeof value === "string" || typeof value === "number" ? oneLine(redact(String(value))) : "";
  };
  return { message: text("message") || text("detail"), code: text("code"), type: text("type"), param: text("param") };
}
