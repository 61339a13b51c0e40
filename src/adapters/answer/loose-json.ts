import { exactNumber } from "./exact-number.ts";
import { CLOSERS, QUOTES, blanksSeen, endsText, isSpace, opensInner } from "./text-end.ts";
import type { QuotedPlace } from "./text-end.ts";

/** Deeper values are refused: no answer means them, and reading them would use up the stack. */
export const MAX_DEPTH = 200;

export interface LooseValue {
  readonly value: unknown;
  /** Where the value ends in the text. */
  readonly end: number;
  /** What had to be mended. */
  readonly mended: ReadonlySet<string>;
  /** Whether a word without quotes was taken for a text: a sign that it was no JSON at all. */
  readonly bareWords: boolean;
  /** Whether a key without a value was left out. */
  readonly dropped: boolean;
  /** Whether it nests deeper than {@link MAX_DEPTH}; the value is then worthless. */
  readonly tooDeep: boolean;
  /** How many brackets were still open when the text ended. */
  readonly open: number;
  /** Whether the text ended within a text, a number, a word or a key. */
  readonly cut: boolean;
}

const OUTSIDE: QuotedPlace = Object.freeze({ within: "nothing", outermost: true, bareKeys: false });

/** Nothing stands where a value should. */
const NOTHING: unique symbol = Symbol("nothing");

const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  false: false,
  null: null,
  none: null,
  undefined: null,
  nan: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
};
/** What a sign after a backslash stands for, where it is not itself. */
export const ESCAPED: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
const NUMBER = /[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?=[\s,\]}):/#]|$)/y;
const CUT_NUMBER = /^([-+]?(?:\d+(?:\.\d*)?|\.\d+)?)(?:[eE][-+]?|[-+.])?$/;

/**
 * Reads the JSON value that starts at `start`, as people and models write it: comments, single quotes, bare keys and
 * words, Python's `True`, `False`, `None` and tuples, commas too many or too few, quotes inside texts, an end that never
 * comes. Each sign is looked at a fixed number of times, whatever the text is.
 */
export function readLooseJson(text: string, start: number): LooseValue {
  const mended = new Set<string>();
  let pos = start;
  let depth = 0;
  let bareWords = false;
  let dropped = false;
  let tooDeep = false;
  let open = 0;
  let cut = false;
  let place = OUTSIDE;
  const seen = blanksSeen();

  const skipSpace = (): void => {
    for (;;) {
      while (pos < text.length && isSpace(text[pos])) pos += 1;
      const comment = commentEnd(text, pos);
      if (comment === undefined) return;
      mended.add("comments");
      pos = comment;
    }
  };

  const readValue = (): unknown => {
    skipSpace();
    const sign = text[pos];
    if (sign === undefined) return NOTHING;
    if (sign === "{" || sign === "[" || sign === "(") {
      if (depth >= MAX_DEPTH) {
        tooDeep = true;
        pos = text.length;
        return NOTHING;
      }
      depth += 1;
      const around = place;
      place = { within: sign === "{" ? "object" : "list", outermost: depth === 1, bareKeys: false };
      const value = sign === "{" ? readObject() : readList(sign === "[" ? "]" : ")");
      place = around;
      depth -= 1;
      return value;
    }
    const close = QUOTES[sign];
    return close === undefined ? readBare() : readText(close, false);
  };

  const readList = (close: string): unknown[] => {
    const items: unknown[] = [];
    let afterComma = true;
    if (close === ")") mended.add("a Python tuple");
    pos += 1;
    for (;;) {
      skipSpace();
      const sign = text[pos];
      if (sign === undefined || CLOSERS.includes(sign)) {
        if (sign === close) pos += 1;
        else mended.add("a bracket that was not closed");
        if (sign === undefined) open += 1;
        if (afterComma && items.length > 0) mended.add("commas");
        return items;
      }
      if (sign === ",") {
        if (afterComma) mended.add("commas");
        afterComma = true;
        pos += 1;
        continue;
      }
      if (!afterComma) mended.add("commas");
      const item = readValue();
      if (item !== NOTHING) {
        items.push(item);
        afterComma = false;
      }
    }
  };

  const readObject = (): object => {
    const entries = new Map<string, unknown>();
    let afterComma = true;
    pos += 1;
    for (;;) {
      skipSpace();
      const sign = text[pos];
      if (sign === undefined || CLOSERS.includes(sign)) {
        if (sign === "}") pos += 1;
        else mended.add("a bracket that was not closed");
        if (sign === undefined) open += 1;
        if (afterComma && entries.size > 0) mended.add("commas");
        return Object.fromEntries(entries);
      }
      if (sign === ",") {
        if (afterComma) mended.add("commas");
        afterComma = true;
        pos += 1;
        continue;
      }
      if (!afterComma) mended.add("commas");
      readEntry(entries);
      afterComma = false;
    }
  };

  const readEntry = (entries: Map<string, unknown>): void => {
    const close = QUOTES[text[pos] ?? ""];
    const key = close === undefined ? readBareKey() : readText(close, true);
    skipSpace();
    const colon = text[pos] === ":";
    if (colon) {
      pos += 1;
      skipSpace();
    }
    const next = text[pos];
    const value = !colon || next === undefined || next === "," || CLOSERS.includes(next) ? NOTHING : readValue();
    if (value === NOTHING) {
      dropped = true;
      cut ||= next === undefined;
      mended.add("a key without a value");
    } else entries.set(key, value);
  };

  const readBareKey = (): string => {
    const from = pos;
    while (pos < text.length && !":,}]\n".includes(text[pos] ?? "")) pos += 1;
    // Progress, whatever stands here.
    if (pos === from && text[pos] === ":") pos += 1;
    mended.add("keys without quotes");
    if (!place.bareKeys) place = { ...place, bareKeys: true };
    return text.slice(from, pos).trim();
  };

  const readText = (close: string, isKey: boolean): string => {
    if (close !== '"') mended.add("quotes");
    pos += 1;
    let read = "";
    let from = pos;
    let inner = false;
    for (; pos < text.length; pos += 1) {
      const sign = text[pos];
      if (sign === "\n") mended.add("line breaks in a text");
      else if (sign === "\\") {
        read += text.slice(from, pos) + readEscape();
        from = pos + 1;
      } else if (sign === close) {
        if (isKey || endsText(text, pos + 1, place, { inner, whole: true, seen })) {
          read += text.slice(from, pos);
          pos += 1;
          return read;
        }
        mended.add("quotes inside a text");
        inner = !inner && opensInner(text[pos - 1], text[pos + 1]);
      }
    }
    mended.add("a text that was cut off");
    cut = true;
    pos = text.length;
    return (read + text.slice(from)).trimEnd();
  };

  /** Leaves `pos` on the escape's last sign. */
  const readEscape = (): string => {
    pos += 1;
    const sign = text[pos];
    if (sign === undefined) return "";
    if (sign === "u") {
      const code = /^[0-9a-fA-F]{4}$/.exec(text.slice(pos + 1, pos + 5));
      if (code !== null) {
        pos += 4;
        return String.fromCharCode(Number.parseInt(code[0], 16));
      }
      if (pos + 5 > text.length) {
        pos = text.length;
        return "";
      }
    }
    const known = ESCAPED[sign];
    if (known !== undefined) return known;
    return "\"'\\/`”".includes(sign) ? sign : `\\${sign}`;
  };

  const readBare = (): unknown => {
    NUMBER.lastIndex = pos;
    const number = NUMBER.exec(text)?.[0];
    if (number !== undefined) {
      pos += number.length;
      cut ||= pos === text.length;
      return exactNumber(number.replaceAll("_", ""));
    }
    const from = pos;
    while (pos < text.length && !",]})\n".includes(text[pos] ?? "")) {
      if (isSpace(text[pos]) && commentEnd(text, pos + 1) !== undefined) break;
      pos += 1;
    }
    const word = text.slice(from, pos).trim();
    if (word === "" || word === ":") {
      pos = Math.max(pos, from + 1);
      return NOTHING;
    }
    const known = word.toLowerCase();
    if (Object.hasOwn(WORDS, known)) {
      if (known !== word || !["true", "false", "null"].includes(word)) mended.add("Python words");
      return WORDS[known];
    }
    cut ||= pos === text.length;
    const begun = pos === text.length ? CUT_NUMBER.exec(word) : null;
    if (begun !== null) {
      mended.add("a number that was cut off");
      return begun[1] === undefined || !/\d/.test(begun[1]) ? NOTHING : exactNumber(begun[1]);
    }
    bareWords = true;
    mended.add("words without quotes");
    return word;
  };

  const value = readValue();
  return { value: value === NOTHING ? undefined : value, end: pos, mended, bareWords, dropped, tooDeep, open, cut };
}

/** Where the comment that starts at `pos` ends, if one does. */
function commentEnd(text: string, pos: number): number | undefined {
  const sign = text[pos];
  if (sign === "#" || (sign === "/" && text[pos + 1] === "/")) {
    const end = text.indexOf("\n", pos);
    return end < 0 ? text.length : end;
  }
  if (sign === "/" && text[pos + 1] === "*") {
    const end = text.indexOf("*/", pos + 2);
    return end < 0 ? text.length : end + 2;
  }
  return undefined;
}
