// What an actor begins and awaits later is its own matter also when it fails in between: Node would end the process.
import { describe, expect, test } from "vitest";
import { actorName } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import type { Self } from "../../src/runtime/actor.ts";
import { task } from "../../src/runtime/task-api.ts";
import { failOnUnhandled } from "./fail-on-unhandled.ts";

failOnUnhandled();

type Work = (self: Self) => Promise<unknown>;

/** An actor that does one thing, and traps exits. */
const doing = behaviour<Work, Work>({
  name: "doing",
  trapExits: true,
  init: (work) => ({ state: work, continue: "work" }),
  async handleContinue(work, _message, self) {
    await work(self);
    return { stop: "normal" };
  },
});

async function endOf(work: Work): Promise<ExitReason | undefined> {
  const runtime = createRuntime();
  const started = await runtime.start(doing, work);
  if (started.status !== "ok") throw new Error("did not start");
  return runtime.whenDown(started.ref);
}

const meanwhile = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
};

const NOBODY = actorName("nobody");

describe.each<[string, (self: Self) => Promise<unknown>, ExitReason]>([
  ["a call", (self) => self.call(NOBODY, "x" as never), { call: "noproc" }],
  ["a stop", (self) => self.stop(NOBODY), { call: "noproc" }],
  [
    "a task",
    (self) =>
      task.await(
        self,
        task.async(self, (me) => me.exit({ shutdown: "no" })),
      ),
    { await: { shutdown: "no" } },
  ],
  [
    "several tasks",
    (self) => task.awaitMany(self, [task.async(self, (me) => me.exit("shutdown"))]),
    { await: "shutdown" },
  ],
])("%s that fails before it is awaited", (_what, begin, reason) => {
  test("ends its actor when that awaits it", async () => {
    const ended = await endOf(async (self) => {
      const early = begin(self);
      await meanwhile();
      await early;
    });
    expect(ended).toEqual(reason);
  });

  test("ends nobody when it does not", async () => {
    const ended = await endOf(async (self) => {
      void begin(self);
      await meanwhile();
    });
    expect(ended).toBe("normal");
  });
});

describe("the inputs of an asyncStream", () => {
  function inputs() {
    const counts = { begun: 0, ended: 0 };
    async function* count() {
      counts.begun += 1;
      try {
        for (let next = 0; ; next += 1) yield next;
      } finally {
        counts.ended += 1;
      }
    }
    return { counts, count };
  }

  test("are left with its loop", async () => {
    const { counts, count } = inputs();
    await endOf(async (self) => {
      for await (const _result of task.asyncStream(self, count(), (input) => input)) break;
    });
    expect(counts).toEqual({ begun: 1, ended: 1 });
  });

  test("are left when its actor is killed", async () => {
    const { counts, count } = inputs();
    await endOf(async (self) => {
      setImmediate(() => self.runtime.exitSignal(self.ref, "kill"));
      for await (const _result of task.asyncStream(self, count(), (_input, me) => me.sleep(60_000)));
    });
    await meanwhile();
    expect(counts).toEqual({ begun: 1, ended: 1 });
  });
});
