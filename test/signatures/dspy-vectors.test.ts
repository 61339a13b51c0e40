import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { fieldPrefix } from "../../src/signatures/field-names.ts";
import type { FieldRole } from "../../src/signatures/field.ts";
import type { AddFieldOptions, AnySignature, SignatureOptions } from "../../src/signatures/signature.ts";
import { signature } from "../../src/signatures/signature.ts";
import { typeName } from "../../src/signatures/type-name.ts";

interface Operation {
  readonly op: string;
  readonly index?: number;
  readonly name?: string;
  readonly role?: FieldRole;
  readonly type?: string;
  readonly desc?: string;
  readonly instructions?: string;
}

interface Case {
  readonly name: string;
  readonly rule: string;
  readonly signature: string;
  readonly instructions?: string;
  readonly ops?: readonly Operation[];
  readonly expect: { readonly error: true } | { readonly instructions: string; readonly fields: readonly object[] };
}

function cases(file: string): readonly Case[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/dspy/${file}`, import.meta.url), "utf8")) as Case[];
}

function play(each: Case): { instructions: string; fields: object[] } {
  const options: SignatureOptions = each.instructions === undefined ? {} : { instructions: each.instructions };
  let made: AnySignature = signature(each.signature, options);
  for (const operation of each.ops ?? []) made = apply(made, operation);
  return {
    instructions: made.instructions,
    fields: made.fields.map(({ name, role, type, desc }) => ({
      name,
      role,
      type: typeName(type),
      desc: desc ?? `\${${name}}`,
      prefix: fieldPrefix(name),
    })),
  };
}

function apply(
  to: AnySignature,
  { op, index, name = "", role, type, desc, instructions = "" }: Operation,
): AnySignature {
  const parts = { ...(type !== undefined && { type }), ...(desc !== undefined && { desc }) };
  const options: AddFieldOptions = { side: role ?? "output", ...parts };
  switch (op) {
    case "append":
      return to.append(name, options);
    case "prepend":
      return to.prepend(name, options);
    case "insert":
      return to.insert(index ?? 0, name, options);
    case "delete":
      return to.delete(name);
    case "with_instructions":
      return to.withInstructions(instructions);
    case "append_instructions":
      return to.appendInstructions(instructions);
    case "with_updated_fields":
      return to.withFields({ [name]: parts });
    default:
      throw new Error(`no operation ${op}`);
  }
}

describe("signatures as DSPy makes them", () => {
  test.each(cases("signatures.json"))("$name: $rule", (each) => {
    if ("error" in each.expect) expect(() => play(each)).toThrow(UsageError);
    else expect(play(each)).toEqual(each.expect);
  });
});

/** What we do where DSPy's own behaviour is an accident: a refusal that says why, or the fields we read. */
const BETTER: Readonly<Record<string, RegExp | readonly string[]>> = {
  "a-default-value-in-the-text-1": ["question: str", "n: int = 3", "answer: str"],
  "a-name-given-twice-on-one-1": /"a" is given twice/,
  "fields-after-or-before-are-dropped-1": /expected a field's name, got "\*"/,
  "fields-after-or-before-are-dropped-3": /expected a field's name, got "\*"/,
  "fields-after-or-before-are-dropped-4": /expected a field's name, got "\*"/,
  "an-arrow-inside-a-literal-counts-1": ["q: str", "a: Literal['x -> y', 'z']"],
  "a-negative-number-in-a-literal-1": ["q: str", "a: Literal[-1, 0, 1]"],
  "a-name-that-is-a-python-1": ["class: str", "label: str"],
  "a-name-that-is-a-python-3": ["text: str", "is: bool"],
  "a-value-where-a-type-belongs-1": ["q: str", "a: Literal[5]"],
  "a-name-that-starts-with-an-1": ["_q: str", "a: str"],
  "the-type-none-becomes-str-1": ["q: str", "a: NoneType"],
  "list-takes-any-number-of-type-1": /list takes one type \(list\[T\]\), got 2 types/,
  "some-harmless-names-collide-with-python-1": ["instructions: str", "answer: str"],
  "some-harmless-names-collide-with-python-3": ["fields: str", "table: str", "row: str"],
  "appending-a-name-that-is-on-1": /"a" is an input already/,
};

describe("what DSPy gets wrong about signatures", () => {
  test.each(cases("signatures-bugs.json"))("$name: $rule", (each) => {
    const better = BETTER[each.name];
    if (better === undefined) throw new Error(`no decision for ${each.name}`);
    if (better instanceof RegExp) {
      expect(() => play(each)).toThrow(UsageError);
      expect(() => play(each)).toThrow(better);
    } else {
      const { fields } = signature(each.signature);
      const texts = fields.map((field) => {
        const preset = "default" in field ? ` = ${JSON.stringify(field.default)}` : "";
        return `${field.name}: ${typeName(field.type)}${preset}`;
      });
      expect(texts).toEqual(better);
    }
  });
});
