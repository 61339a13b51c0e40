import { describe, expect, test } from "vitest";
import { deadLetter, mailboxOverflow, unexpectedMessage } from "../../src/runtime/actor-events.ts";
import { actorName } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { failure, makeWorld, record, runner, type RunnerProtocol } from "./world.ts";

const bounded = behaviour({ ...runner, name: "bounded", mailboxLimit: 2, trapExits: true });

describe("a full mailbox", () => {
  test("fails calls with busy, drops casts and infos, and tells each", async () => {
    const { runtime, start, clock } = makeWorld();
    const told = record(runtime, mailboxOverflow);
    const ref = await start(bounded, undefined);
    const done: string[] = [];
    const note = (what: string) => (): undefined => void done.push(what);
    runtime.cast(ref, note("first"));
    runtime.info(ref, note("second"));
    runtime.cast(ref, note("third"));
    runtime.info(ref, note("fourth"));
    expect(await failure(runtime.call(ref, () => ({ reply: "fifth" })))).toBe("busy");
    await clock.settle();
    expect(done).toEqual(["first", "second"]);
    expect(told.map(({ kind, limit, actor, label }) => ({ kind, limit, actor, label }))).toEqual([
      { kind: "cast", limit: 2, actor: ref.id, label: "bounded" },
      { kind: "info", limit: 2, actor: ref.id, label: "bounded" },
      { kind: "call", limit: 2, actor: ref.id, label: "bounded" },
    ]);
  });

  test("takes messages again once there is room", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(bounded, undefined);
    runtime.cast(ref, () => undefined);
    runtime.cast(ref, () => undefined);
    expect(await failure(runtime.call(ref, () => ({ reply: 1 })))).toBe("busy");
    await clock.settle();
    expect(await runtime.call(ref, () => ({ reply: 2 }))).toBe(2);
  });

  test("never refuses what the runtime itself says: exits, downs, stops", async () => {
    const { runtime, start, clock } = makeWorld();
    const told = record(runtime, mailboxOverflow);
    const ref = await start(bounded, undefined);
    const watched = await start(runner, undefined);
    await runtime.call(ref, (_state, _from, self) => ({ reply: void self.monitor(watched) }));
    runtime.cast(ref, () => undefined);
    runtime.cast(ref, () => undefined);
    runtime.exitSignal(ref, "crash");
    runtime.exitSignal(watched, "kill");
    await clock.settle();
    const state = (await runtime.call(ref, (kept) => ({ reply: kept }))) as { type: string }[];
    expect(state.map(({ type }) => type).sort()).toEqual(["DOWN", "EXIT"]);
    runtime.cast(ref, () => undefined);
    runtime.cast(ref, () => undefined);
    await runtime.stop(ref);
    expect(told).toEqual([]);
  });

  test("counts what waits, not what is in hand", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(bounded, undefined);
    const gate = Promise.withResolvers<undefined>();
    runtime.cast(ref, () => gate.promise);
    await clock.settle();
    runtime.cast(ref, () => undefined);
    const last = runtime.call(ref, () => ({ reply: "in" }));
    gate.resolve(undefined);
    expect(await last).toBe("in");
  });
});

describe("messages to nobody", () => {
  test("are told as dead letters, without their contents", async () => {
    const { runtime, start } = makeWorld();
    const told = record(runtime, deadLetter);
    const ref = await start(runner, undefined, { label: "gone" });
    await runtime.stop(ref);
    runtime.cast(ref, () => undefined);
    runtime.info(actorName<RunnerProtocol>("no one"), () => undefined);
    expect(await failure(runtime.call(ref, () => undefined))).toBe("noproc");
    expect(told.map(({ to, kind }) => ({ to, kind }))).toEqual([
      { to: `#${ref.id}<gone>`, kind: "cast" },
      { to: "no one", kind: "info" },
      { to: `#${ref.id}<gone>`, kind: "call" },
    ]);
    expect(Object.keys(told[0] ?? {}).sort()).toEqual(["at", "kind", "system", "systemId", "to"]);
  });
});

describe("an info to an actor without handleInfo", () => {
  test("is told and changes nothing", async () => {
    const { runtime, start } = makeWorld();
    const told = record(runtime, unexpectedMessage);
    const ref = await start(
      behaviour<undefined, string>({
        name: "deaf",
        init: () => ({ state: "kept" }),
        handleCall: (state) => ({ reply: state }),
      }),
      undefined,
    );
    runtime.info(ref, "hello");
    expect(await runtime.call(ref, "state")).toBe("kept");
    expect(told.map(({ actor, label }) => ({ actor, label }))).toEqual([{ actor: ref.id, label: "deaf" }]);
  });
});
