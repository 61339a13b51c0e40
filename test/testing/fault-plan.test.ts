import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { PLANNED_FAULTS, applyFault, faultPlan } from "../../src/testing/fault-plan.ts";
import type { FaultPlanOptions } from "../../src/testing/fault-plan.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServerOptions } from "../../src/testing/server-options.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { until } from "../../src/testing/until.ts";

const draw = (options: FaultPlanOptions, count: number) => {
  const plan = faultPlan(options);
  return Array.from({ length: count }, () => plan.next());
};

describe("a fault plan", () => {
  const rates = { rate_limited: 0.1, overloaded: 0.05, cut_json: 0.05 };

  test("is the same for the same seed, and another for another", () => {
    expect(draw({ rates, seed: 7 }, 200)).toEqual(draw({ rates, seed: 7 }, 200));
    expect(draw({ rates, seed: 7 }, 200)).not.toEqual(draw({ rates, seed: 8 }, 200));
  });

  test("keeps its rates", () => {
    const drawn = draw({ rates }, 20_000);
    for (const [name, rate] of Object.entries(rates)) {
      const share = drawn.filter((fault) => fault === name).length / drawn.length;
      expect(Math.abs(share - rate)).toBeLessThan(0.01);
    }
  });

  test("can befall every request, and none", () => {
    expect(new Set(draw({ rates: { server_error: 1 } }, 100))).toEqual(new Set(["server_error"]));
    expect(new Set(draw({ rates: {} }, 100))).toEqual(new Set([undefined]));
  });

  test("leaves replies that fail by themselves as they are", () => {
    const plan = faultPlan({ rates: {} });
    expect(applyFault("cut_json", { status: 404 }, plan)).toEqual({ status: 404 });
    expect(applyFault("overloaded", { fault: "cut_in_body" }, plan)).toEqual({ fault: "cut_in_body" });
    expect(applyFault("cut_json", ["one", "two"], plan)).toEqual({ fault: "cut_json", text: "one" });
  });

  test.each<[FaultPlanOptions, string]>([
    // What a caller without types may write.
    [{ rates: { meteor: 0.1 } as object }, `there is no fault "meteor"; there are ${PLANNED_FAULTS.join(", ")}`],
    [{ rates: { overloaded: -1 } }, "the rate of overloaded must be from 0 to 1, got -1"],
    [{ rates: { overloaded: 0.6, server_error: 0.6 } }, "the rates add up to 1.2, which is more than 1"],
  ])("%j is refused", (options, message) => {
    expect(() => faultPlan(options)).toThrow(new UsageError(`faults: ${message}`));
  });
});

describe("a server with faults", () => {
  const running: OpenAiServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
  });

  async function start(options: OpenAiServerOptions): Promise<OpenAiServer> {
    const server = await openaiServer({ answer: () => "hello there, all of you", ...options });
    running.push(server);
    return server;
  }

  const ask = (server: OpenAiServer, body: object = {}): Promise<Response> =>
    fetch(`${server.baseURL}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }], ...body }),
    });

  test("sends a 429 with the limits that it says are used up", async () => {
    const response = await ask(await start({ faults: { rates: { rate_limited: 1 } } }));
    expect(response.status).toBe(429);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "retry-after": "1",
      "x-ratelimit-remaining-requests": "0",
      "x-request-id": "req-1",
    });
    const faults = { rates: { rate_limited: 1 }, rateLimitHeaders: { "retry-after-ms": "40" } };
    const own = await ask(await start({ faults }));
    expect([own.headers.get("retry-after"), own.headers.get("retry-after-ms")]).toEqual([null, "40"]);
  });

  test("sends a 503 with what the plan says", async () => {
    const faults = { rates: { overloaded: 1 }, overloadedHeaders: { "retry-after": "3" } };
    const [told, plain] = [await start({ faults }), await start({ faults: { rates: { overloaded: 1 } } })];
    expect([(await ask(told)).headers.get("retry-after"), (await ask(plain)).headers.get("retry-after")]).toEqual([
      "3",
      null,
    ]);
  });

  test.each([
    ["server_error", 500],
    ["overloaded", 503],
  ] as const)("%s is a %i", async (fault, status) => {
    expect((await ask(await start({ faults: { rates: { [fault]: 1 } } }))).status).toBe(status);
  });

  test("cuts JSON, whole and streamed, over a connection that is whole", async () => {
    const server = await start({ faults: { rates: { cut_json: 1 } } });
    const text = await (await ask(server)).text();
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    const events = (await (await ask(server, { stream: true })).text()).trimEnd().split("\n\n");
    expect(() => JSON.parse(events.at(-1)?.slice("data: ".length) ?? "") as unknown).toThrow(SyntaxError);
  });

  test.each([
    ["off_format", "I would rather talk about the weather, which is fine today."],
    ["empty_content", ""],
  ] as const)("%s says so", async (fault, content) => {
    const response = await ask(await start({ faults: { rates: { [fault]: 1 } } }));
    expect(await response.json()).toMatchObject({ choices: [{ message: { content } }] });
  });

  test("sends slowly by its clock", async () => {
    const clock = testClock();
    const server = await start({ faults: { rates: { slow_stream: 1 } }, slowMs: 60_000, clock });
    const answer = ask(server).then((response) => response.json());
    let waits = 0;
    let done = false;
    void answer.finally(() => (done = true));
    for (;;) {
      await until(() => done || clock.pending > 0);
      if (done) break;
      waits += 1;
      await clock.advance(60_000);
    }
    expect(waits).toBeGreaterThan(5);
    expect(await answer).toMatchObject({ choices: [{ message: { content: "hello there, all of you" } }] });
  });

  test("draws jitter apart from faults, by the seed", async () => {
    const begins = async (): Promise<readonly number[]> => {
      const clock = testClock();
      const server = await start({ latencyMs: 100, jitterMs: 50, faults: { rates: {}, seed: 3 }, clock });
      const times: number[] = [];
      for (let index = 0; index < 5; index += 1) {
        const answer = ask(server);
        await until(() => clock.pending === 1);
        times.push((clock.nextAt ?? 0) - clock.now());
        await clock.advanceToNext();
        await (await answer).text();
      }
      return times;
    };
    const times = await begins();
    expect(await begins()).toEqual(times);
    expect(new Set(times).size).toBe(5);
    for (const time of times) expect(time >= 100 && time < 150).toBe(true);
  });

  test("counts what it saw, and may keep nothing else", async () => {
    const clock = testClock();
    const faults = { rates: { reset_before_headers: 0.5, overloaded: 0.5 }, seed: 5 };
    const server = await start({ faults, record: false, latencyMs: 100, clock });
    const answers = Promise.allSettled(Array.from({ length: 40 }, async () => (await ask(server)).text()));
    await until(() => clock.pending === 40);
    await clock.advance(100);
    await answers;
    await until(() => server.inFlight === 0);
    const { requests, answered, faulted, mostInFlight, mostInOneSecond, faults: befell } = server.counts;
    expect(server.requests).toHaveLength(0);
    expect(requests).toBe(answered + faulted);
    expect(befell).toEqual({ reset_before_headers: faulted, overloaded: answered });
    expect(mostInFlight).toBe(40);
    expect([requests, mostInOneSecond]).toEqual([40, 40]);
  });

  test("counts the fullest second, wherever it begins", async () => {
    const clock = testClock();
    const server = await start({ clock });
    for (const wait of [0, 600, 300, 200, 2_000]) {
      await clock.advance(wait);
      await (await ask(server)).text();
    }
    // At 0, 600, 900 and 1,100 ms: the last three are within one second.
    expect(server.counts.mostInOneSecond).toBe(3);
  });
});
