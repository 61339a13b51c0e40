import { UsageError, describe } from "../foundation/errors.ts";
import type { LanguageModel, LmCapabilities, LmSpec } from "./language-model.ts";
import { modelIdentity } from "./model-identity.ts";
import { PROVIDER, checkConnection, openConnection } from "./openai-connection.ts";
import type { OpenAiConnectionOptions } from "./openai-connection.ts";
import { chatModel } from "./openai-model.ts";
import { isReasoningModel } from "./openai-request.ts";

export interface OpenAiOptions extends OpenAiConnectionOptions {
  /**
   * What the server can do beside plain text. Default: `schema` and `tools`. With `prefill`, a request that ends in an
   * assistant's turn also says `continue_final_message` (vLLM needs it; llama-server goes on by itself); with `grammar`,
   * `grammar` is sent (llama-server).
   */
  readonly capabilities?: Partial<LmCapabilities>;
  /** Whether the rules of OpenAI's reasoning models hold. Default: by the model's name (`o…`, `gpt-5…` and later). */
  readonly reasoning?: boolean;
}

const CAPABILITIES: LmCapabilities = Object.freeze({ schema: true, tools: true, prefill: false, grammar: false });

/**
 * A model behind OpenAI's Chat Completions protocol: OpenAI itself, or any server that speaks it (vLLM, llama-server,
 * Ollama, …). One request for each `generate`, never a retry. The key is read when the spec is opened and stays in there.
 *
 * Reasoning models take neither a temperature nor stop strings: the temperature is left out, and the text is cut at the
 * stop strings here. `repeatPenalty` is not sent, since the protocol has none.
 *
 * @throws UsageError for options that make no sense; from `open`, when there is no key
 */
export function openai(model: string, options: OpenAiOptions = {}): LmSpec {
  if (typeof model !== "string" || model.trim() === "") {
    throw new UsageError(`openai: expected the name of a model ("gpt-5-mini"), got ${describe(model)}`);
  }
  const what = `openai("${model}")`;
  checkConnection(what, options);
  return Object.freeze({
    kind: "lm",
    provider: PROVIDER,
    model,
    // async: a missing key rejects, as every other reason why a model cannot be had.
    open: async () => openModel(what, model, options),
  });
}

function openModel(what: string, model: string, options: OpenAiOptions): LanguageModel {
  const { client, asked, deadlines, clock, baseURL, close } = openConnection(
    { what, model, path: "/chat/completions" },
    options,
  );
  const { headers, extraBody } = options;
  const capabilities = Object.freeze({ ...CAPABILITIES, ...options.capabilities });
  const reasoning = options.reasoning ?? isReasoningModel(model);
  const lm = chatModel({
    client,
    settings: { model, reasoning, capabilities, ...(extraBody && { extraBody }) },
    asked,
    deadlines,
    clock,
    closeTransport: close,
  });
  return Object.freeze({
    ...lm,
    identity: modelIdentity(baseURL, { headers, extraBody, reasoning, capabilities }),
  });
}
