import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Clock } from "../../../src/foundation/clock.ts";
import { holderOf, lockFolder } from "../../../src/foundation/folder-lock.ts";
import {
  readOutcome,
  readWant,
  watchWant,
  writeOutcome,
  writeWant,
} from "../../../src/teleprompters/job/job-control.ts";
import { testClock, until } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

test("what is wanted of a job is told when it changes, and no more once nobody watches", async () => {
  const folder = storeFolder();
  const clock = testClock();
  const heard: string[] = [];
  await writeWant(folder, "pause");
  const stop = await watchWant(folder, clock, (want) => heard.push(want));
  expect(heard).toEqual(["pause"]);
  for (const want of ["pause", "go_on", "cancel"] as const) {
    await writeWant(folder, want);
    await clock.advance(1_000);
    await until(() => clock.pending === 1);
  }
  expect(heard).toEqual(["pause", "go_on", "cancel"]);
  stop();
  expect(clock.pending).toBe(0);
});

test("a job that was paused by the file keeps its process until the file goes", async () => {
  const folder = storeFolder();
  const clock = testClock();
  const keeps: boolean[] = [];
  const watched: Clock = {
    ...clock,
    setTimer(ms, fire, options) {
      keeps.push(options?.background !== true);
      return clock.setTimer(ms, fire, options);
    },
  };
  const stop = await watchWant(folder, watched, () => {});
  for (const want of ["pause", "go_on"] as const) {
    await writeWant(folder, want);
    const looks = keeps.length;
    await clock.advance(1_000);
    await until(() => keeps.length > looks);
  }
  expect(keeps).toEqual([false, true, false]);
  stop();
});

test("a file that says nothing that anybody knows wants nothing", async () => {
  const folder = storeFolder();
  for (const text of ["", "{", '{"want": "dance"}', "[]"]) {
    writeFileSync(join(folder, "control.json"), text);
    expect(await readWant(folder)).toBe("go_on");
    writeFileSync(join(folder, "outcome.json"), text);
    expect(await readOutcome(folder)).toBeUndefined();
  }
});

test("how a job ended is there until it is started again, readable by its owner alone", async () => {
  const folder = storeFolder();
  const outcome = { state: "failed", why: "no luck" } as const;
  await writeOutcome(folder, outcome);
  expect(await readOutcome(folder)).toEqual(outcome);
  expect(statSync(join(folder, "outcome.json")).mode & 0o777).toBe(0o600);
  await writeOutcome(folder, undefined);
  expect(readdirSync(folder)).toEqual([]);
});

test("who has a folder is told without taking it", async () => {
  const folder = storeFolder();
  expect(await holderOf(folder)).toBeUndefined();
  const lock = await lockFolder(folder, { owner: "job a" });
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid, lives: "surely" });
  await lock.check();
  await lock.release();
  expect(await holderOf(folder)).toBeUndefined();
  const [file = ""] = readdirSync(folder);
  const held = { state: "held", beat: "000000000001", file: "1:2", id: "x", owner: "y", pid: 7, host: "elsewhere" };
  writeFileSync(join(folder, file), JSON.stringify({ ...held, pids: "other", started: "", token: "" }));
  expect(await holderOf(folder)).toMatchObject({ pid: 7, host: "elsewhere", lives: "unknown" });
});
