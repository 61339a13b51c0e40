import type { LmCapabilities, LmCompletion, LmRequest, LmResponseFormat, LmUsage } from "../language-model.ts";
import type { OpenAiBody, Refused } from "./refused.ts";

/** One of OpenAI's ways of asking a model: where, in which words, and how its answers are read. All of it pure. */
export interface OpenAiProtocol {
  /** After the base URL. */
  readonly path: string;
  /**
   * The body of a request. Stop strings that are not in it as `stop` are cut at by the reader of the answer.
   * @throws LmError `bad_request` that names what the protocol has no word for
   */
  write(request: LmRequest, settings: BodySettings, stream: boolean): OpenAiBody;
  /** @throws LmError `malformed_response` for what is no answer, `server` for one that failed and does not say why */
  read(body: unknown): OpenAiAnswer;
  /** For the events of one streamed answer. */
  readEvents(): EventReader;
  /** The error that an answer's body or an event tells of, as the provider wrote it; undefined where it tells of none. */
  errorIn(told: unknown): unknown;
}

export interface BodySettings {
  readonly model: string;
  /** See {@link isReasoningModel}. */
  readonly reasoning: boolean;
  readonly capabilities: LmCapabilities;
  /** What the server has turned down so far: not written again. Default: nothing. */
  readonly refused?: Pick<Refused, "has" | "format">;
  /** Of a reasoning model over the Responses API. Default: none is asked for. */
  readonly reasoningSummary?: string;
  /** Laid over the body at last. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
}

/** What is read from an answer. Servers that speak a protocol leave out more than OpenAI does. */
export interface OpenAiAnswer {
  readonly completions: readonly LmCompletion[];
  readonly usage: LmUsage;
  readonly model: string | undefined;
  readonly id: string | undefined;
}

export interface EventReader {
  /**
   * The text that an event adds to the answer.
   * @throws LmError as {@link OpenAiProtocol.read} does
   */
  push(event: unknown): string;
  /**
   * Whether the answer's end has come: all of it that is ever told (`told`), or the end, behind which its usage may still
   * come (`ended`).
   */
  readonly whole: "no" | "ended" | "told";
  /** What has been told of its tokens, none where nothing has. */
  readonly usage: LmUsage;
  /**
   * The whole answer; undefined where the events ended before it did.
   * @throws LmError for one that ended in a failure
   */
  end(): OpenAiAnswer | undefined;
}

/**
 * OpenAI's o-series and GPT-5 and later, but not their chat variants: they name the token limit
 * `max_completion_tokens` (it covers hidden reasoning too), take a `reasoning_effort`, and refuse a temperature, `top_p`,
 * log probabilities and stop strings.
 */
export function isReasoningModel(model: string): boolean {
  const name = model.split("/").at(-1) ?? model;
  return /^(?:o\d|gpt-(?:[5-9]|\d\d))/.test(name) && !name.includes("chat");
}

/** The format that is asked for: the request's, or what the server takes of it. */
export function formatFor({ responseFormat }: LmRequest, { refused }: BodySettings): LmResponseFormat | undefined {
  return responseFormat && refused ? refused.format(responseFormat) : responseFormat;
}

/** OpenAI takes no other characters in a schema's name, and 64 of them. */
export function schemaName(name: string): string {
  return name.replaceAll(/[^\w-]/g, "_").slice(0, 64) || "answer";
}
