/**
 * The AI SDK's language models as far as they are used here, told by their structure: the `ai` package is no dependency.
 * Versions 2, 3 and 4 of the specification differ, for what is used, only in how usage and finish reasons are written.
 */
export interface AiSdkModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: AiSdkCallOptions): PromiseLike<unknown>;
  doStream(options: AiSdkCallOptions): PromiseLike<{ readonly stream: ReadableStream<unknown> }>;
}

/** What a model is called with. The lists are the SDK's own mutable ones; they are made anew for each call. */
export interface AiSdkCallOptions {
  prompt: AiSdkMessage[];
  maxOutputTokens?: number;
  temperature?: number;
  stopSequences?: string[];
  seed?: number;
  responseFormat?: { type: "json"; schema?: object; name?: string };
  abortSignal?: AbortSignal;
}

export type AiSdkMessage =
  | { role: "system"; content: string }
  | { role: "user" | "assistant"; content: { type: "text"; text: string }[] };
