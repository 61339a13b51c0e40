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

/** What a shutdown right after the start comes to, and what the task did. */
async function shutDownAtOnce(
  run: (self: Self) => unknown,
  timeoutMs: number | "brutal_kill" = 1_000,
): Promise<unknown> {
  let came: unknown;
  const { clock } = await start(async (self) => {
    came = await task.shutdown(self, task.async(self, run), timeoutMs);
  });
  await clock.advance(60_000);
  return came;
}

test("a task that traps exits first of all has begun by the time it is shut down: its result counts, in time", async () => {
  const trapping = (ms: number) => async (self: Self) => {
    self.trapExits(true);
    await self.sleep(ms);
    return "done";
  };
  expect(await shutDownAtOnce(trapping(500))).toEqual({ ok: "done" });
  expect(await shutDownAtOnce(trapping(2_000))).toEqual({ exit: "killed" });
  expect(await shutDownAtOnce(trapping(500), "brutal_kill")).toBeNull();
  expect(await shutDownAtOnce((self) => self.sleep(500))).toBeNull();
  expect(await shutDownAtOnce(() => "at once")).toEqual({ ok: "at once" });
  expect(await shutDownAtOnce((self) => self.exit("early"))).toEqual({ exit: "early" });
});

test("tasks awaited in any order leave nothing in the mailbox", async () => {
  const seen: number[] = [];
  const { clock, runtime, ref } = await start(async (self) => {
    const tasks = Array.from({ length: 300 }, (_, index) => task.async(self, () => index));
    await self.sleep(1);
    // From both ends to the middle, so that there is none at which the next one always lies.
    for (let index = 0; index < 150; index += 1) {
      seen.push(await task.await(self, tasks[index]!), await task.await(self, tasks[299 - index]!));
    }
    await self.sleep(1_000);
  });
  await clock.advance(10);
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index));
  expect(runtime.inspect(ref)?.mailbox).toBe(0);
});
