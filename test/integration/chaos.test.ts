// Things break while calls are under way. Whatever it is, each caller gets exactly one outcome, and a typed one.
import { describe, expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { programActor, programName } from "../../src/actors/program/program-actor.ts";
import { sleep } from "../../src/foundation/clock.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmSpec } from "../../src/lm/language-model.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { program } from "../../src/programs/composed-program.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import { gaveUp } from "../../src/supervisors/supervisor-events.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { until } from "../../src/testing/until.ts";
import { AT_REST, living, underWay } from "../actors/living-tree.ts";
import { playOut, tally, untyped, watch, type Watched } from "../actors/outcomes.ts";
import { asked, echo, kill, qa, useWorlds, type World, wrong } from "./chaos-world.ts";
import { someTerms } from "../programs/terms.ts";
import { type Storm, storm } from "./storm.ts";

const { start, follow } = useWorlds();

describe("the client crashes with 100 requests in flight", () => {
  /** A client can be killed; it also crashes by itself, as any actor whose handler throws. */
  const crashes: Record<string, (world: World) => void> = {
    "by a kill": (world) => world.kill("client/main"),
    "by an error of its own": ({ system }) =>
      void system.runtime.call(clientName("main"), { type: "acquire", terms: someTerms() }).catch(() => {}),
  };

  test.each(Object.keys(crashes).flatMap((how) => [undefined, 10].map((concurrency) => [how, concurrency] as const)))(
    "%s, concurrency %s: every caller gets its own answer after the retry",
    async (how, concurrency) => {
      let runs = 0;
      const counted: typeof qa = { ...qa, forward: (inputs, context) => ((runs += 1), qa.forward(inputs, context)) };
      let models: ReturnType<typeof scripted> | undefined;
      const world = await start((clock) => {
        models = scripted(echo, { latencyMs: 1_000, clock });
        return [client({ name: "main", lm: models, ...(concurrency && { limits: { concurrency } }) })];
      });
      const { system, clock } = world;
      const calls = world.ask(100, counted);
      const first = concurrency ?? 100;
      await until(() => underWay(system.tree()).waiting === 100 - first && models?.inFlight === first);
      expect(underWay(system.tree())).toEqual({
        runs: 100,
        requests: 100,
        inFlight: first,
        waiting: 100 - first,
        running: 0,
      });
      crashes[how]?.(world);
      await until(() => models?.inFlight === 0);
      expect(await playOut(clock, calls)).toEqual([]);
      expect(wrong(calls)).toEqual([]);
      // Those that waited for a permit had made no request.
      for (const [index, { value }] of calls.entries())
        expect((value as { $meta: object }).$meta).toMatchObject({ attempts: index < first ? 2 : 1, client: "main" });
      expect(runs).toBe(100);
      expect(models?.requests.length).toBe(first + 100);
      await clock.settle();
      expect(underWay(system.tree())).toEqual(AT_REST);
      expect(clock.pending).toBe(0);
    },
  );

  test("by a kill while the new one cannot open its model at first", async () => {
    let opens = 0;
    const world = await start((clock) => {
      const lm = scripted(echo, { latencyMs: 1_000, clock });
      const shaky: LmSpec = {
        ...lm,
        open: () => {
          opens += 1;
          if (opens === 2) throw new LmError("refused", { code: "connection" });
          return lm.open();
        },
      };
      return [client({ name: "main", lm: shaky })];
    });
    const calls = world.ask(20);
    await world.clock.advance(500);
    world.kill("client/main");
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect(wrong(calls)).toEqual([]);
    expect(opens).toBe(3);
  });
});

describe("a request crashes", () => {
  test("by a bug in the model's code: it is made again", async () => {
    const seen = new Set<string>();
    const world = await start(() => [
      client({
        name: "main",
        lm: scripted((request) => {
          const question = asked(request);
          if (seen.has(question)) return echo(request);
          seen.add(question);
          throw new TypeError("cannot read properties of undefined");
        }),
      }),
    ]);
    const calls = world.ask(20);
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect(wrong(calls)).toEqual([]);
    expect(underWay(world.system.tree())).toEqual(AT_REST);
  });

  test("always: the caller gets the crash's cause, after as many attempts as there are", async () => {
    let requests = 0;
    const bug = new TypeError("cannot read properties of undefined");
    const world = await start(
      () => [
        client({
          name: "main",
          lm: scripted(() => {
            requests += 1;
            throw bug;
          }),
        }),
      ],
      { retry: backoff({ maxAttempts: 3 }) },
    );
    const [call] = world.ask(1);
    await playOut(world.clock, [call!]);
    expect(call?.value).toMatchObject({ code: "request_crashed", cause: bug, details: { attempts: 3 } });
    expect(requests).toBe(3);
  });

  test("by a kill: its run makes it again, and no other run notices", async () => {
    const world = await start((clock) => [
      client({ name: "main", lm: scripted(echo, { latencyMs: 1_000, clock }), limits: { concurrency: 5 } }),
    ]);
    const { system, clock } = world;
    const calls = world.ask(10);
    await clock.advance(500);
    const requests = living(system.runtime, system.root).filter(({ type }) => type === "request");
    expect(requests.length).toBe(10);
    // One that is being made, and one that waits for its permit.
    kill(system, requests[0]?.ref);
    kill(system, requests[9]?.ref);
    await clock.settle();
    expect(underWay(system.tree())).toMatchObject({ inFlight: 5, waiting: 3, runs: 10, requests: 8 });
    expect(await playOut(clock, calls)).toEqual([]);
    expect(wrong(calls)).toEqual([]);
    const attempts = calls.map(({ value }) => (value as { $meta: { attempts: number } }).$meta.attempts);
    expect(attempts).toEqual([2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });
});

describe("a program's forward", () => {
  const bug = new RangeError("off by one");
  const bad = (name: string, forward: () => unknown): typeof qa => ({
    ...qa,
    name,
    // Users without types write such programs; the run must stand them all.
    forward: forward as typeof qa.forward,
  });

  test.each([
    ["rejects", bad("rejects", () => Promise.reject(bug)), { code: "run_crashed", cause: bug, retryable: false }],
    [
      "throws at once",
      bad("throws", () => {
        throw bug;
      }),
      { code: "run_crashed", cause: bug },
    ],
    [
      "throws what is no error",
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      bad("text", () => Promise.reject("just text")),
      { code: "run_crashed", cause: { message: "just text" } },
    ],
    [
      "throws undefined",
      bad("nothing", () => {
        // oxlint-disable-next-line typescript/only-throw-error
        throw undefined;
      }),
      { code: "run_crashed" },
    ],
    ["never settles", bad("never", () => new Promise(() => {})), { code: "timeout", details: { phase: "total" } }],
  ] as const)("that %s: its caller is told, its neighbours answer", async (_what, broken, expected) => {
    const world = await start((clock) => [client({ name: "main", lm: scripted(echo, { latencyMs: 1_000, clock }) })]);
    const neighbours = world.ask(5);
    const [call] = world.ask(1, broken);
    neighbours.push(...world.ask(5));
    expect(await playOut(world.clock, [call!, ...neighbours])).toEqual([]);
    expect(call?.value).toMatchObject(expected);
    expect(wrong(neighbours)).toEqual([]);
    expect(underWay(world.system.tree())).toEqual(AT_REST);
  });

  test("leaves requests behind when it throws: they end with the run", async () => {
    const lm = scripted(() => new Promise(() => {}));
    const world = await start(() => [client({ name: "main", lm })]);
    const careless = program({
      name: "careless",
      parts: { qa },
      async forward({ qa }, inputs: { question: string }, context): Promise<{ answer: string }> {
        void qa(inputs).catch(() => {});
        await sleep(context.clock, 10, context.signal);
        throw bug;
      },
    });
    const [call] = world.ask(1, careless);
    await until(() => lm.inFlight === 1);
    await playOut(world.clock, [call!]);
    expect(call?.value).toMatchObject({ code: "run_crashed", cause: bug });
    await until(() => lm.inFlight === 0);
    expect(underWay(world.system.tree())).toEqual(AT_REST);
  });
});

describe("a supervisor gives up", () => {
  test("the group, then the root, as OTP counts; callers in flight and later ones get their outcome", async () => {
    const giveUps: string[] = [];
    const stop = gaveUp.subscribe(({ supervisor }) => void giveUps.push(supervisor));
    const world = await start(() => [client({ name: "main", lm: scripted(() => new Promise(() => {})) })]);
    const { system, clock } = world;
    const calls: Watched[] = [];
    const ended: ExitReason[] = [];
    void system.exited.then((reason) => ended.push(reason));
    let kills = 0;
    // Time stands still, so every restart counts.
    for (; ended.length === 0 && kills < 100; kills += 1) {
      calls.push(...world.ask(3));
      await clock.settle();
      world.kill("client/main");
      await until(() => ended.length > 0 || system.runtime.whereis("client/main") !== undefined);
    }
    stop();
    // Each of four lives of the group, three restarts of it, allows three restarts of the client.
    expect(kills).toBe(16);
    expect(giveUps).toEqual(["clients", "clients", "clients", "clients", "root"]);
    expect(ended).toEqual(["shutdown"]);
    expect(await system.exited).toBe("shutdown");
    calls.push(...world.ask(3));
    expect(await playOut(clock, calls)).toEqual([]);
    expect(tally(calls)).toEqual({ cancelled: 48, program_down: 3 });
    expect(system.runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    expect(clock.pending).toBe(0);
  });

  test.each(["root/clients", "root/programs", "root/runs", "root/programs/qa"])(
    "%s is killed once: what was below it ends, and all of it comes back",
    async (path) => {
      const spec = programActor({ name: "qa", program: qa });
      const world = await start((clock) => [
        client({ name: "main", lm: scripted(echo, { latencyMs: 1_000, clock }) }),
        spec,
      ]);
      const { system, clock } = world;
      const before = living(system.runtime, system.root);
      const calls = [...world.ask(5), watch("q77", system.handle(spec).tryCall({ question: "q77" }))];
      await clock.advance(500);
      kill(system, before.find((actor) => actor.path === path)?.ref);
      expect(await playOut(clock, calls)).toEqual([]);
      expect(untyped(calls)).toEqual([]);
      expect(living(system.runtime, system.root).map((actor) => actor.path)).toEqual(before.map((actor) => actor.path));
      const next = [...world.ask(5), watch("q88", system.handle(spec).tryCall({ question: "q88" }))];
      await playOut(clock, next);
      expect(wrong(next)).toEqual([]);
      expect(underWay(system.tree())).toEqual(AT_REST);
    },
  );

  test("the root is killed: all below it ends, and callers in flight and later ones get their outcome", async () => {
    const spec = programActor({ name: "qa", program: qa });
    const world = await start(() => [client({ name: "main", lm: scripted(() => new Promise(() => {})) }), spec]);
    const { system, clock } = world;
    const handle = system.handle(spec);
    const calls = [...world.ask(5), watch("q77", handle.tryCall({ question: "q77" }))];
    await clock.advance(500);
    kill(system, system.root);
    expect(await system.exited).toBe("killed");
    expect(system.runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    calls.push(...world.ask(1), watch("q88", handle.tryCall({ question: "q88" })));
    expect(await playOut(clock, calls)).toEqual([]);
    expect(untyped(calls)).toEqual([]);
    expect(calls.slice(-2).map(({ code }) => code)).toEqual(["program_down", "program_down"]);
    expect(clock.pending).toBe(0);
  });

  test("restarts that are far enough apart never add up", async () => {
    const world = await start((clock) => [client({ name: "main", lm: scripted(echo, { latencyMs: 10, clock }) })]);
    for (let times = 0; times < 40; times += 1) {
      world.kill("client/main");
      await world.clock.advance(2_000);
    }
    const calls = world.ask(3);
    await playOut(world.clock, calls);
    expect(wrong(calls)).toEqual([]);
  });
});

describe("a program's processes are killed", () => {
  async function hosted() {
    const spec = programActor({ name: "qa", program: qa, maxConcurrency: 5 });
    let lm: ReturnType<typeof scripted> | undefined;
    const world = await start((clock) => [
      client({ name: "main", lm: (lm = scripted(echo, { latencyMs: 1_000, clock })) }),
      spec,
    ]);
    const handle = world.system.handle(spec);
    let asked = 0;
    const call = (count: number): Watched[] =>
      Array.from({ length: count }, () => {
        const question = `q${(asked += 1)}`;
        return watch(question, handle.tryCall({ question }));
      });
    return { ...world, lm: () => lm!, call };
  }

  test.each(["program/qa", "program/qa/runs"])("%s, with calls in flight and in line", async (victim) => {
    const world = await hosted();
    const { system, clock } = world;
    const calls = world.call(12);
    await until(() => world.lm().inFlight === 5);
    expect(underWay(system.tree())).toMatchObject({ runs: 5, running: 5, waiting: 7 });
    world.kill(victim);
    await clock.settle();
    expect(calls.every(({ settled }) => settled)).toBe(true);
    expect(untyped(calls)).toEqual([]);
    // Nobody is there to hear the old answers: their requests are ended, not waited for.
    await until(() => world.lm().inFlight === 0);
    expect(underWay(system.tree())).toEqual(AT_REST);
    const next = world.call(12);
    expect(await playOut(clock, next)).toEqual([]);
    expect(wrong(next)).toEqual([]);
    expect(system.runtime.whereis("program/qa")).toBeDefined();
  });

  test("one of its runs: that caller alone is told, and the line moves on", async () => {
    const world = await hosted();
    const { system, clock } = world;
    const calls = world.call(12);
    await until(() => world.lm().inFlight === 5);
    const run = living(system.runtime, system.root).find(({ type }) => type === "run");
    kill(system, run?.ref);
    expect(await playOut(clock, calls)).toEqual([]);
    expect(calls[0]?.value).toMatchObject({
      code: "run_crashed",
      message: expect.stringContaining("killed") as string,
    });
    expect(wrong(calls.slice(1))).toEqual([]);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("the server until its supervisor gives up: the group brings the whole program back", async () => {
    const world = await hosted();
    const before = world.system.runtime.whereis("program/qa/runs");
    for (let kills = 0; kills < 4; kills += 1) {
      world.kill("program/qa");
      await until(() => world.system.runtime.whereis(programName("qa").name));
    }
    expect(world.system.runtime.whereis("program/qa/runs")).not.toBe(before);
    const calls = world.call(3);
    await playOut(world.clock, calls);
    expect(wrong(calls)).toEqual([]);
  });
});

describe("a storm", () => {
  async function aftermath(after: Storm): Promise<void> {
    follow(after);
    const { system, clock, calls, forwards } = after;
    expect(await playOut(clock, calls)).toEqual([]);
    expect(untyped(calls)).toEqual([]);
    expect(wrong(calls.filter(({ code }) => code === "ok"))).toEqual([]);
    // A program's code runs once for a call, or never: what is done again is requests.
    expect([...forwards].filter(([, times]) => times > 1)).toEqual([]);
    await clock.advance(60_000);
    // Also when it did not live: then nothing is left to be under way.
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  }

  test.each([1, 2, 3, 4, 5])("of lost runs and requests (seed %s): the system outlives it", async (seed) => {
    const after = await storm(seed, false);
    await aftermath(after);
    expect(after.system.runtime.isAlive(after.system.root)).toBe(true);
    expect(after.calls.length).toBeGreaterThan(150);
    expect(tally(after.calls)["ok"]).toBeGreaterThan(20);
    expect(after.kills["run"]).toBeGreaterThan(5);
    const calls = after.ask(1);
    await playOut(after.clock, calls);
    expect(calls[0]?.settled).toBe(true);
  });

  test.each([11, 12, 13, 14, 15])("that takes clients, servers and supervisors too (seed %s)", async (seed) => {
    const after = await storm(seed, true);
    await aftermath(after);
    const { run = 0, request = 0, ...lasting } = after.kills;
    expect(run + request).toBeGreaterThan(5);
    expect(Object.keys(lasting).length).toBeGreaterThan(1);
  });
});
