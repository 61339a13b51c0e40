// The ways to make a call that the benches compare. Each gives the answer's text, or throws.
import OpenAI from "openai";
import { client } from "../../src/actors/client/client.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { backoff, type RetryPolicy } from "../../src/lm/retry/retry-policy.ts";
import { createTransport } from "../../src/lm/transport/transport.ts";
import { transportFetch } from "../../src/lm/transport/fetch.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { question } from "./question.ts";

export interface Caller {
  call(index: number): Promise<string>;
  stop(): Promise<void>;
}

export type CallerName = "sdk" | "floor" | "ours";

export const CALLERS: Readonly<Record<CallerName, (baseURL: string) => Promise<Caller>>> = { sdk, floor, ours };

/** What most programs do: the openai package with its defaults. */
async function sdk(baseURL: string): Promise<Caller> {
  const api = new OpenAI({ apiKey: "none", baseURL });
  return { call: (index) => askPackage(api, index), stop: async () => {} };
}

/** The openai package on our transport and nothing else. */
async function floor(baseURL: string): Promise<Caller> {
  const transport = createTransport({ url: baseURL });
  const fetch = transportFetch(transport);
  const api = new OpenAI({ apiKey: "none", baseURL, fetch, maxRetries: 0 });
  return { call: (index) => askPackage(api, index), stop: () => transport.close() };
}

async function askPackage(api: OpenAI, index: number): Promise<string> {
  const answer = await api.chat.completions.create({
    model: "bench",
    messages: [{ role: "user", content: question(index) }],
  });
  // The answer's layout is the typed calls'; a bare caller would be answered without it.
  return /code-\w+/.exec(answer.choices[0]?.message.content ?? "")?.[0] ?? "";
}

/** Typed, supervised, with a permit for each request. */
function ours(baseURL: string): Promise<Caller> {
  return oursWith(backoff(), baseURL);
}

/** The same by a retry policy of its own. */
export async function oursWith(retry: RetryPolicy, baseURL: string): Promise<Caller> {
  const system = await startSystem({
    name: "bench",
    logger: false,
    // Rounds ask the same questions again, and each is to reach the server.
    cache: false,
    retry,
    children: [
      client({ name: "main", lm: openai("bench", { baseURL, apiKey: "none" }), limits: { concurrency: 20_000 } }),
    ],
  });
  const program = predict(signature("question -> answer"));
  return {
    call: async (index) => (await system.forward(program, { question: question(index) })).answer,
    stop: () => system.stop(),
  };
}
