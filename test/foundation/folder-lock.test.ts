import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder } from "../../src/foundation/folder-lock.ts";
import { storeFolder } from "./store-folder.ts";

/** A process that has existed and is gone. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

const lockFile = (folder: string, epoch: number): string => join(folder, `writer-00000000${epoch}.json`);

test("one writer at a time; the next one has a higher epoch", async () => {
  const folder = join(storeFolder(), "made", "as needed");
  const first = await lockFolder(folder, { owner: "a" });
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
  const second = await lockFolder(folder, { owner: "b" });
  expect(second.epoch).toBe(2);
  await expect(first.check()).rejects.toMatchObject({ code: "closed" });
  expect(readdirSync(folder)).toEqual(["writer-000000002.json"]);
});

test("an owner takes over from itself, and the one before is out for good", async () => {
  const folder = storeFolder();
  const locks = [await lockFolder(folder, { owner: "a" })];
  for (let n = 0; n < 3; n += 1) locks.push(await lockFolder(folder, { owner: "a" }));
  await locks.at(-1)?.check();
  for (const old of locks.slice(0, -1)) await expect(old.check()).rejects.toMatchObject({ code: "fenced" });
  await locks[0]?.release();
  await expect(lockFolder(folder, { owner: "b" })).rejects.toMatchObject({ code: "locked" });
});

test("of many that try at once exactly one gets in", async () => {
  const folder = storeFolder();
  const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => lockFolder(folder, { owner: `o${n}` })));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("the lock of a process that is gone counts for nothing, nor does one that nobody can read", async () => {
  const folder = storeFolder();
  writeFileSync(lockFile(folder, 7), JSON.stringify({ pid: await deadPid(), started: "", owner: "x" }));
  const lock = await lockFolder(folder, { owner: "a" });
  expect(lock.epoch).toBe(8);
  await lock.release();
  writeFileSync(lockFile(folder, 9), "{");
  expect((await lockFolder(folder, { owner: "a" })).epoch).toBe(10);
});

test.runIf(existsSync("/proc/self/stat"))(
  "a pid that another process has now is not taken for the old one",
  async () => {
    const folder = storeFolder();
    writeFileSync(lockFile(folder, 1), JSON.stringify({ pid: process.pid, started: "1", owner: "x" }));
    expect((await lockFolder(folder, { owner: "a" })).epoch).toBe(2);
  },
);
