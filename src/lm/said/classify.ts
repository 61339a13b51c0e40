import type { LmFailureCode } from "../failure.ts";
import type { Said } from "./said.ts";
import {
  ACCOUNT_EMPTY,
  ANSWER_CUT,
  ANSWER_UNREADABLE,
  CONTENT_REFUSED,
  CONTEXT_TOO_LONG,
  isAboutRate,
  isSaid,
  isZeroLimit,
  KEY_REFUSED,
  MODEL_UNKNOWN,
  NOT_HERE,
  OVERLOADED,
  THROTTLED,
} from "./wordings.ts";

/** What is known of an answer that is a failure. */
export interface Refusal {
  /** Of the answer; undefined where it had begun as a good one. */
  readonly status: number | undefined;
  readonly said: Said;
  /** How long the server asks to wait, in its headers or its body. */
  readonly waitMs: number | undefined;
}

/** Which failure it is: by its status, and by what is said where one status stands for several. Pure. */
export function classify({ status: given, said, waitMs }: Refusal): LmFailureCode {
  const status = statusFor(given, said);
  if (status === undefined) return byWordsAlone(said, waitMs);
  switch (status) {
    case 400:
    case 413:
    case 422:
    case 403:
    case 401:
    case 404:
    case 410:
      return refusedRequest(status, said, waitMs);
    case 402:
      return "insufficient_quota";
    case 408:
      return "timeout";
    case 409:
    // "Too early": to be sent again, once it is no replay any more.
    case 425:
    // A gateway gave up the request that it had made of ours, and says so in nginx' words; we have not.
    case 499:
      return isSaid(said, KEY_REFUSED) ? "auth" : "server";
    case 429:
      return limited(said, waitMs);
    case 451:
      return isSaid(said, CONTENT_REFUSED) ? "content_filter" : "permission";
    case 498:
      // Groq's word for a tier that is full; elsewhere, one for a token that is none.
      return isSaid(said, KEY_REFUSED) || /token/i.test(said.message) ? "auth" : "overloaded";
    case 503:
    case 529:
      return isSaid(said, CONTEXT_TOO_LONG) ? "context_too_long" : "overloaded";
    default:
      if (status < 400) return "malformed_response";
      return status < 500 ? refusedRequest(status, said, waitMs) : serverFailed(said, waitMs);
  }
}

/**
 * The status to go by. A gateway may give everything that fails behind it one status of its own, and tell which it got; an
 * answer that had begun has none.
 */
function statusFor(status: number | undefined, said: Said): number | undefined {
  if (status === undefined) return said.status ?? impliedStatus(said);
  if (status !== 400 && status !== 500 && status !== 502) return status;
  const implied = impliedStatus(said);
  // A server that fails often says that the request is invalid, as it says of everything.
  return said.status ?? (implied === 400 ? undefined : implied) ?? status;
}

/** The status that goes with a provider's own words, where they have one. */
function impliedStatus({ words }: Said): number | undefined {
  if (/insufficient_quota|rate_?limit|resource_?exhausted|throttl|too_?many_?requests/i.test(words)) return 429;
  if (/overloaded|service_?unavailable|\bUNAVAILABLE\b/i.test(words)) return 503;
  if (/invalid_api_key|authentication|unauthenticated/i.test(words)) return 401;
  if (/permission_(?:denied|error)|AccessDenied/i.test(words)) return 403;
  if (/model_not_found|not_found_error|\bNOT_FOUND\b/.test(words)) return 404;
  if (/deadline_exceeded|timeout_error/i.test(words)) return 408;
  // The last ones are those of the Responses API, about an image or a prompt that it cannot take.
  if (/invalid_request|invalid_argument|invalid_prompt|failed_precondition|badrequest|policy|image/i.test(words))
    return 400;
  return undefined;
}

/** 400 and its like: mostly the request's fault, but some say everything with it. */
function refusedRequest(status: number, said: Said, waitMs: number | undefined): LmFailureCode {
  const unreadable = answerRefused(said);
  if (unreadable !== undefined) return unreadable;
  if (isSaid(said, CONTEXT_TOO_LONG)) return "context_too_long";
  if (isSaid(said, CONTENT_REFUSED)) return "content_filter";
  if (isSaid(said, ACCOUNT_EMPTY)) return limited(said, waitMs);
  if (status !== 401 && isSaid(said, KEY_REFUSED)) return "auth";
  if (isSaid(said, NOT_HERE)) return "permission";
  if (isSaid(said, THROTTLED) || (status === 413 && isAboutRate(said))) return "rate_limited";
  switch (status) {
    case 401:
      return isSaid(said, MODEL_UNKNOWN) ? "not_found" : "auth";
    case 403:
      return "permission";
    case 404:
      // OpenRouter's way to say that nobody takes what was asked for.
      return /^no endpoints found that/i.test(said.message) ? "bad_request" : "not_found";
    case 410:
      return "not_found";
    default:
      return isSaid(said, MODEL_UNKNOWN) ? "not_found" : "bad_request";
  }
}

/**
 * A rate that is limited, or an account that has run out. Both are told in each other's words; who names a time to come back
 * limits a rate.
 */
function limited(said: Said, waitMs: number | undefined): LmFailureCode {
  if (/context_length_exceeded/i.test(said.words)) return "context_too_long";
  if (isZeroLimit(said)) return "insufficient_quota";
  if (waitMs !== undefined && waitMs > 0) return "rate_limited";
  if (!isSaid(said, ACCOUNT_EMPTY)) return "rate_limited";
  return isAboutRate(said) && !ACCOUNT_EMPTY.codes.test(said.words) ? "rate_limited" : "insufficient_quota";
}

function serverFailed(said: Said, waitMs: number | undefined): LmFailureCode {
  if (isSaid(said, CONTEXT_TOO_LONG)) return "context_too_long";
  const unreadable = answerRefused(said);
  if (unreadable !== undefined) return unreadable;
  if (isSaid(said, ACCOUNT_EMPTY)) return limited(said, waitMs);
  if (isSaid(said, OVERLOADED)) return "overloaded";
  if (isSaid(said, THROTTLED)) return "rate_limited";
  return CONTENT_REFUSED.codes.test(said.words) ? "content_filter" : "server";
}

/** Of an error in a 200, or in a stream, that names no status. */
function byWordsAlone(said: Said, waitMs: number | undefined): LmFailureCode {
  if (isSaid(said, CONTENT_REFUSED)) return "content_filter";
  const code = serverFailed(said, waitMs);
  if (code !== "server") return code;
  if (isSaid(said, KEY_REFUSED)) return "auth";
  if (isSaid(said, MODEL_UNKNOWN)) return "not_found";
  return REQUEST_REFUSED.test(said.message) ? "bad_request" : "server";
}

const REQUEST_REFUSED =
  /^(?:unsupported|unknown|unrecognized|invalid|missing) (?:parameter|value|request|argument|field|input)|\bnot supported\b|extra inputs are not/i;

function answerRefused(said: Said): LmFailureCode | undefined {
  if (!isSaid(said, ANSWER_UNREADABLE)) return undefined;
  return isSaid(said, ANSWER_CUT) ? "cut_off" : "malformed_response";
}
