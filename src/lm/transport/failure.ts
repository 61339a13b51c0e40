import { asError } from "../../foundation/errors.ts";
import { LmError, oneLine } from "../failure.ts";
import type { LmErrorOptions } from "../failure.ts";
import type { AskedServer } from "../openai/failure.ts";
import { AnswerTooLong } from "./answer.ts";
import { DamagedEncoding } from "./unpack.ts";

/**
 * The failure that an error thrown on the way means: `fetch`'s own, or one of reading the body.
 *
 * A `connection` failure has `details.system` (the system's or undici's code), and where a connection was made and then
 * lost, `details.beforeFirstByte`: whether that was before anything of the answer came.
 *
 * @param phase `headers` while no answer had begun, `body` after that
 */
export function transportFailure(thrown: unknown, phase: "headers" | "body", asked: AskedServer): LmError {
  const { host, provider } = asked;
  const causes = causeChain(thrown);
  const known = causes.find((error): error is LmError => error instanceof LmError);
  if (known) return known;
  const tooLong = causes.find((error) => error instanceof AnswerTooLong);
  if (tooLong !== undefined) return answerTooLong(tooLong.maxBytes, asked);
  if (causes.some((error) => error instanceof DamagedEncoding)) {
    return new LmError(`what ${host} answered is compressed, and damaged`, {
      code: "malformed_response",
      provider,
      details: { host },
    });
  }
  const system = causes.map(codeOf).find((code) => code !== undefined);
  const fail = (message: string, options: LmErrorOptions): LmError =>
    new LmError(message, { provider, ...options, details: { host, ...(system && { system }), ...options.details } });

  if (causes.some(isWrongAddress)) {
    return fail(`the request to ${host} cannot be made: check the base URL and the headers`, { code: "bad_request" });
  }
  const bug = causes.find(isBug);
  if (bug !== undefined) return transportBug(bug, asked);
  const refusal = causes.map(({ message }) => /^Proxy .*\((\d{3})\)/.exec(message)?.[1]).find(Boolean);
  if (refusal !== undefined) {
    return fail(`the proxy did not let the request to ${host} through (${refusal}): check the proxy's settings`, {
      code: "connection",
      // A gateway's trouble passes, a refusal does not.
      retryable: refusal.startsWith("5"),
    });
  }
  if (system === undefined) {
    if (causes.some((error) => error instanceof SyntaxError)) {
      return fail(`${host} answered with damaged JSON`, { code: "malformed_response" });
    }
    // undici gives it no code.
    if (causes.some(({ name }) => name === "HTTPParserError")) {
      return fail(`what ${host} answered is no HTTP`, { code: "malformed_response" });
    }
    const message = oneLine(asked.redact(asError(causes.at(-1) ?? thrown).message));
    return fail(`the request to ${host} failed: ${message}`, { code: "connection" });
  }
  switch (system) {
    case "ECONNREFUSED":
      return fail(`nothing answers at ${host} (${system}): is the server running, and the base URL right?`, {
        code: "connection",
      });
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return fail(`the host ${host} cannot be found (${system}): check the base URL and the network`, {
        code: "connection",
      });
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return fail(`${host} cannot be reached (${system}): check the network`, { code: "connection" });
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return fail(`no connection to ${host} in time (${system})`, { code: "timeout", details: { phase: "connect" } });
    case "UND_ERR_HEADERS_TIMEOUT":
      return fail(`${host} did not begin to answer in time`, { code: "timeout", details: { phase: "first_byte" } });
    case "UND_ERR_BODY_TIMEOUT":
      return fail(`${host} stopped in the middle of its answer`, { code: "timeout", details: { phase: "idle" } });
    default:
      break;
  }
  if (system.startsWith("HPE_") && system !== ENDED_EARLY) {
    return fail(`what ${host} answered is no HTTP (${system})`, { code: "malformed_response" });
  }
  if (/CERT|SELF_SIGNED|SIGNATURE|^ERR_(?:TLS|SSL)/.test(system)) {
    return fail(`the certificate of ${host} cannot be trusted (${system}): check the base URL and the CA settings`, {
      code: "connection",
      // No time mends it.
      retryable: false,
    });
  }
  // With nothing read the parser has no state to be wrong in.
  const beforeFirstByte = phase === "headers" && system !== ENDED_EARLY;
  return fail(
    beforeFirstByte
      ? `${host} closed the connection before it answered (${system})`
      : `${host} closed the connection in the middle of its answer (${system})`,
    { code: "connection", details: { beforeFirstByte } },
  );
}

/** What is wrong with an address or a header is told before anything is sent, in words or by a code. */
function isWrongAddress(error: Error): boolean {
  const code = codeOf(error) ?? "";
  return (
    /^(?:UND_ERR_INVALID_ARG|ERR_(?:INVALID_(?:URL\w*|PROTOCOL|CHAR|HTTP_TOKEN)|UNSUPPORTED_\w*URL\w*|HTTP_INVALID_HEADER_VALUE|UNESCAPED_CHARACTERS))$/.test(
      code,
    ) ||
    /^(?:invalid url|failed to parse url|unknown scheme|bad port|only absolute urls|url scheme|request cannot be constructed from a url)/i.test(
      error.message,
    ) ||
    (error instanceof TypeError && /invalid header (?:value|name)|header (?:value|name).*invalid/i.test(error.message))
  );
}

/** What `fetch`es throw as a TypeError when the network fails. */
const NETWORK_WORDS =
  /^(?:fetch failed|failed to fetch|terminated|load failed|network|error sending request|connection |socket |other side closed)/i;

/** A mistake in code, of whoever makes the requests: the same again would make it again. */
function isBug(error: Error): boolean {
  if (
    error instanceof SyntaxError ||
    !(BUGS.some((kind) => error instanceof kind) || codeOf(error)?.startsWith("ERR_INVALID_"))
  )
    return false;
  // With a code of the system's, or a cause, it stands for that.
  const code = codeOf(error);
  return (
    (code === undefined || code.startsWith("ERR_")) && error.cause === undefined && !NETWORK_WORDS.test(error.message)
  );
}

const BUGS = [TypeError, RangeError, ReferenceError, EvalError, URIError];

/** It is not retried: no network failed. Its own stack comes along, unless there is a secret in it. */
function transportBug(bug: Error, { host, provider, redact }: AskedServer): LmError {
  const said = oneLine(redact(`${bug.name}: ${bug.message}`));
  const clean = `${bug.message}${bug.stack ?? ""}`;
  return new LmError(`what makes the requests to ${host} has a bug: ${said}`, {
    code: "request_crashed",
    retryable: false,
    provider,
    details: { host },
    ...(redact(clean) === clean && { cause: bug }),
  });
}

/**
 * An answer that was cut off at a length that none should have. It is not asked for again: a server that sends so much once does
 * so again, and each time it costs that much to find out.
 */
export function answerTooLong(
  maxAnswerBytes: number,
  { host, provider }: Pick<AskedServer, "host" | "provider">,
): LmError {
  return new LmError(
    `${host} sent more than ${maxAnswerBytes} bytes as one answer, which was given up there (maxAnswerBytes)`,
    { code: "malformed_response", retryable: false, provider, details: { host, maxAnswerBytes } },
  );
}

/** The HTTP parser's name for a connection that ended in the middle of a message. */
const ENDED_EARLY = "HPE_INVALID_EOF_STATE";

/** The longest chain of causes that is followed: a chain may be a ring. */
const DEEPEST_CAUSE = 8;

function causeChain(thrown: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = thrown; at instanceof Error && chain.length < DEEPEST_CAUSE; at = at.cause) chain.push(at);
  return chain;
}

function codeOf(error: Error): string | undefined {
  const code: unknown = "code" in error ? error.code : undefined;
  return typeof code === "string" && code !== "" ? code : undefined;
}
