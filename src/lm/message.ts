/** What is said to a model and what a model says, as data: survives JSON, holds no handle and no file. */

/** `tool`: what a tool gave back for a call that the assistant made. */
export type LmRole = "system" | "user" | "assistant" | "tool";

export interface LmMessage {
  readonly role: LmRole;
  readonly content: LmContent;
  /** The calls that an assistant's turn asks for. */
  readonly toolCalls?: readonly LmToolCall[];
  /** Of a `tool` message: the call that it answers. */
  readonly toolCallId?: string;
}

/** Text, or pieces of it with what is not text between them. */
export type LmContent = string | readonly LmContentPart[];

/** A model that has no ears for one of these fails the request as `bad_request`, naming the part. */
export type LmContentPart = LmTextPart | LmImagePart | LmAudioPart | LmFilePart;

export interface LmTextPart {
  readonly type: "text";
  readonly text: string;
}

export interface LmImagePart {
  readonly type: "image";
  /** A `data:` URL, or an address that the provider fetches. */
  readonly url: string;
}

export interface LmAudioPart {
  readonly type: "audio";
  /** The bytes in base64. */
  readonly data: string;
  /** `wav`, `mp3`, … */
  readonly format: string;
}

/** A document: its bytes, or the id of a file that the provider has already. */
export interface LmFilePart {
  readonly type: "file";
  /** A `data:` URL, or an address that the provider fetches (where it does: OpenAI's Responses API). */
  readonly url?: string;
  readonly fileId?: string;
  readonly filename?: string;
}

/** A tool that a model may ask to have called. */
export interface LmTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of its arguments: an object. */
  readonly parameters: object;
  /** The model's arguments are held to the schema, where the model can be. Default false. */
  readonly strict?: boolean;
}

/** `required`: at least one tool; a name: that one. */
export type LmToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** A call that a model asks for. */
export interface LmToolCall {
  /** The provider's id of the call, which the tool's answer repeats. */
  readonly id: string;
  readonly name: string;
  /** The arguments as the model wrote them: JSON, if it did well. */
  readonly arguments: string;
}

/** What can be read of a content: its text pieces, joined. */
export function textOf(content: LmContent): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
