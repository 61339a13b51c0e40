import type { Field } from "../../signatures/field/field.ts";
import type { FieldConstraints } from "../../signatures/field/field-constraints.ts";
import { typesInside } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { typeJsonSchema } from "../../signatures/types/json-schema.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { typeName } from "../../signatures/types/type-name.ts";
import { jsonText } from "../values/format-value.ts";
import { dedent, scalarText, splitLines, strip } from "../values/python-text.ts";

/** The line that opens the part of a system message that shows what messages look like. */
export const STRUCTURE =
  "All interactions will be structured in the following way, with the appropriate values filled in.";

/** The lists of fields that open a system message. */
export function fieldLists(signature: AnySignature): string {
  return `Your input fields are:\n${fieldList(signature.inputFields)}\nYour output fields are:\n${fieldList(signature.outputFields)}`;
}

/** Fields with their types, descriptions and constraints, numbered. */
export function fieldList(fields: readonly Field[]): string {
  return strip(fields.map(fieldLine).join("\n"));
}

function fieldLine(field: Field, index: number): string {
  // DSPy's stand-in for a description that was not given; it never shows.
  const desc = field.desc === undefined || field.desc === `\${${field.name}}` ? "" : field.desc;
  const constraints = constraintText(field.constraints);
  const line = `${index + 1}. \`${field.name}\` (${typeName(field.type)}): ${desc}${typeDescriptions(field.type)}`;
  return constraints === "" ? line : `${line}\nConstraints: ${constraints}`;
}

/** What DSPy says of its own types, for each place where one stands. */
function typeDescriptions(type: FieldType): string {
  const description = typeDescription(type);
  if (description !== undefined) return `\n    Type description of ${typeName(type)}: ${description}`;
  return typesInside(type).map(typeDescriptions).join("");
}

function typeDescription(type: FieldType): string | undefined {
  if (type.kind === "tool_calls")
    return 'Tool calls must be a JSON object with `tool_calls`, a list of calls. Each call must include `name` and `args`. Example: {"tool_calls": [{"name": "search", "args": {"query": "cats"}}]}';
  if (type.kind !== "code") return undefined;
  const language = type.language ?? "python";
  return `Code represented in a string, specified in the \`code\` field. If this is an output field, the code field should follow the markdown code block format, e.g. \n\`\`\`${language.toLowerCase()}\n{code}\n\`\`\`\nProgramming language: ${language}`;
}

const CONSTRAINT_TEXTS: Readonly<Record<keyof FieldConstraints, string>> = {
  gt: "greater than",
  ge: "greater than or equal to",
  lt: "less than",
  le: "less than or equal to",
  min_length: "minimum length",
  max_length: "maximum length",
  multiple_of: "a multiple of the given number",
};

/** The constraints in DSPy's words, in the order in which they were given. */
export function constraintText(constraints: FieldConstraints | undefined): string {
  return Object.entries(constraints ?? {})
    .map(([word, bound]) => `${CONSTRAINT_TEXTS[word as keyof FieldConstraints]}: ${scalarText(bound)}`)
    .join(", ");
}

/** The instructions, which close a system message. */
export function objective(instructions: string): string {
  const lines = splitLines(dedent(instructions)).map((line) => `\n        ${line}`);
  return `In adhering to this structure, your objective is: ${lines.join("")}`;
}

/** What stands for an output in the system message: its name in braces, and what its value must be. */
export function placeholder(field: Field): string {
  const note = field.role === "output" ? outputNote(field.type) : "";
  return `{${field.name}}${note === "" ? "" : `        # note: the value you produce ${note}`}`;
}

function outputNote(type: FieldType): string {
  switch (type.kind) {
    case "str":
    case "code":
      return "";
    case "bool":
      return "must be True or False";
    case "int":
    case "float":
      return `must be a single ${type.kind} value`;
    case "literal":
      return `must exactly match (no extra characters) one of: ${type.values.map((value) => scalarText(value)).join("; ")}`;
    default:
      return `must adhere to the JSON schema: ${schemaText(type)}`;
  }
}

/** The type's JSON Schema on one line, the keys of each object sorted, `type` first. */
export function schemaText(type: FieldType): string {
  return jsonText(typeFirst(typeJsonSchema(type)));
}

function typeFirst(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typeFirst);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, typeFirst(item)] as const);
  const rank = (key: string): string => (key === "type" ? "" : key);
  // A map, since an object would put keys that look like numbers first.
  return new Map(entries.sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)));
}

/** ` (must be formatted as a valid Python int)`, and nothing for text. */
export function formatReminder(field: Field): string {
  if (field.type.kind === "tool_calls")
    return ' (must be a JSON object like {"tool_calls": [{"name": "...", "args": {...}}]})';
  return field.type.kind === "str" ? "" : ` (must be formatted as a valid Python ${typeName(field.type)})`;
}
