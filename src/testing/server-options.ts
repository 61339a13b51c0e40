import {
  checkNumber,
  checkOptions,
  FROM_0_MS,
  optionNames,
  WHOLE_ABOVE_0,
  WHOLE_FROM_0,
} from "../foundation/check-options.ts";
import type { Clock } from "../foundation/clock.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { FaultPlanOptions } from "./fault-plan.ts";
import type { FineTuningOptions } from "./openai-fine-tuning.ts";
import type { EmbeddingsReply, EmbeddingsRequestBody } from "./openai-reply.ts";
import type { ChatRequestBody, ServerReply } from "./openai-reply.ts";

export interface OpenAiServerOptions {
  /** One for each request that gets as far as the model, in order. Give this or `answer`. */
  readonly replies?: readonly ServerReply[] | undefined;
  /** Works out a reply from the request's body; `index` counts from 0. */
  readonly answer?: ((request: ChatRequestBody, index: number) => ServerReply | Promise<ServerReply>) | undefined;
  /**
   * Says what goes wrong with an embeddings request; `index` counts those from 0. Undefined, and left out: nothing; then
   * each text gets a vector that depends on its words alone: texts that share words are near to each other.
   */
  readonly embeddings?: ((request: EmbeddingsRequestBody, index: number) => EmbeddingsReply) | undefined;
  /** Serves files and fine-tuning jobs beside; `{}` for one that does them all. Default: there is nothing at their addresses. */
  readonly fineTuning?: FineTuningOptions | undefined;
  /** Default 0: any free one. */
  readonly port?: number | undefined;
  /** The key that is right: others get a 401. Default: none is asked for. */
  readonly apiKey?: string | undefined;
  /** The models there are: others get a 404. Default: any. */
  readonly models?: readonly string[] | undefined;
  /** Longer prompts (with the room asked for the answer) get a 400, counted by `estimateTokens`. Default: no limit. */
  readonly contextTokens?: number | undefined;
  /**
   * What the models do not take, which gets a 400 in OpenAI's words: `json_schema`, `json_object`, or a parameter by its
   * name in the body (`temperature`, `reasoning.effort`). Default: nothing.
   */
  readonly unsupported?: readonly string[] | undefined;
  /** How long each answer takes to begin, by `clock`; default 0. */
  readonly latencyMs?: number | undefined;
  /** Added to the latency, up to so much and drawn from the seed of `faults`; default 0. */
  readonly jitterMs?: number | undefined;
  /** The wait before each event of a streamed answer, by `clock`; default 0. */
  readonly pieceMs?: number | undefined;
  /** The wait before each piece of an answer that the fault `slow_stream` befalls, by `clock`; default 1,000. */
  readonly slowMs?: number | undefined;
  /** Faults that befall some of the requests, by rates and a seed. Default: none but those among the replies. */
  readonly faults?: FaultPlanOptions | undefined;
  /** Sent with each answer of a model. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether `requests` are kept; default true. Turn it off where there are very many. */
  readonly record?: boolean | undefined;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
}

const OPTIONS = optionNames<OpenAiServerOptions>({
  replies: true,
  answer: true,
  embeddings: true,
  fineTuning: true,
  port: true,
  apiKey: true,
  models: true,
  contextTokens: true,
  unsupported: true,
  latencyMs: true,
  jitterMs: true,
  pieceMs: true,
  slowMs: true,
  faults: true,
  headers: true,
  record: true,
  clock: true,
});

/** @throws UsageError for options that make no sense */
export function checkServerOptions(options: OpenAiServerOptions): void {
  const what = "openaiServer";
  checkOptions(what, options, OPTIONS);
  if ((options.replies === undefined) === (options.answer === undefined))
    throw new UsageError(`${what}: give either replies or answer`);
  if (options.replies !== undefined && !Array.isArray(options.replies))
    throw new UsageError(
      `${what}: replies must be a list, got ${describe(options.replies)}; a function of the request is answer`,
    );
  if (options.answer !== undefined && typeof options.answer !== "function")
    throw new UsageError(`${what}: answer must be a function, got ${describe(options.answer)}; a list is replies`);
  for (const name of ["latencyMs", "jitterMs", "pieceMs", "slowMs"] as const)
    checkNumber(what, name, options[name], FROM_0_MS);
  checkNumber(what, "port", options.port, WHOLE_FROM_0);
  checkNumber(what, "contextTokens", options.contextTokens, WHOLE_ABOVE_0);
}
