// Plays a scenario without waiting for the end of each step, and keeps what the invariants speak of.
import type { ActorRef } from "../../../src/runtime/actor-ref.ts";
import { whichChildren } from "../../../src/supervisors/supervisor-protocol.ts";
import { playStep } from "../play-supervision-case.ts";
import { nodeBehaviour } from "../scripted-tree.ts";
import type { CaseNode } from "../supervision-case.ts";
import { openWorld, type SupervisionWorld } from "../supervision-world.ts";
import { virtualTime } from "../time.ts";
import type { Scenario } from "./random-case.ts";

export interface ChaosEvent {
  readonly event: string;
  readonly id: string;
  readonly reason?: unknown;
  /** Which process, and whose child: numbers that are never used again. */
  readonly process: number;
  readonly parent: number | undefined;
  /** In milliseconds. */
  readonly at: number;
  /** The step that was played last; -1 at boot. */
  readonly step: number;
}

export interface ChaosRecord {
  readonly scenario: Scenario;
  readonly nodes: ReadonlyMap<string, CaseNode>;
  readonly events: readonly ChaosEvent[];
  /** Processes that lived on without their supervisor when all was quiet. */
  readonly orphans: readonly string[];
  /** Steps whose call was not answered when all was quiet. */
  readonly unanswered: readonly string[];
  /** Of supervisors that keep order, just before the root is stopped: their living children, in start order. */
  readonly lists: ReadonlyMap<number, readonly number[]>;
  /** Where the stop of the root begins in the events. */
  readonly teardownAt: number;
  /** Processes that are left when the root has ended. */
  readonly left: number;
}

export async function runChaos(scenario: Scenario): Promise<ChaosRecord> {
  const time = virtualTime();
  const events: ChaosEvent[] = [];
  const orphans: string[] = [];
  const waiting = new Set<string>();
  const lists = new Map<number, readonly number[]>();
  let step = -1;
  const world = openWorld(scenario, time, ({ event, id, reason }, { ref, parent }) => {
    const at = time.clock.now();
    events.push({
      event,
      id,
      ...(event === "terminated" && { reason }),
      process: ref.id,
      parent: parent?.id,
      at,
      step,
    });
  });
  const { runtime, roll } = world;
  const quiet = async (): Promise<void> => {
    await time.quiet(runtime);
    for (const { id, ref, parent } of roll.processes.values())
      if (parent !== undefined && runtime.isAlive(ref) && !runtime.isAlive(parent))
        orphans.push(`${id} at step ${step}`);
  };
  await time.until(runtime, runtime.start(nodeBehaviour(scenario.tree, roll), undefined, { label: world.root }));
  await quiet();
  for (const played of scenario.steps) {
    step += 1;
    if (played.do === "wait") {
      await time.wait(played.ms ?? 0);
      continue;
    }
    const name = `step ${step}, ${played.do}`;
    waiting.add(name);
    const answered = (): boolean => waiting.delete(name);
    void playStep(world, played).then(answered, answered);
    if (played.settle !== false) await quiet();
    else if (played.ms !== undefined) await time.wait(played.ms);
  }
  await quiet();
  const unanswered = [...waiting];
  const root = world.current(world.root);
  const teardownAt = events.length;
  if (root !== undefined && runtime.isAlive(root)) {
    await time.until(runtime, listChildren(world, root, lists));
    await time.until(runtime, runtime.stop(root, "shutdown"));
    await quiet();
  }
  const left = runtime.activity().live;
  world.close();
  return { scenario, nodes: world.nodes, events, orphans, unanswered, lists, teardownAt, left };
}

async function listChildren(
  world: SupervisionWorld,
  ref: ActorRef,
  lists: Map<number, readonly number[]>,
): Promise<void> {
  const living: number[] = [];
  for (const child of await whichChildren(world.runtime, ref as NonNullable<ReturnType<typeof world.current>>)) {
    if (child.ref === undefined) continue;
    living.push(child.ref.id);
    if (child.type === "supervisor") await listChildren(world, child.ref, lists);
  }
  lists.set(ref.id, living);
}
