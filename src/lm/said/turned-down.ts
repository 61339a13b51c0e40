import type { LmError } from "../failure.ts";

/** What of a request a server says that it does not take, read from the failure that it answered with. All of it pure. */

/**
 * The names of the parameters that are turned down, as they stand in a body; none where the failure is about something else.
 * OpenAI names one beside the message, with a code; a validation names its place; others only say it, in many words.
 */
export function parametersTurnedDown(failure: LmError): readonly string[] {
  const { code, details } = failure;
  const words = wordsOf(failure);
  // A small server in Python fails over what it does not know.
  if (code === "server") return namesIn(/unexpected keyword argument ['"](\w+)['"]/i.exec(words)?.[1]);
  if (code !== "bad_request") return [];
  const { param, providerCode } = details;
  if (typeof param === "string" && CODES.test(String(providerCode))) return namesIn(param);
  for (const pattern of FIRST) {
    const found = pattern.exec(words);
    if (found !== null) return namesIn(found[1] ?? found[2]);
  }
  for (const pattern of ANYWHERE) {
    const found = pattern.exec(words);
    // Further on, a message may quote what somebody wrote.
    if (found !== null && !/["'`]|near|pars/i.test(words.slice(0, found.index))) return namesIn(found[1] ?? found[2]);
  }
  return [];
}

const CODES = /^(?:(?:unsupported|unknown|unrecognized)_(?:parameter|value|field|keys?|argument)|extra_forbidden)$/;

/** One name, or a list of them, quoted in one way or another. */
const NAME = "\\w+(?:\\.\\w+|\\[\\d*\\])*";
const NAMES = `[[{(]?(?:['"\`](${NAME}(?:['"\`], ?['"\`]${NAME})*)['"\`]|(${NAME}))`;
const PART = "(?:parameter|value|field|argument|option|key|property|name|input)";
/** What may stand before: "Invalid request: ". */
const BEGIN = "^(?:[\\w ]{0,40}[:.] ?)?";
/** Not with what: about a combination a parameter says nothing as such. */
const AS_SUCH =
  "(?! (?:with|when|while|together|alongside|and)\\b(?! this model| the (?:selected|requested|specified) model))";

const FIRST: readonly RegExp[] = [
  new RegExp(
    `${BEGIN}(?:json: )?(?:unsupported|unknown|unrecognized|unexpected) ${PART}(?:\\(?s\\)?)?(?: in \\w+)?:? ?${NAMES}`,
    "i",
  ),
  new RegExp(`${BEGIN}unrecognized request arguments? supplied: ?${NAMES}`, "i"),
  new RegExp(`${BEGIN}${PART}s? not supported(?: \\w+){0,5}: ?${NAMES}`, "i"),
  // "`temperature` is deprecated for this model", "property 'logprobs' is unsupported"
  new RegExp(
    `${BEGIN}(?:the |property |parameter |field |argument )*['"\`]([\\w.]+)['"\`] (?:${PART} )?(?:is|are) (?:currently )?(?:not (?:yet )?(?:supported|available|allowed|enabled|permitted|accepted|recognized|a valid ${PART}|valid ${PART})|unsupported|deprecated)(?: yet)?${AS_SUCH}`,
    "i",
  ),
  // "seed: Extra inputs are not permitted", and where the place comes last
  /^([\w.]+): extra (?:inputs?|fields?) (?:is |are )?not (?:permitted|allowed)/i,
  /^extra (?:inputs?|fields?) (?:is |are )?not (?:permitted|allowed), field: ?['"`]?([\w.]+)/i,
  /^(?:malformed input request: )?(?:#: )?extraneous key \[([\w.]+)\] is not permitted/i,
  /^(?:[\w ]{0,60}: )?additional properties are not allowed \('([\w.]+)' (?:was|were) unexpected/i,
  /^message type "[\w.]+" has no field named "(\w+)"/i,
  /^invalid ([\w.]+): only\b/i,
  /^no endpoints found that (?:support|can handle)(?: the)?(?: provided)? ['"`]([\w.]+)['"`]/i,
  // Unquoted names, of which only those that are known count.
  /^(?:unable to submit request because )?(?:the )?(\w+)(?: parameter| option)? (?:is|are) not (?:yet )?(?:supported|enabled|available)(?: (?:for|by|in|on|with) (?:this |the )?model|[.,;]|$| yet)/i,
];

const ANYWHERE: readonly RegExp[] = [
  // "does not support parameters: ['seed']", "doesn't support temperature=0.1", "does not support the `logprobs` parameter"
  new RegExp(
    `(?:does not|doesn't|do not|cannot) (?:support|accept|take) (?:the |setting )?(?:${PART}s?:? )?${NAMES}`,
    "i",
  ),
  /unexpected keyword argument ['"](\w+)['"]/i,
];

/** `include[0]` and `reasoning.effort` are places in a body as well; some write names as their own languages do. */
function namesIn(found: string | undefined): readonly string[] {
  const names = (found ?? "").split(/['"`]?, ?['"`]?/).map((name) => name.replace(/\[.*$/, ""));
  return names.filter((name) => name !== "").map((name) => ALIASES[name] ?? snake(name));
}

const ALIASES: Readonly<Record<string, string>> = Object.freeze({
  stopSequences: "stop",
  stop_sequences: "stop",
  responseLogprobs: "logprobs",
  response_logprobs: "logprobs",
  maxOutputTokens: "max_tokens",
});

function snake(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();
}

/** Whether another value of the parameter may be taken. */
export function isAboutValue(failure: LmError): boolean {
  const words = wordsOf(failure);
  if (
    /only the default|\bonly \w+ ?= ?\S+ (?:is|are) (?:supported|allowed)|\bonly \S+ is (?:supported|allowed)/i.test(
      words,
    )
  )
    return false;
  return (
    failure.details["providerCode"] === "unsupported_value" ||
    /^unsupported value|(?:does not|doesn't) support \w+ ?= ?\S/i.test(words)
  );
}

/**
 * Whether the format of the answer is turned down: `schema`, where others are taken; `format`, where none of its kind is.
 * Some servers say it with a 500 (llama-server did, for long), so that their words must be plain.
 */
export function formatTurnedDown(failure: LmError): "schema" | "format" | undefined {
  const { code, details } = failure;
  const words = wordsOf(failure);
  const param = String(details["param"] ?? "");
  const named = /^(?:response_format|text\.format|output_format|output_config)\b|^text$/.test(param);
  if (param !== "" && !named) return undefined;
  // What is the caller's to mend: a prompt that does not say "json", a format beside something else, a tool's schema.
  if (CALLERS.test(words)) return undefined;
  // A message may quote what somebody wrote, so that naming the format is not enough.
  const plain = FORMAT.test(words) && REFUSED.test(words);
  if (code === "server") return plain ? (SCHEMA.test(words) ? "schema" : "format") : undefined;
  if (code !== "bad_request") return undefined;
  if (SCHEMA.test(words)) return "schema";
  return named || plain ? "format" : undefined;
}

const CALLERS =
  /must contain the word|cannot be (?:combined|used)|schema for (?:function|tool)|function calling with a response mime|\b(?:input_schema|function_declarations|tools(?:\[|\.\d))/i;

const FORMAT =
  /response[_ ]?format|json_schema|json_object|json mode|structured[_ ]outputs?|for format|response_?(?:json_)?schema|response_?mime_?type|output_(?:format|config)|guided_json/i;

const REFUSED =
  /must be|not (?:yet )?(?:be )?supported|unsupported|(?:does not|doesn't) (?:yet )?support|unavailable|not (?:available|enabled|permitted|allowed)|validation error|required for format|no endpoints found|unknown (?:name|field)|extra inputs/i;

/** It takes schemas, but not this one: a word in it that it does not know, or too much of it. */
const SCHEMA = new RegExp(
  [
    "(?:invalid|unsupported) (?:json[ _])?schema",
    "schema (?:\\w+ )?(?:contains|conversion|produces|is (?:not (?:valid|supported)|invalid|unsupported|too )|has too many|must have)|schema\\b[^.]{0,60} exceeds",
    "(?:compile|convert|parse|process|translate)\\w* (?:the |your )?(?:json |response |output )?schema",
    "schema(?:'s)? (?:depth|nesting|size)|too many (?:states|optional parameters|properties|enum)",
    "parse grammar|(?:invalid|compiled?|unsupported) grammar|grammar (?:error|is too|compilation)|xgrammar|outlines|llguidance|unimplemented keys",
    // A place within it.
    "(?:response_?(?:json_)?schema|json_schema\\.schema|format\\.schema)[\\w.]*[.[:'\"]",
  ].join("|"),
  "i",
);

/** The provider's own words: behind ours, and behind those of the gateways that passed them on. */
function wordsOf({ message }: LmError): string {
  const said = /^\S+ (?:rejected the request|failed)(?: \(\d+\))?: ([^]*)$/.exec(message)?.[1] ?? message;
  return said.replace(
    /^(?:(?:[\w.]+(?:Error|Exception)|error code: \d{3}|(?:upstream |provider )?error|\[?\d{3}\]?|<\d{3}>|[\w.]+\.InvalidParameter|invalid json payload received|validation error)\s*(?:[:.–-]+\s*|(?=\b))|[*•]\s+)+/i,
    "",
  );
}
