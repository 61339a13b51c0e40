// Trainings: what a search has done elsewhere, across failures, crashes and kills.
import { join } from "node:path";
import { expect, test } from "vitest";
import { lives } from "../../../scripts/crash-matrix/lives.ts";
import { backoff, examples, JobError, LmError, predict, signature } from "../../../src/index.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { UNCOUNTED } from "../../../src/teleprompters/job/estimate.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import type { TrainingLife, TrainingStep } from "../../../src/teleprompters/training/training-step.ts";
import { scripted } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

const qa = signature("question -> answer");
const trainset = examples(qa, [{ question: "a", answer: "b" }]);
const lm = scripted(() => ({ answer: "b" }), { identity: "b" });

function searching(search: (search: Search) => Promise<unknown>): Teleprompter {
  return {
    kind: "trains",
    version: 1,
    settings: {},
    metric: undefined,
    async search(given) {
      await search(given);
      return given.student;
    },
  };
}

function compiled(search: (search: Search) => Promise<unknown>, folder?: string) {
  const retry = backoff({ baseMs: 0, jitter: "none" });
  return compile(searching(search), predict(qa), { trainset, clients: { lm }, retry, folder });
}

const step = (perform: TrainingStep["perform"], facts: unknown = 1): TrainingStep => ({
  about: "train",
  facts,
  perform,
});

test.each([
  [false, [UNCOUNTED]],
  [true, []],
])("one that nobody has planned for says that no budget counts it, unless it is free (%s)", async (isFree, notes) => {
  const job = compiled((search) => search.train({ ...step(() => Promise.resolve(1)), isFree }));
  await job.result();
  expect(job.status().notes).toEqual(notes);
});

test("a step whose request failed is performed again by its notes, as often as the policy says, and waits count as progress", async () => {
  const tries: unknown[] = [];
  let came: unknown;
  const perform = async (life: TrainingLife) => {
    tries.push([...life.notes]);
    await life.note(tries.length);
    if (tries.length % 5 === 0) await life.wait(0);
    if (tries.length < 12) throw new LmError("down", { code: "connection" });
    return { model: "m" };
  };
  await compiled(async ({ train }) => (came = await train(step(perform)))).result();
  expect(came).toEqual({ model: "m" });
  expect(tries.slice(0, 3)).toEqual([[], [1], [1, 2]]);
  expect(tries).toHaveLength(12);
  const without = () => Promise.reject(new LmError("down", { code: "connection" }));
  await expect(compiled(({ train }) => train(step(without))).result()).rejects.toMatchObject({ code: "connection" });
});

test("a crash leaves what was noted to the next life, under the same id; what it came to is not performed again", async () => {
  const folder = join(storeFolder(), "job");
  const ids = new Set<string>();
  const first = compiled(
    ({ train }) =>
      train(
        step(async (life) => {
          ids.add(life.id);
          await life.note({ job: "j1" });
          throw new RangeError("a bug");
        }),
      ),
    folder,
  );
  await expect(first.result()).rejects.toMatchObject({ code: "crashed" });
  const second = compiled(
    ({ train }) =>
      train(
        step((life) => {
          ids.add(life.id);
          return Promise.resolve(life.notes);
        }),
      ),
    folder,
  );
  await second.result();
  expect(ids.size).toBe(1);
  let came: unknown;
  const never = step(() => Promise.reject(new RangeError("again")));
  await compiled(async ({ train }) => (came = await train(never)), folder).result();
  expect(came).toEqual([{ job: "j1" }]);
  const other = compiled(({ train }) => train(step(() => Promise.resolve(1), "other")), folder);
  await expect(other.result()).rejects.toMatchObject({ code: "search_changed" });
});

test("one that comes to nothing has come to null, in every life", async () => {
  const folder = join(storeFolder(), "job");
  for (let life = 1; life <= 2; life += 1) {
    let came: unknown = "nobody has said";
    const nothing = step((of) => of.note(undefined));
    await compiled(async ({ train }) => (came = await train(nothing)), folder).result();
    expect(came).toBeNull();
  }
});

test("runs go on beside it, and results come in the order of asking; progress tells how it is going", async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const handle = compiled(async (search) => {
    const perform = async ({ tell }: TrainingLife) => {
      tell("half");
      told.resolve();
      await gate.promise;
      return null;
    };
    const trained = search.train(step(perform)).then(() => order.push("trained"));
    const [example] = search.trainset;
    const ran = search.run(example === undefined ? [] : [{ program: search.student, example }], { about: "runs" });
    await Promise.all([trained, ran.then(() => order.push("ran"))]);
  });
  await told.promise;
  while (handle.status().runs === 0) await new Promise(setImmediate);
  expect(order).toEqual([]);
  expect(handle.status().asks.map(({ about }) => about)).toEqual(["train: half", "runs"]);
  gate.resolve();
  await handle.result();
  expect(order).toEqual(["trained", "ran"]);
});

test("what a search has left is cancelled where no later life would want it, and else goes on", async () => {
  const left = async (why: Error) => {
    const told = Promise.withResolvers<boolean>();
    const begun = Promise.withResolvers<void>();
    const waiting = step(async (life) => {
      begun.resolve();
      await life.wait(60_000).catch(() => told.resolve(life.isCancelled));
      throw new LmError("left", { code: "cancelled" });
    });
    const handle = compiled(async ({ train }) => {
      void train(waiting);
      await begun.promise;
      if (why instanceof LmError) return train(step(() => Promise.reject(why)));
      throw why;
    });
    await expect(handle.result()).rejects.toThrow(why.message);
    return told.promise;
  };
  expect(await left(new JobError("nothing to train on", { code: "no_rows", retryable: false }))).toBe(true);
  expect(await left(new LmError("a wrong key", { code: "auth" }))).toBe(false);
});

test("a paused job begins none", async () => {
  let begun = false;
  const perform = () => {
    begun = true;
    return Promise.resolve(1);
  };
  const asked = Promise.withResolvers<void>();
  const handle = compiled(({ train }) => {
    handle.pause();
    asked.resolve();
    return train(step(perform));
  });
  await asked.promise;
  await new Promise(setImmediate);
  expect(begun).toBe(false);
  handle.resume();
  await handle.result();
  expect(begun).toBe(true);
});

test(
  "a process killed while its training is being begun: the next one finds it, and begins none",
  { timeout: 90_000 },
  async () => {
    // After 20 answers come the file and the job.
    const came = await lives("bootstrapFinetune", join(storeFolder(), "job"), [{ requests: 22 }]);
    expect(came).toMatchObject({ killed: 1, trained: 2, lost: 0, requests: 20 });
    expect(came.told).toContain("ft:test-model:dspex::1");
  },
);
