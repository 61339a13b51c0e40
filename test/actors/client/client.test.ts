import { afterEach, describe, expect, test } from "vitest";
import { client, clientName } from "../../../src/actors/client/client.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { LmSpec } from "../../../src/lm/language-model.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem, type System } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { AT_REST, nodes, underWay } from "../living-tree.ts";
import { textOf } from "../../../src/lm/message.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });
const lm = scripted(() => ({ answer: "Ann" }));

const NOTHING_USED = {
  requests: 0,
  failures: 0,
  hedges: 0,
  tokens: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  usd: 0,
};

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function start(...children: Parameters<typeof startSystem>[0]["children"]): Promise<System> {
  const system = await startSystem({ children, logger: false, clock: testClock() });
  systems.push(system);
  return system;
}

describe("what makes no sense is said at once", () => {
  test.each([
    ["no name", { name: "", lm }, 'client: name must be a text that is not empty, got ""'],
    [
      "no model",
      { name: "main", lm: "gpt" },
      'client "main": lm must be a model such as openai("…") or llama(), got "gpt"',
    ],
    ["nothing", { name: "main" }, 'client "main": lm must be a model such as openai("…") or llama(), got undefined'],
    [
      "a limit of zero",
      { name: "main", lm, limits: { concurrency: 0 } },
      'client "main": limits.concurrency must be a whole number above 0, got 0',
    ],
    [
      "half a request",
      { name: "main", lm, limits: { concurrency: 1.5 } },
      'client "main": limits.concurrency must be a whole number above 0, got 1.5',
    ],
    [
      "half a token",
      { name: "main", lm, limits: { tokensPerMinute: 0.5 } },
      'client "main": limits.tokensPerMinute must be a whole number above 0, got 0.5',
    ],
    [
      "an unknown limit",
      { name: "main", lm, limits: { requestsPerSecond: 5 } },
      'client "main": limits: no limit "requestsPerSecond"; there are concurrency, requestsPerMinute, tokensPerMinute',
    ],
    [
      "an option that nobody reads",
      { name: "main", lm, limit: { concurrency: 1 } },
      'client "main": no option "limit" (is "limits" meant?); there are name, lm, adapter, limits, longestPauseMs, ' +
        "circuitBreaker, fallback, fallbackAfterMs, hedgeAfterMs, budget, history",
    ],
    [
      "a breaker's too",
      { name: "main", lm, circuitBreaker: { coolDown: 5 } },
      'client "main": circuitBreaker: no option "coolDown" (is "coolDownMs" meant?); there are failures, coolDownMs',
    ],
    [
      "limits that are none",
      { name: "main", lm, limits: 5 },
      'client "main": limits: expected an object of options, got 5',
    ],
    [
      "a breaker that never trips",
      { name: "main", lm, circuitBreaker: { failures: 0 } },
      'client "main": circuitBreaker.failures must be a whole number above 0, got 0',
    ],
    [
      "a name where a list belongs",
      { name: "main", lm, fallback: "other" },
      'client "main": fallback must be a list of names of clients, got "other"',
    ],
    ["itself", { name: "main", lm, fallback: ["main"] }, 'client "main": it cannot be its own fallback'],
    [
      "a wait for no fallback",
      { name: "main", lm, fallbackAfterMs: 5 },
      'client "main": fallbackAfterMs is of use only with a fallback',
    ],
    [
      "a wait that is none",
      { name: "main", lm, fallback: ["other"], fallbackAfterMs: 0 },
      'client "main": fallbackAfterMs must be a whole number above 0, got 0',
    ],
    [
      "no time",
      { name: "main", lm, hedgeAfterMs: 0 },
      'client "main": hedgeAfterMs must be a whole number above 0, got 0',
    ],
    [
      "a pause of no time",
      { name: "main", lm, longestPauseMs: 0 },
      'client "main": longestPauseMs must be a whole number above 0, got 0',
    ],
    [
      "less than nothing",
      { name: "main", lm, history: -1 },
      'client "main": history must be a whole number from 0, got -1',
    ],
  ])("%s", (_what, options, message) => {
    // Users without types write these.
    const wrong = options as Parameters<typeof client>[0];
    expect(() => client(wrong)).toThrow(new UsageError(message));
  });
});

test("a model is opened at each start and closed at each end, also when its client is killed", async () => {
  const log: string[] = [];
  const counted: LmSpec = {
    ...lm,
    async open(options) {
      const model = await lm.open();
      log.push(`open, ${options?.signal?.aborted === false ? "alive" : "?"}`);
      return {
        ...model,
        close() {
          log.push("close");
          return model.close();
        },
      };
    },
  };
  const system = await start(client({ name: "main", lm: counted }));
  system.runtime.exitSignal(clientName("main"), "kill");
  await until(() => log.length >= 3 && system.runtime.whereis("client/main"));
  expect(log).toEqual(["open, alive", "close", "open, alive"]);
  await system.stop();
  // Once by its last words, which are waited for, and once more because it is gone: closing twice is allowed.
  expect(log.slice(3)).toEqual(["close", "close"]);
});

test("never more requests in flight than its limit, first come first served", async () => {
  const clock = testClock();
  const order: string[] = [];
  let most = 0;
  const counted = scripted(
    (request) => {
      most = Math.max(most, counted.inFlight);
      order.push(/q\d+/.exec(textOf(request.messages.at(-1)?.content ?? ""))?.[0] ?? "");
      return { answer: "Ann" };
    },
    { latencyMs: 100, clock },
  );
  const system = await startSystem({
    clock,
    logger: false,
    children: [client({ name: "main", lm: counted, limits: { concurrency: 3 } })],
  });
  systems.push(system);
  const questions = Array.from({ length: 10 }, (_, n) => `q${n}`);
  const calls = questions.map((question) => system.forward(qa, { question }));
  await clock.settle();
  expect(underWay(system.tree())).toMatchObject({ inFlight: 3, waiting: 7 });
  expect(nodes(system.tree()).find(({ id }) => id === "main")?.info).toEqual({
    kind: "client",
    provider: "scripted",
    model: "scripted",
    inFlight: 3,
    waiting: 7,
    concurrency: 3,
    circuit: "closed",
    usage: NOTHING_USED,
  });
  await clock.advance(400);
  await Promise.all(calls);
  expect([most, order]).toEqual([3, questions]);
  await clock.settle();
  expect(underWay(system.tree())).toEqual(AT_REST);
});

test("a call that is cancelled while it waits for its permit never reaches the model", async () => {
  const clock = testClock();
  const counted = scripted(() => ({ answer: "Ann" }), { latencyMs: 100, clock });
  const system = await startSystem({
    clock,
    logger: false,
    children: [client({ name: "main", lm: counted, limits: { concurrency: 1 } })],
  });
  systems.push(system);
  const abort = new AbortController();
  const first = system.forward(qa, { question: "1" });
  await clock.settle();
  const second = system.tryForward(qa, { question: "2" }, { signal: abort.signal });
  const third = system.forward(qa, { question: "3" });
  await clock.settle();
  abort.abort();
  expect(await second).toMatchObject({ ok: false, error: { code: "cancelled" } });
  await clock.advance(200);
  await Promise.all([first, third]);
  expect(counted.requests.length).toBe(2);
});

test("its adapter is used where neither program nor call has one", async () => {
  const named = { ...chatAdapter(), name: "mine" };
  const system = await start(client({ name: "main", lm, adapter: named }));
  expect((await system.forward(qa, { question: "Who?" })).$meta.adapter).toBe("mine");
  const own = qa.with({ adapter: { ...chatAdapter(), name: "the program's" } });
  expect((await system.forward(own, { question: "Who?" })).$meta.adapter).toBe("the program's");
  const adapter = { ...chatAdapter(), name: "the call's" };
  expect((await system.forward(own, { question: "Who?" }, { adapter })).$meta.adapter).toBe("the call's");
});

test("a model that is out of replies is the test's mistake, and said as such", async () => {
  const system = await start(client({ name: "main", lm: scripted([]) }));
  await expect(system.forward(qa, { question: "Who?" })).rejects.toThrow(
    new UsageError("scripted: request 1 came, but only 0 replies were given"),
  );
});
