import { oneLine } from "../failure.ts";
import { isRecord } from "../read-json.ts";
import { jsonIn } from "./json-in.ts";
import type { Redact } from "../redact.ts";
import { readToldWait } from "./told-wait.ts";

/** What a provider says about a failure, whatever its servers and the gateways before them wrapped it in. */
export interface Said {
  /** In the words of whoever is nearest to the failure, on one line; "" where nobody says anything. */
  readonly message: string;
  /** The same at more length, to be matched against and never shown: gateways put a lot before what counts. */
  readonly text: string;
  readonly code: string;
  readonly type: string;
  /** The part of the request that it is about. */
  readonly param: string;
  /** All codes, types, statuses and reasons that were found on the way in, for those that know some of them. */
  readonly words: string;
  /** The HTTP status that it tells of: of the answer, or of the one that a gateway got. */
  readonly status: number | undefined;
  readonly requestId: string;
  /** How long it asks to wait, in ms. */
  readonly waitMs: number | undefined;
}

/** Bodies nest a few wrappers: a gateway's around a provider's around JSON in a text. */
const DEEPEST = 6;
/** Characters of a message that are matched against. */
const MOST_MATCHED = 2_000;
/** Items of a list that are looked at. */
const MOST_ITEMS = 5;

/**
 * Reads an error's body: JSON of any of the shapes that servers use, or text.
 *
 * @param body as it came, or the value that it was parsed to
 * @param wallTime milliseconds since 1970, for moments at which to come back
 */
export function readSaid(body: unknown, redact: Redact, wallTime: number): Said {
  const found = look(body, 0) ?? NOTHING;
  const said = (text: string): string => oneLine(redact(text));
  return {
    message: said(found.message),
    text: oneLine(found.message, MOST_MATCHED),
    code: said(found.code),
    type: said(found.type),
    param: said(found.param),
    // Only matched against, never shown.
    words: found.words.join(" "),
    status: found.status,
    requestId: said(found.requestId),
    waitMs: readToldWait(body, found.message, wallTime),
  };
}

interface Found {
  readonly message: string;
  readonly code: string;
  readonly type: string;
  readonly param: string;
  readonly words: readonly string[];
  readonly status: number | undefined;
  readonly requestId: string;
}

const NOTHING: Found = Object.freeze({
  message: "",
  code: "",
  type: "",
  param: "",
  words: [],
  status: undefined,
  requestId: "",
});

function look(value: unknown, depth: number): Found | undefined {
  if (depth > DEEPEST) return undefined;
  if (typeof value === "string") return lookAtText(value, depth);
  if (Array.isArray(value)) return lookAtList(value, depth);
  return isRecord(value) ? lookAtObject(value, depth) : undefined;
}

/** Text may be JSON, or end in it: `AcmeException - {"error": …}`. */
function lookAtText(text: string, depth: number): Found | undefined {
  const inner = jsonIn(text);
  const found = inner === undefined ? undefined : look(inner, depth + 1);
  if (found !== undefined && found.message !== "") return found;
  // A proxy's page of HTML helps no one.
  const words = /^\s*</.test(text) && !/^\s*<\d+>/.test(text) ? "" : text.trim();
  return words === "" ? undefined : { ...NOTHING, message: words };
}

/** Gemini's list of one error; FastAPI's list of what is wrong where. */
function lookAtList(list: readonly unknown[], depth: number): Found | undefined {
  const found = list.slice(0, MOST_ITEMS).flatMap((item) => look(item, depth + 1) ?? []);
  const [first] = found;
  if (first === undefined) return undefined;
  return {
    ...first,
    message: found
      .map(({ message }) => message)
      .filter((message) => message !== "")
      .join("; "),
    words: found.flatMap(({ words }) => words),
  };
}

/** Where wrappers keep what they wrap, the ones that tell most first. */
const INSIDE = [
  "error",
  "message",
  "errors",
  "detail",
  "details",
  "inner_error",
  "innererror",
  "cause",
  "body",
  "base_resp",
] as const;

function lookAtObject(object: Readonly<Record<string, unknown>>, depth: number): Found | undefined {
  const own = lookAtMembers(object);
  const raw = isRecord(object["metadata"]) ? object["metadata"]["raw"] : undefined;
  const wrapped = [raw, ...INSIDE.map((name) => object[name])];
  for (const value of wrapped) {
    // Plain words in these are read below, with the object's others.
    if (typeof value === "string" && value !== raw && jsonIn(value) === undefined) continue;
    const inner = look(value, depth + 1);
    if (inner !== undefined && inner.message !== "") return nearest(inner, own);
  }
  return own.message === "" && own.words.length === 0 && own.status === undefined ? undefined : own;
}

/** What is wrapped says it best; the wrapper may add what that leaves out. */
function nearest(inner: Found, outer: Found): Found {
  return {
    message: inner.message,
    code: inner.code || outer.code,
    type: inner.type || outer.type,
    param: inner.param || outer.param,
    words: [...outer.words, ...inner.words],
    status: inner.status ?? outer.status,
    requestId: inner.requestId || outer.requestId,
  };
}

function lookAtMembers(object: Readonly<Record<string, unknown>>): Found {
  const text = (...names: readonly string[]): string => {
    for (const name of names) {
      const value = object[name];
      // Python's gateways write their None as text.
      const said = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
      if (said !== "" && !/^(?:none|null)$/i.test(said)) return said;
    }
    return "";
  };
  const code = text("code", "error_code", "errorCode", "status", "reason", "quotaId");
  const type = text("type", "error_type", "errorType", "__type");
  const place = placeOf(object["loc"]);
  const param = text("param", "parameter") || place;
  const words = [
    ...["code", "error_code", "errorCode", "status", "reason", "type", "error_type", "errorType", "__type", "quotaId"]
      .map((name) => text(name))
      .filter((word) => word !== ""),
    ...reasonsOf(object["details"]),
  ];
  return {
    message: messageOf(object, text, place),
    // A validation's word for what is wrong stands as its type.
    code: place !== "" && code === "" ? type : code,
    type,
    param,
    words,
    status: ["code", "status", "status_code", "statusCode", "error_code"]
      .map((name) => statusOf(object[name]))
      .find((status) => status !== undefined),
    requestId: text("request_id", "requestId", "request-id"),
  };
}

type ReadText = (...names: readonly string[]) => string;

const REASON_PHRASES =
  /^(?:bad request|unauthorized|forbidden|not found|too many requests|internal server error|bad gateway|service unavailable|gateway timeout|unprocessable (?:entity|content)|payment required|error|true)$/i;

/** The words of an object itself. Where `error` is no more than the status in words, `message` says what it is. */
function messageOf(object: Readonly<Record<string, unknown>>, text: ReadText, place: string): string {
  const error = typeof object["error"] === "string" ? object["error"].trim() : "";
  const words = text(
    "message",
    "msg",
    "detail",
    "error_message",
    "errorMessage",
    "error_msg",
    "error_description",
    "status_msg",
    "title",
  );
  if (place !== "" && words !== "") return `${place}: ${words}`;
  if (error === "" || REASON_PHRASES.test(error)) return words || error;
  return words === "" || words === error ? error : `${error}: ${words}`;
}

/** `["body", "response_format", "type"]` is the place of a member in the request. */
function placeOf(loc: unknown): string {
  if (!Array.isArray(loc)) return "";
  const names = loc.filter((name) => typeof name === "string" || typeof name === "number").map(String);
  return (names[0] === "body" ? names.slice(1) : names).join(".");
}

/** Google's details name the reason, and the quotas that were passed. */
function reasonsOf(details: unknown): readonly string[] {
  if (!Array.isArray(details)) return [];
  return details.slice(0, MOST_ITEMS).flatMap((detail: unknown) => {
    if (!isRecord(detail)) return [];
    const { reason, violations } = detail;
    const quotas: readonly unknown[] = Array.isArray(violations) ? violations.slice(0, MOST_ITEMS) : [];
    return [reason, ...quotas.map((quota) => (isRecord(quota) ? quota["quotaId"] : undefined))].filter(
      (word): word is string => typeof word === "string",
    );
  });
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === "string" && /^[45]\d\d$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
}
