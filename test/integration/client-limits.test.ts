// What a client's limits, its provider's refusals and its circuit mean for the calls of a whole system.
import { describe, expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { clientCircuit, clientPaused } from "../../src/actors/client/client-events.ts";
import type { ClientOptions } from "../../src/actors/client/client-options.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { Clock } from "../../src/foundation/clock.ts";
import { type LmRequest, type LmSpec, type LmUsage, NO_USAGE } from "../../src/lm/language-model.ts";
import type { LmRateWindow } from "../../src/lm/limits/rate-limit.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { Priority } from "../../src/lm/limits/permits.ts";
import { supervisor } from "../../src/supervisors/supervision.ts";
import { scripted, type ScriptedModel } from "../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../src/testing/scripted-reply.ts";
import { until } from "../../src/testing/until.ts";
import { AT_REST, nodes, underWay } from "../actors/living-tree.ts";
import { playOut, tally, watch, type Watched } from "../actors/outcomes.ts";
import { asked, echo, kill, qa, useWorlds, type World, wrong } from "./chaos-world.ts";

const { start } = useWorlds();

/** A model of a window of 1,000 tokens, whose answers say that so many requests are left, and cost so much. */
function saying(requests: LmRateWindow | undefined, clock: Clock, usage?: LmUsage): LmSpec {
  const spec = scripted(echo, { latencyMs: 10, clock });
  return {
    ...spec,
    async open() {
      const inner = await spec.open();
      return {
        ...inner,
        contextTokens: 1_000,
        generate: async (request, options) => ({
          ...(await inner.generate(request, options)),
          ...(requests && { rateLimit: { requests } }),
          ...(usage && { usage }),
        }),
      };
    },
  };
}

interface Limited extends World {
  readonly model: ScriptedModel;
  /** When each request reached the model, and which it was. */
  readonly arrivals: { readonly at: number; readonly question: string }[];
  call(question: string, options?: { priority?: Priority; share?: string; timeoutMs?: number }): Watched;
  info(): Readonly<Record<string, unknown>>;
}

async function limited(
  options: Partial<ClientOptions>,
  reply: (request: LmRequest, index: number) => ScriptedReply | Promise<ScriptedReply> = echo,
  latencyMs = 10,
): Promise<Limited> {
  const arrivals: Limited["arrivals"] = [];
  let model: ScriptedModel | undefined;
  const world = await start(
    (clock) => {
      model = scripted(
        (request) => {
          arrivals.push({ at: clock.now() - latencyMs, question: asked(request) });
          return reply(request, arrivals.length - 1);
        },
        { latencyMs, clock },
      );
      return [client({ name: "main", lm: model, ...options })];
    },
    { retry: backoff({ jitter: "none" }) },
  );
  const { system } = world;
  return {
    ...world,
    // The children were made by now.
    model: model as ScriptedModel,
    arrivals,
    call: (question, callOptions) => watch(question, system.tryForward(qa, { question }, callOptions)),
    info: () => nodes(system.tree()).find(({ id }) => id === "main")?.info ?? {},
  };
}

describe("rates", () => {
  test("a line of calls starts as fast as the limit lets it, in order, and no second holds more", async () => {
    const { clock, arrivals, call, system } = await limited({ limits: { requestsPerMinute: 600 } });
    const calls = Array.from({ length: 40 }, (_, n) => call(`q${n}`));
    expect(await playOut(clock, calls)).toEqual([]);
    expect(tally(calls)).toEqual({ ok: 40 });
    expect(arrivals.map(({ question }) => question)).toEqual(calls.map(({ what }) => what));
    for (const [index, { at }] of arrivals.slice(10).entries())
      expect(at - (arrivals[index]?.at ?? 0)).toBeGreaterThan(1_000);
    expect(arrivals.at(-1)?.at).toBeLessThan(4_000);
    await clock.settle();
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  });

  test("tokens are estimated on the way in and set right on the way out", async () => {
    // Far more than a second's share by the estimate, which allows 500 for an answer.
    const { clock, arrivals, call } = await limited({ limits: { tokensPerMinute: 60_000 } });
    const calls = Array.from({ length: 10 }, (_, n) => call(`q${n}`));
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: 10 });
    // By the estimates alone it would have been one in each second: 9 s.
    expect(arrivals.at(-1)?.at).toBeLessThan(4_000);
  });

  test("they outlive the client's process", async () => {
    const { clock, arrivals, call, kill } = await limited({ limits: { requestsPerMinute: 60 } });
    const calls = [call("q1")];
    await clock.advance(20);
    kill("client/main");
    calls.push(call("q2"));
    await playOut(clock, calls);
    expect(arrivals.map(({ at }) => at)).toEqual([0, 1_025]);
  });

  test("a user's call goes before an optimizer's", async () => {
    const { clock, arrivals, call } = await limited({ limits: { concurrency: 1 } });
    const calls = [
      call("q1", { priority: "optimizer" }),
      call("q2", { priority: "optimizer" }),
      call("q3", { priority: "user" }),
      call("q4"),
    ];
    await playOut(clock, calls);
    expect(arrivals.map(({ question }) => question)).toEqual(["q1", "q3", "q4", "q2"]);
  });

  test("a call that cannot start before its deadline fails at once, and costs nothing", async () => {
    const { clock, arrivals, call } = await limited({ limits: { requestsPerMinute: 60 } });
    const calls = Array.from({ length: 5 }, (_, n) => call(`q${n}`, { timeoutMs: 2_500 }));
    await clock.settle();
    // Starts at 0, 1.025 and 2.05 s; the others would come too late.
    expect(calls.map(({ code }) => code)).toEqual(["pending", "pending", "pending", "timeout", "timeout"]);
    expect(calls[4]?.value).toMatchObject({
      code: "timeout",
      retryable: true,
      details: { phase: "permit", attempts: 0 },
    });
    await playOut(clock, calls);
    expect(arrivals.length).toBe(3);
  });

  test("the retry policy's deadline counts the wait too", async () => {
    const { clock, system, call } = await limited({ limits: { concurrency: 1 } }, echo, 5_000);
    const first = call("q1");
    await clock.settle();
    const second = watch("q2", system.tryForward(qa, { question: "q2" }, { retry: backoff({ deadlineMs: 2_000 }) }));
    await clock.advance(2_000);
    expect(second.value).toMatchObject({ code: "timeout", details: { phase: "permit" } });
    await playOut(clock, [first]);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });
});

describe("shares", () => {
  test("twenty with very different numbers of calls on ten permits: each waits as long as is fair", async () => {
    const { clock, system, arrivals, call, info } = await limited({ limits: { concurrency: 10 } });
    const sizes = Array.from({ length: 20 }, (_, n) => 10 + n * 5);
    // All permits are in use, and the large ones come first.
    const calls = Array.from({ length: 10 }, () => call("q99"));
    await clock.settle();
    for (const [n, size] of [...sizes.entries()].toReversed())
      calls.push(...Array.from({ length: size }, () => call(`q${n}`, { share: `job-${n}` })));
    await until(() => info()["waiting"] === calls.length - 10);
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: calls.length });
    // Mean waits while all have work: ten turns each, all of them two rounds of ten permits, of 10 ms each.
    const waits = sizes.map((_, n) => {
      const starts = arrivals.filter(({ question }) => question === `q${n}`).slice(0, 10);
      return starts.reduce((sum, { at }) => sum + at, 0) / 10;
    });
    const fair = 10 + (9 * 20) / 2 + 5;
    for (const wait of waits) expect(Math.abs(wait / fair - 1)).toBeLessThan(0.2);
    await clock.settle();
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("they come with every kind of call: of programs and handles, whole and streamed", async () => {
    const order: string[] = [];
    const spec = programActor({ name: "p", program: qa });
    const { system, clock } = await start((clock) => [
      client({
        name: "main",
        lm: scripted((request) => (order.push(asked(request)), echo(request)), { latencyMs: 10, clock }),
        limits: { concurrency: 1 },
      }),
      spec,
    ]);
    const handle = system.handle(spec);
    const drained = async (stream: AsyncIterable<unknown>): Promise<void> => {
      for await (const _part of stream);
    };
    const share = "a";
    const calls = [
      system.forward(qa, { question: "q11" }, { share }),
      system.forward(qa, { question: "q12" }, { share }),
      handle.call({ question: "q13" }, { share }),
      drained(system.stream(qa, { question: "q14" }, { share })),
      drained(handle.stream({ question: "q15" }, { share })),
    ];
    await clock.settle();
    calls.push(system.forward(qa, { question: "q2" }, { share: "b" }), system.forward(qa, { question: "q3" }));
    await clock.settle();
    await clock.advance(1_000);
    await Promise.all(calls);
    expect(order.toSorted()).toEqual(["q11", "q12", "q13", "q14", "q15", "q2", "q3"]);
    // One of the first share was under way, and one more has its turn.
    expect(order.slice(2, 4)).toEqual(["q2", "q3"]);
  });

  test("a call that comes behind a long line of another share is not taken to be late", async () => {
    const { clock, arrivals, call } = await limited({ limits: { requestsPerMinute: 60 } });
    const calls = Array.from({ length: 20 }, () => call("q1", { share: "a" }));
    await clock.settle();
    // Starts at 0, 1.025 and 2.05 s: one of the long line, and then it.
    const other = call("q2", { share: "b", timeoutMs: 2_500 });
    const same = call("q3", { share: "a", timeoutMs: 2_500 });
    await clock.settle();
    expect([other.code, same.code]).toEqual(["pending", "timeout"]);
    await playOut(clock, [...calls, other]);
    expect(other.code).toBe("ok");
    expect(arrivals.slice(0, 4).map(({ question }) => question)).toEqual(["q1", "q1", "q2", "q1"]);
  });

  test("an optimizer's calls go on under a steady load of users'", async () => {
    const { clock, arrivals, call } = await limited({ limits: { concurrency: 1 } });
    const calls = Array.from({ length: 40 }, (_, n) => call(`q${n}`));
    await clock.settle();
    calls.push(...Array.from({ length: 3 }, (_, n) => call(`q10${n}`, { priority: "optimizer" })));
    await playOut(clock, calls);
    const at = arrivals.flatMap(({ question }, index) =>
      question.startsWith("q10") && question.length === 4 ? [index] : [],
    );
    expect(at).toEqual([8, 16, 24]);
  });
});

describe("a provider that refuses", () => {
  const slowDown = (retryAfterMs?: number): LmError =>
    new LmError("slow down", {
      code: "rate_limited",
      status: 429,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });

  test("one of many: the call that was refused waits as it was told, and nobody else", async () => {
    const { clock, arrivals, call, info } = await limited({}, (request, index) =>
      index === 0 ? slowDown(2_000) : echo(request),
    );
    const calls = [call("q0")];
    await clock.advance(20);
    calls.push(...Array.from({ length: 16 }, (_, n) => call(`q${n + 1}`)));
    await clock.settle();
    expect(info()).toMatchObject({ inFlight: 16, waiting: 0 });
    expect(info()).not.toHaveProperty("pausedForMs");
    await playOut(clock, calls);
    expect(tally(calls)).toEqual({ ok: 17 });
    expect(arrivals.map(({ at }) => at)).toEqual([0, ...Array.from({ length: 16 }, () => 20), 2_010]);
  });

  test("everything, for a while: one at a time sees whether it still does, the others wait and use up no attempts", async () => {
    const paused: unknown[] = [];
    const stop = clientPaused.subscribe(({ client, ms, code }) => paused.push({ client, ms, code }));
    const { clock, arrivals, call, info, system } = await limited(
      {},
      (request) => ((arrivals.at(-1)?.at ?? 0) < 20_000 ? slowDown() : echo(request)),
      50,
    );
    const calls = Array.from({ length: 300 }, (_, n) => call(`q${n}`));
    await clock.advance(10_000);
    expect(info()).toMatchObject({ waiting: expect.any(Number) as number, pausedForMs: expect.any(Number) as number });
    expect(Number(info()["waiting"])).toBeGreaterThan(250);
    await playOut(clock, calls);
    stop();
    expect(tally(calls)).toEqual({ ok: 300 });
    expect(paused).toEqual([{ client: "main", ms: 50, code: "rate_limited" }]);
    const during = arrivals.filter(({ at }) => at > 1_000 && at < 20_000).map(({ at }) => at);
    expect(during.length).toBeLessThan(50);
    for (const [index, at] of during.slice(1).entries()) expect(at - (during[index] ?? 0)).toBeGreaterThan(100);
    // All within 1.5 s and a tenth of the time for which the wall stood.
    expect(arrivals.at(-1)?.at).toBeLessThan(20_000 + 1_500 + 2_000);
    expect(arrivals.filter(({ at }) => at > 20_000 && at < 22_050).length).toBeGreaterThan(0);
    await clock.settle();
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  });

  test("everything, for longer than a call has time: the call fails at once, or goes to a fallback", async () => {
    const YEAR = 365 * 86_400_000;
    let walled = 0;
    const { system, clock } = await start((clock) => [
      client({
        name: "main",
        lm: scripted(() => slowDown((walled += 1) && YEAR), { latencyMs: 10, clock }),
        fallback: ["other"],
        longestPauseMs: 5_000,
      }),
      client({ name: "other", lm: scripted(echo, { latencyMs: 10, clock }) }),
    ]);
    const by = (name: string) => predict(signature("question -> answer"), { client: name });
    const calls = Array.from({ length: 20 }, (_, n) =>
      watch(`q${n}`, system.tryForward(by("main"), { question: `q${n}` })),
    );
    await clock.advance(50);
    expect(tally(calls)).toEqual({ ok: 20 });
    const before = walled;
    const later = watch("q", system.tryForward(by("main"), { question: "q" }));
    await clock.settle();
    await clock.advance(20);
    expect([later.code, walled]).toEqual(["ok", before]);
    // A probe after the longest pause at the latest, with the call that comes then.
    await clock.advance(5_000);
    const probing = watch("q", system.tryForward(by("main"), { question: "q" }));
    await clock.settle();
    await clock.advance(30);
    expect([probing.code, walled]).toEqual(["ok", before + 1]);
  });

  test("for longer than the caller waits: the call fails at once", async () => {
    const { clock, call } = await limited({}, () => slowDown(30_000));
    const [short, long] = [call("q1", { timeoutMs: 5_000 }), call("q2")];
    await clock.advance(11);
    expect([short.code, long.code]).toEqual(["rate_limited", "pending"]);
    await playOut(clock, [long]);
  });

  test("what it says is left is heeded", async () => {
    const window = { limit: 10, remaining: 0, resetMs: 10_000 };
    const { system, clock } = await start((clock) => [client({ name: "main", lm: saying(window, clock) })]);
    const first = watch("q1", system.tryForward(qa, { question: "q1" }));
    await clock.advance(10);
    const second = watch("q2", system.tryForward(qa, { question: "q2" }));
    await clock.advance(990);
    expect([first.code, second.code]).toEqual(["ok", "pending"]);
    await clock.advance(100);
    expect(second.code).toBe("ok");
  });

  test("what it says is left for longer than a call has time is no use waiting for", async () => {
    const { system, clock } = await start((clock) => [
      client({ name: "main", lm: saying({ remaining: 0, resetMs: 365 * 86_400_000 }, clock), longestPauseMs: 5_000 }),
    ]);
    const ask = (timeoutMs: number) => watch("q", system.tryForward(qa, { question: "q" }, { timeoutMs }));
    const first = ask(60_000);
    await clock.advance(10);
    const second = ask(60_000);
    await clock.settle();
    expect(first.code).toBe("ok");
    expect(second.value).toMatchObject({ code: "timeout", details: { phase: "permit" } });
    await clock.advance(5_000);
    // The longest pause is over: one sees whether it still holds, and it does.
    const [third, fourth] = [ask(60_000), ask(60_000)];
    await clock.advance(10);
    expect([third.code, fourth.code]).toEqual(["ok", "timeout"]);
  });
});

describe("tokens that were counted for nothing are given back", () => {
  const limits = { tokensPerMinute: 60_000 };
  /** Some 45,000 tokens: by itself nearly all of a minute. */
  const big = "x".repeat(180_000);

  test.each([
    ["refused", new LmError("too large", { code: "bad_request", status: 413 })],
    ["throttled", new LmError("slow down", { code: "rate_limited", status: 429, retryAfterMs: 1e9 })],
    ["cut off", new LmError("reset", { code: "connection", retryable: false })],
    ["not read", new LmError("bad", { code: "malformed_response", retryable: false })],
  ])("where the request was %s", async (_what, failure) => {
    const { clock, call } = await limited({ limits }, (request, index) => (index === 0 ? failure : echo(request)));
    const first = call(big);
    await clock.advance(11);
    expect(first.code).toBe(failure.code);
    const second = call("q2", { timeoutMs: 3_000 });
    // A second's share of tokens goes out no faster than at four times the limit.
    await clock.advance(260);
    expect(second.code).toBe("ok");
  });

  test("where it was cancelled", async () => {
    const { clock, call } = await limited({ limits }, echo, 1_000);
    const first = call(big, { timeoutMs: 500 });
    await clock.advance(600);
    expect(first.code).toBe("timeout");
    const second = call("q2", { timeoutMs: 3_000 });
    await clock.advance(1_010);
    expect(second.code).toBe("ok");
  });

  test("an answer that does not say what it cost keeps its estimate", async () => {
    const { system, clock } = await start((clock) => [
      client({ name: "main", lm: saying(undefined, clock, NO_USAGE), limits: { tokensPerMinute: 12_000 } }),
    ]);
    const calls = [1, 2].map((n) => watch(`q${n}`, system.tryForward(qa, { question: `q${n}` })));
    await clock.advance(1_000);
    expect(calls.map(({ code }) => code)).toEqual(["ok", "pending"]);
    await playOut(clock, calls);
  });

  test("a prompt that no waiting makes room for is refused at once, and costs nobody else anything", async () => {
    const { clock, call, arrivals } = await limited({ limits });
    const [huge, small] = [call("x".repeat(10_000_000)), call("q2")];
    await clock.settle();
    expect(huge.value).toMatchObject({
      code: "context_too_long",
      retryable: false,
      details: { client: "main", tokensPerMinute: 60_000, promptTokens: expect.any(Number) as number, attempts: 0 },
    });
    await clock.advance(20);
    expect([small.code, arrivals.length]).toEqual(["ok", 1]);
  });

  test("a prompt far beyond the model's window is not let in either", async () => {
    const { system, clock } = await start((clock) => [
      client({ name: "main", lm: saying(undefined, clock), limits: { concurrency: 1 } }),
    ]);
    const ask = (question: string) => watch("q", system.tryForward(qa, { question }));
    // Windows of 1,000 tokens: about twice as much may fit, since estimates are rough.
    const [near, far] = [ask("x".repeat(6_000)), ask("x".repeat(10_000))];
    await clock.advance(20);
    expect([near.code, far.code]).toEqual(["ok", "context_too_long"]);
    expect(far.value).toMatchObject({ details: { contextTokens: 1_000 } });
  });
});

describe("a provider that is down", () => {
  const down = new LmError("bad gateway", { code: "server", status: 502 });

  test("is asked by no new call, which hears of it at once; and is probed by one before the others come", async () => {
    const heard: unknown[] = [];
    const stop = clientCircuit.subscribe(({ client, state }) => heard.push(`${client} ${state}`));
    let broken = true;
    const { clock, arrivals, call, info, system } = await limited(
      { circuitBreaker: { failures: 3, coolDownMs: 4_000 } },
      (request) => (broken ? down : echo(request)),
    );
    const early = [call("q1"), call("q2"), call("q3")];
    await clock.advance(10);
    expect(info()).toMatchObject({ circuit: "open" });
    const refused = call("q4");
    await clock.settle();
    expect(refused.value).toMatchObject({ code: "circuit_open", retryable: true, retryAfterMs: 4_000 });
    expect(arrivals.length).toBe(3);
    broken = false;
    // Those that had asked already wait with their retries until it is tried again, and are answered.
    expect(await playOut(clock, early)).toEqual([]);
    expect(tally(early)).toEqual({ ok: 3 });
    expect(arrivals.slice(3).map(({ at }) => at >= 4_010)).toEqual([true, true, true]);
    expect(arrivals[4]?.at).toBeGreaterThanOrEqual((arrivals[3]?.at ?? 0) + 10);
    expect(info()).toMatchObject({ circuit: "closed" });
    stop();
    expect(heard).toEqual(["main open", "main closed"]);
    await clock.settle();
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  });

  test("a probe that fails opens it again, and those that waited for it hear of it", async () => {
    const { clock, call, info, arrivals } = await limited(
      { circuitBreaker: { failures: 1, coolDownMs: 1_000 } },
      () => down,
    );
    const first = call("q1", { timeoutMs: 50 });
    await clock.advance(1_200);
    expect(first.code).toBe("timeout");
    expect(info()).toMatchObject({ circuit: "half_open" });
    const [probe, waiting] = [call("q2"), call("q3")];
    await clock.settle();
    expect(arrivals.length).toBe(1);
    await clock.advance(10);
    expect([arrivals.length, probe?.code, waiting?.code]).toEqual([2, "pending", "circuit_open"]);
  });

  test("one doomed call makes all its attempts", async () => {
    const { clock, call, arrivals } = await limited({}, () => down);
    const calls = [call("q1")];
    await playOut(clock, calls);
    expect([calls[0]?.code, arrivals.length]).toEqual(["server", 6]);
  });

  test("it can be switched off", async () => {
    const { clock, call, arrivals } = await limited({ circuitBreaker: false }, () => down);
    const calls = Array.from({ length: 10 }, (_, n) => call(`q${n}`));
    await playOut(clock, calls);
    expect([tally(calls), arrivals.length]).toEqual([{ server: 10 }, 60]);
  });
});

test("the client killed every 100 ms under load: every call is answered, and no permit is lost", async () => {
  let model: ScriptedModel | undefined;
  const limits = { concurrency: 20, requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };
  const { system, clock, ask } = await start((clock) => {
    model = scripted(echo, { latencyMs: 30, clock });
    // The group's own supervisor gives up on a client that dies so often, as it should.
    return [supervisor({ id: "stubborn", intensity: 1_000, children: [client({ name: "main", lm: model, limits })] })];
  });
  const calls: Watched[] = [];
  for (let kills = 0; kills < 100; kills += 1) {
    calls.push(...ask(10));
    await clock.advance(100);
    const ref = system.runtime.whereis(clientName("main").name);
    if (ref !== undefined) kill(system, ref);
  }
  expect(await playOut(clock, calls)).toEqual([]);
  expect(tally(calls)).toEqual({ ok: 1_000 });
  expect(wrong(calls)).toEqual([]);
  expect(nodes(system.tree()).find(({ id }) => id === "main")?.restarts).toBe(100);
  await clock.settle();
  expect(underWay(system.tree())).toEqual(AT_REST);
  expect([model?.inFlight, clock.pending]).toEqual([0, 0]);
});
