import { UsageError } from "../../src/foundation/errors.ts";
import { fieldPrefix } from "../../src/signatures/field/field-names.ts";
import type { FieldRole } from "../../src/signatures/field/field.ts";
import type { SignatureOptions } from "../../src/signatures/signature.ts";
import type { AddFieldOptions, AnySignature } from "../../src/signatures/signature-value.ts";
import { signature } from "../../src/signatures/signature.ts";
import { typeName } from "../../src/signatures/types/type-name.ts";
import { FAILED } from "./vector-case.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";
import { vectorSignature } from "./vector-signature.ts";
import type { VectorSignature } from "./vector-signature.ts";

export interface SignatureCase extends VectorCase {
  readonly signature: string | VectorSignature;
  readonly instructions?: string;
  readonly ops?: readonly Operation[];
}

interface Operation {
  readonly op: string;
  readonly index?: number;
  readonly name?: string;
  readonly role?: FieldRole;
  readonly type?: string;
  readonly desc?: string;
  readonly instructions?: string;
}

export function playSignature({ signature: from, instructions, ops = [] }: SignatureCase): Outcome {
  const options: SignatureOptions = instructions === undefined ? {} : { instructions };
  try {
    let made: AnySignature = typeof from === "string" ? signature(from, options) : vectorSignature(from);
    for (const operation of ops) made = apply(made, operation);
    return describeSignature(made);
  } catch (thrown) {
    if (thrown instanceof UsageError) return { ...FAILED, message: thrown.message };
    throw thrown;
  }
}

/** A signature as the files tell it. */
export function describeSignature(made: AnySignature): object {
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
