import type { LmFailureCode } from "./failure.ts";
import { LmError } from "./failure.ts";
import type { LmFinishReason } from "./language-model.ts";

/** An answer that its server says has failed: half of one is none, however much of it came. */
export interface FailedFinish {
  readonly failed: LmFailureCode;
  /** Default: as the code's. */
  readonly retryable?: boolean;
  /** What happened, behind the name of who said it. */
  readonly says: string;
}

export type ToldFinish = LmFinishReason | FailedFinish;

const FAILED: FailedFinish = Object.freeze({ failed: "server", says: "failed in the middle of its answer" });
const STOPPED: FailedFinish = Object.freeze({ failed: "server", says: "gave its answer up before it was whole" });
const FULL: FailedFinish = Object.freeze({ failed: "overloaded", says: "ran out of room in the middle of its answer" });
const LOST: FailedFinish = Object.freeze({ failed: "connection", says: "lost its model in the middle of its answer" });
const LATE: FailedFinish = Object.freeze({ failed: "timeout", says: "ran out of time in the middle of its answer" });
const BAD_CALL: FailedFinish = Object.freeze({
  failed: "malformed_response",
  says: "could not read the call of a tool that its model wrote",
});
const PAUSED: FailedFinish = Object.freeze({
  failed: "malformed_response",
  // Asked again it pauses again.
  retryable: false,
  says: "paused its turn, to be asked to go on with it: what came is not the end",
});

/**
 * Why an answer ended, in the words of servers: those of OpenAI, Anthropic (`end_turn`, `max_tokens`, `pause_turn`), Gemini
 * (`MAX_TOKENS`, `SAFETY`), Mistral (`model_length`), Cohere (`COMPLETE`), Zhipu (`sensitive`, `network_error`), DeepSeek
 * (`insufficient_system_resource`), vLLM (`abort`), TGI (`eos_token`), Bedrock (`guardrail_intervened`), watsonx
 * (`time_limit`) and OpenRouter (`error`). In lower case, words joined by `_`.
 */
const WORDS: ReadonlyMap<string, ToldFinish> = new Map<string, ToldFinish>(
  (
    [
      ["stop", "stop eos eos_token end_turn stop_sequence stop_word complete completed end finish finished done"],
      [
        "length",
        "length max_tokens max_output_tokens max_completion_tokens max_new_tokens max_length model_length token_limit " +
          "length_limit context_length context_length_exceeded model_context_window_exceeded error_limit",
      ],
      [
        "content_filter",
        "content_filter content_filtered safety image_safety recitation blocklist prohibited_content spii sensitive " +
          "refusal guardrail_intervened error_toxic moderation",
      ],
      ["tool_calls", "tool_calls tool_call tool_use function_call function_calls"],
      [FAILED, "error failed failure server_error internal_error internal_server_error engine_error upstream_error"],
      [STOPPED, "abort aborted cancel canceled cancelled interrupted"],
      [FULL, "insufficient_system_resource insufficient_system_resources overloaded server_overloaded"],
      [LOST, "network_error connection_error"],
      [LATE, "timeout time_limit timed_out"],
      [BAD_CALL, "malformed_function_call unexpected_tool_call too_many_tool_calls malformed_tool_call"],
      [PAUSED, "pause_turn paused pause"],
    ] satisfies readonly (readonly [ToldFinish, string])[]
  ).flatMap(([told, words]) => words.split(" ").map((word) => [word, told] as const)),
);

/** What a server's word for the end of an answer means; `other` for none, and for one that nobody knows. */
export function readFinish(reason: string | undefined): ToldFinish {
  if (reason === undefined) return "other";
  // Nearly always so.
  const known = WORDS.get(reason);
  if (known !== undefined) return known;
  // "MAX_TOKENS", "max-tokens", "FINISH_REASON_STOP", and Gemini's "function_call_filter: MALFORMED_FUNCTION_CALL".
  const parts = reason.split(":").map((part) =>
    part
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, "_"),
  );
  for (const part of parts.toReversed()) {
    const told = WORDS.get(part) ?? WORDS.get(part.replace(/^finish_reason_/, ""));
    if (told !== undefined) return told;
  }
  return parts[0] === "content_filter" ? "content_filter" : "other";
}

/**
 * The word that tells the end of an answer that a gateway passes on: its own, or the one that it got, where that tells of a
 * failure or its own tells nothing.
 */
export function finishWord(own: string | undefined, native: string | undefined): string | undefined {
  if (own === undefined || native === undefined) return own;
  if (isFailed(readFinish(native))) return native;
  return readFinish(own) === "other" ? native : own;
}

export function isFailed(told: ToldFinish): told is FailedFinish {
  return typeof told === "object";
}

/**
 * The failure that such an end means. Who was asked is to be said before its message.
 * @param word as the server wrote it
 */
export function failedFinish({ failed, retryable, says }: FailedFinish, word: string): LmError {
  const details = {
    finishReason: word,
    ...(failed === "connection" && { beforeFirstByte: false }),
    ...(failed === "timeout" && { phase: "total" }),
  };
  return new LmError(`${says} (${word})`, {
    code: failed,
    ...(retryable !== undefined && { retryable }),
    details,
  });
}
