import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type FolderLock, type FolderLockOptions, lockFolder } from "../../src/foundation/folder-lock.ts";
import { BEAT_MS, LEASE_MS, LOOK_MS, makeWatch } from "../../src/foundation/lease.ts";
import { createLockFile, type LockHolder, markLockFile } from "../../src/foundation/lock-file.ts";
import { thisProcess } from "../../src/foundation/this-process.ts";
import { type TestClock, testClock } from "../../src/testing/test-clock.ts";
import { until } from "../../src/testing/until.ts";
import { storeFolder } from "./store-folder.ts";

// A file system without hard links: nothing here may need them.
vi.mock("node:fs/promises", async (actual) => ({
  ...(await actual<typeof import("node:fs/promises")>()),
  link: () => Promise.reject(Object.assign(new Error("ENOTSUP: no hard links here"), { code: "ENOTSUP" })),
}));

const ROOT = new URL("../..", import.meta.url).pathname;
const lockFile = (folder: string, epoch: number): string =>
  join(folder, `writer-${String(epoch).padStart(9, "0")}.json`);

async function lock(folder: string, options: FolderLockOptions): Promise<FolderLock> {
  const held = await lockFolder(folder, options);
  onTestFinished(() => held.release());
  return held;
}

/** A lock file as another process would have left it. */
async function forge(folder: string, holder: Partial<LockHolder>, epoch = 1): Promise<void> {
  await createLockFile(lockFile(folder, epoch), { id: "forged", owner: "x", ...thisProcess(), ...holder });
}

const ELSEWHERE = { host: "elsewhere", pids: "another kernel", token: "another process" };

/** Follows a lock that is being waited for, looking as often as its clock says so. */
function waiting(folder: string, clock: TestClock, options: Partial<FolderLockOptions> = {}) {
  const seen: { lock?: FolderLock; error?: unknown } = {};
  const settled = (): boolean => seen.lock !== undefined || seen.error !== undefined;
  void lock(folder, { owner: "waiting", clock, waitMs: Infinity, ...options }).then(
    (got) => (seen.lock = got),
    (thrown: unknown) => (seen.error = thrown),
  );
  return {
    seen,
    /** Lets so much time pass, and all looks within it happen. */
    async pass(ms: number): Promise<void> {
      const end = clock.now() + ms;
      for (;;) {
        await until(() => settled() || clock.pending > 0);
        if (settled() || (clock.nextAt ?? Infinity) > end) break;
        await clock.advanceToNext();
      }
      await clock.advance(Math.max(0, end - clock.now()));
    },
  };
}

/** A process that has existed and is gone. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

test("one writer at a time; the next one has a higher epoch", async () => {
  const folder = join(storeFolder(), "made", "as needed");
  const first = await lock(folder, { owner: "a" });
  expect(first.epoch).toBe(1);
  await first.check();
  await expect(lockFolder(folder, { owner: "b" })).rejects.toMatchObject({
    name: "StoreError",
    code: "locked",
    message: `${folder} is in use by process ${process.pid}: give each process a folder of its own`,
    details: { pid: process.pid },
  });
  await first.release();
  await first.release();
  const second = await lock(folder, { owner: "b" });
  expect(second.epoch).toBe(2);
  await expect(first.check()).rejects.toMatchObject({ code: "closed" });
  expect(readdirSync(folder)).toEqual(["writer-000000002.json"]);
});

test("an owner takes over from itself, and the one before is out for good", async () => {
  const folder = storeFolder();
  const locks = [await lock(folder, { owner: "a" })];
  for (let n = 0; n < 3; n += 1) locks.push(await lock(folder, { owner: "a" }));
  await locks.at(-1)?.check();
  for (const old of locks.slice(0, -1)) await expect(old.check()).rejects.toMatchObject({ code: "fenced" });
  await locks[0]?.release();
  await expect(lockFolder(folder, { owner: "b" })).rejects.toMatchObject({ code: "locked" });
});

test("of many that try at once exactly one gets in", async () => {
  const folder = storeFolder();
  const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => lock(folder, { owner: `o${n}` })));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("forgets drafts that a crash has left, and nothing of anybody else's", async () => {
  const folder = storeFolder();
  const others = ["letter.draft", "notes.tmp", "writer.json"];
  for (const name of [...others, "writer-000000003.json.ab12.draft", "checkpoint-000000002.json.draft"])
    writeFileSync(join(folder, name), "");
  await lock(folder, { owner: "a" });
  expect(readdirSync(folder).toSorted()).toEqual([...others, "writer-000000001.json"].toSorted());
});

describe("the lock of a process that is surely gone counts for nothing:", () => {
  test("nobody has its pid", async () => {
    const folder = storeFolder();
    await forge(folder, { pid: await deadPid(), token: "gone" }, 7);
    expect((await lock(folder, { owner: "a" })).epoch).toBe(8);
  });

  test.runIf(existsSync("/proc/self/stat"))("another one has its pid now", async () => {
    const folder = storeFolder();
    await forge(folder, { started: "1", token: "gone" });
    expect((await lock(folder, { owner: "a" })).epoch).toBe(2);
  });
});

describe("a holder of which nothing is known", () => {
  const unknown: readonly [string, Partial<LockHolder>][] = [
    ["on another machine", ELSEWHERE],
    ["with our very pid, in a container of its own", { pids: "another namespace", token: "other" }],
    ["from before the machine was started", { pids: "another boot", pid: 1, started: "5", token: "gone" }],
    ["whose pid is in use, where starts are not told", { started: "", token: "other" }],
    ["where nothing is told at all", { pids: "", started: "", token: "other" }],
  ];

  test.each(unknown)(
    "%s is refused at once, and followed when it has been silent for long enough",
    async (_what, holder) => {
      const folder = storeFolder();
      await forge(folder, holder);
      const refusal = { code: "locked", details: { folder, pid: holder.pid ?? process.pid } };
      await expect(lockFolder(folder, { owner: "a" })).rejects.toMatchObject(refusal);
      const clock = testClock();
      const { seen, pass } = waiting(folder, clock);
      await pass(LEASE_MS - LOOK_MS);
      expect(seen).toEqual({});
      await pass(2 * LOOK_MS);
      expect(seen.lock?.epoch).toBe(2);
    },
  );

  test("keeps its lock for as long as it gives life signs, whatever its clock says", async () => {
    const folder = storeFolder();
    await forge(folder, ELSEWHERE);
    await expect(lockFolder(folder, { owner: "a" })).rejects.toThrow(
      `${folder} is in use by process ${process.pid} on elsewhere: give each process a folder of its own`,
    );
    const { seen, pass } = waiting(folder, testClock());
    for (let beat = 1; beat <= 10; beat += 1) {
      await pass(LEASE_MS - 2 * LOOK_MS);
      await markLockFile(lockFile(folder, 1), "forged", "held", beat);
    }
    expect(seen).toEqual({});
    await markLockFile(lockFile(folder, 1), "forged", "free", 11);
    await pass(LOOK_MS);
    expect(seen.lock?.epoch).toBe(2);
  });

  test("is not taken for gone because whoever looks was asleep", () => {
    const watch = makeWatch();
    expect(watch.look("a", 0)).toBe(false);
    // A night with the lid down, twice.
    expect(watch.look("a", 30_000_000)).toBe(false);
    expect(watch.look("a", 60_000_000)).toBe(false);
    let now = 60_000_000;
    let looks = 0;
    while (!watch.look("a", (now += LOOK_MS))) looks += 1;
    expect(looks * LOOK_MS).toBeGreaterThanOrEqual(LEASE_MS - 5 * LOOK_MS);
    expect(watch.look("b", now + LOOK_MS)).toBe(false);
  });
});

describe("a lock file that says nothing yet", () => {
  test("may be somebody who is just coming, and who is then left alone", async () => {
    const folder = storeFolder();
    writeFileSync(lockFile(folder, 1), "");
    await expect(lockFolder(folder, { owner: "a" })).rejects.toThrow("in use by a process that is just coming");
    const { seen, pass } = waiting(folder, testClock());
    await pass(LEASE_MS - 2 * LOOK_MS);
    rmSync(lockFile(folder, 1));
    await forge(folder, ELSEWHERE);
    await pass(LEASE_MS - 2 * LOOK_MS);
    expect(seen).toEqual({});
  });

  test.each(["", "{", '{"state":"held","beat":"000000000000","id":"x"}'])(
    "or may be damaged (%j): then it goes stale",
    async (text) => {
      const folder = storeFolder();
      writeFileSync(lockFile(folder, 9), text);
      const { seen, pass } = waiting(folder, testClock());
      await pass(LEASE_MS + LOOK_MS);
      expect(seen.lock?.epoch).toBe(10);
    },
  );
});

describe("whoever waits", () => {
  test("gets the lock as soon as it is released", async () => {
    const folder = storeFolder();
    const first = await lock(folder, { owner: "a", clock: testClock() });
    const { seen, pass } = waiting(folder, testClock());
    // This process lives, so its lock does, whatever the clocks of its systems say.
    await pass(10 * LEASE_MS);
    expect(seen).toEqual({});
    await first.release();
    await pass(LOOK_MS);
    expect(seen.lock?.epoch).toBe(2);
    await expect(first.check()).rejects.toMatchObject({ code: "closed" });
  });

  test("waits no longer than it was told to", async () => {
    const folder = storeFolder();
    await lock(folder, { owner: "a" });
    const clock = testClock();
    const { seen, pass } = waiting(folder, clock, { waitMs: 1_200 });
    await pass(1_199);
    expect(seen).toEqual({});
    await pass(1);
    expect(seen.error).toMatchObject({ code: "locked" });
    expect(clock.pending).toBe(0);
  });

  test("may be called off", async () => {
    const folder = storeFolder();
    await lock(folder, { owner: "a" });
    const clock = testClock();
    const off = new AbortController();
    const { seen, pass } = waiting(folder, clock, { signal: off.signal });
    await pass(1_000);
    off.abort(new Error("the system stops"));
    await until(() => seen.error !== undefined);
    expect([seen.error, clock.pending]).toEqual([new Error("the system stops"), 0]);
  });
});

describe("life signs", () => {
  test("are given while the lock is held, and no longer", async () => {
    const folder = storeFolder();
    const clock = testClock();
    const held = await lock(folder, { owner: "a", clock });
    const beat = (): string => (JSON.parse(readFileSync(lockFile(folder, 1), "utf8")) as LockHolder).beat;
    for (let count = 1; count <= 3; count += 1) {
      await clock.advance(BEAT_MS);
      await until(() => clock.pending === 1);
      expect(beat()).toBe(`00000000000${count}`);
    }
    await held.release();
    expect([clock.pending, JSON.parse(readFileSync(lockFile(folder, 1), "utf8"))]).toMatchObject([
      0,
      { state: "free" },
    ]);
  });

  test("end when somebody has taken over, or the folder is gone, and bring nothing back", async () => {
    const folder = storeFolder();
    const clock = testClock();
    const held = await lock(folder, { owner: "a", clock });
    rmSync(folder, { recursive: true });
    await clock.advance(BEAT_MS);
    await held.release();
    expect([clock.pending, existsSync(folder)]).toEqual([0, false]);
  });
});

describe("before each write", () => {
  test("a folder that was removed, or emptied, is noticed", async () => {
    const folder = storeFolder();
    const held = await lock(folder, { owner: "a" });
    rmSync(folder, { recursive: true });
    const failure = {
      code: "write_failed",
      retryable: true,
      message: `the lock of ${folder} is gone: the folder was removed or emptied`,
    };
    await expect(held.check()).rejects.toMatchObject(failure);
  });

  test("and so is one that another process has taken since, from its first number on", async () => {
    const folder = storeFolder();
    const held = await lock(folder, { owner: "a" });
    rmSync(folder, { recursive: true });
    expect((await lock(folder, { owner: "b" })).epoch).toBe(held.epoch);
    await expect(held.check()).rejects.toMatchObject({ code: "fenced" });
    await held.release();
    await expect(lockFolder(folder, { owner: "c" })).rejects.toMatchObject({ code: "locked" });
  });

  test.each<[string, (folder: string) => void]>([
    ["the next number is taken", (folder) => writeFileSync(lockFile(folder, 2), "")],
    ["ours is forgotten already", (folder) => (writeFileSync(lockFile(folder, 5), ""), rmSync(lockFile(folder, 1)))],
  ])("one that was replaced is fenced: %s", async (_what, replace) => {
    const folder = storeFolder();
    const held = await lock(folder, { owner: "a" });
    replace(folder);
    await expect(held.check()).rejects.toMatchObject({ code: "fenced", retryable: false });
  });
});

describe("a folder that was copied while somebody had it", () => {
  /** The copy of a folder that this process holds, by a clock that stands still. */
  async function copied(): Promise<{ readonly copy: string; readonly original: FolderLock }> {
    const folder = storeFolder();
    const original = await lock(folder, { owner: "a", clock: testClock() });
    const copy = join(storeFolder(), "copy");
    cpSync(folder, copy, { recursive: true });
    return { copy, original };
  }

  test("is free once nobody was seen to give life signs in it; the one before keeps its own", async () => {
    const { copy, original } = await copied();
    const clock = testClock();
    const { seen, pass } = waiting(copy, clock, { waitMs: 0 });
    await pass(LEASE_MS + LOOK_MS);
    expect(seen.lock?.epoch).toBe(2);
    await original.check();
    await seen.lock?.check();
  });

  test("is not taken for one as long as life signs come: file numbers alone decide nothing", async () => {
    const { copy } = await copied();
    const [name = ""] = readdirSync(copy);
    const { id } = JSON.parse(readFileSync(join(copy, name), "utf8")) as LockHolder;
    const { seen, pass } = waiting(copy, testClock(), { waitMs: 0 });
    for (let beat = 1; beat <= 2; beat += 1) {
      await pass(LEASE_MS - 2 * LOOK_MS);
      await markLockFile(join(copy, name), id, "held", beat);
    }
    await pass(3 * LOOK_MS);
    expect(seen.lock).toBeUndefined();
    await pass(LEASE_MS);
    expect(seen.error).toMatchObject({ code: "locked" });
  });

  test("one that was moved is none", async () => {
    const folder = storeFolder();
    await lock(folder, { owner: "a", clock: testClock() });
    const moved = join(storeFolder(), "moved");
    renameSync(folder, moved);
    await expect(lockFolder(moved, { owner: "b", clock: testClock() })).rejects.toMatchObject({ code: "locked" });
  });
});

describe("two processes", () => {
  interface Child {
    readonly process: ChildProcess;
    readonly pid: number;
    line(): Promise<string>;
    say(text: string): void;
  }

  async function holding(folder: string): Promise<Child> {
    const args = ["--conditions=dspex-dev", "test/fixtures/programs/hold-folder.ts", folder];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<string> => String((await lines.next()).value);
    const held = {
      process: child,
      pid: child.pid ?? 0,
      line,
      say: (text: string) => void child.stdin.write(`${text}\n`),
    };
    expect(await line()).toBe("epoch 1");
    return held;
  }

  test("one that was killed is followed at once; one that releases, too", async () => {
    const folder = storeFolder();
    const child = await holding(folder);
    await expect(lockFolder(folder, { owner: "a" })).rejects.toMatchObject({
      code: "locked",
      details: { pid: child.pid },
    });
    child.say("check");
    expect(await child.line()).toBe("mine");
    child.process.kill("SIGKILL");
    await once(child.process, "exit");
    const mine = await lock(folder, { owner: "a" });
    expect(mine.epoch).toBe(2);
  });

  test("one that was stopped is followed when its lease is over, and finds itself fenced when it goes on", async () => {
    const folder = storeFolder();
    const child = await holding(folder);
    child.process.kill("SIGSTOP");
    const { seen, pass } = waiting(folder, testClock());
    await pass(LEASE_MS + LOOK_MS);
    expect(seen.lock?.epoch).toBe(2);
    child.process.kill("SIGCONT");
    child.say("check");
    expect(await child.line()).toBe("fenced");
    await seen.lock?.check();
  });

  test("a copy of its folder is free after a lease, and its own is refused", async () => {
    const folder = storeFolder();
    const copy = join(storeFolder(), "copy");
    const child = await holding(folder);
    cpSync(folder, copy, { recursive: true });
    const { seen, pass } = waiting(copy, testClock(), { waitMs: 0 });
    await pass(LEASE_MS - LOOK_MS);
    expect(seen).toEqual({});
    await pass(2 * LOOK_MS);
    expect(seen.lock?.epoch).toBe(2);
    child.say("check");
    expect(await child.line()).toBe("mine");
    await expect(lockFolder(folder, { owner: "a" })).rejects.toMatchObject({ code: "locked" });
  });

  test("one that holds a lock, and has nothing else to do, ends", async () => {
    const folder = storeFolder();
    const child = await holding(folder);
    child.process.stdin?.end();
    expect(await once(child.process, "exit")).toEqual([0, null]);
    expect((await lock(folder, { owner: "a" })).epoch).toBe(2);
  });
});

/** What a thread of this process gets that asks for the folder as the same owner: the epoch, or the failure's code. */
async function inAThread(folder: string): Promise<unknown> {
  const module = new URL("../../src/foundation/folder-lock.ts", import.meta.url).href;
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.module)
      .then(({ lockFolder }) => lockFolder(workerData.folder, { owner: "x" }))
      .then((lock) => parentPort.postMessage(lock.epoch), (error) => parentPort.postMessage(error.code ?? String(error)))
      .then(() => process.exit());`;
  const worker = new Worker(code, { eval: true, workerData: { module, folder } });
  const [told] = (await once(worker, "message")) as [unknown];
  return told;
}

test("threads of one process are told apart, like processes", async () => {
  const folder = storeFolder();
  const held = await lock(folder, { owner: "x" });
  expect(await inAThread(folder)).toBe("locked");
  await held.check();
  await held.release();
  expect(await inAThread(folder)).toBe(2);
});

test("a thread that ended without a word is waited for as long as a lease, though its process lives", async () => {
  const folder = storeFolder();
  await forge(folder, { token: "another thread" });
  const clock = testClock();
  const next = waiting(folder, clock, { waitMs: 0, patienceMs: 2 * LEASE_MS });
  await next.pass(LEASE_MS + 2 * LOOK_MS);
  expect(next.seen.lock?.epoch).toBe(2);
});
