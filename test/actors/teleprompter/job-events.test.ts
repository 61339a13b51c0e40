import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import { jobCrashed, jobEnded, jobStarted, jobStep } from "../../../src/actors/teleprompter/job-events.ts";
import { job } from "../../../src/actors/teleprompter/job-spec.ts";
import { drawTree } from "../../../src/observer/draw-tree.ts";
import { startSystem } from "../../../src/system.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { qa, set, shouting, tries } from "../../teleprompters/job/tries.ts";

function listen() {
  const told: object[] = [];
  for (const kind of [jobStarted, jobCrashed, jobStep, jobEnded])
    onTestFinished(
      kind.subscribe((event: object) => {
        const { at: _at, system: _system, systemId: _id, ms: _ms, ...facts } = event as Record<string, unknown>;
        told.push({ kind: kind.kind, ...facts });
      }),
    );
  return told;
}

const run = async (folder: string, told: object[]) => {
  const children = [client({ name: "lm", lm: shouting({ count: 0 }) })];
  const system = await startSystem({ children, logger: false, cache: false });
  const handle = await system.compile(tries(["mumble", "shout"]), qa, { trainset: set, name: "nightly", folder });
  await handle.result();
  await system.stop();
  return told.splice(0);
};

test("a job tells of its start, its steps and its end; the next process what was on record, and of no step again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-events-"));
  const told = listen();
  const about = { job: "nightly", teleprompter: "tries", student: "qa", folder, life: 1 };
  const ended = { kind: "job:ended", job: "nightly", state: "done", trials: 2, best: 100, lmCalls: 8 };
  expect(await run(folder, told)).toMatchObject([
    { kind: "job:started", ...about, resumed: 0 },
    { kind: "job:step", job: "nightly", trial: 1, candidate: "mumble", score: 0, best: 0, full: true, lmCalls: 4 },
    { kind: "job:step", job: "nightly", trial: 2, candidate: "shout", score: 100, best: 100, full: true, lmCalls: 8 },
    ended,
  ]);
  expect(await run(folder, told)).toMatchObject([{ kind: "job:started", ...about, resumed: 2 }, ended]);
});

test("each life that crashes is told, and the end of the last", async () => {
  const told = listen();
  const children = [client({ name: "lm", lm: shouting({ count: 0 }) })];
  const system = await startSystem({ children, logger: false, cache: false });
  const broken = tries([], { search: () => Promise.reject(new Error("a bug")) });
  const handle = await system.compile(broken, qa, { trainset: set, name: "broken" });
  await expect(handle.result()).rejects.toThrow("crashed again and again, and was given up: a bug");
  await system.stop();
  const lives = [1, 2, 3, 4].flatMap((life) => [
    { kind: "job:started", job: "broken", life, resumed: 0 },
    { kind: "job:crashed", job: "broken", life, reason: { error: expect.objectContaining({ message: "a bug" }) } },
  ]);
  expect(told).toMatchObject([...lives, { kind: "job:ended", state: "failed", trials: 0, lmCalls: 0 }]);
});

test("one that is cancelled, and one whose system stops, end so", async () => {
  const told = listen();
  const clock = testClock();
  const lm = scripted(() => ({ answer: "x" }), { latencyMs: 1_000, clock });
  const nightly = job({ name: "nightly", teleprompter: tries(["a"]), program: qa, trainset: set });
  const system = await startSystem({
    children: [client({ name: "lm", lm }), nightly],
    logger: false,
    clock,
    cache: false,
  });
  const other = await system.compile(tries(["b"]), qa, { trainset: set, name: "other" });
  await clock.settle();
  await other.cancel();
  await system.stop();
  await expect(system.job(nightly).result()).rejects.toMatchObject({ code: "stopped" });
  const ends = told.filter((event) => "state" in event);
  expect(ends).toMatchObject([
    { job: "other", state: "cancelled" },
    { job: "nightly", state: "stopped" },
  ]);
});

test("the tree shows how a job stands", async () => {
  const clock = testClock();
  let asked = 0;
  const lm = scripted(() => ({ answer: (asked += 1) > 4 ? "x" : "right a" }), { latencyMs: 1_000, clock });
  const nightly = job({
    name: "nightly",
    teleprompter: tries(["a", "b"]),
    program: qa,
    trainset: set,
    maxConcurrency: 2,
  });
  const system = await startSystem({
    children: [client({ name: "lm", lm }), nightly],
    logger: false,
    clock,
    cache: false,
  });
  const lines = () =>
    drawTree(system.tree())
      .split("\n")
      .flatMap((line) => /(teleprompter|workers) .*/.exec(line)?.[0] ?? []);
  await clock.settle();
  expect(lines()).toEqual(["workers  dynamic_supervisor (dynamic)", "teleprompter  teleprompter (now try a 0/4)"]);
  for (let second = 0; second < 2; second += 1) await clock.advance(1_000);
  system.job(nightly).pause();
  await clock.advance(1_000);
  expect(lines()[1]).toBe("teleprompter  teleprompter (paused, 1 trial, best 25.00, 6 LM calls, now try b 2/4)");
  system.job(nightly).resume();
  for (let second = 0; second < 3; second += 1) await clock.advance(1_000);
  await system.job(nightly).result();
  await system.stop();
});
