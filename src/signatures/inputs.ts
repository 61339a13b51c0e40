import { describe, UsageError } from "../foundation/errors.ts";
import type { Field } from "./field/field.ts";
import { isOptional } from "./types/field-type.ts";
import { firstIssue } from "./issue-text.ts";
import { parseNow } from "./parse-now.ts";
import type { AnySignature } from "./signature-value.ts";
import { writtenType } from "./field/field-text.ts";
import { holdsAnything, lostIn } from "./values/lost-value.ts";

/**
 * The inputs of a call, checked before a token is paid for: every input field in its order, defaults filled in, an
 * optional one that was left out as null. DSPy only warns about missing and unknown inputs.
 * @throws UsageError that names the field, what was expected and what came; or says what a refined zod object says of them
 */
export function parseInputs(signature: AnySignature, inputs: object): Readonly<Record<string, unknown>> {
  if (typeof inputs !== "object" || inputs === null)
    throw new UsageError(`${signature.name}: expected an object of inputs, got ${describe(inputs)}`);
  const fields = signature.inputFields;
  for (const key of Object.keys(inputs))
    if (!fields.some(({ name }) => name === key))
      throw new UsageError(
        `${signature.name}: no input "${key}"; the inputs are ${list(fields.map(({ name }) => name))}`,
      );
  const values: Record<string, unknown> = {};
  for (const field of fields) values[field.name] = inputValue(signature, field, givenInput(inputs, field.name));
  const problem = signature.inputRefinement?.problem(values);
  if (problem !== undefined) throw new UsageError(`${signature.name}: the inputs do not go together: ${problem}`);
  return values;
}

/** Undefined for what is not the object's own: a field may be called `constructor`. */
export function givenInput(inputs: object, name: string): unknown {
  // It is one of its keys.
  return OWN.call(inputs, name) ? (inputs as Readonly<Record<string, unknown>>)[name] : undefined;
}

const OWN = Object.prototype.propertyIsEnumerable;

function inputValue(signature: AnySignature, field: Field, value: unknown): unknown {
  if (value === undefined) {
    if ("default" in field) return field.default;
    if (isOptional(field.type) || field.type.kind === "history") return field.type.kind === "history" ? [] : null;
    throw new UsageError(`${signature.name}: the input "${field.name}" (${writtenType(field)}) is missing`);
  }
  if (holdsAnything(field.type)) refuseLost(signature, field, value);
  const checked = parseNow(field.schema, value, `${signature.name}: input "${field.name}"`);
  if (checked.success) return checked.data;
  const wanted = `expected ${writtenType(field)}, got ${describe(value)}`;
  throw new UsageError(`${signature.name}: input "${field.name}": ${wanted} (${firstIssue(checked.error)})`);
}

/** A prompt that says nothing of it, or cannot be written, is a surprise that nobody looks for. */
function refuseLost(signature: AnySignature, { name }: Field, value: unknown): void {
  const lost = lostIn(value);
  if (lost === undefined) return;
  throw new UsageError(`${signature.name}: input "${name}" must be data that JSON can hold, got ${lost}`);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
