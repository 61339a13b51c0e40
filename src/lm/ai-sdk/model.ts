import type { AiSdkSettings } from "./settings.ts";

/**
 * The AI SDK's language models as far as they are used here, told by their structure: the `ai` package is no dependency.
 * Versions 2, 3 and 4 of the specification differ, for what is used, in how files, usage and finish reasons are written.
 */
export interface AiSdkModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: AiSdkCallOptions): PromiseLike<unknown>;
  doStream(options: AiSdkCallOptions): PromiseLike<{ readonly stream: ReadableStream<unknown> }>;
}

/** What a model is called with. The lists are the SDK's own mutable ones; they are made anew for each call. */
export interface AiSdkCallOptions extends AiSdkSettings {
  prompt: AiSdkMessage[];
  responseFormat?: { type: "json"; schema?: object; name?: string };
  tools?: AiSdkTool[];
  toolChoice?: AiSdkToolChoice;
  /** Version 4 only. */
  reasoning?: AiSdkReasoning;
  abortSignal?: AbortSignal;
}

export type AiSdkMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: (AiSdkText | AiSdkFile)[] }
  | { role: "assistant"; content: (AiSdkText | AiSdkToolCall)[] }
  | { role: "tool"; content: AiSdkToolResult[] };

export interface AiSdkText {
  type: "text";
  text: string;
}

/** Images and audio are files as well, by their media type. */
export interface AiSdkFile {
  type: "file";
  mediaType: string;
  filename?: string;
  /**
   * Versions 2 and 3 take base64 or a URL, version 4 `{ type: "data", data }`, `{ type: "url", url }` and others. No type but
   * this one fits them all.
   */
  data: never;
}

export interface AiSdkToolCall {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  /** The arguments, parsed. */
  input: unknown;
}

export interface AiSdkToolResult {
  type: "tool-result";
  toolCallId: string;
  toolName: string;
  output: { type: "text"; value: string };
}

export interface AiSdkTool {
  type: "function";
  name: string;
  description?: string;
  inputSchema: object;
  /** Versions 3 and 4. */
  strict?: boolean;
}

export type AiSdkToolChoice = { type: "auto" | "none" | "required" } | { type: "tool"; toolName: string };

export type AiSdkReasoning = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
