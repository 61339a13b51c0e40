// Who answers in a client's place, what calls cost, what is remembered of them, and budgets: seen from app code.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { historyJsonl } from "../../src/actors/client/client-history.ts";
import { clientHedged } from "../../src/actors/client/client-events.ts";
import type { ClientOptions } from "../../src/actors/client/client-options.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { runDecided, runEnded } from "../../src/actors/run/run-events.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import { sleep } from "../../src/foundation/clock.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { LmError } from "../../src/lm/failure.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { program } from "../../src/programs/composed-program.ts";
import type { Prediction } from "../../src/programs/prediction.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { SystemOptions } from "../../src/system.ts";
import { dynamicSupervisor } from "../../src/supervisors/supervision.ts";
import { scripted, type ScriptedOptions } from "../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../src/testing/scripted-reply.ts";
import type { TestClock } from "../../src/testing/test-clock.ts";
import { AT_REST, living, nodes, underWay } from "../actors/living-tree.ts";
import { playOut, tally, watch, type Watched } from "../actors/outcomes.ts";
import { echo, kill, qa, useWorlds, type World } from "./chaos-world.ts";

const { start } = useWorlds();

const bob = (): ScriptedReply => ({ answer: "Bob" });

/** "main", which fails or not, and "other", which stands in for it. */
function pair(
  main: (clock: TestClock) => ClientOptions["lm"],
  options: Partial<ClientOptions> = {},
  other: ScriptedOptions = {},
): Promise<World> {
  return start((clock) => [
    client({ name: "main", lm: main(clock), fallback: ["other"], ...options }),
    client({ name: "other", lm: scripted(bob, { model: "stand-in", clock, ...other }) }),
  ]);
}

const asking = qa.with({ client: "main" });

async function answer(world: World, asked = asking): Promise<Watched> {
  const call = watch("call", world.system.tryForward(asked, { question: "q1" }));
  await playOut(world.clock, [call]);
  return call;
}

describe("fallback", () => {
  test.each(["auth", "insufficient_quota", "overloaded"] as const)(
    "%s: the next client is asked at once, and the prediction says who answered",
    async (code) => {
      const decided: unknown[] = [];
      const stop = runDecided.subscribe(({ name, facts }) => decided.push({ name, ...facts }));
      const failure = new LmError("no", { code, retryAfterMs: 30_000 });
      const world = await pair((clock) => scripted(() => failure, { clock }));
      const call = await answer(world);
      stop();
      expect(call.value).toEqual({ answer: "Bob" });
      expect((call.value as { $meta: object }).$meta).toMatchObject({
        client: "other",
        model: "stand-in",
        attempts: 2,
      });
      expect(decided).toMatchObject([
        { name: "retry", client: "main", code, why: "fallback", fallback: "other", waitMs: 0 },
      ]);
      expect(world.clock.now()).toBe(0);
    },
  );

  test("while the circuit is open, in no time", async () => {
    const down = new LmError("bad gateway", { code: "server" });
    const world = await pair((clock) => scripted(() => down, { clock }), { circuitBreaker: { failures: 1 } });
    await answer(world);
    const before = world.clock.now();
    const call = await answer(world);
    expect([call.code, world.clock.now() - before]).toEqual(["ok", 0]);
  });

  test("what is wrong with the request itself is wrong everywhere", async () => {
    const world = await pair(() => scripted(() => new LmError("no", { code: "bad_request" })));
    expect((await answer(world)).code).toBe("bad_request");
  });

  test("when nobody is left, the last failure is told, with who said what", async () => {
    const world = await pair(() => scripted(() => new LmError("no", { code: "auth" })), {}, {});
    const alone = await start(() => [
      client({ name: "main", lm: scripted(() => new LmError("no", { code: "auth" })), fallback: ["other"] }),
      client({ name: "other", lm: scripted(() => new LmError("full", { code: "insufficient_quota" })) }),
    ]);
    expect((await answer(world)).code).toBe("ok");
    expect((await answer(alone)).value).toMatchObject({
      code: "insufficient_quota",
      details: {
        attempts: 2,
        tries: [
          { code: "auth", ms: 0, waitMs: 0 },
          { code: "insufficient_quota", client: "other", ms: 0 },
        ],
      },
    });
  });

  test("a client that cannot go on with an opened turn is passed over", async () => {
    const lm = (clock: TestClock) =>
      scripted(() => new LmError("no", { code: "auth" }), { clock, capabilities: { prefill: true } });
    const world = await pair(lm);
    expect((await answer(world, asking.with({ adapter: leanAdapter() }))).code).toBe("auth");
  });

  test("where the wait for a permit would be longer than a set time, and from the last one no further", async () => {
    const one = { limits: { concurrency: 1 } };
    const { system, clock } = await start((clock) => {
      const named = (name: string) => scripted(() => ({ answer: name }), { latencyMs: 10_000, clock });
      return [
        client({ name: "main", lm: named("main"), fallback: ["second", "third"], fallbackAfterMs: 2_000, ...one }),
        client({ name: "second", lm: named("second"), ...one }),
        client({ name: "third", lm: named("third"), ...one }),
      ];
    });
    const ask = (n: number) => watch(`q${n}`, system.tryForward(asking, { question: `q${n}` }));
    const calls = Array.from({ length: 4 }, (_, n) => ask(n));
    await clock.settle();
    // Behind one request nobody can say how long it takes: it is waited for, but no longer than that.
    await clock.advance(4_100);
    const waiting = ["main", "second", "third"].map((name) => nodes(system.tree()).find(({ id }) => id === name)?.info);
    expect(waiting).toMatchObject([
      { inFlight: 1, waiting: 0 },
      { inFlight: 1, waiting: 0 },
      { inFlight: 1, waiting: 1 },
    ]);
    await playOut(clock, calls);
    expect(calls.map(({ value }) => (value as { answer: string }).answer)).toEqual([
      "main",
      "second",
      "third",
      "third",
    ]);
    expect(calls[3]?.value).toHaveProperty("$meta.client", "third");
  });

  test("a fallback that is no client when it is needed is said", async () => {
    // There may be others, of a supervisor whose children come later: so it is not refused at the start.
    const world = await start(() => [
      client({ name: "main", lm: scripted(bob), fallback: ["nobody"] }),
      dynamicSupervisor({ id: "more" }),
    ]);
    expect((await answer(world)).value).toMatchObject({
      code: "no_such_client",
      message: 'there is no client "nobody"; there are: main',
    });
  });
});

describe("hedging", () => {
  test("a second request beside a slow one: the first answer counts, the other is cancelled, both are counted", async () => {
    const hedges: unknown[] = [];
    const stop = clientHedged.subscribe(({ client, run }) => hedges.push({ client, run }));
    const { system, clock } = await start((clock) => [
      client({
        name: "main",
        hedgeAfterMs: 200,
        lm: scripted(
          async (_request, index) => {
            if (index === 0) await new Promise(() => {});
            return bob();
          },
          { clock, latencyMs: 50 },
        ),
      }),
    ]);
    const call = watch("call", system.tryForward(qa, { question: "q1" }));
    await clock.advance(249);
    expect([call.code, underWay(system.tree()).inFlight]).toEqual(["pending", 2]);
    await clock.advance(1);
    stop();
    expect(call.value).toEqual({ answer: "Bob" });
    await clock.settle();
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(system.usage()).toMatchObject({ requests: 2, failures: 1, hedges: 1 });
    expect(hedges).toEqual([{ client: "main", run: "run-1" }]);
    expect(clock.pending).toBe(0);
  });

  /** A client that takes one request at a time; its first answer comes after so long, the others after 50 ms. */
  const narrow = (firstMs: number, concurrency = 1) =>
    start((clock) => [
      client({
        name: "main",
        hedgeAfterMs: 100,
        limits: { concurrency },
        lm: scripted(
          async (_request, index) => {
            await sleep(clock, index === 0 ? firstMs : 50);
            return bob();
          },
          { clock },
        ),
      }),
    ]);

  test("does not count the time in the client's line, where nothing has been asked yet", async () => {
    const { system, clock } = await narrow(50, 2);
    const calls = Array.from({ length: 40 }, (_, index) =>
      watch(`${index}`, system.tryForward(qa, { question: `q${index}` })),
    );
    await clock.advance(500);
    expect(underWay(system.tree())).toMatchObject({ inFlight: 2, waiting: 18 });
    await clock.advance(500);
    expect(tally(calls)).toEqual({ ok: 40 });
    expect(system.usage()).toMatchObject({ requests: 40, hedges: 0 });
    expect(clock.pending).toBe(0);
  });

  test("waits for a permit as any request does, and is none where it never gets one", async () => {
    const ends: number[] = [];
    const stop = runEnded.subscribe(({ lmCalls }) => ends.push(lmCalls));
    const { system, clock } = await narrow(400);
    const call = watch("call", system.tryForward(qa, { question: "q1" }));
    await clock.advance(399);
    expect([call.code, underWay(system.tree())]).toMatchObject(["pending", { inFlight: 1, waiting: 1 }]);
    await clock.advance(1);
    await clock.settle();
    stop();
    expect(call.code).toBe("ok");
    expect(ends).toEqual([1]);
    expect(system.usage()).toMatchObject({ requests: 1, failures: 0, hedges: 0 });
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  });

  test("that its budget has no room for is not made, and is no failure", async () => {
    const { system, clock } = await narrow(400, 2);
    const call = watch("call", system.tryForward(qa, { question: "q1" }, { budget: { lmCalls: 1 } }));
    await clock.advance(400);
    await clock.settle();
    expect(call.code).toBe("ok");
    expect(system.usage()).toMatchObject({ requests: 1, hedges: 0 });
  });

  test.each([
    [50, 1],
    [150, 2],
  ])("a run that is killed after %i ms leaves neither its requests nor a timer", async (ms, inFlight) => {
    const lm = scripted(() => new Promise(() => {}));
    const { system, clock } = await start(() => [client({ name: "main", hedgeAfterMs: 100, lm })]);
    const call = watch("call", system.tryForward(qa, { question: "q1" }));
    await clock.advance(ms);
    expect(underWay(system.tree()).inFlight).toBe(inFlight);
    kill(system, living(system.runtime, system.root).find(({ type }) => type === "run")?.ref);
    await clock.settle();
    expect(call.code).toBe("run_crashed");
    expect([lm.inFlight, underWay(system.tree())]).toEqual([0, AT_REST]);
    expect(clock.pending).toBe(0);
  });
});

const priced: Partial<SystemOptions> = { prices: { "gpt-x": { inputPerMillion: 1_000, outputPerMillion: 10_000 } } };
const costing = (): ScriptedReply => ({
  text: "[[ ## answer ## ]]\nBob\n\n[[ ## completed ## ]]",
  usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 },
});

describe("what calls cost", () => {
  test("is counted by client, by program and for the system, in tokens and dollars", async () => {
    const spec = programActor({ name: "qa", program: qa.with({ client: "main" }) });
    const { system, clock } = await start(
      (clock) => [
        client({ name: "main", lm: scripted(costing, { model: "gpt-x", clock }) }),
        client({ name: "free", lm: scripted(costing, { model: "unpriced", clock }) }),
        spec,
      ],
      priced,
    );
    const handle = system.handle(spec);
    const calls = [
      watch("1", handle.tryCall({ question: "q1" })),
      watch("2", handle.tryCall({ question: "q2" })),
      watch("3", system.tryForward(asking, { question: "q3" })),
      watch("4", system.tryForward(qa.with({ client: "free" }), { question: "q4" })),
    ];
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: 4 });
    await clock.settle();
    const used = (count: number, usd: number) => ({
      requests: count,
      failures: 0,
      hedges: 0,
      tokens: { inputTokens: 100 * count, outputTokens: 20 * count, totalTokens: 120 * count },
      usd,
    });
    const usage = (id: string) => nodes(system.tree()).find((node) => node.id === id)?.info["usage"];
    expect([usage("main"), usage("free"), usage("server"), usage("root")]).toEqual([
      used(3, 0.9),
      used(1, 0),
      used(2, 0.6),
      used(4, 0.9),
    ]);
    expect(system.usage()).toEqual(used(4, 0.9));
  });
});

describe("a budget", () => {
  const twice = program({
    name: "twice",
    parts: { one: asking, two: asking },
    async forward({ one, two }, inputs: { question: string }) {
      await one(inputs);
      return two({ question: `${inputs.question} again` });
    },
  });

  test.each([
    ["one request", { lmCalls: 1 }, "budget_exceeded", 1],
    ["two requests", { lmCalls: 2 }, "ok", 2],
    ["dollars for one", { usd: 0.35 }, "budget_exceeded", 1],
    ["dollars for two", { usd: 5 }, "ok", 2],
    ["no tokens", { tokens: 0 }, "budget_exceeded", 0],
  ])("of %s", async (_what, budget, code, requests) => {
    const lm = scripted(costing, { model: "gpt-x" });
    const spec = programActor({ name: "twice", program: twice });
    const { system, clock } = await start(() => [client({ name: "main", lm }), spec], priced);
    const calls = [
      watch("forward", system.tryForward(twice, { question: "q1" }, { budget })),
      watch("call", system.handle(spec).tryCall({ question: "q1" }, { budget })),
    ];
    await playOut(clock, calls);
    expect(calls.map((call) => call.code)).toEqual([code, code]);
    expect(lm.requests.length).toBe(2 * requests);
  });

  test("that makes no sense, or a priority that is none, is misuse", async () => {
    const spec = programActor({ name: "qa", program: qa });
    const { system } = await start(() => [client({ name: "main", lm: scripted(bob) }), spec]);
    // Users without types write these.
    const wrong = [{ budget: { lmcalls: 1 } }, { priority: "high" }] as object[];
    for (const options of wrong) {
      await expect(system.forward(qa, { question: "q" }, options)).rejects.toThrow(UsageError);
      await expect(system.handle(spec).call({ question: "q" }, options)).rejects.toThrow(UsageError);
      expect(await system.handle(spec).tryCall({ question: "q" }, options)).toMatchObject({
        error: { code: "misuse" },
      });
    }
  });
});

describe("the history", () => {
  const failing = new LmError("no", { code: "bad_request", status: 400, requestId: "req-7" });

  test("tells of each client's last calls, without contents", async () => {
    const { system, clock } = await start(
      (clock) => [
        client({
          name: "main",
          history: 2,
          limits: { concurrency: 1 },
          lm: scripted((_request, index) => (index === 2 ? failing : costing()), {
            model: "gpt-x",
            latencyMs: 40,
            clock,
          }),
        }),
        client({ name: "other", lm: scripted(costing, { clock }) }),
      ],
      priced,
    );
    const labels = { tenant: "acme" };
    const ask = (question: string, name = "main", labelled = {}) =>
      watch(question, system.tryForward(qa.with({ client: name }), { question }, labelled));
    await playOut(clock, [ask("q1"), ask("q2"), ask("q3", "main", { labels })]);
    const records = system.inspectHistory("main");
    expect(records).toEqual([
      {
        client: "main",
        run: "run-2",
        path: "self",
        attempt: 1,
        provider: "scripted",
        model: "gpt-x",
        at: clock.wallTime() - 120,
        waitedMs: 40,
        ms: 40,
        outcome: "ok",
        usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 },
        usd: expect.closeTo(0.3) as number,
      },
      {
        client: "main",
        run: "run-3",
        path: "self",
        attempt: 1,
        labels,
        provider: "scripted",
        model: "gpt-x",
        at: clock.wallTime() - 120,
        waitedMs: 80,
        ms: 40,
        outcome: "bad_request",
        status: 400,
        requestId: "req-7",
      },
    ]);
    await playOut(clock, [ask("q4", "other")]);
    expect(system.inspectHistory().map(({ client: name }) => name)).toEqual(["main", "main", "other"]);
    const lines = historyJsonl(system.inspectHistory());
    expect(lines.endsWith("}\n")).toBe(true);
    expect(
      lines
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { run: string }).run),
    ).toEqual(["run-2", "run-3", "run-4"]);
    expect(lines).not.toMatch(/q\d|Bob/);
    expect(() => system.inspectHistory("nobody")).toThrow('there is no client "nobody"; there are: main, other');
  });

  test("with contents only where the system may keep them", async () => {
    const { system, clock } = await start((clock) => [client({ name: "main", lm: scripted(echo, { clock }) })], {
      logContents: true,
    });
    await playOut(clock, [watch("call", system.tryForward(qa, { question: "q1" }))]);
    const [record] = system.inspectHistory();
    expect(record?.messages?.at(-1)?.content).toContain("q1");
    expect(record?.answers?.[0]).toContain("re q1");
  });
});

describe("an upgrade", () => {
  const named = (name: string) => predict(signature("question -> answer"), { name, client: name });

  test("runs in flight end on the old program, later ones run the new one, through restarts and all", async () => {
    const spec = programActor({ name: "qa", program: named("old"), maxConcurrency: 1 });
    const { system, clock, kill } = await start((clock) => [
      client({ name: "old", lm: scripted(() => ({ answer: "old" }), { latencyMs: 100, clock }) }),
      client({ name: "new", lm: scripted(() => ({ answer: "new" }), { latencyMs: 100, clock }) }),
      spec,
    ]);
    const handle = system.handle(spec);
    const ask = () => watch("call", handle.tryCall({ question: "q" }));
    const calls = [ask(), ask()];
    await clock.advance(50);
    handle.upgrade(named("new"));
    calls.push(ask());
    await playOut(clock, calls);
    kill("program/qa");
    await clock.settle();
    const later = ask();
    await playOut(clock, [later]);
    expect([...calls, later].map(({ value }) => (value as { answer: string }).answer)).toEqual([
      "old",
      "new",
      "new",
      "new",
    ]);
    expect(nodes(system.tree()).find(({ type }) => type === "program_server")?.info).toMatchObject({ program: "new" });
  });

  test("takes programs only", async () => {
    const spec = programActor({ name: "qa", program: qa });
    const { system } = await start(() => [client({ name: "main", lm: scripted(bob) }), spec]);
    // As above.
    const none = { name: "new" } as unknown as typeof qa;
    expect(() => system.handle(spec).upgrade(none)).toThrow(
      'program "qa": upgrade takes a program, got {"name":"new"}',
    );
  });
});

describe("what one call cost", () => {
  const prices = {
    "list-model": { inputPerMillion: 3, outputPerMillion: 12 },
    "stand-in": { inputPerMillion: 30, outputPerMillion: 120 },
  };

  test("is in its prediction, by the price of whoever answered", async () => {
    const world = await start(
      (clock) => [
        client({
          name: "main",
          lm: scripted((_request, index) => (index === 0 ? bob() : new LmError("no", { code: "auth" })), {
            model: "list-model",
            clock,
          }),
          fallback: ["other"],
        }),
        client({ name: "other", lm: scripted(bob, { model: "stand-in", clock }) }),
      ],
      { prices },
    );
    for (const [input, output] of [
      [3, 12],
      [30, 120],
    ] as const) {
      const { $meta } = (await answer(world)).value as Prediction<object>;
      const { inputTokens, outputTokens } = $meta.usage;
      expect($meta.usd).toBeCloseTo((input * inputTokens + output * outputTokens) / 1e6, 12);
    }
  });

  test.each<[string, (world: World, abort: AbortController) => Promise<void>, object]>([
    ["its time is over", ({ clock }) => clock.advance(1_000), { code: "timeout", phase: "total" }],
    [
      "its caller gives up",
      async ({ clock }, abort) => {
        await clock.advance(500);
        abort.abort();
        await clock.settle();
      },
      { code: "cancelled" },
    ],
  ])(
    "that ends under a request, as %s, is in its failure",
    async (_how, end, { code, ...details }: { code?: string }) => {
      const world = await start(
        (clock) => [client({ name: "main", lm: scripted(bob, { model: "list-model", clock, latencyMs: 400 }) })],
        { prices },
      );
      const twice = program({
        name: "twice",
        parts: { qa },
        forward: async ({ qa }, inputs: { question: string }) => {
          await qa(inputs);
          await qa({ question: "And then?" });
          return qa({ question: "And in the end?" });
        },
      });
      const abort = new AbortController();
      const options = { timeoutMs: 700, signal: abort.signal };
      const call = watch("call", world.system.tryForward(twice, { question: "q1" }, options));
      await end(world, abort);
      expect(call.value).toMatchObject({
        code,
        details: { ...details, attempts: 2, spent: { lmCalls: 1, tokens: expect.any(Number) as number } },
      });
      expect((call.value as LmError).details["spent"]).toHaveProperty("usd");
    },
  );
});
