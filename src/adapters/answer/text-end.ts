// Which quote ends a text in quotes, where the quotes inside it were not escaped.

/** Ends of lists, objects and tuples. */
export const CLOSERS = "]})";
/** Quotes that begin a text, with those that end it. */
export const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "`": "`" };

export function isSpace(sign: string | undefined): boolean {
  return sign === " " || sign === "\n" || sign === "\t" || sign === "\r" || sign === "\u00a0" || sign === "\ufeff";
}

/** What a text in quotes stands in. */
export interface QuotedPlace {
  readonly within: "object" | "list" | "nothing";
  /** Whether nothing is around that, so that words may follow its end. */
  readonly outermost: boolean;
  /** Whether keys stand without quotes there. */
  readonly bareKeys: boolean;
}

/** Where blanks and comments were found to end, so that no sign is looked at for each quote before it. */
export interface BlanksSeen {
  newline: number;
  commentEnd: number;
  from: number;
  to: number;
}

export function blanksSeen(): BlanksSeen {
  return { newline: -1, commentEnd: -1, from: -1, to: -1 };
}

/** What is asked about a quote. */
export interface QuoteAsked {
  /** Whether a quote inside the text was opened before it, which it may close. */
  readonly inner: boolean;
  /** Whether no more comes behind the text that there is. */
  readonly whole: boolean;
  readonly seen: BlanksSeen;
}

/**
 * Whether the quote before `at` ends its text: something must follow that can follow a text there. That is the end of what
 * it stands in, or of everything; or a comma (which may be missing before the next quote) and then, in an object, a key and
 * its colon, and in a list a value. Undefined: that shows when more has come.
 */
export function endsText(text: string, at: number, place: QuotedPlace, asked: QuoteAsked): boolean | undefined {
  const next = blanksEnd(text, at, asked);
  if (next === undefined) return undefined;
  const sign = text[next];
  if (sign === undefined) return asked.whole ? true : undefined;
  if (place.within === "nothing") return sign === "," || CLOSERS.includes(sign) || QUOTES[sign] !== undefined;
  if (CLOSERS.includes(sign)) return closerEnds(text, next, place, asked);
  if (sign === ",") return commaEnds(text, next + 1, place, asked);
  const newLine = text.slice(at, next).includes("\n");
  if (QUOTES[sign] === undefined && !newLine) return false;
  if (place.within === "object") return keyAt(text, next, place) ?? (asked.whole ? false : undefined);
  if (asked.inner) return false;
  // Of two quotes side by side before the end of an item, the second ends it.
  if (!newLine && QUOTES[sign] === sign && /[,\]})]/.test(text[skipSpace(text, next + 1)] ?? ",")) return false;
  return valueAt(text, next);
}

function closerEnds(text: string, at: number, place: QuotedPlace, asked: QuoteAsked): boolean | undefined {
  // A list may be one in round brackets; an object is not, and holds no `)` but in its texts.
  if (text[at] === ")" && place.within === "object") return false;
  if (!asked.inner) return true;
  const next = blanksEnd(text, at + 1, asked);
  const sign = next === undefined ? undefined : text[next];
  if (next === undefined || sign === undefined) return asked.whole ? true : undefined;
  if (place.outermost) return text.slice(at, next).includes("\n") || text.startsWith("```", next);
  return sign === "," || CLOSERS.includes(sign);
}

function commaEnds(text: string, at: number, place: QuotedPlace, asked: QuoteAsked): boolean | undefined {
  const next = blanksEnd(text, at, asked);
  if (next === undefined) return undefined;
  const sign = text[next];
  if (sign === undefined) return asked.whole ? true : undefined;
  if (sign === "}" || sign === "]" || sign === ",") return true;
  // A key in quotes that was cut off at the end of everything is one all the same.
  if (place.within === "object")
    return keyAt(text, next, place) ?? (asked.whole ? QUOTES[sign] !== undefined : undefined);
  return !asked.inner && valueAt(text, next);
}

const QUOTED_KEY = /(?:"(?:[^"\\\n]|\\.){0,1000}"|'[^'\n]{0,100}'|“[^”\n]{0,100}”|`[^`\n]{0,100}`)\s{0,100}:/y;
const BARE_KEY = /[\p{L}\p{N}_$-]{1,100}\s{0,100}:/uy;
/** One without quotes among others with quotes may be a word of the text, so a value must follow that can be no word. */
const BARE_KEY_AND_VALUE =
  /[\p{L}\p{N}_$-]{1,100}\s{0,100}:\s{0,100}(?:["'“`{[(\d+-]|(?:true|false|null|none|nan)(?=[\s,}\]]))/iuy;
/** What may become one of these. */
const KEY_BEGUN =
  /(?:"(?:[^"\\\n]|\\.){0,1000}(?:"\s{0,100}|\\)?|'[^'\n]{0,100}'?\s{0,100}|“[^”\n]{0,100}”?\s{0,100}|`[^`\n]{0,100}`?\s{0,100}|[\p{L}\p{N}_$-]{1,100}\s{0,100}(?::\s{0,100}[a-z]{0,5})?)$/iuy;

/** Undefined: the text ends in what may become one. */
function keyAt(text: string, at: number, { bareKeys }: QuotedPlace): boolean | undefined {
  if (matches(QUOTED_KEY, text, at)) return true;
  if (matches(bareKeys ? BARE_KEY : BARE_KEY_AND_VALUE, text, at)) return true;
  return matches(KEY_BEGUN, text, at) ? undefined : false;
}

/** A text, a list or an object; of numbers and words such that are all of an item. */
const VALUE = /["'“`{[(]|[^\s,\]})"'`“{[(]{1,100}\s{0,100}(?:[,\]})]|$)/y;

function valueAt(text: string, at: number): boolean {
  return matches(VALUE, text, at);
}

function matches(pattern: RegExp, text: string, at: number): boolean {
  // Sticky and constant; `lastIndex` is set before each use, so sharing them is safe.
  pattern.lastIndex = at;
  return pattern.test(text);
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (isSpace(text[end])) end += 1;
  return end;
}

/** Where blanks and comments end; undefined where a comment has begun, and not ended yet. One that never ends is none. */
function blanksEnd(text: string, at: number, { whole, seen }: QuoteAsked): number | undefined {
  let end = skipSpace(text, at);
  let from: number | undefined;
  while (text[end] === "#" || text[end] === "/") {
    const over = commentOver(text, end, seen);
    if (over === undefined) {
      if (whole || !mayBeComment(text, end)) break;
      return undefined;
    }
    if (over >= seen.from && over <= seen.to) {
      end = seen.to;
      break;
    }
    from ??= over;
    end = skipSpace(text, over);
  }
  if (from !== undefined && whole) {
    seen.from = from;
    seen.to = end;
  }
  return end;
}

function mayBeComment(text: string, at: number): boolean {
  return text[at] === "#" || text[at + 1] === undefined || text[at + 1] === "/" || text[at + 1] === "*";
}

function commentOver(text: string, at: number, seen: BlanksSeen): number | undefined {
  if (text[at] === "/" && text[at + 1] === "*") {
    if (seen.commentEnd < at + 2) seen.commentEnd = placeOf(text, "*/", at + 2);
    return seen.commentEnd === Infinity ? undefined : seen.commentEnd + 2;
  }
  if (text[at] !== "#" && text[at + 1] !== "/") return undefined;
  if (seen.newline < at) seen.newline = placeOf(text, "\n", at);
  return seen.newline === Infinity ? undefined : seen.newline;
}

function placeOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? Infinity : at;
}

const BEFORE_INNER = /[\s([{=:,"'“/—–-]/;
const AFTER_INNER = /[^\s,.;:!?)\]}]/;

/** Whether a quote that does not end its text opens one inside it, by the signs before and behind it. */
export function opensInner(before: string | undefined, behind: string | undefined): boolean {
  return BEFORE_INNER.test(before ?? " ") && behind !== undefined && AFTER_INNER.test(behind);
}
