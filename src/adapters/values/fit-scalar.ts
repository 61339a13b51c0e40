import { describe } from "../../foundation/errors.ts";
import { wholeNumber } from "../answer/exact-number.ts";

/** A value of the type, or why there is none, in words that a model can mend it by. */
export type Fit = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

export function fits(value: unknown): Fit {
  return { ok: true, value };
}

export function misfit(expected: string, got: unknown): Fit {
  return { ok: false, problem: `expected ${expected}, got ${describe(got)}` };
}

const INT_TEXT = /^[+-]?\d+(?:_\d+)*(?:\.0*)?$/;
const FLOAT_TEXT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+)?$/;
/** Not DSPy's: people and models write thousands so, and nothing else is meant by it. */
const THOUSANDS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const SPECIAL_FLOAT = /^([+-]?)(nan|inf|infinity)$/i;
const UNIT = /^(?:[$€£¥]\s*[\d.,]+|[\d.,]+\s*(?:[%$€£¥°]|[a-zA-Z]+))$/;

export function fitInt(raw: unknown, exact: boolean): Fit {
  if (typeof raw === "number" && Number.isInteger(raw)) return fits(raw);
  if (typeof raw === "string" && !exact) {
    const text = raw.trim();
    if (INT_TEXT.test(text) || (THOUSANDS.test(text) && !text.includes("."))) return fitDigits(text);
    if (UNIT.test(text)) return misfit("a whole number without a unit", raw);
  }
  return misfit("a whole number", raw);
}

/** Never rounded: an id with its last digits changed is another id. */
function fitDigits(text: string): Fit {
  const value = wholeNumber(text.replace(/\..*$/, "").replaceAll(/[_,]/g, ""));
  return value === undefined
    ? misfit("a whole number that loses no digits (up to 2^53 - 1 none does)", text)
    : fits(value);
}

/** The number that a text is, where that is plain to see; most are. Others are for the rules above. */
export function plainNumber(text: string): number | undefined {
  const first = text.charCodeAt(0);
  // Not `0x1f` and its like, which are no numbers here. Of a text of one sign the second one is NaN.
  const isDecimal = (first > 0x30 && first <= 0x39) || (first === 0x30 && !(text.charCodeAt(1) > 0x39));
  if (!isDecimal) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined;
  return Number.isFinite(value) ? value : undefined;
}

export function fitFloat(raw: unknown, exact: boolean): Fit {
  if (typeof raw === "number") return fits(raw);
  if (typeof raw === "string" && !exact) {
    const text = raw.trim();
    // What is written with a point or an exponent is as near as floats come, in Python too.
    if (INT_TEXT.test(text)) return fitDigits(text);
    if (FLOAT_TEXT.test(text)) return fits(Number(text.replaceAll("_", "")));
    if (THOUSANDS.test(text)) return text.includes(".") ? fits(Number(text.replaceAll(",", ""))) : fitDigits(text);
    const special = SPECIAL_FLOAT.exec(text);
    if (special?.[2] !== undefined) {
      if (special[2].toLowerCase() === "nan") return fits(Number.NaN);
      return fits(special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    }
    if (UNIT.test(text)) return misfit("a number without a unit", raw);
  }
  return misfit("a number", raw);
}

const BOOL_WORDS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...["true", "yes", "on", "t", "y", "1", 1].map((word) => [word, true] as const),
  ...["false", "no", "off", "f", "n", "0", 0].map((word) => [word, false] as const),
]);

export function fitBool(raw: unknown, exact: boolean): Fit {
  if (typeof raw === "boolean") return fits(raw);
  const word = exact ? undefined : BOOL_WORDS.get(typeof raw === "string" ? raw.toLowerCase() : raw);
  return word === undefined ? misfit("True or False", raw) : fits(word);
}
