// What goes wrong where one actor's end is told, or in one turn, goes wrong there alone.
import { describe, expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { nactScheduler } from "../../src/runtime/nact-host.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { task } from "../../src/runtime/task-api.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { failure, type Job, makeWorld, runner } from "./world.ts";

/** Warnings of the process while the test runs. */
function warnings(): string[] {
  const told: string[] = [];
  const note = ({ message }: Error): void => void told.push(message);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  return told;
}

describe("a death of which somebody cannot be told", () => {
  test("is told to all the others, and so is every later one", async () => {
    const told = warnings();
    const clock = testClock();
    let broken = true;
    const shaky = {
      ...clock,
      now: () => clock.now(),
      clearTimer: (timer: never) => {
        if (broken) throw new RangeError("no such timer");
        clock.clearTimer(timer);
      },
    };
    const runtime = createRuntime({ clock: shaky });
    onTestFinished(() => runtime.dispose());
    const refs = [];
    for (let index = 0; index < 3; index += 1) {
      const started = await runtime.start(runner, undefined);
      if (started.status !== "ok") throw new Error("no start");
      refs.push(started.ref);
    }
    const [first, second, third] = refs as [never, never, never];
    await runtime.call(first, (_state: never, _from: never, self: { link: (to: never) => void }) => ({
      reply: self.link(second),
    }));
    // Its timer cannot be cleared when it dies.
    runtime.sendAfter(first, () => undefined, 1_000);
    const ends = refs.map((ref) => runtime.whenDown(ref));
    runtime.exitSignal(first, "broken");
    broken = false;
    runtime.exitSignal(third, "kill");
    expect(await Promise.all(ends)).toEqual(["broken", "broken", "killed"]);
    await expect.poll(() => told).toEqual(["telling an actor's end failed: RangeError: no such timer"]);
  });
});

describe("a turn that throws", () => {
  test("costs nobody else a turn, however many there are", async () => {
    const told = warnings();
    const taken: number[] = [];
    const scheduler = nactScheduler<number>((actor) => {
      taken.push(actor);
      if (actor % 2 === 0) throw new RangeError(`turn ${actor}`);
    });
    onTestFinished(() => scheduler.stop());
    // More than there are seats, twice.
    for (const round of [0, 1_000]) {
      for (let actor = 0; actor < 1_000; actor += 1) scheduler.soon(round + actor);
      await expect.poll(() => taken.length).toBe(round + 1_000);
    }
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
    await expect.poll(() => told.length).toBe(1_000);
  });
});

const unreadable = (key: string) => ({
  get [key](): never {
    throw new TypeError("looked at");
  },
});

describe("an exit reason that would be waited for, or that cannot be read", () => {
  test.each<[string, unknown]>([
    ["a promise", new Promise(() => {})],
    ...["error", "call", "await", "shutdown", "failed_to_start_child"].map((key): [string, unknown] => [
      `an object whose ${key} throws`,
      unreadable(key),
    ]),
  ])("is misuse of whoever gives it, and nobody waits for ever: %s", async (_what, reason) => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    expect(() => runtime.exitSignal(ref, reason as never)).toThrow(UsageError);
    expect(runtime.isAlive(ref)).toBe(true);
    await expect(runtime.stop(ref, reason as never)).rejects.toThrow(UsageError);
    expect(runtime.isAlive(ref)).toBe(true);
    const ended = runtime.whenDown(ref);
    const why = await failure(runtime.call(ref, () => ({ stop: reason as never })));
    expect(why).toMatchObject({ error: { name: "UsageError" } });
    expect(await ended).toEqual(why);
    const other = await start(runner, undefined);
    expect(await failure(runtime.call(other, (_state, _from, self) => self.exit(reason as never)))).toMatchObject({
      error: { name: "UsageError" },
    });
  });
});

describe("a name, a label, a time that is none", () => {
  test("is refused before there is an actor", async () => {
    const { runtime, start } = makeWorld();
    const odd = Symbol("odd") as never;
    for (const options of [{ name: odd }, { label: odd }, { name: 42 as never }])
      expect(() => runtime.start(runner, undefined, options)).toThrow(UsageError);
    expect(() => runtime.start({ ...runner, name: odd }, undefined)).toThrow(UsageError);
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    const ref = await start(runner, undefined);
    expect(() => runtime.register(odd, ref)).toThrow(UsageError);
    expect(await failure(runtime.call({ name: odd }, null as never))).toBe("noproc");
  });

  test.each([Number.NaN, "soon", Symbol("soon")])("ends the handler that gives it as misuse: %o", async (ms) => {
    const { runtime, start } = makeWorld();
    const jobs: Job[] = [
      () => ({ reply: undefined, idleMs: ms as never }),
      async (_state, _from, self) => self.sleep(ms as never),
      async (_state, _from, self) => {
        await task.await(
          self,
          task.async(self, () => new Promise(() => {})),
          ms as never,
        );
      },
    ];
    for (const job of jobs) {
      const ref = await start(runner, undefined);
      runtime.cast(ref, job);
      expect(await runtime.whenDown(ref)).toMatchObject({ error: { name: "UsageError" } });
    }
  });

  test("asks no task to end", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    let resume = (): void => {};
    const later = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const went = await runtime.call(ref, async (_state, _from, self) => {
      const work = task.async(self, async () => (await later, "done"));
      await expect(task.shutdown(self, work, Number.NaN)).rejects.toThrow(UsageError);
      resume();
      return { reply: await task.await(self, work, Infinity) };
    });
    expect(went).toBe("done");
  });
});

test.each([{ maxConcurrency: 0 }, { maxConcurrency: Number.NaN }, { timeoutMs: "5" }, { onTimeout: "kill" }])(
  "an asyncStream with options that make no sense says so, and does not end as if there were nothing to do: %o",
  async (options) => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const why = failure(
      runtime.call(ref, async (_state, _from, self) => {
        for await (const _each of task.asyncStream(self, [1], (each) => each, options as never));
        return { reply: "nothing was done" };
      }),
    );
    expect(await why).toMatchObject({ error: { name: "UsageError" } });
  },
);
