// Two providers' packages of the AI SDK under one system's supervision, against the loopback server; one of them streams.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { fromAiSdk } from "../../src/lm/ai-sdk/ai-sdk.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";

const written = (answer: string): string => `[[ ## answer ## ]]\n${answer}\n\n[[ ## completed ## ]]`;

test("programs run and stream over them, with retries and the cache", async () => {
  const server = await openaiServer({
    replies: [{ status: 500 }, written("by the first"), written("by the second, in a few pieces")],
  });
  const { baseURL } = server;
  const apiKey = "sk-test-0123456789abcdef";
  const first = createOpenAICompatible({ name: "first", baseURL, apiKey })("test-model");
  const second = createOpenAI({ baseURL, apiKey }).chat("test-model");
  const system = await startSystem({
    logger: false,
    retry: backoff({ baseMs: 1 }),
    children: [
      client({ name: "first", lm: fromAiSdk(first, { identity: baseURL }) }),
      client({ name: "second", lm: fromAiSdk(second) }),
    ],
  });
  const qa = predict(signature("question -> answer"), { name: "qa", client: "first" });
  const who = { question: "Who?" };

  const asked = await system.forward(qa, who);
  expect(asked).toEqual({ answer: "by the first" });
  expect(asked.$meta).toMatchObject({ attempts: 2, client: "first", model: "test-model" });
  expect(asked.$meta.usage.totalTokens).toBeGreaterThan(0);
  expect((await system.forward(qa, who)).$meta.usage.cacheHits).toBe(1);

  const deltas: string[] = [];
  let last: unknown;
  for await (const item of system.stream(qa.with({ client: "second" }), who)) {
    if (item.type === "part") deltas.push(item.delta);
    else last = item.prediction;
  }
  expect(deltas.length).toBeGreaterThan(1);
  expect(deltas.join("")).toBe("by the second, in a few pieces");
  expect(last).toEqual({ answer: "by the second, in a few pieces" });

  expect(server.requests.map(({ body }) => body?.stream ?? false)).toEqual([false, false, true]);
  await system.stop();
  await server.close();
});
