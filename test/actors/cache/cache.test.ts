import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { CACHE } from "../../../src/actors/cache/cache.ts";
import { cacheBypassed, cacheHit, cacheTrouble } from "../../../src/actors/cache/cache-events.ts";
import type { CacheOptions } from "../../../src/actors/cache/cache-options.ts";
import { client } from "../../../src/actors/client/client.ts";
import type { ClientOptions } from "../../../src/actors/client/client-options.ts";
import { asError, UsageError } from "../../../src/foundation/errors.ts";
import { LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../../../src/system.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";
import type { ScriptedAnswer } from "../../../src/testing/scripted-reply.ts";
import { type TestClock, testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { AT_REST, living, nodes, underWay } from "../living-tree.ts";
import { playOut, tally, watch } from "../outcomes.ts";
import { textOf } from "../../../src/lm/message.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });
const who = { question: "Who?" };
const once = backoff({ maxAttempts: 1 });

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface World {
  readonly system: System;
  readonly clock: TestClock;
  readonly lm: ScriptedModel;
  readonly info: () => Readonly<Record<string, unknown>> | undefined;
}

/** A system with one model that takes a second for each answer. */
async function start(
  answer: ScriptedAnswer = () => ({ answer: "Ann" }),
  options: Partial<SystemOptions> & Pick<ClientOptions, "limits"> & { readonly identity?: string } = {},
): Promise<World> {
  const clock = testClock();
  const { identity = "somewhere", limits, ...rest } = options;
  const lm = scripted(answer, { latencyMs: 1_000, clock, identity });
  const children = [client({ name: "main", lm, ...(limits && { limits }) })];
  const system = await startSystem({ clock, logger: false, children, ...rest });
  ends.push(() => system.stop());
  const info = () => nodes(system.tree()).find(({ id }) => id === "cache")?.info;
  return { system, clock, lm, info };
}

function collect<Event>(kind: { subscribe(listener: (event: Event) => void): () => void }): Event[] {
  const events: Event[] = [];
  ends.push(kind.subscribe((event) => void events.push(event)));
  return events;
}

const fail = (code: LmFailureCode): never => {
  throw new LmError(`it failed: ${code}`, { code, provider: "scripted" });
};

/** So many equal calls at once. */
const ask = ({ system }: World, count: number, options: object = {}) =>
  Array.from({ length: count }, (_, n) => watch(`call ${n}`, system.tryForward(qa, who, { retry: once, ...options })));

describe("equal calls", () => {
  test("are answered from memory, at no cost, and say so", async () => {
    const world = await start();
    const { system, clock, lm, info } = world;
    const hits = collect(cacheHit);
    const first = system.forward(qa, who);
    await clock.advance(1_000);
    expect((await first).$meta.usage).not.toHaveProperty("cacheHits");
    const second = await system.forward(qa, who);
    expect(second.answer).toBe("Ann");
    expect(second.$meta.usage).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0, cacheHits: 1 });
    // No request was made for it.
    expect(second.$meta).toMatchObject({ client: "main", model: "scripted", attempts: 0, usd: 0, ms: 0 });
    expect(lm.requests).toHaveLength(1);
    expect(hits).toMatchObject([{ from: "memory", system: "dspex", run: "run-2", path: "self" }]);
    expect(info()).toMatchObject({ kind: "cache", hits: 1, misses: 1, entries: 1, asking: 0 });
  });

  test("in flight, fifty of them, make one request; forty-nine say that they did not pay", async () => {
    const world = await start();
    const calls = Array.from({ length: 50 }, () => world.system.forward(qa, who));
    await world.clock.settle();
    expect(world.lm.inFlight).toBe(1);
    expect(underWay(world.system.tree())).toMatchObject({ runs: 50, requests: 1 });
    await world.clock.advance(1_000);
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set(["Ann"]));
    expect(answers.filter(({ $meta }) => $meta.usage.cacheHits === 1)).toHaveLength(49);
    expect(answers.reduce((sum, { $meta }) => sum + $meta.attempts, 0)).toBe(1);
    expect(world.lm.requests).toHaveLength(1);
    await world.clock.settle();
    expect(underWay(world.system.tree())).toEqual(AT_REST);
  });

  test.each<[string, Partial<SystemOptions> & { readonly identity?: string }, object]>([
    ["with cache: false on the call", {}, { cache: false }],
    ["in a system without a cache", { cache: false }, {}],
  ])("%s are made each for itself", async (_what, options, config) => {
    const { system, clock, lm } = await start(undefined, options);
    const bypassed = collect(cacheBypassed);
    const calls = Array.from({ length: 3 }, () => system.forward(qa.with({ config }), who));
    await clock.advance(1_000);
    await Promise.all(calls);
    const again = system.forward(qa.with({ config }), who);
    await clock.advance(1_000);
    await again;
    expect(lm.requests).toHaveLength(4);
    expect(bypassed).toEqual([]);
  });

  test("of a model that does not say what sets it apart are made each for itself", async () => {
    const clock = testClock();
    const lm = scripted(() => ({ answer: "Ann" }));
    const system = await startSystem({ clock, logger: false, children: [client({ name: "main", lm })] });
    ends.push(() => system.stop());
    await Promise.all([system.forward(qa, who), system.forward(qa, who)]);
    expect(lm.requests).toHaveLength(2);
  });

  test("each rollout has an answer of its own, which is kept as well", async () => {
    let said = 0;
    const { system, clock, lm } = await start(() => ({ answer: `answer ${(said += 1)}` }));
    const answers: string[] = [];
    for (const rolloutId of [1, 2, 1, 2]) {
      const call = system.forward(qa.with({ config: { rolloutId, temperature: 1 } }), who);
      await clock.advance(1_000);
      answers.push((await call).answer);
    }
    expect(answers).toEqual(["answer 1", "answer 2", "answer 1", "answer 2"]);
    expect(lm.requests).toHaveLength(2);
  });

  test("that get a cut-off answer share it while in flight, and it is not kept", async () => {
    const world = await start(() => ({ text: "[[ ## answ", finishReason: "length" }));
    const calls = ask(world, 3);
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect([tally(calls), world.lm.requests.length]).toEqual([{ cut_off: 3 }, 1]);
    const later = ask(world, 1);
    await playOut(world.clock, later);
    expect([tally(later), world.lm.requests.length]).toEqual([{ cut_off: 1 }, 2]);
  });
});

describe("the one that asks for all", () => {
  test("fails, in a way that may pass: the next one asks, and all get its answer", async () => {
    const world = await start((_request, index) => (index === 0 ? fail("server") : { answer: "Ann" }));
    const calls = ask(world, 50);
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect([tally(calls), world.lm.requests.length]).toEqual([{ server: 1, ok: 49 }, 2]);
  });

  test("fails, and asks again by its own policy: it then waits for the one that asks meanwhile", async () => {
    const world = await start((_request, index) => (index === 0 ? fail("server") : { answer: "Ann" }));
    const calls = ask(world, 50, { retry: backoff({ maxAttempts: 3, baseMs: 100 }) });
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect([tally(calls), world.lm.requests.length]).toEqual([{ ok: 50 }, 2]);
  });

  test("is refused: the others hear of it at once, and nobody asks again", async () => {
    const world = await start(() => fail("auth"));
    const calls = ask(world, 50, { retry: backoff({ maxAttempts: 3 }) });
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect([tally(calls), world.lm.requests.length]).toEqual([{ auth: 50 }, 1]);
  });

  test("is refused, and had to pay: that is its own cost, and no one else's", async () => {
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
    const world = await start(() => {
      throw new LmError("withheld", { code: "content_filter", details: { usage } });
    });
    const calls = ask(world, 10);
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect(world.system.usage()).toMatchObject({ requests: 1, failures: 1, tokens: usage });
    const paid = calls.map(({ value }) => (value as LmError).details);
    expect(paid.filter((details) => "usage" in details)).toHaveLength(1);
    const tries = paid.map((details) => (details["tries"] as readonly object[])[0] ?? {});
    expect(tries.filter((each) => "usage" in each)).toHaveLength(1);
  });

  test("fails as all do: a few more try, then all hear of it together", async () => {
    const world = await start(() => fail("server"));
    const calls = ask(world, 50);
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect([tally(calls), world.lm.requests.length]).toEqual([{ server: 50 }, 4]);
    expect(world.clock.now()).toBe(4_000);
    // Nothing of a failure is kept.
    const later = ask(world, 1);
    await playOut(world.clock, later);
    expect(world.lm.requests.length).toBe(5);
  });

  test("is cancelled, and then the next, and so on: nobody else is", async () => {
    const world = await start();
    const aborts = Array.from({ length: 10 }, () => new AbortController());
    const calls = aborts.flatMap(({ signal }) => ask(world, 1, { signal }));
    const others = ask(world, 5);
    await world.clock.settle();
    for (const abort of aborts) {
      await world.clock.advance(500);
      expect(world.lm.inFlight).toBe(1);
      abort.abort();
      await world.clock.settle();
    }
    expect(await playOut(world.clock, [...calls, ...others])).toEqual([]);
    expect([tally(calls), tally(others)]).toEqual([{ cancelled: 10 }, { ok: 5 }]);
    expect(world.lm.requests.length).toBe(11);
    await world.clock.settle();
    expect(underWay(world.system.tree())).toEqual(AT_REST);
    expect(world.info()).toMatchObject({ asking: 0 });
  });

  test("is killed with its run: the next one asks", async () => {
    const world = await start();
    const calls = ask(world, 10);
    await world.clock.settle();
    const all = living(world.system.runtime, world.system.root);
    // Right before its request.
    const run = all[all.findIndex(({ type }) => type === "request") - 1];
    if (run?.type !== "run") throw new Error("the run of the request is not where it should be");
    world.system.runtime.exitSignal(run.ref, "kill");
    expect(await playOut(world.clock, calls)).toEqual([]);
    expect([tally(calls), world.lm.requests.length]).toEqual([{ run_crashed: 1, ok: 9 }, 2]);
  });

  test.each<[string, object, string]>([
    ["cannot start before its own deadline", { timeoutMs: 500 }, "timeout"],
    ["cannot start within its own policy's time", { retry: backoff({ deadlineMs: 500 }) }, "timeout"],
    ["may not spend that much", { budget: { lmCalls: 0 } }, "budget_exceeded"],
  ])("%s: the next one asks, however many there were", async (_what, options, code) => {
    const world = await start(undefined, { limits: { concurrency: 1 } });
    const other = watch("other", world.system.tryForward(qa, { question: "What?" }));
    await world.clock.advance(1);
    const hurried = ask(world, 6, options);
    const patient = ask(world, 5);
    expect(await playOut(world.clock, [other, ...hurried, ...patient])).toEqual([]);
    expect([other.code, tally(hurried), tally(patient)]).toEqual(["ok", { [code]: 6 }, { ok: 5 }]);
    expect(world.lm.requests.length).toBe(2);
  });

  test("and those that wait may leave by their own deadline", async () => {
    const world = await start();
    const patient = ask(world, 2);
    const hurried = ask(world, 3, { timeoutMs: 400 });
    expect(await playOut(world.clock, [...patient, ...hurried])).toEqual([]);
    expect([tally(patient), tally(hurried), world.lm.requests.length]).toEqual([{ ok: 2 }, { timeout: 3 }, 1]);
  });
});

describe("the cache's process dies", () => {
  test("and what waits goes on without it, loudly; later calls find the next one", async () => {
    const world = await start();
    const { system, clock, lm } = world;
    const bypassed = collect(cacheBypassed);
    const calls = ask(world, 5);
    await clock.settle();
    expect(lm.inFlight).toBe(1);
    system.runtime.exitSignal(CACHE, "kill");
    expect(await playOut(clock, calls)).toEqual([]);
    expect([tally(calls), lm.requests.length]).toEqual([{ ok: 5 }, 5]);
    expect(bypassed).toHaveLength(4);
    expect(bypassed[0]).toMatchObject({ system: "dspex", reason: "killed" });
    // The leader told the new one what it got.
    const later = ask(world, 3);
    await playOut(clock, later);
    expect([tally(later), lm.requests.length]).toEqual([{ ok: 3 }, 5]);
    expect(bypassed).toHaveLength(4);
  });

  test("over and over under load: each call gets its one answer", async () => {
    const world = await start((request) => ({
      answer: /q\d+/.exec(textOf(request.messages.at(-1)?.content ?? ""))?.[0] ?? "",
    }));
    const { system, clock } = world;
    const calls = Array.from({ length: 200 }, (_, n) => {
      const question = `q${n % 20}`;
      return watch(question, system.tryForward(qa, { question }));
    });
    for (let n = 0; n < 4; n += 1) {
      await clock.advance(1_700);
      if (system.runtime.whereis(CACHE.name) !== undefined) system.runtime.exitSignal(CACHE, "kill");
      for (let more = 0; more < 20; more += 1)
        calls.push(watch(`q${more}`, system.tryForward(qa, { question: `q${more}` })));
    }
    expect(await playOut(clock, calls)).toEqual([]);
    expect(tally(calls)).toEqual({ ok: 280 });
    expect(calls.filter(({ what, value }) => (value as { answer?: string }).answer !== what)).toEqual([]);
  });
});

describe("on disk", () => {
  const withFolder = (dir: string, more: CacheOptions = {}) => ({ cache: { dir, ...more } });

  test("an answer that is older than may be is asked for anew, in memory and on disk", async () => {
    const dir = storeFolder();
    const ask = async ({ system, clock, lm }: World): Promise<number> => {
      const call = watch("call", system.tryForward(qa, who));
      await playOut(clock, [call]);
      expect(call.value).toEqual({ answer: "Ann" });
      return lm.requests.length;
    };
    /** No time passes for a hit: reading a disk takes the real one's. */
    const hit = async ({ system, lm }: World): Promise<number> => {
      expect(await system.forward(qa, who)).toMatchObject({ answer: "Ann" });
      return lm.requests.length;
    };
    const first = await start(undefined, withFolder(dir, { maxAgeMs: 60_000 }));
    expect(await ask(first)).toBe(1);
    await first.clock.advance(50_000);
    expect(await hit(first)).toBe(1);
    await first.clock.advance(11_000);
    expect(await ask(first)).toBe(2);
    await first.system.stop();
    // Its clock begins where the first one's did: a minute before that answer.
    const second = await start(undefined, withFolder(dir, { maxAgeMs: 60_000 }));
    expect(await hit(second)).toBe(0);
    // Read from disk it is as old as it was, and no younger: its age counts from when it came.
    await second.clock.advance(100_000);
    expect(await hit(second)).toBe(0);
    await second.clock.advance(60_000);
    expect(await ask(second)).toBe(1);
  });

  test("answers outlive the system", async () => {
    const dir = join(storeFolder(), "made", "as needed");
    const first = await start(undefined, withFolder(dir));
    const call = first.system.forward(qa, who);
    await first.clock.advance(1_000);
    await call;
    await first.system.stop();
    const second = await start(undefined, withFolder(dir));
    const hits = collect(cacheHit);
    expect(await second.system.forward(qa, who)).toMatchObject({ answer: "Ann", $meta: { usage: { cacheHits: 1 } } });
    expect(await second.system.forward(qa, who)).toMatchObject({ answer: "Ann" });
    expect(second.lm.requests).toHaveLength(0);
    expect(hits.map(({ from }) => from)).toEqual(["disk", "memory"]);
    expect(second.info()).toMatchObject({ diskEntries: 1, entries: 1 });
  });

  test("equal calls wait for one read", async () => {
    const dir = storeFolder();
    const first = await start(undefined, withFolder(dir));
    const call = first.system.forward(qa, who);
    await first.clock.advance(1_000);
    await call;
    await first.system.stop();
    const second = await start(undefined, withFolder(dir));
    const answers = await Promise.all(Array.from({ length: 20 }, () => second.system.forward(qa, who)));
    expect(answers.map(({ answer }) => answer)).toEqual(Array(20).fill("Ann"));
    expect(second.lm.requests).toHaveLength(0);
  });

  test("a killed cache is followed by one that knows what was written", async () => {
    const world = await start(undefined, withFolder(storeFolder()));
    const { system, clock, lm } = world;
    const call = system.forward(qa, who);
    await clock.advance(1_000);
    await call;
    await until(() => world.info()?.["diskEntries"] === 1);
    system.runtime.exitSignal(CACHE, "kill");
    await until(() => world.info()?.["diskEntries"] === 1 && world.info()?.["entries"] === 0);
    expect((await system.forward(qa, who)).$meta.usage.cacheHits).toBe(1);
    expect(lm.requests).toHaveLength(1);
  });

  test("a damaged answer is asked for anew", async () => {
    const dir = storeFolder();
    const first = await start(undefined, withFolder(dir));
    const call = first.system.forward(qa, who);
    await first.clock.advance(1_000);
    await call;
    await first.system.stop();
    const second = await start(undefined, withFolder(dir));
    const troubles = collect(cacheTrouble);
    const [file = ""] = readdirSync(dir).filter((name) => name.startsWith("answers"));
    writeFileSync(join(dir, file), "x".repeat(1_000));
    const again = watch("again", second.system.tryForward(qa, who));
    await until(() => second.lm.inFlight === 1);
    await second.clock.advance(1_000);
    await until(() => again.settled);
    expect([again.code, troubles.map(({ what }) => what)]).toEqual(["ok", ["damaged"]]);
  });

  test("a folder that another system writes in is told, done without, and tried again", async () => {
    const dir = storeFolder();
    const first = await start(undefined, withFolder(dir));
    const troubles = collect(cacheTrouble);
    const second = await start(undefined, withFolder(dir));
    expect(troubles).toMatchObject([
      { what: "locked", path: dir, message: expect.stringContaining("in use") as unknown },
    ]);
    expect(second.info()).toMatchObject({ disk: "not open" });
    const calls = ask(second, 2);
    await playOut(second.clock, calls);
    expect([tally(calls), second.lm.requests.length]).toEqual([{ ok: 2 }, 1]);
    await first.system.stop();
    await second.clock.advance(10_000);
    await until(() => second.info()?.["diskEntries"] === 0);
    expect(troubles).toHaveLength(1);
  });
});

test("what makes no sense is said at the start", async () => {
  const file = join(storeFolder(), "file");
  writeFileSync(file, "");
  mkdirSync(join(file, "..", "folder"));
  const messageOf = async (cache: unknown): Promise<string> => {
    const started = startSystem({ children: [], logger: false, cache: cache as CacheOptions });
    const error = await started.then((system) => system.stop(), asError);
    expect(error).toBeInstanceOf(UsageError);
    return error?.message ?? "";
  };
  expect(await messageOf({ memoryBytes: -1 })).toBe(
    "cache: memoryBytes must be a whole number of bytes from 0, got -1",
  );
  expect(await messageOf({ size: 1 })).toBe(
    'cache: no option "size"; there are memoryBytes, maxAgeMs, dir, diskBytes, lockWaitMs',
  );
  expect(await messageOf({ maxAgeMs: 0 })).toBe("cache: maxAgeMs must be milliseconds above 0, got 0");
  expect(await messageOf({ diskBytes: 1 })).toBe("cache: diskBytes is of use only with dir");
  expect(await messageOf({ dir: 1 })).toBe("cache: dir must be the path of a folder, got 1");
  expect(await messageOf(true)).toBe("cache: expected options or false, got true");
  expect(await messageOf({ dir: join(file, "below") })).toMatch(/^cache: dir cannot be written to: .*ENOTDIR/);
});
