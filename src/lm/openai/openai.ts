import { optionNames } from "../../foundation/check-options.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import { checkCapabilities } from "../capabilities.ts";
import type { LanguageModel, LmCapabilities, LmSpec } from "../language-model.ts";
import { modelIdentity } from "../model-identity.ts";
import { PROVIDER, checkConnection, openConnection } from "./connection.ts";
import type { OpenAiConnectionOptions } from "./connection.ts";
import { openAiModel } from "./model.ts";
import { isReasoningModel } from "./protocol.ts";
import { PROTOCOLS } from "./protocols.ts";
import type { OpenAiApi } from "./protocols.ts";

export interface OpenAiOptions extends OpenAiConnectionOptions {
  /**
   * The protocol: `"chat"` is Chat Completions, which nearly every server speaks, `"responses"` OpenAI's Responses API.
   * There, nothing of a request is kept at the provider: `store: false` is sent, unless `extraBody` says otherwise.
   * Default `"chat"`.
   */
  readonly api?: OpenAiApi | undefined;
  /**
   * What the server can do beside plain text. Default: `schema` and `tools`. With `prefill`, a request that ends in an
   * assistant's turn also says `continue_final_message` (vLLM needs it; llama-server goes on by itself); with `grammar`,
   * `grammar` is sent (llama-server).
   */
  readonly capabilities?: Partial<LmCapabilities> | undefined;
  /** Whether the rules of OpenAI's reasoning models hold. Default: by the model's name (`o…`, `gpt-5…` and later). */
  readonly reasoning?: boolean | undefined;
  /**
   * How much a reasoning model tells of its reasoning, over the Responses API: `"auto"`, `"concise"`, `"detailed"`. It is in
   * the completion's `reasoning`. Default: none is asked for.
   */
  readonly reasoningSummary?: string | undefined;
}

const CAPABILITIES: LmCapabilities = Object.freeze({ schema: true, tools: true, prefill: false, grammar: false });

/**
 * A model behind one of OpenAI's protocols: OpenAI itself, or any server that speaks it (vLLM, llama-server, Ollama, …). One
 * request for each `generate`, never a retry. The key is read when the spec is opened and stays in there.
 *
 * What of a request is not sent:
 * - to reasoning models: `temperature`, `topP`, `logprobs` and `stop`, which they refuse; to others: `reasoningEffort`;
 * - over the Responses API: `stop`, `n` (there is one completion), `seed`, and an opened turn (`prefill`);
 * - anywhere: `repeatPenalty`, and `grammar` where `capabilities` does not say that it is understood.
 *
 * Stop strings that are not sent hold all the same: the text is cut at them here. A part of a message that the protocol has
 * no word for (a file by its address in Chat Completions, audio in the Responses API) fails the request as `bad_request`.
 *
 * What the server itself turns down (a JSON schema, then JSON of any kind; `temperature`, `topP`, `stop`, `seed`, `n`,
 * `reasoningEffort`, `logprobs`, `parallelToolCalls`, the name of the token limit) fails one request as `bad_request` with
 * `retryable: true` and `details.unsupported`, and is not sent again as long as the model is open.
 *
 * @throws UsageError for options that make no sense; from `open`, when there is no key
 */
export function openai(model: string, options: OpenAiOptions = {}): LmSpec {
  if (typeof model !== "string" || model.trim() === "") {
    throw new UsageError(`openai: expected the name of a model ("gpt-5-mini"), got ${describe(model)}`);
  }
  const what = `openai("${model}")`;
  checkConnection(what, options, OPTIONS);
  checkCapabilities(what, options.capabilities);
  if (options.api !== undefined && !Object.hasOwn(PROTOCOLS, options.api))
    throw new UsageError(`${what}: api must be "chat" or "responses", got ${describe(options.api)}`);
  return Object.freeze({
    kind: "lm",
    provider: PROVIDER,
    model,
    // async: a missing key rejects, as every other reason why a model cannot be had.
    open: async () => openModel(what, model, options),
  });
}

const OPTIONS = optionNames<Omit<OpenAiOptions, keyof OpenAiConnectionOptions>>({
  api: true,
  capabilities: true,
  reasoning: true,
  reasoningSummary: true,
});

function openModel(what: string, model: string, options: OpenAiOptions): LanguageModel {
  const { headers, extraBody, reasoningSummary, api = "chat" } = options;
  const protocol = PROTOCOLS[api];
  const connection = openConnection({ what, model, path: protocol.path }, options);
  const { client, asked, deadlines, clock, baseURL, close } = connection;
  const capabilities = Object.freeze({ ...CAPABILITIES, ...options.capabilities });
  const reasoning = options.reasoning ?? isReasoningModel(model);
  const lm = openAiModel({
    client,
    protocol,
    settings: {
      model,
      reasoning,
      capabilities,
      ...(reasoningSummary !== undefined && { reasoningSummary }),
      ...(extraBody && { extraBody }),
    },
    asked,
    deadlines,
    clock,
    closeTransport: close,
  });
  return Object.freeze({
    ...lm,
    identity: modelIdentity(baseURL, {
      headers,
      extraBody,
      reasoning,
      capabilities,
      ...(api !== "chat" && { api, reasoningSummary }),
    }),
  });
}
