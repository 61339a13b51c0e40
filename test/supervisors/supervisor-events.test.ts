import { describe, expect, test } from "vitest";
import { actorName } from "../../src/runtime/actor-ref.ts";
import type { Runtime } from "../../src/runtime/actor.ts";
import {
  childExited,
  childStarted,
  childStartFailed,
  childStopped,
  gaveUp,
} from "../../src/supervisors/supervisor-events.ts";
import { supervisor } from "../../src/supervisors/supervision.ts";
import { startChild, terminateChild } from "../../src/supervisors/supervisor-protocol.ts";
import { onTestFinished } from "vitest";
import { logged, plant } from "./tree.ts";

/** All events of supervisors in one list, as they come: what happened, to whom, and the facts but for ids and times. */
function listen(runtime: Runtime): unknown[][] {
  const told: unknown[][] = [];
  const kinds = [childStarted, childStartFailed, childExited, childStopped, gaveUp];
  for (const kind of kinds) {
    const stop = kind.subscribe((event) => {
      if (event.systemId !== runtime.id) return;
      const { system: _system, systemId: _systemId, at: _at, supervisor, supervisorId: _id, child, ...facts } = event;
      if ("actor" in facts) delete (facts as { actor?: unknown }).actor;
      told.push([kind.kind.replace("supervisor:", ""), `${supervisor}/${child}`, facts]);
    });
    onTestFinished(stop);
  }
  return told;
}

describe("a supervisor tells", () => {
  test("a restart: the exit with what it decided, then the start with its incarnation", async () => {
    const { runtime, kill } = await plant({ children: (log) => [logged(log, "a"), logged(log, "b")] });
    const told = listen(runtime);
    await kill("a");
    expect(told).toEqual([
      ["child_exited", "root/a", { reason: "killed", decision: "restart" }],
      ["child_started", "root/a", { incarnation: 2 }],
    ]);
  });

  test("a group restart: who is stopped, last to first, and who is started, first to last", async () => {
    const { runtime, kill } = await plant({
      strategy: "one_for_all",
      children: (log) => ["a", "b", "c"].map((id) => logged(log, id)),
    });
    const told = listen(runtime);
    await kill("b", "crash");
    expect(told).toEqual([
      ["child_exited", "root/b", { reason: "crash", decision: "restart" }],
      ["child_stopped", "root/c", { reason: "shutdown" }],
      ["child_stopped", "root/a", { reason: "shutdown" }],
      ["child_started", "root/a", { incarnation: 2 }],
      ["child_started", "root/b", { incarnation: 2 }],
      ["child_started", "root/c", { incarnation: 2 }],
    ]);
  });

  test("an end that is none of its business to mend, a failed start, a stop on request", async () => {
    const { runtime, root, kill, log } = await plant({
      children: (entries) => [logged(entries, "job", { restart: "temporary" })],
    });
    const told = listen(runtime);
    await kill("job", "crash");
    await startChild(runtime, root, logged(log, "bad", {}, { failOn: [1] }));
    await startChild(runtime, root, logged(log, "good"));
    await terminateChild(runtime, root, "good");
    expect(told).toEqual([
      ["child_exited", "root/job", { reason: "crash", decision: "done" }],
      ["child_start_failed", "root/bad", { reason: "init_failed" }],
      ["child_started", "root/good", { incarnation: 1 }],
      ["child_stopped", "root/good", { reason: "shutdown" }],
    ]);
  });

  test("that it gives up, with the limits that were passed; its parent tells what it makes of that", async () => {
    const { runtime, kill } = await plant({
      children: (log) => [
        supervisor({ id: "inner", intensity: 0, period: 7, children: [logged(log, "a"), logged(log, "b")] }),
      ],
    });
    const told = listen(runtime);
    await kill("a");
    expect(told).toEqual([
      ["child_exited", "inner/a", { reason: "killed", decision: "restart" }],
      ["gave_up", "inner/a", { intensity: 0, period: 7 }],
      ["child_stopped", "inner/b", { reason: "shutdown" }],
      ["child_exited", "root/inner", { reason: "shutdown", decision: "restart" }],
      ["child_started", "inner/a", { incarnation: 1 }],
      ["child_started", "inner/b", { incarnation: 1 }],
      ["child_started", "root/inner", { incarnation: 2 }],
    ]);
  });

  test("with the system's name, its clock's time, its own id and the child's", async () => {
    const { runtime, root, clock, kill, pid } = await plant({ children: (log) => [logged(log, "a")] });
    const events: unknown[] = [];
    onTestFinished(childStarted.subscribe((event) => event.systemId === runtime.id && events.push(event)));
    const ended: unknown[] = [];
    onTestFinished(childExited.subscribe((event) => event.systemId === runtime.id && ended.push(event.actor)));
    const first = pid("a").id;
    await clock.advance(250);
    await kill("a");
    expect(events).toEqual([
      {
        system: runtime.name,
        systemId: runtime.id,
        at: clock.wallTime(),
        supervisor: "root",
        supervisorId: root.id,
        child: "a",
        actor: pid("a").id,
        incarnation: 2,
      },
    ]);
    // Of one that has ended, the process that it had.
    expect(ended).toEqual([first]);
    expect(runtime.whereis("a")).toBeDefined();
    expect(actorName("a").name).toBe("a");
  });
});
