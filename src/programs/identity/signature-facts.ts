import { inOrder } from "../../foundation/digest.ts";
import type { Field } from "../../signatures/field/field.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { isTool } from "../../signatures/values/tool.ts";
import { toSavedJson } from "../saved/saved-json.ts";
import type { SourceListener } from "./code-facts.ts";
import { zodFacts } from "./zod-facts.ts";

/** A signature as plain data, by which two that write or read anything otherwise differ; names of signatures do not count. */
export function signatureFacts(signature: AnySignature, where: string, onSource: SourceListener): object {
  const { instructions, inputFields, outputFields, inputRefinement, outputRefinement } = signature;
  const side = (fields: readonly Field[]): object[] =>
    fields.map((field) => fieldFacts(field, `${where}, field "${field.name}"`, onSource));
  const checks = (side: string, refinement: AnySignature["inputRefinement"]): unknown =>
    refinement && zodFacts(refinement.checks, `${where}, its ${side} together`, onSource);
  return {
    instructions,
    inputs: side(inputFields),
    outputs: side(outputFields),
    inputChecks: checks("inputs", inputRefinement),
    outputChecks: checks("outputs", outputRefinement),
  };
}

function fieldFacts(field: Field, where: string, onSource: SourceListener): object {
  const { name, type, desc, constraints, default: preset, zod } = field;
  return {
    name,
    type: typeFacts(type, where, onSource),
    // Both mean that there is none: DSPy writes its stand-in for it.
    desc: desc === "" || desc === `\${${name}}` ? undefined : desc,
    // In the order in which prompts list them.
    constraints: constraints && inOrder(constraints),
    ...("default" in field && { default: defaultFacts(preset, where, onSource) }),
    zod: zod && zodFacts(zod, where, onSource),
  };
}

export function typeFacts(type: FieldType, where: string, onSource: SourceListener): unknown {
  const inside = (each: FieldType): unknown => typeFacts(each, where, onSource);
  switch (type.kind) {
    case "list":
      return { ...type, items: inside(type.items) };
    case "dict":
      return { ...type, keys: inside(type.keys), values: inside(type.values) };
    case "tuple":
      return { ...type, items: type.items.map(inside) };
    case "union":
      return { ...type, members: type.members.map(inside) };
    case "zod":
      return { kind: type.kind, schema: zodFacts(type.schema, where, onSource) };
    default:
      return type;
  }
}

/** Defaults of zod's own may be anything that a transform made; tools check the calls of them. */
function defaultFacts(value: unknown, where: string, onSource: SourceListener): unknown {
  if (isTool(value)) return { tool: inOrder(toSavedJson(value, where)), input: zodFacts(value.input, where, onSource) };
  if (Array.isArray(value)) return value.map((item: unknown) => defaultFacts(item, where, onSource));
  return zodFacts(value, where, onSource);
}
