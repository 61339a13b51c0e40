import { expect, test } from "vitest";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import type { Self } from "../../src/runtime/actor.ts";
import { task } from "../../src/runtime/task-api.ts";
import { testClock } from "../../src/testing/test-clock.ts";

/** An actor that does one thing. */
const doing = behaviour<(self: Self) => Promise<unknown>, (self: Self) => Promise<unknown>>({
  name: "doing",
  init: (work) => ({ state: work, continue: "work" }),
  async handleContinue(work, _message, self) {
    await work(self);
  },
});

async function start(work: (self: Self) => Promise<unknown>) {
  const clock = testClock();
  const runtime = createRuntime({ clock });
  const started = await runtime.start(doing, work);
  if (started.status !== "ok") throw new Error("did not start");
  await clock.settle();
  return { clock, runtime, ref: started.ref };
}

test.each([
  [
    "await",
    (self: Self) =>
      task.await(
        self,
        task.async(self, (me) => me.sleep(60_000)),
      ),
  ],
  [
    "yield",
    (self: Self) =>
      task.yield(
        self,
        task.async(self, (me) => me.sleep(60_000)),
      ),
  ],
  [
    "asyncStream",
    async (self: Self) => {
      for await (const _result of task.asyncStream(self, [1, 2], (_input, me) => me.sleep(60_000)));
    },
  ],
  [
    "asyncStream, not linked",
    async (self: Self) => {
      const options = { link: false };
      for await (const _result of task.asyncStream(self, [1, 2], (_input, me) => me.sleep(60_000), options));
    },
  ],
])("a caller that is killed in %s leaves neither task nor timer behind", async (_name, work) => {
  const { clock, runtime, ref } = await start(work);
  expect(clock.pending).toBeGreaterThan(0);
  runtime.exitSignal(ref, "kill");
  await clock.settle();
  expect(clock.pending).toBe(0);
  expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
});

test.each([true, false])("what is left of a dead actor's code starts no task (link: %s)", async (link) => {
  let resume = (): void => {};
  const foreign = new Promise<void>((resolve) => {
    resume = resolve;
  });
  let ran = false;
  let thrown: unknown;
  const { clock, runtime, ref } = await start(async (self) => {
    await foreign;
    try {
      task.async(self, () => (ran = true), { link });
    } catch (error) {
      thrown = error;
    }
  });
  runtime.exitSignal(ref, "kill");
  resume();
  await clock.settle();
  expect(thrown).toBeInstanceOf(ExitError);
  expect(ran).toBe(false);
});
