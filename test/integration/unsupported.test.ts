// What a server turns down costs one request more, once: bare and in a system.
import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { runDecided } from "../../src/actors/run/run-events.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { LmError } from "../../src/lm/failure.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import type { OpenAiApi } from "../../src/lm/openai/protocols.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServer } from "../../src/testing/openai-server.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const config = { temperature: 0.5, maxTokens: 50 };
const PROGRAM = predict(signature("question -> answer"), { adapter: jsonAdapter(), config });

async function serve(unsupported: readonly string[]): Promise<OpenAiServer> {
  const server = await openaiServer({ answer: () => '{"answer":"yes"}', unsupported });
  ends.push(() => server.close());
  return server;
}

describe.each<OpenAiApi>(["chat", "responses"])("over %s", (api) => {
  test("a bare call asks again at once, without what was turned down", async () => {
    const server = await serve(["json_schema", "json_object", "temperature"]);
    const lm = await openai("test-model", { baseURL: server.baseURL, env: {}, api }).open();
    ends.push(() => lm.close());
    const decisions: unknown[] = [];
    const log = {
      contents: false,
      event: (name: string, _level: string, { why, waitMs }: Readonly<Record<string, unknown>>) =>
        void decisions.push([name, why, waitMs]),
    };
    const options = { clients: { main: lm }, log };
    const first = await forward(PROGRAM, { question: "Is it?" }, options);
    expect(first.answer).toBe("yes");
    expect(first.$meta.attempts).toBe(4);
    expect(decisions).toEqual(Array.from({ length: 3 }, () => ["retry", "not_supported", 0]));
    const second = await forward(PROGRAM, { question: "Is it so?" }, options);
    expect(second.$meta.attempts).toBe(1);
    expect(server.requests).toHaveLength(5);
  });

  test("each of these attempts counts", async () => {
    const server = await serve(["json_schema", "json_object", "temperature"]);
    const lm = openai("test-model", { baseURL: server.baseURL, env: {}, api });
    const options = { clients: { main: lm }, retry: backoff({ maxAttempts: 2 }) };
    const failed = await forward(PROGRAM, { question: "Is it?" }, options).catch((error: unknown) => error);
    if (!(failed instanceof LmError)) throw new Error("expected an LmError", { cause: failed });
    expect(failed).toMatchObject({ code: "bad_request", details: { attempts: 2 } });
    expect(server.requests).toHaveLength(2);
  });

  test("in a system the client's model remembers for all runs", async () => {
    const server = await serve(["json_schema"]);
    const children = [client({ name: "main", lm: openai("test-model", { baseURL: server.baseURL, env: {}, api }) })];
    const system = await startSystem({ children, logger: false });
    ends.push(() => system.stop());
    const whys: unknown[] = [];
    ends.push(async () => stopListening());
    const stopListening = runDecided.subscribe(({ facts }) => whys.push(facts["why"]));
    // One first: calls that start together each hear of it for themselves.
    expect((await system.forward(PROGRAM, { question: "0" })).answer).toBe("yes");
    const questions = Array.from({ length: 20 }, (_, index) => ({ question: String(index + 1) }));
    const answers = await Promise.all(questions.map((inputs) => system.forward(PROGRAM, inputs)));
    expect(answers.map(({ answer }) => answer)).toEqual(Array(20).fill("yes"));
    expect(server.counts.requests).toBe(22);
    expect(whys).toEqual(["not_supported"]);
  });

  test("many calls that start together are all answered, each asked twice at most", async () => {
    const server = await serve(["json_schema"]);
    const children = [client({ name: "main", lm: openai("test-model", { baseURL: server.baseURL, env: {}, api }) })];
    const system = await startSystem({ children, logger: false });
    ends.push(() => system.stop());
    const questions = Array.from({ length: 20 }, (_, index) => ({ question: String(index) }));
    const answers = await Promise.all(questions.map((inputs) => system.forward(PROGRAM, inputs)));
    expect(answers.map(({ answer }) => answer)).toEqual(Array(20).fill("yes"));
    expect(server.counts.requests).toBeLessThanOrEqual(40);
  });
});
