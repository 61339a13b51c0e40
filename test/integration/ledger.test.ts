// What was spent, and what may be: the same in every report, at every level, however many requests are made at once.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { requestEnded } from "../../src/actors/client/request-events.ts";
import { runEnded } from "../../src/actors/run/run-events.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import type { Embedder, EmbedderSpec } from "../../src/lm/embedder.ts";
import { LmError } from "../../src/lm/failure.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import { program } from "../../src/programs/composed-program.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import type { Prediction } from "../../src/programs/prediction.ts";
import { embeddingIndex } from "../../src/retrieval/embedding-index.ts";
import { scripted } from "../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../src/testing/scripted-reply.ts";
import { playOut, watch, type Watched } from "../actors/outcomes.ts";
import { TOWNS } from "../conformance/retriever.ts";
import { living, nodes } from "../actors/living-tree.ts";
import { asked, kill, qa, useWorlds } from "./chaos-world.ts";

const { start } = useWorlds();

const USAGE = { inputTokens: 50, outputTokens: 1_000, totalTokens: 1_050 };
const prices = { "gpt-x": { inputPerMillion: 2, outputPerMillion: 8 } };
/** US dollars of one answer. */
const EACH = 0.0081;

const costly = (): ScriptedReply => ({
  text: "[[ ## answer ## ]]\nBob\n\n[[ ## completed ## ]]",
  finishReason: "stop",
  usage: USAGE,
});

/** Fifty calls at once in one run, of which some may fail. */
const fan = program({
  name: "fan",
  parts: { qa },
  async forward({ qa: ask }, { question }: { question: string }) {
    const made = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => ask({ question: question + index })),
    );
    return { answered: made.filter(({ status }) => status === "fulfilled").length };
  },
});

type Budgets = Partial<Record<"system" | "program" | "client" | "call", object>>;

async function world({ system, program: ofProgram, client: ofClient }: Budgets, reply = costly) {
  const spec = programActor({ name: "fan", program: fan, ...(ofProgram && { budget: ofProgram }) });
  const made = await start(
    (clock) => [
      client({
        name: "main",
        lm: scripted(reply, { clock, latencyMs: 30, model: "gpt-x" }),
        ...(ofClient && { budget: ofClient }),
      }),
      spec,
    ],
    { prices, ...(system && { budget: system }) },
  );
  return { ...made, spec };
}

describe.each(["call", "program", "client", "system"] as const)("a budget of the %s", (level) => {
  test.each([
    ["tokens", { tokens: 12_000 }],
    ["dollars", { usd: 0.1 }],
    ["requests", { lmCalls: 9 }],
  ])("of %s holds, however many requests are made at once", async (_what, budget) => {
    const { system, clock, spec } = await world({ [level]: budget });
    const options = level === "call" ? { budget } : {};
    const calls =
      level === "call" || level === "program"
        ? [watch("fan", system.handle(spec).tryCall({ question: "q" }, options))]
        : [
            watch("fan", system.tryForward(fan, { question: "q" })),
            watch("qa", system.tryForward(qa, { question: "p" })),
          ];
    await playOut(clock, calls);
    const { tokens, usd, requests } = system.usage();
    const {
      tokens: mostTokens = Infinity,
      usd: mostUsd = Infinity,
      lmCalls = Infinity,
    } = budget as Record<string, number>;
    expect(tokens.totalTokens).toBeLessThanOrEqual(mostTokens + USAGE.totalTokens);
    expect(usd).toBeLessThanOrEqual(mostUsd + EACH);
    expect(requests).toBeLessThanOrEqual(lmCalls);
    // And most of it is used.
    expect(requests).toBeGreaterThanOrEqual(9);
    expect(clock.pending).toBe(0);
  });

  test("is over for whoever comes later, through a restart of the client, and says whose it was", async () => {
    const { system, clock, spec, kill: end } = await world({ [level]: { lmCalls: 1 } });
    const options = level === "call" ? { budget: { lmCalls: 0 } } : {};
    const ask = async (): Promise<Watched> => {
      const call = watch("call", system.handle(spec).tryCall({ question: "q" }, options));
      await playOut(clock, [call]);
      return call;
    };
    expect((await ask()).value).toEqual({ answered: level === "call" ? 0 : 1 });
    end("client/main");
    await clock.settle();
    const failing = program({
      name: "one",
      parts: { qa },
      forward: ({ qa: each }, inputs: { question: string }) => each(inputs),
    });
    system.handle(spec).upgrade(failing as never);
    const of = { call: undefined, program: 'program "fan"', client: 'client "main"', system: "the system" }[level];
    const { code, details } = (await ask()).value as LmError;
    expect([code, details["of"], details["attempts"]]).toEqual(["budget_exceeded", of, 0]);
  });
});

describe("an answer that failed and was paid for", () => {
  const withheld = (): never => {
    throw new LmError("withheld", { code: "content_filter", details: { usage: USAGE } });
  };

  test("is charged everywhere, and told with its price", async () => {
    const { system, clock, spec } = await world({}, withheld);
    const ends: object[] = [];
    const stop = requestEnded.subscribe((event) => ends.push(event));
    const call = watch("fan", system.handle(spec).tryCall({ question: "q" }));
    await playOut(clock, [call]);
    stop();
    const spent = { requests: 50, failures: 50, tokens: { totalTokens: 50 * USAGE.totalTokens }, usd: 0.405 };
    expect(system.usage()).toMatchObject(spent);
    for (const id of ["main", "server"])
      expect(nodes(system.tree()).find((node) => node.id === id)?.info).toMatchObject({ usage: spent });
    expect((call.value as Prediction<object>).$meta).toMatchObject({ usage: spent.tokens, usd: spent.usd });
    const each = { usage: USAGE, usd: EACH };
    expect(ends[0]).toMatchObject({ code: "content_filter", tokens: USAGE, usd: EACH });
    expect(system.inspectHistory("main")[0]).toMatchObject({ outcome: "content_filter", ...each });
    const one = watch("qa", system.tryForward(qa, { question: "p" }));
    await playOut(clock, [one]);
    expect((one.value as LmError).details).toMatchObject({ ...each, tries: [each] });
  });

  test.each(["call", "program", "client", "system"] as const)("passes no budget of the %s", async (level) => {
    const budget = { tokens: 12_000, usd: 1 };
    const { system, clock, spec } = await world({ [level]: budget }, withheld);
    const call = watch("fan", system.handle(spec).tryCall({ question: "q" }, level === "call" ? { budget } : {}));
    await playOut(clock, [call]);
    expect(system.usage().tokens.totalTokens).toBeLessThanOrEqual(12_000 + USAGE.totalTokens);
    expect(system.usage().requests).toBeLessThanOrEqual(12);
    expect(clock.pending).toBe(0);
  });

  test("is charged whole and streamed, bare", async () => {
    const options = { clients: { main: scripted(withheld, { model: "gpt-x" }) }, prices, budget: { usd: 0.01 } };
    const twice = program({
      name: "twice",
      parts: { qa },
      async forward({ qa: ask }, inputs: { question: string }) {
        await ask(inputs).catch(() => {});
        return ask(inputs);
      },
    });
    await expect(forward(twice, { question: "q" }, options)).rejects.toMatchObject({ code: "budget_exceeded" });
    const read = stream(twice, { question: "q" }, options)[Symbol.asyncIterator]();
    await expect(read.next()).rejects.toMatchObject({ code: "budget_exceeded" });
  });
});

test("requests of streams keep within it as well", async () => {
  const { system, clock } = await world({ system: { tokens: 5_000 } });
  const read = async (index: number): Promise<string> => {
    try {
      for await (const item of system.stream(qa, { question: `q${index}` }))
        if (item.type === "prediction") return item.prediction.answer;
    } catch (thrown) {
      return (thrown as LmError).code;
    }
    return "";
  };
  const all = Promise.all(Array.from({ length: 20 }, (_, index) => read(index)));
  await clock.advance(2_000);
  const ends = await all;
  expect(new Set(ends)).toEqual(new Set(["Bob", "budget_exceeded"]));
  expect(system.usage().tokens.totalTokens).toBeLessThanOrEqual(5_000 + USAGE.totalTokens);
});

test("a bare run keeps within its budget, whole and streamed", async () => {
  const options = () => ({
    clients: { main: scripted(costly, { model: "gpt-x", latencyMs: 1 }) },
    budget: { tokens: 12_000 },
  });
  for (const run of [
    () => forward(fan, { question: "q" }, options()),
    async () => {
      for await (const item of stream(fan, { question: "q" }, options()))
        if (item.type === "prediction") return item.prediction;
      throw new Error("no prediction");
    },
  ]) {
    const { answered, $meta } = await run();
    expect($meta.usage.totalTokens).toBeLessThanOrEqual(13_050);
    expect([answered, $meta.attempts]).toEqual([$meta.attempts, answered]);
    expect(answered).toBeGreaterThan(9);
  }
});

test("whoever waits for others' requests waits no longer than its call may last, or its caller", async () => {
  const { system, clock } = await world({ system: { tokens: 100_000 } });
  const first = watch("first", system.tryForward(qa, { question: "q1" }));
  await clock.settle();
  const abort = new AbortController();
  const calls = [
    watch("late", system.tryForward(qa, { question: "q2" }, { timeoutMs: 10 })),
    watch("left", system.tryForward(qa, { question: "q3" }, { signal: abort.signal })),
    watch("patient", system.tryForward(qa, { question: "q4" })),
  ];
  await clock.advance(20);
  abort.abort();
  await clock.settle();
  expect(calls.map(({ code }) => code)).toEqual(["timeout", "cancelled", "pending"]);
  expect(calls[0]?.value).toMatchObject({ details: { attempts: 0 } });
  await playOut(clock, [first, ...calls]);
  expect([first.code, calls[2]?.code]).toEqual(["ok", "ok"]);
  expect(system.usage()).toMatchObject({ requests: 2, failures: 0 });
});

test("a run that is killed leaves nothing set aside", async () => {
  const { system, clock } = await world({ system: { tokens: 2_500 } });
  const bounded = qa.with({ config: { maxTokens: 1_200 } });
  const first = watch("first", system.tryForward(bounded, { question: "q1" }));
  await clock.advance(10);
  // Both have no room together.
  const second = watch("second", system.tryForward(bounded, { question: "q2" }));
  await clock.settle();
  kill(system, living(system.runtime, system.root).find(({ type }) => type === "run")?.ref);
  await playOut(clock, [first, second]);
  expect([first.code, second.code]).toEqual(["run_crashed", "ok"]);
  expect(system.usage()).toMatchObject({ requests: 2, failures: 1, tokens: USAGE });
});

describe("the same is told of a call in every report", () => {
  const blank = "no layout";
  const answer = (request: Parameters<typeof asked>[0]): ScriptedReply =>
    asked(request) === "q1" ? { text: blank, finishReason: "stop", usage: USAGE } : costly();

  /** Tries the hard way first. */
  const careful = program({
    name: "careful",
    parts: { qa },
    async forward({ qa: ask }, { question }: { question: string }) {
      try {
        return await ask({ question });
      } catch {
        return ask({ question: "q2" });
      }
    },
  });
  const outer = program({
    name: "outer",
    parts: { careful },
    forward: ({ careful: each }, inputs: { question: string }) => each(inputs),
  });

  test.each([
    ["a program that catches a failure", careful],
    ["a program around one", outer],
  ])("of %s", async (_what, caught) => {
    const ends: object[] = [];
    const stop = runEnded.subscribe(({ lmCalls, tokens, usd }) => ends.push({ lmCalls, tokens, usd }));
    const { system, clock } = await world({}, answer as never);
    const call = watch("call", system.tryForward(caught, { question: "q1" }));
    await playOut(clock, [call]);
    stop();
    const { $meta } = call.value as Prediction<object>;
    const { requests, tokens, usd } = system.usage();
    expect([requests, tokens.totalTokens]).toEqual([4, 4 * USAGE.totalTokens]);
    expect($meta).toMatchObject({ attempts: requests, usage: tokens, usd });
    expect(ends).toEqual([{ lmCalls: requests, tokens: tokens.totalTokens, usd }]);
    const bare = forward(
      caught,
      { question: "q1" },
      { clients: { main: scripted(answer as never, { model: "gpt-x" }) }, prices },
    );
    expect((await bare).$meta).toMatchObject({ attempts: requests, usage: tokens, usd });
  });

  test("of a program that asks a model by itself", async () => {
    const own = program({
      name: "own",
      parts: {},
      async forward(_parts, { question }: { question: string }, context) {
        const { lm } = await context.client();
        const { completions } = await lm.generate(
          { messages: [{ role: "user", content: question }] },
          { ledger: context.ledger },
        );
        return { said: completions[0]?.text };
      },
    });
    const { system, clock } = await world({});
    const call = watch("call", system.tryForward(own, { question: "q2" }));
    await playOut(clock, [call]);
    expect((call.value as Prediction<object>).$meta).toMatchObject({ attempts: 1, usage: USAGE, usd: EACH });
  });

  test("of an answer that the cache gave, or that was shared with an equal call: it costs nothing", async () => {
    const { system, clock } = await start(
      (clock) => [
        client({ name: "main", lm: scripted(costly, { clock, latencyMs: 30, model: "gpt-x", identity: "one" }) }),
      ],
      { prices },
    );
    const twice = program({
      name: "twice",
      parts: { qa },
      async forward({ qa: ask }, inputs: { question: string }) {
        const [one] = await Promise.all([ask(inputs), ask(inputs)]);
        await ask(inputs);
        return one;
      },
    });
    const call = watch("call", system.tryForward(twice, { question: "q1" }, { budget: { lmCalls: 1 } }));
    await playOut(clock, [call]);
    const usage = { ...USAGE, cacheHits: 2 };
    expect((call.value as Prediction<object>).$meta).toMatchObject({ attempts: 1, usage, usd: EACH });
    expect(system.usage()).toMatchObject({ requests: 1, usd: EACH });
  });
});

describe("embeddings", () => {
  /** Each text takes ten tokens. */
  const embedder: EmbedderSpec = {
    kind: "embedder",
    provider: "mine",
    model: "vectors",
    open: async (): Promise<Embedder> => ({
      provider: "mine",
      model: "vectors",
      batch: { texts: 100, bytes: 1e6 },
      embed: async (texts) => {
        const inputTokens = 10 * texts.length;
        return { vectors: texts.map(() => [1, 0]), usage: { inputTokens, outputTokens: 0, totalTokens: inputTokens } };
      },
      close: async () => {},
    }),
  };
  const kb = () => client({ name: "kb", retriever: embeddingIndex({ documents: TOWNS, embed: embedder }) });
  const own = { vectors: { inputPerMillion: 1_000_000, outputPerMillion: 0 } };
  const tokens = (inputTokens: number) => ({ inputTokens, outputTokens: 0, totalTokens: inputTokens });

  test("count: in the search's prediction, in its client's report and in the system's, those of its start too", async () => {
    const { system, clock } = await start(() => [kb()], { prices: own });
    const call = watch("call", system.tryForward(retrieve(), { query: "lake" }));
    await playOut(clock, [call]);
    expect((call.value as Prediction<object>).$meta).toMatchObject({ attempts: 1, usage: tokens(10), usd: 10 });
    const used = { requests: 0, failures: 0, hedges: 0, searches: 1, tokens: tokens(50), usd: 50 };
    expect(system.usage()).toEqual(used);
    expect(nodes(system.tree()).find(({ id }) => id === "kb")?.info).toMatchObject({ usage: used });
  });

  test("of a search that failed count as well, in budgets too", async () => {
    let broken = false;
    const failing: EmbedderSpec = {
      ...embedder,
      async open() {
        const opened = await embedder.open();
        const usage = tokens(10);
        return {
          ...opened,
          async embed(texts, given) {
            if (broken) throw new LmError("no use", { code: "malformed_response", details: { usage } });
            return opened.embed(texts, given);
          },
        };
      },
    };
    const index = client({ name: "kb", retriever: embeddingIndex({ documents: TOWNS, embed: failing }) });
    const { system, clock } = await start(() => [index], { prices: own });
    broken = true;
    const call = watch("call", system.tryForward(retrieve(), { query: "lake" }, { budget: { tokens: 25 } }));
    await playOut(clock, [call]);
    expect((call.value as LmError).code).toBe("budget_exceeded");
    expect(system.usage()).toMatchObject({ searches: 2, failures: 2, tokens: tokens(60), usd: 60 });
  });

  test("keep within budgets, under a system and bare", async () => {
    const searching = program({
      name: "searching",
      parts: { search: retrieve() },
      async forward({ search }, { query }: { query: string }) {
        const made = await Promise.allSettled(Array.from({ length: 20 }, () => search({ query })));
        return { found: made.filter(({ status }) => status === "fulfilled").length };
      },
    });
    const { system, clock } = await start(() => [kb()], { prices: own });
    const known = watch("known", system.tryForward(retrieve(), { query: "lake" }));
    await playOut(clock, [known]);
    const call = watch("call", system.tryForward(searching, { query: "lake" }, { budget: { tokens: 45, lmCalls: 0 } }));
    await playOut(clock, [call]);
    expect(call.value).toEqual({ found: 4 });
    const { $meta } = call.value as Prediction<object>;
    expect($meta).toMatchObject({ attempts: 0, usage: tokens(40), usd: 40 });
    const spec = embeddingIndex({ documents: TOWNS, embed: embedder });
    const one = program({
      name: "one",
      parts: { search: retrieve() },
      async forward({ search }, { query }: { query: string }) {
        await search({ query });
        await search({ query });
        return search({ query });
      },
    });
    const bare = forward(one, { query: "lake" }, { clients: { kb: spec }, budget: { tokens: 25 } });
    await expect(bare).rejects.toMatchObject({ code: "budget_exceeded" });
  });
});

test("wrong budgets are said at once, wherever they are given", async () => {
  // Users without types write these.
  const budget = { dollars: 1 } as object;
  const lm = scripted(costly);
  expect(() => client({ name: "main", lm, budget })).toThrow('client "main": budget: no limit "dollars"');
  expect(() => programActor({ name: "qa", program: qa, budget })).toThrow(
    'programActor "qa": budget: no limit "dollars"',
  );
  await expect(start(() => [], { budget })).rejects.toThrow('startSystem: budget: no limit "dollars"');
});
