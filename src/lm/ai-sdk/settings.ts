import type { LmSampling } from "../sampling.ts";

/** The sampling options that the AI SDK's models have words for. */
export interface AiSdkSettings {
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  stopSequences?: string[];
  seed?: number;
}

export function writeSettings({ maxTokens, temperature, topP, stop, seed }: LmSampling): AiSdkSettings {
  return {
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    // A list of their own, which they may change.
    ...(stop !== undefined && stop.length > 0 && { stopSequences: [...stop] }),
    ...(seed !== undefined && { seed }),
  };
}
