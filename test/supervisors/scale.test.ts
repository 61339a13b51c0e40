// How work grows with the number of children, told by counting, not by a stopwatch.
import { describe, expect, test } from "vitest";
import { actorName, type ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { type ChildSpec, worker } from "../../src/supervisors/child-spec.ts";
import { dynamicSupervisor, startSupervisor } from "../../src/supervisors/supervision.ts";
import { countChildren, startChild, type SupervisorProtocol } from "../../src/supervisors/supervisor-protocol.ts";
import { until } from "../../src/testing/until.ts";
import { makeWorld, runner } from "../runtime/world.ts";

const plain = behaviour<undefined, null>({ name: "plain", init: () => ({ state: null }) });

async function crashAll(count: number): Promise<number> {
  const { runtime } = makeWorld();
  const children: ChildSpec[] = Array.from({ length: count }, (_, index) =>
    worker({ id: `w${index}`, behaviour: plain, args: undefined, name: `w${index}` }),
  );
  const root = await startSupervisor(runtime, { intensity: count, children });
  if (root.status !== "ok") throw new Error("it did not start");
  const first = Array.from({ length: count }, (_, index) => runtime.whereis(`w${index}`) as ActorRef);
  const began = process.cpuUsage();
  for (const ref of first) runtime.exitSignal(ref, "kill");
  await until(() => runtime.activity().live === count + 1, { withinMs: 20_000 });
  // Of a processor, so that what others do on the machine does not count.
  const took = process.cpuUsage(began).user / 1_000;
  expect(await countChildren(runtime, root.ref)).toMatchObject({ active: count });
  expect(first.some((ref) => runtime.isAlive(ref))).toBe(false);
  await runtime.stop(root.ref, "shutdown");
  expect(runtime.activity().live).toBe(0);
  return took;
}

describe("ten thousand children under one supervisor", () => {
  test("that all crash are all restarted, in time that grows as their number does", async () => {
    const small = await crashAll(1_000);
    const large = await crashAll(10_000);
    // Ten times as many take about ten times as long; were each restart to look at all children, a hundred times.
    expect(large / Math.max(small, 5)).toBeLessThan(50);
  });

  test("come and go under a dynamic one and leave nothing", async () => {
    const { runtime } = makeWorld();
    const root = await startSupervisor(runtime, { children: [dynamicSupervisor({ id: "jobs", name: "jobs" })] });
    if (root.status !== "ok") throw new Error("it did not start");
    const jobs = actorName<SupervisorProtocol>("jobs");
    const spec = worker({ id: "job", behaviour: runner, args: undefined, restart: "temporary" });
    const started = await Promise.all(Array.from({ length: 10_000 }, () => startChild(runtime, jobs, spec)));
    expect(await countChildren(runtime, jobs)).toMatchObject({ specs: 10_000, active: 10_000 });
    for (const result of started) if (result.status === "ok") runtime.exitSignal(result.ref, "normal");
    for (const result of started) if (result.status === "ok") runtime.exitSignal(result.ref, "shutdown");
    expect(await countChildren(runtime, jobs)).toMatchObject({ specs: 0, active: 0 });
    await runtime.stop(root.ref, "shutdown");
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });
});
