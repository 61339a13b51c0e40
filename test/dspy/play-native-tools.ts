// How tools are offered to models that call them by their own means, and how calls are read.
import type { Adapter } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { inDspysWords } from "./play-format.ts";
import type { FormatCase } from "./play-format.ts";
import { NO_CAPABILITIES } from "./vector-adapters.ts";
import { FAILED, isFailure, plain } from "./vector-case.ts";
import type { Outcome } from "./vector-case.ts";
import { vectorSignature } from "./vector-signature.ts";

export interface NativeToolsCase extends FormatCase {
  readonly nativeTools: boolean;
  readonly lm: { readonly supports: readonly string[] };
  readonly completion: { readonly text: string | null; readonly tool_calls?: readonly ProviderCall[] };
}

interface ProviderCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

const ADAPTERS: Readonly<Record<string, (options: { readonly nativeTools: boolean }) => Adapter>> = {
  chat: chatAdapter,
  json: jsonAdapter,
  xml: xmlAdapter,
};

export function playNativeTools(played: NativeToolsCase): Outcome {
  const { adapter, nativeTools, lm, completion, demos = [], inputs = {} } = played;
  const make = ADAPTERS[adapter];
  if (make === undefined) throw new Error(`the adapter "${adapter}" has no native tools`);
  const tools = lm.supports.includes("function_calling");
  const { request, read } = make({ nativeTools })
    .prepare(vectorSignature(played.signature), demos)
    .begin(inputs, { ...NO_CAPABILITIES, tools });
  const calls = (completion.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function }));
  const step = read({
    text: completion.text ?? "",
    finishReason: calls.length > 0 ? "tool_calls" : "stop",
    ...(calls.length > 0 && { toolCalls: calls }),
  });
  const sent = {
    messages: request.messages.map(({ role, content }) => ({ role, content: inDspysWords(content) })),
    tools: request.tools?.map((each) => ({ type: "function", function: each })) ?? null,
  };
  if (step.kind === "done") return { ...sent, fields: plain(step.fields) };
  return { ...sent, ...FAILED, message: step.kind === "unreadable" ? step.problem : "another question" };
}

/** DSPy says null for a description that there is not. */
export function expectedNativeTools(expected: object): Outcome {
  if (isFailure(expected) || !("tools" in expected) || !Array.isArray(expected.tools)) return expected;
  const tools = (expected.tools as readonly { readonly function: { readonly description: string | null } }[]).map(
    ({ function: { description, ...rest } }) => ({
      type: "function",
      function: description === null ? rest : { ...rest, description },
    }),
  );
  return { ...expected, tools };
}
