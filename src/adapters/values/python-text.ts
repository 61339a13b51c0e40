import { writtenAs } from "../../signatures/values/lost-value.ts";

/**
 * Text as Python makes it. DSPy's prompts are written by Python's `str`, `repr`, `json.dumps`, `strip` and `splitlines`;
 * to send the same bytes, so must ours be.
 */

/** White space as `str.strip` sees it: with U+001C–U+001F and U+0085, without U+FEFF (JavaScript says the opposite). */
export function isPythonSpace(code: number): boolean {
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f)) return true;
  if (code < 0x85) return false;
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** `str.strip()`. */
export function strip(text: string): string {
  return stripped(text, 0, text.length);
}

/** `text[from:to].strip()`. */
export function stripped(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isPythonSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isPythonSpace(text.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** `str.splitlines()`: more signs end a line than in JavaScript, and a line end at the very end opens no new line. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `textwrap.dedent`: what all lines have in common before their first sign goes; blank lines are emptied. */
export function dedent(text: string): string {
  const lines = text.split("\n").map((line) => (/^[ \t]+$/.test(line) ? "" : line));
  let margin: string | undefined;
  for (const line of lines) {
    if (line === "") continue;
    const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
    margin = margin === undefined ? indent : commonStart(margin, indent);
    if (margin === "") break;
  }
  const width = margin?.length ?? 0;
  return lines.map((line) => (line === "" ? line : line.slice(width))).join("\n");
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

export type NumberType = "int" | "float" | "unknown";

/**
 * A number as Python prints it: an `int` in digits, a `float` shortest, with an exponent below 1e-4 and from 1e16, and
 * with `.0` when it is whole. JavaScript has one number type, so the caller says which it is; of unknown ones, whole
 * numbers print as ints as long as they are exact.
 */
export function numberText(value: number, type: NumberType = "unknown"): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value)) {
    // -0 is a float only.
    if (type === "int") return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : BigInt(value).toString();
    if (type === "unknown" && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  }
  return floatText(value);
}

function floatText(value: number): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential());
  if (match === null) return String(value);
  const [, , first = "0", rest = "", exponentText = "0"] = match;
  const sign = Object.is(value, -0) || value < 0 ? "-" : "";
  const digits = first + rest;
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const width = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${first}${rest === "" ? "" : `.${rest}`}e${exponent < 0 ? "-" : "+"}${width}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}.${fraction === "" ? "0" : fraction}`;
}

/** Numbers as `json.dumps` writes them: as Python prints them, but for those that JSON lacks. */
export function jsonNumberText(value: number, type: NumberType): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return numberText(value, type);
}

/** `repr` of a text: in single quotes, in double ones if it holds single ones only. */
export function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = "";
  for (const sign of text) body += escapeSign(sign, quote);
  return quote + body + quote;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeSign(sign: string, quote: string): string {
  if (sign === quote) return `\\${sign}`;
  const known = ESCAPES[sign];
  if (known !== undefined) return known;
  // Not printable in Python's sense: controls, unassigned, private, surrogates, and separators other than the space.
  if (sign === " " || !/[\p{C}\p{Z}]/u.test(sign)) return sign;
  const code = sign.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** `repr` of plain data. */
export function dataRepr(given: unknown): string {
  const value = writtenAs(given);
  if (typeof value === "string") return textRepr(value);
  if (Array.isArray(value)) return `[${value.map(dataRepr).join(", ")}]`;
  if (typeof value === "object" && value !== null && !(value instanceof Date)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${textRepr(key)}: ${dataRepr(item)}`)
      .join(", ")}}`;
  }
  return scalarText(value);
}

/** `str` of what is neither text, list nor dict. */
export function scalarText(value: unknown, type: NumberType = "unknown"): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return numberText(value, type);
  return String(value);
}
