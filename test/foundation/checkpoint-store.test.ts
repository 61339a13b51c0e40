import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCheckpoint, openCheckpointStore } from "../../src/foundation/checkpoint-store.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { lockFolder } from "../../src/foundation/folder-lock.ts";
import { cutFile, flipBit, storeFolder } from "./store-folder.ts";

const files = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith("checkpoint"));

test("the last one saved is the one loaded, and two are kept", async () => {
  const folder = storeFolder();
  expect(await loadCheckpoint(folder)).toBeUndefined();
  const store = await openCheckpointStore({ lock: await lockFolder(folder, { owner: "a" }) });
  expect(await Promise.all(["one", "two", { three: [3] }].map((value) => store.save(value)))).toEqual([1, 2, 3]);
  expect(await loadCheckpoint(folder)).toEqual({ number: 3, value: { three: [3] } });
  expect(files(folder)).toEqual(["checkpoint-000000002.json", "checkpoint-000000003.json"]);
  const again = await openCheckpointStore({ lock: await lockFolder(folder, { owner: "a" }) });
  expect(await again.save("four")).toBe(4);
  await expect(store.save("late")).rejects.toMatchObject({ code: "fenced" });
  expect(await loadCheckpoint(folder)).toEqual({ number: 4, value: "four" });
});

test("whatever is cut or flipped in the last one, the one before serves, and never a wrong one", async () => {
  const folder = storeFolder();
  const store = await openCheckpointStore({ lock: await lockFolder(folder, { owner: "a" }), name: "state" });
  await store.save("before");
  await store.save("the last one");
  const path = join(folder, "state-000000002.json");
  const whole = readFileSync(path);
  for (let bit = 0; bit < whole.length * 8; bit += 7) {
    flipBit(path, bit);
    expect(await loadCheckpoint(folder, "state"), `bit ${bit}`).toEqual({ number: 1, value: "before" });
    flipBit(path, bit);
  }
  expect(await loadCheckpoint(folder, "state")).toEqual({ number: 2, value: "the last one" });
  for (let length = whole.length - 1; length >= 0; length -= 1) {
    cutFile(path, length);
    expect(await loadCheckpoint(folder, "state")).toEqual({ number: 1, value: "before" });
  }
});

test("what makes no sense is said", async () => {
  const lock = await lockFolder(storeFolder(), { owner: "a" });
  await expect(openCheckpointStore({ lock, name: "../x" })).rejects.toThrow(UsageError);
  await expect(openCheckpointStore({ lock, keep: 0 })).rejects.toThrow(UsageError);
  const store = await openCheckpointStore({ lock });
  await expect(store.save(undefined)).rejects.toThrow(UsageError);
});
