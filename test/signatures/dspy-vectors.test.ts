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
  readonly expect: Outcome;
  /** What is done here, where DSPy's own behaviour was judged a mistake. */
  readonly ours?: Outcome;
}

type Outcome =
  | { readonly error: true; readonly message?: string }
  | { readonly instructions: string; readonly fields: readonly object[] };

function cases(file: string): readonly Case[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/dspy/${file}`, import.meta.url), "utf8")) as Case[];
}

function outcome(each: Case): Outcome {
  try {
    return play(each);
  } catch (thrown) {
    if (thrown instanceof UsageError) return { error: true, message: thrown.message };
    throw thrown;
  }
}

function play(each: Case): Outcome {
  const options: SignatureOptions = each.instructions === undefined ? {} : { instructions: each.instructions };
  let made: AnySignature = signature(each.signature, options);
  for (const operation of each.ops ?? []) made = apply(made, operation);
  return {
    instructions: made.instructions,
    fields: made.fields.map(({ name, role, type, desc, default: preset }) => ({
      name,
      role,
      type: typeName(type),
      desc: desc ?? `\${${name}}`,
      prefix: fieldPrefix(name),
      ...(preset !== undefined && { default: preset }),
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
  const all = cases("signatures.json");

  test.each(all.filter((each) => !("error" in each.expect)))("$name: $rule", (each) => {
    expect(outcome(each)).toEqual(each.expect);
  });

  test.each(all.filter((each) => "error" in each.expect))("$name: $rule", (each) => {
    expect(outcome(each)).toMatchObject({ error: true });
  });
});

describe("what DSPy gets wrong about signatures", () => {
  test.each(cases("signatures-bugs.json"))("$name: $rule", (each) => {
    expect(each.ours).toBeDefined();
    expect(outcome(each)).toEqual(each.ours);
  });
});
