// What is told of requests and searches: a start with the permit, an end in whatever way, and no more.
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, onTestFinished, test } from "vitest";
import { client, clientName } from "../../../src/actors/client/client.ts";
import { requestEnded, type RequestEvent, requestStarted } from "../../../src/actors/client/request-events.ts";
import { retrieverName } from "../../../src/actors/client/retriever-client.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmCallOptions } from "../../../src/lm/language-model.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { Retriever } from "../../../src/retrieval/retriever.ts";
import { textIndex } from "../../../src/retrieval/text-index.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../../../src/system.ts";
import { openaiServer } from "../../../src/testing/openai-server.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";
import { type TestClock, testClock } from "../../../src/testing/test-clock.ts";
import { TOWNS } from "../../conformance/retriever.ts";
import { living } from "../living-tree.ts";
import { playOut, watch } from "../outcomes.ts";

type Ended = Parameters<typeof requestEnded.publish>[0];

const qa = predict(signature("question -> answer"), { name: "qa", client: "main" });

interface World {
  readonly system: System;
  readonly clock: TestClock;
  readonly lm: ScriptedModel;
}

async function start(
  replies: Parameters<typeof scripted>[0],
  options: Partial<SystemOptions> = {},
  concurrency = 1,
): Promise<World> {
  const clock = testClock();
  const lm = scripted(replies, { latencyMs: 100, clock, model: "gpt-x" });
  const system = await startSystem({
    children: [
      client({ name: "main", lm, limits: { concurrency } }),
      client({ name: "kb", retriever: textIndex({ documents: TOWNS }), limits: { concurrency: 1 } }),
    ],
    clock,
    logger: false,
    prices: { "gpt-x": { inputPerMillion: 1, outputPerMillion: 10 } },
    retry: backoff({ jitter: "none", baseMs: 100, maxAttempts: 3 }),
    ...options,
  });
  onTestFinished(() => system.stop());
  return { system, clock, lm };
}

/** Starts and ends, in order; and whether each end has its start, which said the same. */
function listen() {
  const started: RequestEvent[] = [];
  const ended: Ended[] = [];
  onTestFinished(requestStarted.subscribe((event) => void started.push(event)));
  onTestFinished(requestEnded.subscribe((event) => void ended.push(event)));
  return {
    started,
    ended,
    /** Codes of the ends, each of which has its start; and no start is without its end. */
    codes(): string[] {
      const open = new Map(started.map((event) => [event.actor, event]));
      expect(open.size).toBe(started.length);
      for (const event of ended) {
        expect(event).toMatchObject({ ...open.get(event.actor), at: event.at });
        open.delete(event.actor);
      }
      expect([...open.values()]).toEqual([]);
      return ended.map(({ code }) => code);
    },
  };
}

const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };

describe("a request to a model", () => {
  test("is told with its run, labels, place, attempt, waits, cost, and how it ended", async () => {
    const refused = new LmError("no", { code: "overloaded", status: 529, requestId: "req-7" });
    const { system, clock } = await start([{ text: "[[ ## answer ## ]]\nAnn", usage }, refused, { answer: "Bob" }]);
    const told = listen();
    const both = program({
      name: "both",
      parts: { first: qa, second: qa },
      forward: async ({ first, second }, { question }: { question: string }) => {
        const found = await Promise.all([first({ question }), second({ question })]);
        return { answer: found.map(({ answer }) => answer).join() };
      },
    });
    const labels = { tenant: "acme" };
    const call = watch("call", system.forward(both, { question: "Who?" }, { runId: "r1", labels }));
    await playOut(clock, [call]);
    expect(call.value).toEqual({ answer: "Ann,Bob" });
    const common = {
      systemId: system.id,
      kind: "lm",
      client: "main",
      provider: "scripted",
      model: "gpt-x",
      run: "r1",
      labels,
    };
    expect(told.started).toMatchObject([
      { ...common, path: "first", attempt: 1, waitedMs: 0 },
      { ...common, path: "second", attempt: 1, waitedMs: 100 },
      { ...common, path: "second", attempt: 2, waitedMs: 0 },
    ]);
    expect(told.codes()).toEqual(["ok", "overloaded", "ok"]);
    expect(told.ended).toMatchObject([
      { ms: 100, tokens: usage, usd: 0.0003 },
      { ms: 100, status: 529, requestId: "req-7" },
      { ms: 100 },
    ]);
    expect(told.ended[1]).not.toHaveProperty("tokens");
    // Nothing is said of what nobody knows.
    expect(Object.values(told.ended[1] ?? {})).not.toContain(undefined);
  });

  test("that is streamed tells when its answer began", async () => {
    const { system, clock } = await start([{ answer: "Ann" }]);
    const told = listen();
    const reading = (async () => {
      for await (const _ of system.stream(qa, { question: "Who?" })) await Promise.resolve();
    })();
    await playOut(clock, [watch("stream", reading)]);
    expect(told.codes()).toEqual(["ok"]);
    expect(told.ended[0]).toMatchObject({ firstByteMs: 100, ms: 100 });
  });

  test("over HTTP tells so too, whole as it is", async () => {
    const server = await openaiServer({ replies: ["[[ ## answer ## ]]\nAnn\n\n[[ ## completed ## ]]"] });
    onTestFinished(() => server.close());
    const lm = openai("m", { baseURL: server.baseURL, apiKey: "sk-test-000000" });
    const system = await startSystem({ children: [client({ name: "main", lm })], logger: false });
    onTestFinished(() => system.stop());
    const told = listen();
    await system.forward(qa, { question: "Who?" });
    await expect.poll(() => told.ended).toHaveLength(1);
    const { ms = -1, firstByteMs = -1 } = told.ended[0] ?? {};
    expect(firstByteMs).toBeGreaterThanOrEqual(0);
    expect(ms).toBeGreaterThanOrEqual(firstByteMs);
  });

  test.each<[string, string[], (world: World) => unknown]>([
    ["cancelled", ["cancelled"], () => undefined],
    [
      "its client is killed",
      ["client_down", "ok"],
      ({ system }) => system.runtime.exitSignal(clientName("main"), "kill"),
    ],
    ["its client is stopped", ["client_down", "ok"], ({ system }) => system.runtime.stop(clientName("main"), "odd")],
    ["its own process is killed", ["request_crashed", "ok"], ({ system }) => killRequest(system)],
  ])("has one end, whatever ends it: %s", async (how, codes, end) => {
    const world = await start(() => ({ answer: "Ann" }));
    const { system, clock } = world;
    const told = listen();
    const abort = new AbortController();
    const call = watch("call", system.tryForward(qa, { question: "Who?" }, { signal: abort.signal }));
    await clock.advance(50);
    if (how === "cancelled") abort.abort();
    await end(world);
    await clock.settle();
    // Whoever had been let in by a client that is gone is not forgotten by the one that comes after it.
    expect(told.codes().slice(0, 1)).toEqual(codes.slice(0, 1));
    await playOut(clock, [call]);
    expect(told.codes()).toEqual(codes);
    const history = system.inspectHistory("main").map(({ outcome }) => outcome);
    expect(history).toEqual(codes);
  });

  test("that never had a permit is told neither as started nor as ended", async () => {
    const { system, clock } = await start(() => ({ answer: "Ann" }));
    const told = listen();
    const calls = [90, 50].map((timeoutMs) =>
      watch(`${timeoutMs}`, system.tryForward(qa, { question: "Who?" }, { timeoutMs })),
    );
    await playOut(clock, calls);
    expect(calls.map(({ code }) => code)).toEqual(["timeout", "timeout"]);
    expect(told.codes()).toEqual(["cancelled"]);
  });
});

function killRequest({ runtime, root }: System): void {
  const request = living(runtime, root).find(({ type }) => type === "request");
  if (request === undefined) throw new Error("no request is under way");
  runtime.exitSignal(request.ref, "kill");
}

describe("a search", () => {
  test("is told as a request is, of its own kind", async () => {
    const { system, clock } = await start([]);
    const told = listen();
    const search = retrieve({ client: "kb", k: 1 });
    const calls = [1, 2].map((n) => watch(`${n}`, system.forward(search, { query: "carnival" }, { runId: `r${n}` })));
    await playOut(clock, calls);
    expect(told.codes()).toEqual(["ok", "ok"]);
    expect(told.started).toMatchObject([
      { kind: "search", client: "kb", run: "r1", path: "self", attempt: 1, waitedMs: 0 },
      { kind: "search", client: "kb", run: "r2", path: "self", attempt: 1, waitedMs: 0 },
    ]);
    expect(told.ended[0]).toMatchObject({ ms: 0, tokens: { totalTokens: 0 } });
    expect(told.started[0]).not.toHaveProperty("model");
  });

  test("has its end also where its client was killed, by the one that comes after it", async () => {
    let searches = 0;
    const opening = (): Promise<Retriever> =>
      Promise.resolve({
        search: () => ((searches += 1) === 1 ? new Promise(() => undefined) : Promise.resolve([])),
        close: () => Promise.resolve(),
      });
    const clock = testClock();
    const spec = client({ name: "kb", retriever: { kind: "retriever", name: "odd", open: opening } });
    const system = await startSystem({ children: [spec], clock, logger: false });
    onTestFinished(() => system.stop());
    const told = listen();
    const call = watch("search", system.forward(retrieve(), { query: "carnival" }));
    await clock.settle();
    system.runtime.exitSignal(retrieverName("kb"), "kill");
    await playOut(clock, [call]);
    expect(call.code).toBe("ok");
    expect(told.codes()).toEqual(["client_down", "ok"]);
  });
});

test("listeners are called in the context of whoever made the call, also for one that waited for its permit", async () => {
  const { system, clock } = await start(() => ({ answer: "Ann" }));
  const store = new AsyncLocalStorage<string>();
  const heard: string[] = [];
  for (const kind of [requestStarted, requestEnded])
    onTestFinished(kind.subscribe(({ run }) => void heard.push(`${kind.kind} ${run} ${store.getStore() ?? "nobody"}`)));
  const calls = ["a", "b"].map((runId) =>
    store.run(`caller of ${runId}`, () => watch(runId, system.forward(qa, { question: "Who?" }, { runId }))),
  );
  await playOut(clock, calls);
  expect(heard).toEqual([
    "request:started a caller of a",
    "request:ended a caller of a",
    "request:started b caller of b",
    "request:ended b caller of b",
  ]);
});

test("where nobody listens, no model is asked when its answer began", async () => {
  const options: LmCallOptions[] = [];
  const model = scripted([{ answer: "Ann" }, { answer: "Bob" }]);
  const lm = {
    ...model,
    async open() {
      const opened = await model.open();
      return {
        ...opened,
        generate: (asked: Parameters<typeof opened.generate>[0], more: LmCallOptions = {}) => {
          options.push(more);
          return opened.generate(asked, more);
        },
      };
    },
  };
  const system = await startSystem({ children: [client({ name: "main", lm })], logger: false });
  onTestFinished(() => system.stop());
  await system.forward(qa, { question: "Who?" });
  const told = listen();
  await system.forward(qa, { question: "Who?" });
  await expect.poll(() => told.ended).toHaveLength(1);
  expect(options.map((each) => "onFirstByte" in each)).toEqual([false, true]);
});
