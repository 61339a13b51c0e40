import type {
  AiSdkCallOptions,
  AiSdkMessage,
  AiSdkModel,
  AiSdkReasoning,
  AiSdkText,
  AiSdkTool,
  AiSdkToolCall,
  AiSdkToolChoice,
} from "./model.ts";
import { writeFile, writeAudio, writeImage } from "./file.ts";
import type { LmRequest, LmResponseFormat } from "../language-model.ts";
import type { LmContentPart, LmMessage, LmTool, LmToolCall, LmToolChoice } from "../message.ts";
import { writeSettings } from "./settings.ts";
import { callIdOf, notSendable, onlyText, partsOf, refuseOtherModel } from "../sendable.ts";

type AskedModel = Pick<AiSdkModel, "specificationVersion" | "provider" | "modelId">;

/**
 * A request as the AI SDK's models take it. What has no word there is left out: `n`, grammars, `repeatPenalty`, log
 * probabilities, `parallelToolCalls`; and `reasoningEffort` before version 4.
 *
 * @throws LmError `bad_request` that names a part which there is no word for, or another model
 */
export function writeCallOptions(request: LmRequest, model: AskedModel): AiSdkCallOptions {
  refuseOtherModel(request, model.modelId);
  const { messages, responseFormat, tools = [], toolChoice } = request;
  const reasoning = model.specificationVersion === "v4" ? effortOf(request.reasoningEffort) : undefined;
  return {
    prompt: messages.map((message, index) => writeMessage(message, messages.slice(0, index), model)),
    ...writeSettings(request),
    ...(responseFormat && { responseFormat: writeFormat(responseFormat) }),
    ...(tools.length > 0 && { tools: tools.map((tool) => writeTool(tool, model)) }),
    ...(tools.length > 0 && toolChoice !== undefined && { toolChoice: writeChoice(toolChoice) }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

function writeMessage(message: LmMessage, before: readonly LmMessage[], model: AskedModel): AiSdkMessage {
  const { role, content, toolCalls = [] } = message;
  switch (role) {
    case "system":
      return { role, content: onlyText(content, "a system message") };
    case "user":
      return { role, content: partsOf(content).map((part) => writePart(part, model)) };
    case "assistant": {
      const text = onlyText(content, "an assistant's turn");
      const said: AiSdkText[] = text === "" && toolCalls.length > 0 ? [] : [{ type: "text", text }];
      return { role, content: [...said, ...toolCalls.map(writeToolCall)] };
    }
    case "tool": {
      const toolCallId = callIdOf(message);
      const toolName = before
        .flatMap((earlier) => earlier.toolCalls ?? [])
        .findLast(({ id }) => id === toolCallId)?.name;
      if (toolName === undefined) throw notSendable("a tool's answer to a call that no message before it makes");
      const output = { type: "text" as const, value: onlyText(content, "a tool's answer") };
      return { role, content: [{ type: "tool-result", toolCallId, toolName, output }] };
    }
  }
}

function writePart(part: LmContentPart, model: AskedModel): AiSdkText | ReturnType<typeof writeFile> {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return writeImage(part, model);
    case "audio":
      return writeAudio(part, model);
    case "file":
      return writeFile(part, model);
  }
}

function writeToolCall({ id, name, arguments: text }: LmToolCall): AiSdkToolCall {
  return { type: "tool-call", toolCallId: id, toolName: name, input: parsed(text) };
}

/** As the model wrote it, where that is no JSON. */
function parsed(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function writeTool({ name, description, parameters, strict }: LmTool, { specificationVersion }: AskedModel): AiSdkTool {
  return {
    type: "function",
    name,
    ...(description !== undefined && { description }),
    inputSchema: parameters,
    ...(strict !== undefined && specificationVersion !== "v2" && { strict }),
  };
}

function writeChoice(choice: LmToolChoice): AiSdkToolChoice {
  return typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name };
}

function writeFormat(format: LmResponseFormat): NonNullable<AiSdkCallOptions["responseFormat"]> {
  return format.type === "json_object" ? { type: "json" } : { type: "json", schema: format.schema, name: format.name };
}

const EFFORTS: readonly AiSdkReasoning[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Undefined for one that the SDK has no word for. */
function effortOf(effort: string | undefined): AiSdkReasoning | undefined {
  return EFFORTS.find((known) => known === effort);
}
