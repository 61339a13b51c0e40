import { MAX_DEPTH, readLooseJson } from "./loose-json.ts";

export interface RepairedJson {
  readonly value: unknown;
  /** What had to be mended, in words. Empty for JSON as it should be. */
  readonly mended: readonly string[];
}

/**
 * What to look for: a scalar is all of the text; a list or an object may have words around it. A function says whether a
 * list or object is the one; where none is, the first one counts.
 */
export type WantedJson = "scalar" | "list" | "object" | "any" | ((value: object) => boolean);

/**
 * The JSON value that a text holds, mended where it has to be: see {@link readLooseJson}; code fences and words around a
 * list or an object go too. Undefined when there is none. Takes time linear in the text.
 */
export function repairJson(text: string, wanted: WantedJson): RepairedJson | undefined {
  const strict = parseStrictly(text);
  if (strict !== undefined) return { value: strict.value, mended: [] };
  const unfenced = withoutFence(text);
  if (unfenced !== undefined) {
    const inner = parseStrictly(unfenced);
    if (inner !== undefined) return { value: inner.value, mended: ["a code fence"] };
  }
  const found = findJson(unfenced ?? text, wanted);
  if (found === undefined || unfenced === undefined) return found;
  return { value: found.value, mended: ["a code fence", ...found.mended] };
}

function parseStrictly(text: string): { readonly value: unknown } | undefined {
  if (!nestsModestly(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
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

function findJson(text: string, wanted: WantedJson): RepairedJson | undefined {
  const start = text.length - text.trimStart().length;
  const first = text[start];
  if (first === undefined) return undefined;
  if (first !== "{" && first !== "[" && first !== "(") {
    const scalar = readScalar(text, start);
    if (scalar !== undefined || wanted === "scalar") return scalar;
  }
  return wanted === "scalar" && first !== "(" && first !== "[" && first !== "{"
    ? undefined
    : findBracketed(text, start, wanted);
}

/** One of Python's words or a text in quotes, and nothing else. */
function readScalar(text: string, start: number): RepairedJson | undefined {
  const read = readLooseJson(text, start);
  if (read.value === undefined || read.bareWords || text.slice(read.end).trim() !== "") return undefined;
  return { value: read.value, mended: [...read.mended] };
}

function findBracketed(text: string, start: number, wanted: WantedJson): RepairedJson | undefined {
  const bracket = /[[{]/g;
  let second: RepairedJson | undefined;
  let from = text[start] === "(" ? start : undefined;
  for (;;) {
    if (from === undefined) {
      const next = bracket.exec(text);
      if (next === null) return second;
      from = next.index;
    }
    const read = readLooseJson(text, from);
    if (read.tooDeep) return second;
    const alone = from === start && text.slice(read.end).trim() === "";
    const repaired = { value: read.value, mended: [...(alone ? [] : ["words around it"]), ...read.mended] };
    if (isMeant(read.value, alone, read)) {
      if (hasShape(read.value, wanted)) return repaired;
      second ??= repaired;
    }
    // What was read is behind us, whatever it was: so each sign is read once.
    bracket.lastIndex = Math.max(read.end, from + 1);
    from = undefined;
  }
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
