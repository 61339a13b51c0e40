import type { LmTool, LmToolCall } from "../../lm/message.ts";
import type { Field } from "../../signatures/field/field.ts";
import { withoutNone } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { isTool } from "../../signatures/values/tool.ts";
import type { Tool, ToolCall } from "../../signatures/values/tool.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { signatureOf } from "../../signatures/signature-value.ts";
import type { FieldValues } from "../adapter.ts";
import { fitZod } from "../values/fit-zod.ts";
import type { ReadOutputs } from "../answer/read-fields.ts";
import { readNativeCall } from "../answer/read-tool-calls.ts";

/** The fields of a signature that offers tools and takes calls of them. */
export interface ToolFields {
  /** Of the types `Tool` and `list[Tool]`, optional ones too; one or more. */
  readonly tools: readonly Field[];
  /** Of the type `ToolCalls`, or optional. */
  readonly calls: Field;
  /** Whether the request can say what they say: optional calls are text, as in DSPy. */
  readonly native: boolean;
}

export function toolFieldsOf({ inputFields, outputFields }: AnySignature): ToolFields | undefined {
  const tools = inputFields.filter(({ type }) => isToolType(withoutNone(type)));
  const calls = outputFields.find(({ type }) => withoutNone(type).kind === "tool_calls");
  if (tools.length === 0 || calls === undefined) return undefined;
  return { tools, calls, native: calls.type.kind === "tool_calls" };
}

function isToolType(type: FieldType): boolean {
  return type.kind === "tool" || (type.kind === "list" && type.items.kind === "tool");
}

/** The signature that a native prompt is made of: the request says what the two fields would. */
export function withoutTools(signature: AnySignature, { tools, calls }: ToolFields): AnySignature {
  const left = [calls, ...tools].map(({ name }) => name);
  const { name, instructions, fields } = signature;
  // Anew, and not by edits: what is checked between the fields is checked by the signature that has them all.
  return signatureOf({ name, instructions, fields: fields.filter((field) => !left.includes(field.name)) });
}

/** The tools that a call was given. */
export function toolsIn({ tools }: ToolFields, inputs: FieldValues): readonly Tool[] {
  return tools.flatMap(({ name }) => inputs[name]).filter(isTool);
}

export function requestTool({ name, description, parameters }: Tool): LmTool {
  return { name, ...(description !== "" && { description }), parameters };
}

export type CheckedCalls =
  | { readonly ok: true; readonly calls: readonly ToolCall[]; readonly mended: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** Native calls with their arguments read, each of a tool that there is and with arguments that it takes. */
export function readCalls(given: readonly LmToolCall[], tools: readonly Tool[]): CheckedCalls {
  const calls: ToolCall[] = [];
  const mended: string[] = [];
  for (const each of given) {
    const read = readNativeCall(each);
    if (!read.ok) return read;
    calls.push(read.call);
    mended.push(...read.mended);
  }
  const checked = checkCalls(calls, tools);
  return checked.ok ? { ...checked, mended } : checked;
}

/** Each call of a tool that there is, with arguments that it takes, as its schema gives them; or the first problem. */
export function checkCalls(calls: readonly ToolCall[], tools: readonly Tool[]): CheckedCalls {
  const checked: ToolCall[] = [];
  for (const call of calls) {
    const called = tools.find(({ name }) => name === call.name);
    if (called === undefined) {
      const names = tools.map(({ name }) => name).join(", ") || "none";
      return { ok: false, problem: `there is no tool "${call.name}"; the tools are ${names}` };
    }
    const args = argumentsFor(called, call.args);
    if (typeof args === "string") return { ok: false, problem: `${call.name}: ${args}` };
    checked.push({ ...call, args });
  }
  return { ok: true, calls: checked, mended: [] };
}

/** The fields of an answer with its calls checked. */
export function withCheckedCalls({ calls }: ToolFields, tools: readonly Tool[], fields: FieldValues): ReadOutputs {
  // Whoever read the fields has fitted this one to its type, ToolCalls or null.
  const given = fields[calls.name] as readonly ToolCall[] | null;
  if (given === null) return { ok: true, fields, mended: [] };
  const checked = checkCalls(given, tools);
  if (!checked.ok) return { ok: false, problem: `${calls.name}: ${checked.problem}`, field: calls.name };
  return { ok: true, fields: { ...fields, [calls.name]: checked.calls }, mended: [] };
}

/** The arguments as the tool's schema gives them, or what is wrong with them. */
function argumentsFor({ input, parameters }: Tool, args: ToolCall["args"]): ToolCall["args"] | string {
  const { properties = {}, required = [] } = parameters as Readonly<Partial<Record<"properties" | "required", object>>>;
  const known = Object.keys(properties);
  const unknown = Object.keys(args).find((name) => !known.includes(name));
  if (unknown !== undefined && known.length > 0 && !takesMore(parameters))
    return `it takes no argument "${unknown}"; its arguments are ${known.join(", ")}`;
  if (input === undefined) {
    const missing = Object.values(required).find((name) => !Object.hasOwn(args, String(name)));
    return missing === undefined ? args : `the argument "${String(missing)}" is missing`;
  }
  const fit = fitZod(input, args, false);
  if (!fit.ok) return fit.problem;
  // A zod object gives an object.
  return fit.value as ToolCall["args"];
}

function takesMore(parameters: object): boolean {
  return "additionalProperties" in parameters && parameters.additionalProperties !== false;
}
