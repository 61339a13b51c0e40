import type { Said } from "./said.ts";

/**
 * What failures are called by servers, as far as a status does not tell them apart. Each list is of patterns that hold for
 * many servers rather than of their sentences; the sentences are in the tests, with who says them.
 */
interface Wording {
  /** Of codes, types and reasons. */
  readonly codes: RegExp;
  /** Of sentences. */
  readonly says: readonly RegExp[];
  /** Sentences that only sound like it. */
  readonly unless?: RegExp;
}

export function isSaid({ text, words }: Said, { codes, says, unless }: Wording): boolean {
  if (codes.test(words)) return true;
  return unless?.test(text) !== true && says.some((pattern) => pattern.test(text));
}

/** What is sent to a model, as the subject of a sentence. */
const INPUT = "(?:prompts?|inputs?|requests?|messages?|conversation|history|query|context|texts?|contents?)";

export const CONTEXT_TOO_LONG: Wording = {
  codes:
    /context_?(?:length|window)_?exceeded|exceed_context_size|model_max_prompt_tokens|max_tokens_per_request|tokens_limit_reached|request_too_large|(?:context|prompt|input)_too_(?:long|large)|context_?overflow/i,
  says: [
    /(?:maximum |max )?context (?:size|window|length|limit|budget)|context(?:_| )length_exceeded|context (?:the )?overflow|ContextWindowExceeded/i,
    new RegExp(`\\b${INPUT} (?:is |are )?too long\\b`, "i"),
    new RegExp(
      `\\b${INPUT}(?: (?!image|file|audio|video|document|schema|tool|grammar|body)(?:\\w+|\\([^)]*\\))){0,4} (?:is|are|was|were) too (?:long|large|big)\\b`,
      "i",
    ),
    // "The input token count (…) exceeds the maximum number of tokens allowed", "Input length … exceeds … of … tokens"
    /\b(?:inputs?|prompts?|messages?|request(?:ed)?|conversation|total|text|tokens?)\b[^;]{0,80}\b(?:exceed(?:s|ed|ing)?|longer than|larger than|greater than|more than|over|above)\b[^.;]{0,60}\b(?:tokens?|(?:input|prompt|context|sequence|model) (?:length|limit|size))\b/i,
    /\btokens?\b(?: count| length| usage)?[^.;]{0,40}\bexceed/i,
    /\bexceeds? (?:the )?max(?:imum)? (?:(?:input|prompt|allowed) )*length/i,
    /max(?:imum)? (?:allowed )?(?:prompt|input|context|model|sequence) (?:length|size|tokens?)|max_(?:model|seq)_len/i,
    /(?:inputs?`?|prompt) tokens?\b.{0,40}must be (?:<|less|at most|no more)|must have (?:less|fewer|no more) than \d+ tokens/i,
    /too many (?:input |prompt )?tokens|(?:input|prompt) tokens? limit|token count is [\d,]+ but/i,
    /too large for model with|max(?:imum)? size:? [\d,]+ tokens|max(?:imum)? [\d,]+ tokens per request/i,
    /range of (?:input|prompt|messages?) length/i,
    /(?:reduce|shorten|decrease) (?:the |your )?(?:length of )?(?:the |your |either )?(?:messages?|prompt|input|conversation)\b/i,
    /\b(?:input|prompt|total|num|context)_tokens?\b[^.;]{0,60}(?:exceed|greater|larger|more than|over|>)/i,
    /supports? (?:at most|up to|only) [\d,]+ (?:input |prompt |total )?tokens\b|[\d,]+ (?:input |prompt |total )?tokens >=? ?[\d,]+/i,
    /\b(?:input|prompt|text)\b[^.;]{0,40}(?:at most|no more than|up to|maximum of|limit(?:ed)? (?:of|to)|less than) [\d,]+ tokens/i,
    /\bn_ctx\b|current length is [\d,]+ while limit is/i,
    /#\/(?:inputText|prompt|inputs?|messages)\S*: expected maxLength/i,
    /(?:输入|提示词?|上下文|prompt|消息).{0,12}(?:超长|过长|超过|超出)/i,
  ],
  unless:
    /\bper (?:min|second|hour|day)|rate.?limit|throttl|please wait|too many requests|\b[RT]PM\b|response_format|schema\b/i,
};

export const CONTENT_REFUSED: Wording = {
  codes:
    /content_?(?:filter|policy|safety|blocked|moderation)|policy_violation|(?:bio|cyber)_policy|ResponsibleAI|data_?inspection_?failed|prohibited_?content|sensitive_?content|moderation_|safety_(?:block|check|violation)|guardrail/i,
  says: [
    /content exists risk|(?:inappropriate|prohibited|harmful|sensitive|unsafe) (?:content|material)/i,
    /(?:was|were|been|is|are) flagged\b|requires moderation|flagged (?:as|by|for)\b/i,
    /violat\w+ (?:\S+ ){0,5}(?:polic\w+|guidelines?|terms)/i,
    /\bcontent (?:management |filtering |usage )?policy|content[- ]filter/i,
    /(?:prompt|input|output|response|content)\b.{0,20}\bblocked\b|blocked (?:by|due to|because of) (?:\S+ ){0,4}\S*(?:safety|content|polic\w+|filter\w*|moderation|guardrails?)/i,
    /\bsafety (?:system|filters?|check|reasons?)/i,
    /DataInspectionFailed|敏感|不安全|违规|风控/i,
  ],
  unless: /api[_ -]?key|unsupported (?:parameter|value)/i,
};

export const ACCOUNT_EMPTY: Wording = {
  codes:
    /insufficient_\w*(?:quota|balance|credits?|funds)|exceeded_current_quota|billing|budget_?exceeded|payment_?required|arrear|balance_not_enough|credits?_?(?:error|exhausted|balance|depleted)|spend(?:ing)?_?limit|token_quota_failed|quota_not_enough|AllocationQuota\.FreeTierOnly/i,
  says: [
    /exceeded your (?:\w+ ){0,3}(?:quota|credits)/i,
    /insufficient (?:\w+ )?(?:balance|quota|credits?|funds)/i,
    /\b(?:balance|credits?|funds?|quota)\b(?: \w+){0,3}? (?:expired|too low|insufficient|exhausted|depleted|not enough|run out|used up|reached)\b/i,
    /(?:out of|\bno|not enough|more|all available|ran out of|any) (?:\w+ )?credits?\b/i,
    /credit balance|budget (?:has been |was |is )?exceeded|exceeded (?:\w+ ){0,2}budget|max budget/i,
    /spend(?:ing)? (?:limit|cap)|payment (?:method|is required|required)/i,
    /(?:check|update|see) your (?:plan|billing)|plan and billing/i,
    /\baccount\b.{0,40}\b(?:suspended|overdue|arrears|not active|deactivated|good standing)/i,
    /余额不足|额度不足|欠费|预扣费|额度已?(?:用尽|用完)|资源包/,
  ],
};

/** A limit that opens again by itself, whatever words it is told in. */
const WINDOW =
  /per[- _]?(?:minute|second|hour|min)\b|PerMinute|PerSecond|PerHour|\b[RTI]P[MS]\b|requests? (?:rate|frequency)|concurren|free-models-per|rate[_ -]?limit/i;

export function isAboutRate({ text, words }: Said): boolean {
  return WINDOW.test(text) || /PerMinute|PerSecond|PerHour|rate_?limit_?exceeded|rate_limit_error/i.test(words);
}

/** A quota of none is no limit of a rate: it opens for nobody. */
export function isZeroLimit({ text }: Said): boolean {
  return /\blimit: ?0\b(?!\.)/i.test(text);
}

export const KEY_REFUSED: Wording = {
  codes:
    /api_key_(?:invalid|expired|not_found)|(?:invalid|expired|incorrect|missing)_?api_?key|authentication|unauthenticated|unauthorized|(?:token_expired|expired_token|invalid_token)|UnrecognizedClient|InvalidSignature|ExpiredToken/i,
  says: [
    /(?:invalid|incorrect|wrong|malformed|missing|expired|revoked|bad|no|unknown) (?:\w+ ){0,2}(?:api|access|secret)[ _-]?key/i,
    /(?:api|access|secret)[ _-]?key(?: [\w"'`.*-]+){0,3}? (?:not valid|invalid|incorrect|expired|missing|required|not found|not provided|revoked|disabled|malformed|leaked|not exist|does not exist|not authorized)/i,
    /(?:invalid|expired|missing|unknown|incorrect) (?:\w+ )?(?:access|auth\w*|bearer|security|proxy server) (?:token|credentials?|header)/i,
    /\b(?:security |access |auth\w* )?(?:token|credentials?)\b(?: included in the request)? (?:is |are |has |have )?(?:been )?(?:expired|revoked)/i,
    /security token .{0,40}invalid|authentication (?:failed|required|error|fails)|not authenticated|令牌(?:无效|已过期|不存在)|无效的令牌/i,
    /^unauthorized\b|^login fail/i,
  ],
};

export const OVERLOADED: Wording = {
  codes:
    /overloaded|capacity_exceeded|over_?capacity|no_?capacity|service_?unavailable|ModelNotReady|^UNAVAILABLE| UNAVAILABLE/i,
  says: [
    /\boverloaded\b|(?:over|at|out of) capacity|capacity exceeded|high demand|no (?:available )?(?:capacity|channels?)/i,
    /model (?:\S+ )?is (?:currently |still )?(?:loading|not ready|warming)|\bloading model\b/i,
  ],
};

export const THROTTLED: Wording = {
  codes: /throttl|resource_exhausted|rate_?limit|too_?many_?requests|TooManyRequests|RequestLimitExceeded/i,
  says: [
    /\brate[- ]limit(?:ed|s)?\b.{0,30}\b(?:exceed|reach|hit|upstream)|too many requests|request was throttled/i,
    /^rate limit\b|并发数?过(?:高|多)|频率过高|请求(?:过于频繁|过多)|速率限制/i,
  ],
};

export const MODEL_UNKNOWN: Wording = {
  codes: /model_?not_?found|model_decommissioned|invalid_model\b|model_not_(?:exist|available|supported)|ModelError/i,
  says: [
    /\bmodel\b[^.]{0,80}\b(?:does not exist|has been (?:decommissioned|deprecated and removed|retired|shut ?down)|not found|is no longer (?:available|supported))/i,
    /^(?:invalid|unknown|no such) model\b|model not exist/i,
  ],
};

export const NOT_HERE: Wording = {
  codes: /unsupported_country|region_not_supported|unsupported_region/i,
  says: [/(?:user location|country|region|territory)\b.{0,40}\bnot (?:supported|available|allowed)/i],
};

/**
 * What the model wrote cannot be read by its own server, which was to hold it to JSON or to read its calls: the request is
 * right, and another answer may be.
 */
export const ANSWER_UNREADABLE: Wording = {
  codes: /json_validate_failed|tool_use_failed|output_parse_failed|invalid_model_output|model_output_error/i,
  says: [
    /failed to (?:generate|produce) (?:valid |a valid )?(?:json|tool|function)|failed to call a function/i,
    /model (?:has )?(?:generated|produced) (?:an? )?(?:invalid|malformed|unparsable|output that could not be parsed)/i,
    /(?:could not|failed to|unable to|error) pars\w+ (?:the )?(?:model(?:'s)? (?:output|response)|generated)/i,
  ],
};

/** It could not be finished within the tokens that it had. */
export const ANSWER_CUT: Wording = {
  codes: /(?!)/,
  says: [
    /max(?:imum)? (?:completion |output |new )?tokens (?:was |were |is )?reached|(?:token|length) limit (?:was )?reached before/i,
  ],
};
