// What a client's limits, its provider's refusals and its circuit mean for the calls of a whole system.
import { describe, expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client.ts";
import { clientCircuit, clientPaused } from "../../src/actors/client-events.ts";
import type { ClientOptions } from "../../src/actors/client-options.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { backoff } from "../../src/lm/retry-policy.ts";
import type { Priority } from "../../src/actors/permits.ts";
import { supervisor } from "../../src/supervisors/supervision.ts";
import { scripted, type ScriptedModel } from "../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../src/testing/scripted-reply.ts";
import { AT_REST, nodes, underWay } from "../actors/living-tree.ts";
import { playOut, tally, watch, type Watched } from "../actors/outcomes.ts";
import { asked, echo, kill, qa, useWorlds, type World, wrong } from "./chaos-world.ts";

const { start } = useWorlds();

interface Limited extends World {
  readonly model: ScriptedModel;
  /** When each request reached the model, and which it was. */
  readonly arrivals: { readonly at: number; readonly question: string }[];
  call(question: string, options?: { priority?: Priority; timeoutMs?: number }): Watched;
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
      details: { phase: "permit", attempts: 1 },
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

describe("a provider that asks to wait", () => {
  const slowDown = (retryAfterMs: number): LmError =>
    new LmError("slow down", { code: "rate_limited", status: 429, retryAfterMs });

  test("is left alone by everybody for that long, and then not met by a herd", async () => {
    const paused: unknown[] = [];
    const stop = clientPaused.subscribe(({ client, ms, code }) => paused.push({ client, ms, code }));
    const { clock, arrivals, call, info } = await limited({}, (request, index) =>
      index === 0 ? slowDown(2_000) : echo(request),
    );
    const calls = [call("q0")];
    await clock.advance(20);
    calls.push(...Array.from({ length: 16 }, (_, n) => call(`q${n + 1}`)));
    await clock.settle();
    expect(info()).toMatchObject({ inFlight: 0, waiting: 16, pausedForMs: 1_990 });
    await playOut(clock, calls);
    stop();
    expect(tally(calls)).toEqual({ ok: 17 });
    expect(paused).toEqual([{ client: "main", ms: 2_000, code: "rate_limited" }]);
    const after = arrivals.slice(1).map(({ at }) => at - 2_010);
    expect(after[0]).toBeGreaterThanOrEqual(0);
    // Doubling every 100 ms.
    expect([100, 200, 300].map((ms) => after.filter((at) => at <= ms + 1).length)).toEqual([2, 4, 8]);
    expect(arrivals.length).toBe(18);
  });

  test("for longer than a call has time: the call fails at once", async () => {
    const { clock, call } = await limited({ limits: { concurrency: 2 } }, (_request, index) =>
      index === 0 ? slowDown(60_000) : new Promise<never>(() => {}),
    );
    const calls = [call("q1"), call("q2"), call("q3", { timeoutMs: 5_000 })];
    await clock.advance(11);
    expect(calls.map(({ code }) => code)).toEqual(["rate_limited", "pending", "timeout"]);
  });

  test("what it says is left is heeded", async () => {
    const clockless = (limit: number, remaining: number) => ({ requests: { limit, remaining, resetMs: 10_000 } });
    let model: ScriptedModel | undefined;
    const { system, clock } = await start((clock) => {
      model = scripted(echo, { latencyMs: 10, clock });
      const lm = model;
      return [
        client({
          name: "main",
          lm: {
            ...lm,
            async open() {
              const inner = await lm.open();
              return {
                ...inner,
                generate: async (request, options) => ({
                  ...(await inner.generate(request, options)),
                  rateLimit: clockless(10, 0),
                }),
              };
            },
          },
        }),
      ];
    });
    const first = watch("q1", system.tryForward(qa, { question: "q1" }));
    await clock.advance(10);
    const second = watch("q2", system.tryForward(qa, { question: "q2" }));
    await clock.advance(990);
    expect([first.code, second.code, model?.requests.length]).toEqual(["ok", "pending", 1]);
    await clock.advance(100);
    expect(second.code).toBe("ok");
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
