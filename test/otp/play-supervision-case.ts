import { type ActorName, actorName, type ActorRef, type Protocol } from "../../src/runtime/actor-ref.ts";
import { ExitError, type ExitReason } from "../../src/runtime/exit-reason.ts";
import type { StartResult } from "../../src/runtime/actor.ts";
import type { ChildInfo } from "../../src/supervisors/children.ts";
import {
  type ChildResult,
  countChildren,
  deleteChild,
  restartChild,
  startChild,
  type Supervisor,
  type SupervisorProtocol,
  terminateChild,
  whichChildren,
} from "../../src/supervisors/supervisor-protocol.ts";
import { fromTrace, toTrace } from "./case-world.ts";
import { childSpec, nodeBehaviour } from "./scripted-tree.ts";
import type { CaseNode, SupervisionCase, SupervisionStep, SupervisionTrace, TraceEvent } from "./supervision-case.ts";
import { openWorld, type SupervisionWorld } from "./supervision-world.ts";
import type { PlayerTime } from "./time.ts";

const unknownTarget: ActorName<SupervisorProtocol> = actorName("nobody");

/** Plays a case and gives the trace that came of it, in the form of its `expect`. */
export async function playSupervisionCase(played: SupervisionCase, time: PlayerTime): Promise<SupervisionTrace> {
  let events: TraceEvent[] = [];
  const world = openWorld(played, time, (event) => void events.push(event));
  const { runtime, roll } = world;
  const taken = (): TraceEvent[] => {
    const batch = events;
    events = [];
    return batch;
  };

  const started = await time.until(
    runtime,
    runtime.start(nodeBehaviour(played.tree, roll), undefined, { label: played.tree.id }),
  );
  await time.quiet(runtime);
  const boot = taken();
  const steps: SupervisionTrace["steps"][number][] = [];
  for (const step of played.steps) {
    const result = step.do === "wait" ? await waited(time, step.ms) : await time.until(runtime, playStep(world, step));
    if (step.settle === false) {
      await time.wait(60);
      steps.push({ result, events: [] });
    } else {
      await time.quiet(runtime);
      steps.push({ result, events: taken() });
    }
  }
  const final = await time.until(runtime, finalState(world, started));
  const root = world.current(world.root);
  if (root !== undefined && runtime.isAlive(root))
    await time.until(
      runtime,
      runtime.stop(root, "shutdown").catch(() => {}),
    );
  await time.quiet(runtime);
  const teardown = taken();
  world.close();
  const start = started.status === "error" ? { error: toTrace(started.reason) } : "ok";
  return { start, boot, steps, final, teardown };
}

async function waited(time: PlayerTime, ms = 0): Promise<"ok"> {
  await time.wait(ms);
  return "ok";
}

export async function playStep(world: SupervisionWorld, step: SupervisionStep): Promise<unknown> {
  const { runtime, roll } = world;
  const supervisor: Supervisor = world.current(step.sup ?? "") ?? unknownTarget;
  const id = step.id ?? "";
  switch (step.do) {
    case "exit":
      return exit(world, id, fromTrace(step.reason));
    case "stop": {
      const root = world.current(world.root);
      if (root === undefined || !runtime.isAlive(root)) return { error: "noproc" };
      await runtime.stop(root, fromTrace(step.reason)).catch(() => {});
      return "ok";
    }
    case "start_child":
      return served(async () => {
        const node = nodeOf(world, step);
        world.nodes.set(node.id, node);
        const { start, ...rest } = childSpec(node, roll);
        // Over a template, only these two are the child's own.
        const spec = isSimple(world, step.sup) ? { id: node.id, start } : { start, ...rest };
        return startResult(world, await startChild(runtime, supervisor, spec));
      });
    case "restart_child":
      return served(async () => startResult(world, await restartChild(runtime, supervisor, id)));
    case "terminate_child":
      return served(async () => {
        const child = isDynamic(world, step.sup) ? (world.current(id) ?? id) : id;
        return childResult(await terminateChild(runtime, supervisor, child));
      });
    case "delete_child":
      return served(async () => childResult(await deleteChild(runtime, supervisor, id)));
    case "which_children":
      return served(async () => entries(world, step.sup, await whichChildren(runtime, supervisor)));
    case "count_children":
      return served(async () => await countChildren(runtime, supervisor));
    default:
      throw new Error(`unknown step: ${step.do}`);
  }
}

/** Children of `simple_one_for_one` are the template with the step's child laid over it. */
function nodeOf(world: SupervisionWorld, step: SupervisionStep): CaseNode {
  const child = step.child as CaseNode;
  const template = isSimple(world, step.sup) ? world.nodes.get(step.sup ?? "")?.children?.[0] : undefined;
  return { ...template, ...child };
}

function isSimple(world: SupervisionWorld, sup = ""): boolean {
  return world.nodes.get(sup)?.strategy === "simple_one_for_one";
}

function isDynamic(world: SupervisionWorld, sup = ""): boolean {
  return isSimple(world, sup) || world.nodes.get(sup)?.strategy === "dynamic";
}

function exit(world: SupervisionWorld, id: string, reason: ExitReason): unknown {
  const { runtime } = world;
  const ref = world.current(id);
  if (ref === undefined || !runtime.isAlive(ref)) return "not_running";
  if (reason === "kill") runtime.exitSignal(ref, "kill");
  else if (world.nodes.get(id)?.type === "supervisor" || id === world.root)
    void runtime.stop(ref, reason).catch(() => {});
  else runtime.info(ref as unknown as ActorRef<Protocol>, { exit: reason });
  return "ok";
}

/** A supervisor that is not there, or ends before it serves the call. */
async function served(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (thrown) {
    if (thrown instanceof ExitError) return { error: "noproc" };
    throw thrown;
  }
}

function startResult(world: SupervisionWorld, result: StartResult): unknown {
  switch (result.status) {
    case "ok":
      return { ok: { generation: world.roll.processes.get(result.ref.id)?.generation } };
    case "ignore":
      return { ok: "ignored" };
    case "error":
      return { error: toTrace(result.reason) };
  }
}

function childResult(result: ChildResult): unknown {
  return result.status === "ok" ? "ok" : { error: result.reason };
}

function entries(world: SupervisionWorld, sup: string | undefined, children: readonly ChildInfo[]): unknown[] {
  const listed = isDynamic(world, sup) ? children.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : children;
  return listed.map(({ id, type, state, ref }) => {
    const generation = ref === undefined ? undefined : world.roll.processes.get(ref.id)?.generation;
    return { id, type, state, ...(generation !== undefined && { generation }) };
  });
}

async function finalState(world: SupervisionWorld, started: StartResult): Promise<unknown> {
  if (started.status === "error") return { root: "not_started", reason: toTrace(started.reason) };
  const root = world.current(world.root) as ActorRef<SupervisorProtocol>;
  const reason = await Promise.race([world.runtime.whenDown(root), Promise.resolve(undefined)]);
  if (reason !== undefined) return { root: "exited", reason: toTrace(reason) };
  return { root: "alive", children: await deepEntries(world, world.root) };
}

async function deepEntries(world: SupervisionWorld, sup: string): Promise<unknown[]> {
  const children = await whichChildren(world.runtime, world.current(sup) ?? unknownTarget);
  const flat = entries(world, sup, children) as { id: string; type: string; state: string }[];
  return Promise.all(
    flat.map(async (entry) =>
      entry.type === "supervisor" && entry.state === "running"
        ? { ...entry, children: await deepEntries(world, entry.id) }
        : entry,
    ),
  );
}
