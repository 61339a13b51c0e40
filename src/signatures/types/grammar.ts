import type { FieldRole } from "../field/field.ts";
import type { FieldConstraints } from "../field/field-constraints.ts";
import { CONSTRAINT_WORDS, type ConstraintWord, isConstraintWord } from "../field/field-constraints.ts";
import { nameProblem } from "../field/field-names.ts";
import { type FieldType, unionOf } from "./field-type.ts";
import {
  here,
  nested,
  peek,
  problem,
  type Scanner,
  scan,
  skipSpace,
  take,
  takeNumber,
  takeString,
  takeWord,
} from "./scanner.ts";
import { expect, takeList, takeType, takeValue } from "./type-grammar.ts";

/** A field as a signature's text gives it. */
export interface ParsedField {
  readonly name: string;
  readonly role: FieldRole;
  readonly type: FieldType;
  /** The type's own text. Left out: there is none. */
  readonly written?: string;
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  readonly default?: unknown;
}

/**
 * The fields of a signature's text: `inputs -> outputs`, each side a list of
 *
 *     name
 *     name: type            "a description"
 *     name?: type           may be left out, or null
 *     name: int(ge=1, le=5) = 3
 *
 * @throws UsageError that names the field, the word and the position
 */
export function parseSignatureText(text: string): readonly ParsedField[] {
  const scanner = scan(text);
  const inputs = takeSide(scanner, "input");
  if (!take(scanner, "->")) {
    if (peek(scanner) === "") throw problem(outside(scanner), `no "->" between inputs and outputs`);
    throw unexpected(scanner, `"," or "->"`);
  }
  scanner.field = undefined;
  const outputs = takeSide(scanner, "output");
  if (text.startsWith("->", scanner.position)) throw problem(outside(scanner), `more than one "->"`);
  if (peek(scanner) !== "") throw unexpected(scanner, `"," or the end`);
  const both = outputs.find(({ name }) => inputs.some((input) => input.name === name));
  if (both) throw problem(outside(scanner), `"${both.name}" is both an input and an output; names must be distinct`, 0);
  return [...inputs, ...outputs];
}

/**
 * One field on its own, as `append` and `prepend` take it.
 * @throws UsageError
 */
export function parseFieldText(text: string, role: FieldRole): ParsedField {
  const scanner = scan(text);
  const field = takeField(scanner, role);
  if (peek(scanner) !== "") throw unexpected(scanner, "the end of the field");
  return field;
}

/** The same place, for a problem that is no single field's. */
function outside(scanner: Scanner): Scanner {
  return { ...scanner, field: undefined };
}

function unexpected(scanner: Scanner, wanted: string): Error {
  return problem(scanner, `expected ${wanted}, got ${here(scanner)}`);
}

function takeSide(scanner: Scanner, role: FieldRole): ParsedField[] {
  const fields: ParsedField[] = [];
  while (peek(scanner) !== "" && !scanner.text.startsWith("->", scanner.position)) {
    const field = takeField(scanner, role);
    if (fields.some(({ name }) => name === field.name)) throw problem(scanner, `"${field.name}" is given twice`);
    fields.push(field);
    if (!take(scanner, ",")) break;
    scanner.field = undefined;
  }
  skipSpace(scanner);
  return fields;
}

function takeField(scanner: Scanner, role: FieldRole): ParsedField {
  const first = peek(scanner);
  const start = scanner.position;
  const name = takeWord(scanner);
  if (name === undefined)
    throw problem(
      scanner,
      /[,:?]|^$/.test(first) ? "a field has no name" : `expected a field's name, got ${here(scanner)}`,
    );
  const wrong = nameProblem(name);
  if (wrong !== undefined) throw problem(scanner, wrong, start);
  scanner.field = name;
  const optional = take(scanner, "?");
  const isTyped = take(scanner, ":");
  const typeAt = scanner.position;
  const given: FieldType = isTyped ? takeType(scanner) : { kind: "str" };
  const written = isTyped ? scanner.text.slice(typeAt, scanner.position).trim() : undefined;
  const constraints = takeConstraints(scanner);
  // Either order of description and default is fine; each at most once.
  let desc = takeDesc(scanner);
  const preset = take(scanner, "=") ? takeDefault(scanner) : undefined;
  desc ??= takeDesc(scanner);
  return {
    name,
    role,
    type: optional ? unionOf([given, { kind: "none" }]) : given,
    ...(written !== undefined && { written }),
    ...(desc !== undefined && { desc }),
    ...(constraints && { constraints }),
    ...(preset && { default: preset.value }),
  };
}

function takeDesc(scanner: Scanner): string | undefined {
  return takeString(scanner);
}

function takeConstraints(scanner: Scanner): FieldConstraints | undefined {
  if (!take(scanner, "(")) return undefined;
  const pairs = takeList(scanner, ")", (each): readonly [ConstraintWord, number] => {
    const word = takeWord(each);
    if (word === undefined || !isConstraintWord(word))
      throw problem(each, `expected one of ${CONSTRAINT_WORDS.join(", ")}, got ${word ? `"${word}"` : here(each)}`);
    expect(each, "=");
    const bound = takeNumber(each);
    if (bound === undefined) throw problem(each, `${word} takes a number, got ${here(each)}`);
    return [word, bound];
  });
  return Object.fromEntries(pairs);
}

function takeDefault(scanner: Scanner): { readonly value: unknown } {
  return { value: takeJson(scanner) };
}

/** A value as Python or JavaScript writes it: texts, numbers, words, lists and objects of them. */
function takeJson(scanner: Scanner): unknown {
  return nested(scanner, takeJsonValue);
}

function takeJsonValue(scanner: Scanner): unknown {
  if (take(scanner, "[")) return takeList(scanner, "]", takeJson);
  if (take(scanner, "{")) {
    return Object.fromEntries(
      takeList(scanner, "}", (each): readonly [string, unknown] => {
        const key = takeString(each) ?? takeWord(each);
        if (key === undefined) throw problem(each, `expected a key, got ${here(each)}`);
        expect(each, ":");
        return [key, takeJson(each)];
      }),
    );
  }
  const value = takeValue(scanner);
  if (value === undefined) throw problem(scanner, `expected a value as the default, got ${here(scanner)}`);
  return value;
}
