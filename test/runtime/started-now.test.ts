import { expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import type { ActorRef, CallOf, Protocol } from "../../src/runtime/actor-ref.ts";
import type { Self } from "../../src/runtime/actor.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { sendToSelfAt, signalIsDone, startedNow } from "../../src/runtime/self.ts";
import { testClock } from "../../src/testing/test-clock.ts";

interface Probe extends Protocol {
  readonly call: CallOf<(self: Self<Probe>) => unknown, unknown>;
  readonly cast: never;
  readonly info: string;
}

/** Does what it is told in its own name, and keeps what comes to it. */
const probe = behaviour<readonly string[], string[], Probe>({
  name: "probe",
  init: (heard) => ({ state: [...heard] }),
  handleCall: (heard, work, _from, self) => ({ reply: [work(self), heard] }),
  handleInfo(heard, message) {
    if (typeof message === "string") heard.push(message);
  },
});

async function world() {
  const clock = testClock();
  const runtime = createRuntime({ clock });
  const started = await runtime.start(probe, []);
  if (started.status !== "ok") throw new Error("the probe did not start");
  const { ref } = started;
  const tell = async (work: (self: Self<Probe>) => unknown): Promise<[unknown, string[]]> =>
    (await runtime.call(ref, work)) as [unknown, string[]];
  return { clock, runtime, ref, tell };
}

test("an actor with a plain init is there at once, linked to the one that started it", async () => {
  const { runtime, ref, tell } = await world();
  const [child] = (await tell((self) => startedNow(self, probe, ["born"]))) as [ActorRef<Probe>, string[]];
  expect(await runtime.call(child, () => "here")).toEqual(["here", ["born"]]);
  runtime.exitSignal(ref, "kill");
  expect(runtime.isAlive(child)).toBe(false);
});

test("one whose init waits, or gives no state, cannot be started so", async () => {
  const waiting = behaviour<undefined, undefined>({ name: "waiting", init: async () => ({ state: undefined }) });
  const declining = behaviour<undefined, undefined>({ name: "declining", init: () => ({ ignore: true }) });
  const { tell } = await world();
  const failure = (start: (self: Self<Probe>) => unknown) =>
    tell((self) => {
      try {
        return start(self);
      } catch (thrown) {
        return thrown;
      }
    });
  for (const wrong of [waiting, declining])
    expect((await failure((self) => startedNow(self, wrong, undefined)))[0]).toBeInstanceOf(UsageError);
});

test("what an actor sends to itself for a moment comes at that moment, by a timer that others have in common", async () => {
  const { clock, tell } = await world();
  await tell((self) => {
    sendToSelfAt(self, "second", 1_005, 1_000);
    sendToSelfAt(self, "first", 1_000, 1_000);
    // Longer than timers take: never.
    sendToSelfAt(self, "never", Infinity, Infinity);
  });
  await clock.settle();
  expect(clock.pending).toBe(1);
  await clock.advance(1_000);
  expect((await tell(() => undefined))[1]).toEqual(["first"]);
  await clock.advance(5);
  expect((await tell(() => undefined))[1]).toEqual(["first", "second"]);
});

test("the end of the actor takes what it has sent for later along", async () => {
  const { clock, runtime, ref, tell } = await world();
  await tell((self) => sendToSelfAt(self, "late", 1_000, 1_000));
  runtime.exitSignal(ref, "kill");
  await clock.settle();
  expect(clock.pending).toBe(0);
});

test("a signal that is done does not abort; one that is not, does", async () => {
  for (const done of [true, false]) {
    const { runtime, ref, tell } = await world();
    const [signal] = (await tell((self) => {
      const held = self.signal;
      if (done) signalIsDone(self);
      return held;
    })) as [AbortSignal, string[]];
    runtime.exitSignal(ref, "kill");
    expect(signal.aborted).toBe(!done);
  }
});
