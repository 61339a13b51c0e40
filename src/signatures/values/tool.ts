import { z } from "zod";
import { UsageError, describe } from "../../foundation/errors.ts";
import { nestsDeeper } from "../types/changes-values.ts";
import { MAX_DEPTH } from "../types/scanner.ts";
import { inPlace, zodSchemaParts } from "../types/plain-json-schema.ts";
import { schemaDocument } from "../types/schema-document.ts";

/** Something that a model may ask to have called. */
export interface Tool<Input = never, Result = unknown> {
  readonly kind: "tool";
  /** Letters, digits, `_` and `-`; at most 64 of them. */
  readonly name: string;
  /** What it is for, for the model; may be empty. */
  readonly description: string;
  /** JSON Schema of its arguments: an object. */
  readonly parameters: object;
  /** Checks the arguments of a call. Left out (a tool that came as JSON): only their names are checked. */
  readonly input?: z.ZodType;
  /** What a call does. Left out: the program that gets the calls does them. */
  execute?(input: Input): Result;
}

/** A call that a model asks for. */
export interface ToolCall {
  /** The provider's id of the call; only where the model called natively. */
  readonly id?: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface ToolOptions<Input extends z.ZodObject, Result> {
  /** Letters, digits, `_` and `-`; at most 64 of them (OpenAI's rule). */
  readonly name: string;
  /** Default none. */
  readonly description?: string;
  /** What the model must give; the descriptions of its fields are shown to the model. Default: nothing. */
  readonly input?: Input;
  /** What a call does. Default: the program that gets the calls does them. */
  execute?(input: z.output<Input>): Result;
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const NO_INPUT = z.object({});

/**
 * A tool as a frozen value, for inputs of the types `Tool` and `list[Tool]`:
 *
 *     tool({ name: "search", description: "Searches the web.", input: z.object({ query: z.string() }) })
 *
 * Which calls a model asks for is the value of an output of the type `ToolCalls`; their arguments have been checked
 * against `input`.
 *
 * @throws UsageError for a name that OpenAI does not take, or an input that is no zod object
 */
export function tool<Input extends z.ZodObject = z.ZodObject<{}>, Result = unknown>(
  options: ToolOptions<Input, Result>,
): Tool<z.output<Input>, Result> {
  const { name, description = "", input = NO_INPUT, execute } = options;
  if (typeof name !== "string" || !NAME.test(name))
    throw new UsageError(`tool: expected a name of letters, digits, "_" and "-", at most 64, got ${describe(name)}`);
  if (typeof description !== "string")
    throw new UsageError(`tool "${name}": expected a text as its description, got ${describe(description)}`);
  if (!(input instanceof z.ZodObject))
    throw new UsageError(`tool "${name}": expected a zod object as its input, got ${describe(input)}`);
  if (nestsDeeper(input, MAX_DEPTH))
    throw new UsageError(`tool "${name}": its input is nested more than ${MAX_DEPTH} deep`);
  const plain = { kind: "tool" as const, name, description, parameters: parametersOf(input) };
  // Not enumerable: what is printed, and what is written as JSON, is the data alone.
  return Object.freeze(
    Object.defineProperties(plain, { input: { value: input }, ...(execute && { execute: { value: execute } }) }),
  );
}

/** The schema of the arguments, as DSPy writes it: `type` first, a default and a description at the end of each. */
function parametersOf(input: z.ZodObject): object {
  const document = schemaDocument();
  const { schema, defs } = inPlace(zodSchemaParts(input));
  const { type, properties, required, ...rest } = document.put({ schema, defs });
  const ordered = Object.entries(properties ?? {}).map(([name, schema]: [string, object]) => {
    const { type: kind, default: preset, description, ...others } = schema as Readonly<Record<string, unknown>>;
    return [
      name,
      {
        ...(kind !== undefined && { type: kind }),
        ...others,
        ...(preset !== undefined && { default: preset }),
        ...(description !== undefined && { description }),
      },
    ];
  });
  return Object.freeze({
    type,
    properties: Object.fromEntries(ordered),
    required: required ?? [],
    ...rest,
    ...(Object.keys(defs).length > 0 && { $defs: document.defs }),
  });
}

/** Checks values of the type `Tool`: those that {@link tool} makes, and those that came as JSON. */
export const TOOL_SCHEMA: z.ZodType<Tool> = z.custom<Tool>((value) => isTool(value) && NAME.test(value.name), {
  error: ({ input }) => `expected a value made by tool(…), received ${describe(input)}`,
});

// zod has no JSON Schema for custom checks.
TOOL_SCHEMA._zod.toJSONSchema = () => ({
  type: "object",
  properties: {
    kind: { const: "tool" },
    name: { type: "string", pattern: NAME.source },
    description: { type: "string" },
    parameters: { type: "object" },
  },
  required: ["kind", "name", "description", "parameters"],
});

/** Checks values of the type `list[Tool]`: calls say which tool by its name. */
export const TOOLS_SCHEMA: z.ZodType<Tool[]> = z.array(TOOL_SCHEMA).superRefine((tools, context) => {
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) context.addIssue({ code: "custom", message: `two tools are named "${twice}"` });
});

export function isTool(value: unknown): value is Tool {
  if (typeof value !== "object" || value === null || !("kind" in value) || value.kind !== "tool") return false;
  const { name, description, parameters } = value as Partial<Tool>;
  return typeof name === "string" && typeof description === "string" && takesNames(parameters);
}

/** A JSON Schema of an object, as far as its names are looked at. */
function takesNames(parameters: unknown): boolean {
  if (!isObject(parameters)) return false;
  const { properties, required } = parameters;
  const named =
    required === undefined || (Array.isArray(required) && required.every((name) => typeof name === "string"));
  return named && (properties === undefined || isObject(properties));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checks values of the type `ToolCalls`. */
export const TOOL_CALLS_SCHEMA: z.ZodType<ToolCall[]> = z.array(
  z.object({ id: z.string().exactOptional(), name: z.string(), args: z.record(z.string(), z.unknown()) }),
);
