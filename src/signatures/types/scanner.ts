import { UsageError } from "../../foundation/errors.ts";

/** A place in a signature's text. The grammar's only mutable thing; it never leaves the parser's call. */
export interface Scanner {
  readonly text: string;
  position: number;
  /** The field that is being read, for error messages. */
  field: string | undefined;
  /** How many types and values deep it is. */
  depth: number;
}

/** No type of use is deeper, and a hostile text must not exhaust the stack. */
export const MAX_DEPTH = 100;

/** Reads something that may hold others of its kind. */
export function nested<T>(scanner: Scanner, read: (scanner: Scanner) => T): T {
  if (scanner.depth >= MAX_DEPTH) throw tooDeep(scanner);
  scanner.depth++;
  const result = read(scanner);
  scanner.depth--;
  return result;
}

export function tooDeep(scanner: Scanner): UsageError {
  return problem(scanner, `nested more than ${MAX_DEPTH} deep`);
}

export function scan(text: string): Scanner {
  return { text, position: 0, field: undefined, depth: 0 };
}

const SPACE = /\s*/y;
const WORD = /[\p{ID_Start}_$][\p{ID_Continue}$]*/uy;
const NUMBER = /[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{ID_Continue}])/uy;

function match(scanner: Scanner, pattern: RegExp): string | undefined {
  // The patterns are sticky and constant; `lastIndex` is set before each use, so sharing them is safe.
  pattern.lastIndex = scanner.position;
  const found = pattern.exec(scanner.text)?.[0];
  if (found !== undefined) scanner.position += found.length;
  return found;
}

export function skipSpace(scanner: Scanner): void {
  match(scanner, SPACE);
}

/** Reads the mark if it comes next, white space before it skipped. */
export function take(scanner: Scanner, mark: string): boolean {
  skipSpace(scanner);
  if (!scanner.text.startsWith(mark, scanner.position)) return false;
  scanner.position += mark.length;
  return true;
}

export function peek(scanner: Scanner): string {
  skipSpace(scanner);
  const code = scanner.text.codePointAt(scanner.position);
  return code === undefined ? "" : String.fromCodePoint(code);
}

export function takeWord(scanner: Scanner): string | undefined {
  skipSpace(scanner);
  return match(scanner, WORD);
}

export function takeNumber(scanner: Scanner): number | undefined {
  skipSpace(scanner);
  const start = scanner.position;
  const digits = match(scanner, NUMBER)?.replaceAll("_", "");
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (/^[+-]?\d+$/.test(digits) && !Number.isSafeInteger(value))
    throw problem(scanner, `${digits} is more than a number can hold without losing digits; write it as a text`, start);
  return value;
}

const ESCAPES: Readonly<Record<string, string>> = Object.freeze({ n: "\n", t: "\t", r: "\r", "\n": "" });

/** A string in single or double quotes with the escapes that Python and JavaScript share. */
export function takeString(scanner: Scanner): string | undefined {
  const quote = peek(scanner);
  if (quote !== "'" && quote !== '"') return undefined;
  const start = scanner.position;
  let value = "";
  for (let at = start + 1; at < scanner.text.length; at++) {
    const char = scanner.text[at]!;
    if (char === quote) {
      scanner.position = at + 1;
      return value;
    }
    if (char !== "\\") {
      value += char;
      continue;
    }
    const next = scanner.text[++at] ?? "";
    const digits = next === "x" ? 2 : next === "u" ? 4 : 0;
    const code = scanner.text.slice(at + 1, at + 1 + digits);
    if (digits > 0 && new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code)) {
      value += String.fromCharCode(Number.parseInt(code, 16));
      at += digits;
    } else value += ESCAPES[next] ?? (next === "'" || next === '"' || next === "\\" ? next : `\\${next}`);
  }
  scanner.position = start;
  throw problem(scanner, `a text that opens with ${quote} is not closed`);
}

/** What stands here, for "…, got …". */
export function here(scanner: Scanner): string {
  skipSpace(scanner);
  const rest = scanner.text.slice(scanner.position);
  if (rest === "") return "the end of the text";
  return JSON.stringify(/^[\p{ID_Continue}$]+|^->|^[^]/u.exec(rest)?.[0] ?? rest);
}

/** The error for a text that cannot be read: what, in which field, where. */
export function problem(scanner: Scanner, what: string, position: number = scanner.position): UsageError {
  const where = scanner.field === undefined ? "" : `field "${scanner.field}": `;
  return new UsageError(`Signature ${JSON.stringify(scanner.text)}: ${where}${what} (at position ${position})`);
}
