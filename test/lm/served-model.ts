// An openai model against a loopback server; both are closed after each test.
import { afterEach, expect } from "vitest";
import { LmError } from "../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest } from "../../src/lm/language-model.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import type { OpenAiOptions } from "../../src/lm/openai/openai.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServerOptions } from "../../src/testing/server-options.ts";

export const request: LmRequest = { messages: [{ role: "user", content: "hi" }] };
export const KEY = "sk-test-0123456789abcdef";

export const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

export async function serve(
  server: OpenAiServerOptions,
  options: OpenAiOptions & { readonly model?: string } = {},
): Promise<{ readonly server: OpenAiServer; readonly lm: LanguageModel }> {
  const running = await openaiServer(server);
  open.push(() => running.close());
  const { model = "test-model", ...rest } = options;
  const lm = await openai(model, { apiKey: KEY, baseURL: running.baseURL, env: {}, ...rest }).open();
  open.push(() => lm.close());
  return { server: running, lm };
}

export async function failure(promise: Promise<unknown>): Promise<LmError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (!(outcome instanceof LmError)) throw new Error("expected an LmError", { cause: outcome });
  expect(outcome.message).not.toContain("\n");
  return outcome;
}

export async function collect(stream: AsyncIterable<LmChunk>): Promise<readonly LmChunk[]> {
  const chunks: LmChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
