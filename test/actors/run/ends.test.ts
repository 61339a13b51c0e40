// What the callers of runs are owed, however those end.
import { afterEach, expect, test } from "vitest";
import { programActor } from "../../../src/actors/program/program-actor.ts";
import { ownName } from "../../../src/actors/own-names.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { startSystem, type System } from "../../../src/system.ts";
import { actorName } from "../../../src/runtime/actor-ref.ts";
import { type SupervisorProtocol, whichChildren } from "../../../src/supervisors/supervisor-protocol.ts";
import { RUNS } from "../../../src/actors/run/forward-in-run.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const waiting = program({
  name: "waiting",
  parts: {},
  forward: (_parts, _inputs: object): Promise<{ done: boolean }> => new Promise(() => {}),
});

let system: System;
afterEach(() => system.stop());

test("a run that is killed is a crash to its caller, under the system and under a program's actor", async () => {
  const spec = programActor({ name: "waiting", program: waiting });
  const clock = testClock();
  system = await startSystem({ children: [spec], logger: false, clock });
  for (const call of [() => system.tryForward(waiting, {}), () => system.handle(spec).tryCall({})]) {
    const outcome = call();
    await clock.settle();
    for (const group of [RUNS, actorName<SupervisorProtocol>(ownName("program", "waiting", "runs"))])
      for (const { ref } of await whichChildren(system.runtime, group))
        if (ref !== undefined) system.runtime.exitSignal(ref, "kill");
    expect(await outcome).toMatchObject({ ok: false, error: { code: "run_crashed" } });
  }
});

test("runs of one timeout share a timer, and each ends at its own time", async () => {
  const clock = testClock();
  system = await startSystem({ children: [], logger: false, clock });
  await clock.settle();
  const before = clock.pending;
  const ended: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    void system.tryForward(waiting, {}, { timeoutMs: 1_000 }).then((outcome) => {
      expect(outcome).toMatchObject({ ok: false, error: { code: "timeout" } });
      ended.push(clock.now());
    });
    await clock.advance(100);
  }
  expect(clock.pending - before).toBe(1);
  await clock.advance(2_000);
  expect(ended).toEqual([1_000, 1_100, 1_200]);
});
