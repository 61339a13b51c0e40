import type { LmTokenLogprob } from "../lm/language-model.ts";
import type { ServedAnswer } from "./openai-answer.ts";
import type { ChatRequestBody } from "./openai-reply.ts";

/** One of OpenAI's ways of answering, as the server speaks it. */
export interface ServedProtocol {
  /** With the `/v1` in front. */
  readonly path: string;
  /** A body of this protocol, with its conversation as `messages`; undefined for what is none. */
  read(body: Readonly<Record<string, unknown>>): ChatRequestBody | undefined;
  write(answer: ServedAnswer, request: ChatRequestBody): object;
  /** The same answer as a stream, each event ready to be sent. */
  writeEvents(answer: ServedAnswer, request: ChatRequestBody): readonly string[];
  /** Where the format of the answer is asked for. */
  readonly formatParam: string;
  formatOf(request: ChatRequestBody): unknown;
}

export function writeLogprobs(logprobs: readonly LmTokenLogprob[]): readonly object[] {
  return logprobs.map(({ token, logprob, top = [] }) => ({
    token,
    logprob,
    bytes: [...Buffer.from(token)],
    top_logprobs: top.map((other) => ({ ...other, bytes: [...Buffer.from(other.token)] })),
  }));
}

/** A text in two: what a stream brings in pieces. */
export function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== "");
}
