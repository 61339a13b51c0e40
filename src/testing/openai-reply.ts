import type { ScriptedCompletion } from "./scripted-reply.ts";

/** The body of a request, as far as the server looks at it. */
export interface ChatRequestBody {
  readonly model: string;
  /** Of a request to the Responses API: its `instructions` and `input`, said as messages. */
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly stop?: string | readonly string[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  /** Of a request to the Responses API. */
  readonly max_output_tokens?: number;
  readonly n?: number;
  readonly [setting: string]: unknown;
}

/** An answer other than 200, or a 200 with a body of its own. */
export interface HttpErrorReply {
  readonly status: number;
  /** An object is written as JSON. Default: an error in OpenAI's shape. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What goes wrong with the connection: `reset_before_headers` and `reset_in_body` reset it, `cut_in_body` ends it
 * politely but too early, `stall_before_headers` and `stall_in_body` leave it open and say nothing more.
 *
 * And what goes wrong with an answer that comes whole: `cut_json` is JSON that breaks off, `off_format` talks about
 * something else, `empty_content` says nothing, and `slow_stream` comes in pieces with the server's `slowMs` before each.
 */
export const SERVER_FAULTS = [
  "reset_before_headers",
  "reset_in_body",
  "cut_in_body",
  "stall_before_headers",
  "stall_in_body",
  "cut_json",
  "off_format",
  "empty_content",
  "slow_stream",
] as const;

export type ServerFault = (typeof SERVER_FAULTS)[number];

export interface FaultReply {
  readonly fault: ServerFault;
  /** What the answer would have been; half of it is sent before a fault in the body. */
  readonly text?: string;
}

/**
 * What the server says to one request; a list gives the completions of one request with `n`, of which the Responses API
 * takes the first.
 */
export type ServerReply =
  | string
  | ScriptedCompletion
  | readonly (string | ScriptedCompletion)[]
  | HttpErrorReply
  | FaultReply;

/** An error as OpenAI words it. */
export function errorReply(
  status: number,
  message: string,
  { type = "invalid_request_error", code = null as string | null, param = null as string | null } = {},
): HttpErrorReply {
  return { status, body: { error: { message, type, param, code } } };
}

/** The body of an embeddings request, as far as the server looks at it. */
export interface EmbeddingsRequestBody {
  readonly model: string;
  readonly input: string | readonly string[];
  readonly dimensions?: number;
  readonly encoding_format?: "float" | "base64";
  readonly [setting: string]: unknown;
}

/** What the server says to one embeddings request; undefined: the vectors. */
export type EmbeddingsReply = HttpErrorReply | FaultReply | undefined;
