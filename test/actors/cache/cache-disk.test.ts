// What becomes of the cache's folder while a system runs, and who waits for it.
import { rmSync, writeFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { CACHE } from "../../../src/actors/cache/cache.ts";
import { keepDisk } from "../../../src/actors/cache/cache-disk.ts";
import { cacheMended, cacheTrouble } from "../../../src/actors/cache/cache-events.ts";
import { type CacheOptions, readCacheOptions } from "../../../src/actors/cache/cache-options.ts";
import { client } from "../../../src/actors/client/client.ts";
import { asError, UsageError } from "../../../src/foundation/errors.ts";
import { lockFolder } from "../../../src/foundation/folder-lock.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem, type System } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { type TestClock, testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { nodes } from "../living-tree.ts";

/** What the disk says to each write: nothing, or that it is full, or read-only. */
const disk = vi.hoisted(() => ({ refuses: "" }));
vi.mock("node:fs/promises", async (actual) => {
  const fs = await actual<typeof import("node:fs/promises")>();
  const refusal = (): Promise<never> =>
    Promise.reject(Object.assign(new Error(`${disk.refuses}: it refuses`), { code: disk.refuses }));
  return {
    ...fs,
    async open(path: string, flags?: string): Promise<FileHandle> {
      if (disk.refuses === "EROFS" && flags !== "r") return refusal();
      const file = await fs.open(path, flags, 0o600);
      const { write, writeFile } = file;
      file.write = ((...args: Parameters<typeof write>) =>
        disk.refuses === "" ? write.apply(file, args) : refusal()) as typeof write;
      file.writeFile = (...args) => (disk.refuses === "" ? writeFile.apply(file, args) : refusal());
      return file;
    },
  };
});

const qa = predict(signature("question -> answer"), { name: "qa" });
const ends: (() => unknown)[] = [];
afterEach(async () => {
  disk.refuses = "";
  for (const end of ends.splice(0)) await end();
});

interface World {
  readonly system: System;
  readonly clock: TestClock;
  readonly asked: () => number;
  readonly info: () => Readonly<Record<string, unknown>> | undefined;
  readonly ask: (question: string) => Promise<string>;
  /** Lets so much time pass, and more until it is so. */
  readonly pass: (ms: number, when?: () => boolean) => Promise<void>;
}

function worldOf(system: System, clock: TestClock, asked: () => number): World {
  return {
    system,
    clock,
    asked,
    info: () => nodes(system.tree()).find(({ id }) => id === "cache")?.info,
    ask: async (question) => (await system.forward(qa, { question })).answer,
    pass: (ms, when = () => true) => passing(clock, ms, when),
  };
}

/** So long, and then until it is so: the disk is real, and takes the time it takes. */
async function passing(clock: TestClock, ms: number, when: () => boolean): Promise<void> {
  const end = clock.now() + ms;
  await until(async () => {
    await clock.advance(500);
    return clock.now() >= end && when();
  });
}

function starting(cache: CacheOptions, clock = testClock()) {
  const lm = scripted(() => ({ answer: "Ann" }), { identity: "somewhere" });
  const children = [client({ name: "main", lm })];
  const started = startSystem({ clock, logger: false, children, cache }).then((system) => {
    ends.push(() => system.stop());
    return worldOf(system, clock, () => lm.requests.length);
  });
  return { clock, started };
}

const start = (dir: string, more: CacheOptions = {}): Promise<World> => starting({ dir, ...more }).started;

function told(): string[] {
  const seen: string[] = [];
  ends.push(cacheTrouble.subscribe(({ what, message = "" }) => void seen.push(`${what}: ${message}`)));
  ends.push(cacheMended.subscribe(({ path }) => void seen.push(`mended: ${path}`)));
  return seen;
}

const isOpen = ({ info }: World) => info()?.["disk"] !== "not open";

describe("a folder that is removed while the system runs", () => {
  test("is told once, done without, made anew and gone on with; nothing that came meanwhile is lost", async () => {
    const dir = join(storeFolder(), "cache");
    const world = await start(dir);
    const seen = told();
    await world.ask("one");
    await until(() => world.info()?.["diskEntries"] === 1);
    rmSync(dir, { recursive: true });
    for (const question of ["two", "three", "two", "one"]) expect(await world.ask(question)).toBe("Ann");
    await until(() => seen.length === 1 && !isOpen(world));
    expect(seen).toEqual([`write_failed: the lock of ${dir} is gone: the folder was removed or emptied`]);
    expect(world.asked()).toBe(3);
    await world.pass(1_000, () => seen.length === 2);
    expect(seen[1]).toBe(`mended: ${dir}`);
    expect(await world.ask("four")).toBe("Ann");
    await until(() => world.info()?.["diskEntries"] === 3);
    await world.system.stop();

    const next = await start(dir);
    for (const question of ["two", "three", "four"]) await next.ask(question);
    expect(next.asked()).toBe(0);
  });

  test("again and again is told each time", async () => {
    const dir = join(storeFolder(), "cache");
    const world = await start(dir);
    const seen = told();
    for (let round = 1; round <= 3; round += 1) {
      rmSync(dir, { recursive: true });
      await world.ask(`question ${round}`);
      await until(() => seen.length === 2 * round - 1);
      await world.pass(1_000, () => seen.length === 2 * round);
    }
    expect(seen.map((what) => what.split(":")[0])).toEqual([
      "write_failed",
      "mended",
      "write_failed",
      "mended",
      "write_failed",
      "mended",
    ]);
  });

  test("and stands in the way as a file is tried again, ever more rarely", async () => {
    const dir = join(storeFolder(), "cache");
    const world = await start(dir);
    const seen = told();
    rmSync(dir, { recursive: true });
    writeFileSync(dir, "no folder");
    await world.ask("one");
    await until(() => seen.length === 1);
    await world.pass(60_000);
    expect([seen.length, isOpen(world)]).toEqual([1, false]);
    rmSync(dir);
    await world.pass(10_000, () => seen.length === 2);
    await until(() => world.info()?.["diskEntries"] === 1);
  });
});

describe.each(["ENOSPC", "EROFS", "EACCES"])("a disk that says %s", (code) => {
  test("is told once, done without, and written to once it takes writes again", async () => {
    const dir = storeFolder();
    const world = await start(dir);
    const seen = told();
    await world.ask("one");
    await until(() => world.info()?.["diskEntries"] === 1);
    disk.refuses = code;
    for (let n = 0; n < 30; n += 1) {
      expect(await world.ask(`question ${n % 10}`)).toBe("Ann");
      await world.pass(2_000);
    }
    expect(seen.filter((what) => !what.startsWith("damaged"))).toHaveLength(1);
    expect(world.asked()).toBe(11);
    disk.refuses = "";
    await world.pass(10_000, () => world.info()?.["diskEntries"] === 11);
    expect(seen.filter((what) => what.startsWith("mended"))).toHaveLength(1);
  });

  test("at the start already: the system starts, and the disk is used once it can be", async () => {
    const dir = storeFolder();
    const seen = told();
    disk.refuses = code;
    const world = await start(dir);
    await world.ask("one");
    await world.pass(30_000);
    expect(seen).toEqual([`open_failed: ${code}: it refuses`]);
    disk.refuses = "";
    await world.pass(10_000, () => seen.length === 2);
    await until(() => world.info()?.["diskEntries"] === 1);
  });
});

describe("a start beside another process that has the folder", () => {
  test("waits for so long as it is told to, and goes on as soon as that one is done", async () => {
    const dir = storeFolder();
    const first = await start(dir);
    await first.ask("one");
    await until(() => first.info()?.["diskEntries"] === 1);
    const seen = told();
    const { clock, started } = starting({ dir, lockWaitMs: 20_000 });
    let up: World | undefined;
    void started.then((world) => (up = world));
    await passing(clock, 5_000, () => true);
    expect(up).toBeUndefined();
    await first.system.stop();
    await passing(clock, 1_000, () => up !== undefined);
    const second = await started;
    await until(() => second.info()?.["diskEntries"] === 1);
    await second.ask("one");
    expect([second.asked(), seen]).toEqual([0, []]);
  });

  test("is up after that in any case, and takes the folder when it is free", async () => {
    const dir = storeFolder();
    const first = await start(dir);
    const seen = told();
    const { clock, started } = starting({ dir, lockWaitMs: 2_000 });
    await passing(clock, 2_500, () => seen.length === 1);
    const second = await started;
    expect(seen[0]).toMatch(/^locked: .* is in use by process \d+: /);
    await second.ask("one");
    await second.pass(60_000);
    expect([seen.length, isOpen(second)]).toEqual([1, false]);
    await first.system.stop();
    await second.pass(1_000, () => seen.length === 2);
    await until(() => second.info()?.["diskEntries"] === 1);
    expect(seen[1]).toBe(`mended: ${dir}`);
  });

  test("holds nobody up where it is a restart", async () => {
    const dir = storeFolder();
    const world = await start(dir, { lockWaitMs: 1_000_000 });
    const seen = told();
    rmSync(dir, { recursive: true });
    const other = await lockFolder(dir, { owner: "another" });
    onTestFinished(() => other.release());
    world.system.runtime.exitSignal(CACHE, "kill");
    await until(() => seen.length > 0);
    expect(seen[0]).toMatch(/^locked: /);
    expect(await world.ask("one")).toBe("Ann");
  });

  test("stops waiting when its system stops", async () => {
    const dir = storeFolder();
    const other = await lockFolder(dir, { owner: "another" });
    onTestFinished(() => other.release());
    const clock = testClock();
    const stopping = new AbortController();
    const { disk: settings } = readCacheOptions({ dir, lockWaitMs: 1_000_000 }, "me");
    if (settings === undefined) throw new Error("there is to be a disk");
    const seen: unknown[] = [];
    const keeper = keepDisk({
      settings,
      clock,
      life: new AbortController().signal,
      stopping: stopping.signal,
      recall: () => undefined,
      freshFrom: () => 0,
      onTrouble: (trouble) => void seen.push(trouble),
      onMended: () => void seen.push("mended"),
    });
    const started = keeper.start();
    await passing(clock, 5_000, () => true);
    stopping.abort(new Error("the system stops"));
    await started;
    await keeper.close();
    await until(() => clock.pending === 0);
    expect(seen).toEqual([]);
  });
});

test.each<[CacheOptions, string]>([
  [{ lockWaitMs: 1 }, "lockWaitMs is of use only with dir"],
  [{ dir: "x", lockWaitMs: -1 }, "lockWaitMs must be milliseconds from 0, got -1"],
  [{ dir: "x", lockWaitMs: Infinity }, "lockWaitMs must be milliseconds from 0, got Infinity"],
])("%j makes no sense", async (cache, message) => {
  const error = await startSystem({ children: [], logger: false, cache }).then((system) => system.stop(), asError);
  expect(error).toEqual(new UsageError(`cache: ${message}`));
});
