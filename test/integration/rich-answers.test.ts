// What an answer holds beside its text comes through everything between a model and the prediction.
import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import type { OpenAiApi } from "../../src/lm/openai/protocols.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { PredictionMeta } from "../../src/programs/prediction.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../../src/system.ts";
import { openaiServer, type OpenAiServer } from "../../src/testing/openai-server.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { until } from "../../src/testing/until.ts";
import { storeFolder } from "../foundation/store-folder.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const text = "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]";
const RICH = {
  text,
  finishReason: "tool_calls",
  toolCalls: [{ id: "a", name: "look", arguments: '{"at":1}' }],
  reasoning: "It says so.",
  logprobs: [
    { token: text.slice(0, 20), logprob: -0.5, top: [{ token: "no", logprob: -1 }] },
    { token: text.slice(20), logprob: -0.25 },
  ],
} as const;

const PROGRAM = predict(signature("question -> answer"), { config: { logprobs: true } });
const inputs = { question: "Is it?" };

function expectRich({ logprobs, reasoning, messages }: PredictionMeta): void {
  expect({ logprobs, reasoning }).toEqual({ logprobs: RICH.logprobs, reasoning: RICH.reasoning });
  expect(messages.at(-1)).toEqual({ role: "assistant", content: text, toolCalls: RICH.toolCalls });
}

async function start(
  api: OpenAiApi,
  server: OpenAiServer,
  options: Partial<SystemOptions> = {},
  hedgeAfterMs?: number,
): Promise<System> {
  ends.push(() => server.close());
  const lm = openai("test-model", { baseURL: server.baseURL, env: {}, api });
  const children = [client({ name: "main", lm, ...(hedgeAfterMs !== undefined && { hedgeAfterMs }) })];
  const system = await startSystem({ children, logger: false, ...options });
  ends.push(() => system.stop());
  return system;
}

describe.each<OpenAiApi>(["chat", "responses"])("over %s", (api) => {
  test("a prediction, the cache and the history have all of it", async () => {
    const system = await start(api, await openaiServer({ replies: [RICH] }), { logContents: true });
    expectRich((await system.forward(PROGRAM, inputs)).$meta);
    const again = (await system.forward(PROGRAM, inputs)).$meta;
    expect(again.usage.cacheHits).toBe(1);
    expectRich(again);
    const [record] = system.inspectHistory();
    expect(record?.answers).toEqual([text]);
    expect(record?.completions).toEqual([RICH]);
  });

  test("a stream's prediction has it too", async () => {
    const system = await start(api, await openaiServer({ replies: [RICH] }));
    let meta: PredictionMeta | undefined;
    for await (const part of system.stream(PROGRAM, inputs)) if ("prediction" in part) meta = part.prediction.$meta;
    if (meta === undefined) throw new Error("the stream ended without a prediction");
    expectRich(meta);
  });

  test("a hedged answer has it too", async () => {
    const server = await openaiServer({
      answer: (_, index) => (index === 0 ? { fault: "stall_before_headers" } : RICH),
    });
    const system = await start(api, server, {}, 20);
    expectRich((await system.forward(PROGRAM, inputs)).$meta);
    expect(server.counts.requests).toBe(2);
  });

  test("an answer that was kept on disk has it in another life", async () => {
    const dir = storeFolder();
    const server = await openaiServer({ replies: [RICH] });
    const first = await start(api, server, { cache: { dir } });
    await first.forward(PROGRAM, inputs);
    await first.stop();
    const second = await start(api, server, { cache: { dir } });
    await until(async () => {
      const { $meta } = await second.forward(PROGRAM, inputs);
      expectRich($meta);
      return $meta.usage.cacheHits === 1;
    });
    expect(server.counts.requests).toBe(1);
  });
});

test("a history holds no more than the text where there is no more, and nothing without leave", async () => {
  const lm = scripted([text, { ...RICH }]);
  const system = await startSystem({ children: [client({ name: "main", lm })], logger: false, logContents: true });
  ends.push(() => system.stop());
  await system.forward(PROGRAM, inputs);
  const [record] = system.inspectHistory();
  expect(record?.answers).toEqual([text]);
  expect(record).not.toHaveProperty("completions");
  const silent = await startSystem({ children: [client({ name: "main", lm })], logger: false });
  ends.push(() => silent.stop());
  expectRich((await silent.forward(PROGRAM, inputs)).$meta);
  expect(JSON.stringify(silent.inspectHistory())).not.toContain("It says so");
});

test("a plain answer leaves nothing of it in a prediction", async () => {
  const { $meta } = await forward(PROGRAM, inputs, { clients: { main: scripted([text]) } });
  expect($meta).not.toHaveProperty("logprobs");
  expect($meta).not.toHaveProperty("reasoning");
});
