import { afterEach, describe, expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { LmError, type LmFailureCode } from "../../src/lm/failure.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { healthOf } from "../../src/observer/health.ts";
import type { TreeNode } from "../../src/observer/tree-snapshot.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { RetrieverSpec } from "../../src/retrieval/retriever.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const qa = predict(signature("question -> answer"), { client: "main" });

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function start(options: Partial<SystemOptions> = {}) {
  const clock = testClock();
  const lm = scripted(() => ({ answer: "Ann" }), { latencyMs: 100, clock });
  const children = [
    client({ name: "main", lm, limits: { concurrency: 1 } }),
    programActor({ name: "qa", program: qa }),
  ];
  const system = await startSystem({ clock, logger: false, children, ...options });
  systems.push(system);
  return { clock, system };
}

describe("a system's health", () => {
  test("says of each client and program that it is up, and how busy", async () => {
    const { clock, system } = await start();
    const calls = ["1", "2"].map((question) => system.forward(qa, { question }));
    await clock.settle();
    expect(system.health()).toEqual({
      status: "ok",
      problems: [],
      clients: [{ name: "main", standing: "up", restarts: 0, inFlight: 1, waiting: 1, circuit: "closed" }],
      programs: [{ name: "qa", standing: "up", restarts: 0, running: 0, waiting: 0 }],
    });
    expect(JSON.parse(JSON.stringify(system.health()))).toEqual(system.health());
    await clock.advance(1_000);
    await Promise.all(calls);
  });

  test("is down between a client's end and its restart, and ok after it", async () => {
    const { clock, system } = await start();
    system.runtime.exitSignal(clientName("main"), "kill");
    expect(system.health()).toMatchObject({ status: "down", problems: ['client "main" is restarting'] });
    await clock.settle();
    expect(system.health()).toMatchObject({ status: "ok", clients: [{ restarts: 1 }] });
  });

  test("is degraded where one of several clients lets nothing through", async () => {
    const clock = testClock();
    const failing = scripted(() => new LmError("no", { code: "server", status: 500 }));
    const children = [
      client({ name: "main", lm: failing, circuitBreaker: { failures: 1 } }),
      client({ name: "other", lm: scripted([]) }),
    ];
    const { system } = await start({ children, clock, retry: backoff({ maxAttempts: 1 }) });
    await system.tryForward(qa, { question: "?" });
    expect(system.health()).toMatchObject({
      status: "degraded",
      problems: ['client "main": its circuit is open'],
      clients: [{ name: "main", standing: "up", circuit: "open" }, { name: "other" }],
    });
  });

  test("is degraded while a key is refused, and says since when and how often, until a call is answered", async () => {
    const clock = testClock();
    let key = "wrong";
    const lm = scripted(() =>
      key === "right" ? { answer: "Ann" } : new LmError("no such key", { code: "auth", status: 401 }),
    );
    const children = [client({ name: "main", lm }), client({ name: "other", lm: scripted([]) })];
    const { system } = await start({ children, clock });
    expect(system.health().status).toBe("ok");
    const since = clock.wallTime();
    await system.tryForward(qa, { question: "1" });
    await clock.advance(1_000);
    await system.tryForward(qa, { question: "2" });
    const health = system.health();
    expect(health).toMatchObject({
      status: "degraded",
      problems: [`client "main": its key is refused (auth, 401): 2 calls since ${new Date(since).toISOString()}`],
      clients: [{ name: "main", refused: { code: "auth", status: 401, since, times: 2 } }, { name: "other" }],
    });
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
    key = "right";
    await system.forward(qa, { question: "3" });
    expect(system.health()).toMatchObject({ status: "ok", problems: [] });
    expect(system.health().clients[0]).not.toHaveProperty("refused");
  });

  test("tells a refused key through a restart of its client, since that mends nothing", async () => {
    const clock = testClock();
    const lm = scripted(() => new LmError("not for you", { code: "permission", status: 403 }));
    const { system } = await start({ children: [client({ name: "main", lm })], clock });
    await system.tryForward(qa, { question: "?" });
    system.runtime.exitSignal(clientName("main"), "kill");
    await clock.settle();
    expect(system.health()).toMatchObject({
      status: "degraded",
      clients: [{ restarts: 1, refused: { code: "permission", times: 1 } }],
    });
  });

  test("is degraded while the key of a retriever is refused, and not for what waiting mends", async () => {
    const clock = testClock();
    const codes: LmFailureCode[] = ["rate_limited", "bad_request", "auth"];
    const kb: RetrieverSpec = {
      kind: "retriever",
      name: "kb",
      open: async () => ({
        search: async () => {
          const code = codes.shift();
          if (code === undefined) return [];
          throw new LmError("no", { code });
        },
        close: async () => {},
      }),
    };
    const search = retrieve({ client: "kb", k: 1 });
    const children = [client({ name: "kb", retriever: kb })];
    const { system } = await start({ children, clock, retry: backoff({ maxAttempts: 1 }) });
    for (const expected of ["ok", "ok", "degraded", "ok"]) {
      await system.tryForward(search, { query: "?" });
      await clock.settle();
      expect(system.health().status).toBe(expected);
    }
  });

  test("is down while it stops, and once it has", async () => {
    const { clock, system } = await start();
    const call = system.forward(qa, { question: "?" });
    await clock.settle();
    const stopped = system.stop({ drainMs: 1_000 });
    expect(system.health()).toMatchObject({
      status: "down",
      problems: ["the system is stopping, and takes no more calls"],
      clients: [{ standing: "up", inFlight: 1 }],
    });
    await clock.advance(100);
    await call;
    await stopped;
    expect(system.health()).toMatchObject({ status: "down", problems: ["the system has stopped"], clients: [] });
  });

  test("of a system without clients and programs is ok: there is nothing to fail", () => {
    const root: TreeNode = {
      id: "root",
      type: "supervisor",
      state: "idle",
      incarnation: 1,
      restarts: 0,
      mailbox: 0,
      uptimeMs: 0,
      info: {},
      children: [],
    };
    expect(healthOf(root, false)).toEqual({ status: "ok", problems: [], clients: [], programs: [] });
  });
});
