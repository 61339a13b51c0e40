// In which async context (AsyncLocalStorage) an actor's handlers run.
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/foundation/clock.ts";
import { actorExited, actorStarted } from "../../src/runtime/actor-events.ts";
import type { CallOf, Protocol } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { From, Self } from "../../src/runtime/actor.ts";
import { onBehalfOf, reply } from "../../src/runtime/self.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { task } from "../../src/runtime/task-api.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { makeWorld, record } from "./world.ts";

const store = new AsyncLocalStorage<string>();
const here = (): string => store.getStore() ?? "nobody";
const as = <T>(whose: string, work: () => T): T => store.run(whose, work);

type Work = (self: Self, from?: From) => unknown;

interface Looks extends Protocol {
  readonly call: CallOf<Work, unknown>;
  readonly cast: Work;
  readonly info: Work;
}

/** Does what it is sent, and notes where it is. */
function looker(seen: string[] = []) {
  const note = (what: string): void => void seen.push(`${what} ${here()}`);
  return behaviour<null, null, Looks>({
    name: "looker",
    trapExits: true,
    init() {
      note("init");
      return { state: null };
    },
    async handleCall(_state, work, from, self) {
      const value = await work(self, from);
      return value === LATER ? undefined : { reply: value };
    },
    handleCast: (_state, work, self) => void work(self),
    handleInfo(_state, message, self) {
      if (typeof message === "function") message(self);
      else note(message.type);
    },
    terminate: () => note("terminate"),
  });
}

const LATER = Symbol("later");

describe("the async context in which a handler runs", () => {
  test("is the caller's, in a call, before and after it waits", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await as("starter", () => start(looker(), null));
    const look: Work = async (self) => {
      const before = here();
      await self.sleep(10);
      return `${before}, ${here()}`;
    };
    const calls = ["a", "b", "c"].map((whose) => as(whose, () => runtime.call(ref, look)));
    await clock.advance(30);
    expect(await Promise.all(calls)).toEqual(["a, a", "b, b", "c, c"]);
  });

  test("is the caller's through actors that call each other", async () => {
    const { runtime, start } = makeWorld();
    const [first, second] = [await start(looker(), null), await start(looker(), null)];
    const nested: Work = (self) => self.call(second, () => here());
    expect(await as("a", () => runtime.call(first, nested))).toBe("a");
  });

  test("is its starter's for casts and infos, for exits, and at its end", async () => {
    const { runtime, start, clock } = makeWorld();
    const seen: string[] = [];
    const ref = await as("starter", () => start(looker(seen), null));
    const note: Work = () => void seen.push(here());
    as("sender", () => {
      runtime.cast(ref, note);
      runtime.info(ref, note);
      runtime.exitSignal(ref, "gone");
    });
    await as("asker", () => runtime.call(ref, () => 1));
    await as("stopper", () => runtime.stop(ref));
    await clock.settle();
    expect(seen).toEqual(["init starter", "starter", "starter", "EXIT starter", "terminate starter"]);
  });

  test("is that of the code that set its timer", async () => {
    const { runtime, start, clock } = makeWorld();
    const seen: string[] = [];
    const ref = await start(looker(), null);
    const note: Work = () => void seen.push(here());
    for (const whose of ["a", "b"]) as(whose, () => runtime.sendAfter(ref, note, 10));
    await as("c", () => runtime.call(ref, (self) => void self.sendAfter(self.ref as never, note as never, 10)));
    await as("clock", () => clock.advance(10));
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("is that of what asked to continue", async () => {
    const { runtime } = makeWorld();
    const seen: string[] = [];
    const goesOn = behaviour<null, null>({
      name: "goes_on",
      init: () => ({ state: null, continue: "init" }),
      handleCall: () => ({ reply: 1, continue: "call" }),
      handleContinue: (_state, what) => void seen.push(`${String(what)} ${here()}`),
    });
    const started = await as("starter", () => runtime.start(goesOn, null));
    if (started.status !== "ok") throw new Error("no start");
    await as("a", () => runtime.call(started.ref, null as never));
    await runtime.call(started.ref, null as never);
    expect(seen).toEqual(["init starter", "call a", "call nobody"]);
  });

  test("is the owner's in a task, and the asker's in the tasks of a stream", async () => {
    const { runtime, start } = makeWorld();
    const ref = await as("starter", () => start(looker(), null));
    const work: Work = async (self) => {
      const one = await task.await(
        self,
        task.async(self, async () => (await Promise.resolve(), here())),
      );
      const many: unknown[] = [];
      for await (const each of task.asyncStream(self, [1, 2, 3], () => here(), { maxConcurrency: 2 })) many.push(each);
      return [one, ...many];
    };
    expect(await as("a", () => runtime.call(ref, work))).toEqual(["a", { ok: "a" }, { ok: "a" }, { ok: "a" }]);
  });

  test("is the caller's in what is done for it later", async () => {
    const { runtime, start } = makeWorld();
    const ref = await as("starter", () => start(looker(), null));
    let kept: From | undefined;
    const waits = as("a", () =>
      runtime.call(ref, (_self, from) => {
        kept = from;
        return LATER;
      }),
    );
    await runtime.call(ref, () => {
      if (kept !== undefined) onBehalfOf(kept, () => reply(kept as From, here()));
    });
    expect(await waits).toBe("a");
  });

  test("is its own where its end is told, whoever ends it", async () => {
    const { runtime, start, clock } = makeWorld();
    const seen: string[] = [];
    for (const kind of [actorStarted, actorExited])
      kind.subscribe(({ systemId }) => void (systemId === runtime.id && seen.push(`${kind.kind} ${here()}`)));
    const ref = await as("starter", () => start(looker(), null));
    await runtime.call(ref, (self) => self.signal.addEventListener("abort", () => seen.push(`abort ${here()}`)));
    record(runtime, actorExited);
    as("killer", () => runtime.exitSignal(ref, "kill"));
    await clock.settle();
    expect(seen).toEqual(["actor:started starter", "actor:exited starter", "abort starter"]);
  });
});

describe("what a handler makes of its own context", () => {
  test("ends with it in a call, and with the actor's turn in a cast: no call finds it, and no later turn", async () => {
    const { runtime, start, clock } = makeWorld();
    const seen: string[] = [];
    const ref = await start(looker(seen), null);
    const note: Work = () => void seen.push(here());
    const first = runtime.call(ref, () => store.enterWith("left behind"));
    runtime.cast(ref, note);
    await first;
    runtime.cast(ref, () => store.enterWith("left behind"));
    await as("caller", () => runtime.call(ref, note));
    await clock.settle();
    runtime.cast(ref, note);
    await clock.settle();
    expect(seen).toEqual(["init nobody", "nobody", "caller", "nobody"]);
  });

  test("in init does not reach who starts it", async () => {
    const { runtime } = makeWorld();
    const enters = behaviour<null, null>({
      name: "enters",
      init() {
        store.enterWith("the new one");
        return { state: null };
      },
    });
    await as("starter", async () => {
      const started = runtime.start(enters, null);
      expect(here()).toBe("starter");
      await started;
      expect(here()).toBe("starter");
    });
  });
});

test("no caller's context is kept by the timer that all calls of one timeout share", async () => {
  const set: string[] = [];
  const clock = testClock();
  const setTimer: Clock["setTimer"] = (ms, fire) => {
    set.push(here());
    return clock.setTimer(ms, fire);
  };
  const runtime = createRuntime({ clock: { ...clock, now: () => clock.now(), setTimer } });
  onTestFinished(() => runtime.dispose());
  const started = await runtime.start(looker(), null);
  if (started.status !== "ok") throw new Error("no start");
  const { ref } = started;
  const calls = ["a", "b"].map((whose) =>
    as(whose, () => runtime.call(ref, (self) => self.sleep(6_000)).catch(() => {})),
  );
  await clock.advance(5_000);
  await clock.advance(10_000);
  await Promise.all(calls);
  // Of the two sleeps, which are their callers' own, and of the calls' timeout.
  expect(set.toSorted()).toEqual(["a", "b", "nobody"]);
});
