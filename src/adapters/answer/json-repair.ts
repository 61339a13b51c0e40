import { parseExactly } from "./exact-number.ts";
import { MAX_DEPTH, readLooseJson } from "./loose-json.ts";
import type { LooseValue } from "./loose-json.ts";

export interface RepairedJson {
  readonly value: unknown;
  /** What had to be mended, in words. Empty for JSON as it should be. */
  readonly mended: readonly string[];
  /**
   * Where the text ended: behind the value; between its parts, with nothing but its outermost bracket left open; or within
   * one of them.
   */
  readonly ended: "behind" | "between" | "within";
}

/**
 * What to look for: a scalar is all of the text; a list or an object may have words around it. A function says whether a
 * list or object is the one; where none is, the first one counts.
 */
export type WantedJson = "scalar" | "list" | "object" | "any" | ((value: object) => boolean);

/** Whether the first value that is wanted is the one, or two that differ are as good as none. */
export type OfSeveral = "first" | "none";

/**
 * The JSON value that a text holds, mended where it has to be: see {@link readLooseJson}; code fences and words around a
 * list or an object go too. Undefined when there is none. Whole numbers that a number cannot hold are their digits as text.
 * Takes time linear in the text.
 */
export function repairJson(text: string, wanted: WantedJson, several: OfSeveral = "first"): RepairedJson | undefined {
  const strict = parseStrictly(text);
  if (strict !== undefined) return { value: strict.value, mended: [], ended: "behind" };
  const unfenced = withoutFence(text);
  if (unfenced !== undefined) {
    const inner = parseStrictly(unfenced);
    if (inner !== undefined) return { value: inner.value, mended: ["a code fence"], ended: "behind" };
  }
  const found = findJson(unfenced ?? text, wanted, several);
  if (found === undefined || unfenced === undefined) return found;
  return { ...found, mended: ["a code fence", ...found.mended] };
}

function parseStrictly(text: string): { readonly value: unknown } | undefined {
  if (!nestsModestly(text)) return undefined;
  try {
    return { value: parseExactly(text) };
  } catch {
    return undefined;
  }
}

/** `JSON.parse` reads any depth, but what comes after it must walk the value. */
function nestsModestly(text: string): boolean {
  if (text.length <= MAX_DEPTH) return true;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === "[" || sign === "{") {
      depth += 1;
      if (depth > MAX_DEPTH) return false;
    } else if (sign === "]" || sign === "}") depth -= 1;
    else if (sign === '"') {
      index += 1;
      while (index < text.length && text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
    }
  }
  return true;
}

/** The inside of a code fence that is all of the text. */
function withoutFence(text: string): string | undefined {
  const open = /^\s*```[\w+-]*[ \t]*(?:\r?\n|(?=[^\w\s]))/.exec(text);
  if (open === null) return undefined;
  const close = text.lastIndexOf("```");
  return text.slice(open[0].length, close >= open[0].length ? close : undefined).trim();
}

function findJson(text: string, wanted: WantedJson, several: OfSeveral): RepairedJson | undefined {
  const start = text.length - text.trimStart().length;
  const first = text[start];
  if (first === undefined) return undefined;
  if (first !== "{" && first !== "[" && first !== "(") {
    const scalar = readScalar(text, start);
    if (scalar !== undefined || wanted === "scalar") return scalar;
  }
  return wanted === "scalar" && first !== "(" && first !== "[" && first !== "{"
    ? undefined
    : findBracketed(text, start, wanted, several);
}

/** One of Python's words or a text in quotes, and nothing else. */
function readScalar(text: string, start: number): RepairedJson | undefined {
  const read = readLooseJson(text, start);
  if (read.value === undefined || read.bareWords || text.slice(read.end).trim() !== "") return undefined;
  return { value: read.value, mended: [...read.mended], ended: endOf(read) };
}

function endOf({ open, cut }: LooseValue): RepairedJson["ended"] {
  if (cut || open > 1) return "within";
  return open === 1 ? "between" : "behind";
}

function findBracketed(text: string, start: number, wanted: WantedJson, several: OfSeveral): RepairedJson | undefined {
  const bracket = /[[{]/g;
  let first: RepairedJson | undefined;
  let second: RepairedJson | undefined;
  let from = text[start] === "(" ? start : undefined;
  const ending = textEnd(text);
  for (;;) {
    if (from === undefined) {
      const next = bracket.exec(text);
      if (next === null) return first ?? second;
      from = next.index;
    }
    const read = readLooseJson(text, from);
    if (read.tooDeep) return first ?? second;
    const alone = from === start && text.slice(read.end).trim() === "";
    const repaired = {
      value: read.value,
      mended: [...(alone ? [] : ["words around it"]), ...read.mended],
      ended: endOf(read),
    };
    if (isMeant(read.value, alone, read) && !isHalf(read, ending)) {
      if (!hasShape(read.value, wanted)) second ??= repaired;
      else if (several === "first") return repaired;
      else if (first === undefined) first = repaired;
      else if (JSON.stringify(first.value) !== JSON.stringify(read.value)) return undefined;
    }
    // What was read is behind us, whatever it was: so each sign is read once.
    bracket.lastIndex = Math.max(read.end, from + 1);
    from = undefined;
  }
}

/** What tells whether a value that was found is only half of it. */
interface TextEnd {
  readonly lastQuote: number;
  readonly lastOpening: number;
  /** Whether the text ends as one in a list or an object does. */
  readonly endsInside: boolean;
}

function textEnd(text: string): TextEnd {
  return {
    lastQuote: text.lastIndexOf('"'),
    lastOpening: Math.max(text.lastIndexOf("["), text.lastIndexOf("{")),
    endsInside: /["\]]\s{0,9}[\]}]\s{0,9}(?:```)?\s{0,9}$/.test(text.slice(-40)),
  };
}

/**
 * Whether a value ended in the midst of one of its texts, which holds a quote and a bracket: then quotes in it were not
 * escaped before, or what is left ends as a text inside of it does.
 */
function isHalf({ end, mended }: LooseValue, { lastQuote, lastOpening, endsInside }: TextEnd): boolean {
  if (lastQuote < end) return false;
  return mended.has("quotes inside a text") || (endsInside && lastOpening < end);
}

/** In the midst of words, `[best]` and `{braces}` are no JSON. */
function isMeant(value: unknown, alone: boolean, read: { bareWords: boolean; dropped: boolean }): boolean {
  if (value === undefined) return false;
  if (alone) return true;
  if (read.bareWords) return false;
  return !(read.dropped && typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function hasShape(value: unknown, wanted: WantedJson): boolean {
  if (typeof wanted === "function") return typeof value === "object" && value !== null && wanted(value);
  if (wanted === "list") return Array.isArray(value);
  if (wanted === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return true;
}
