// What a supervision case is played in: a runtime, and the record of what happens in it.
import { actorExited, actorStarted, actorStartFailed } from "../../src/runtime/actor-events.ts";
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import type { Runtime } from "../../src/runtime/actor.ts";
import type { SupervisorProtocol } from "../../src/supervisors/supervisor-protocol.ts";
import { toTrace } from "./case-world.ts";
import type { Roll, RolledProcess } from "./scripted-tree.ts";
import type { CaseNode, SupervisionCase, TraceEvent } from "./supervision-case.ts";
import type { PlayerTime } from "./time.ts";

export interface SupervisionWorld {
  readonly runtime: Runtime;
  readonly roll: Roll;
  /** Every node of the tree, those added by steps too. */
  readonly nodes: Map<string, CaseNode>;
  readonly root: string;
  /** The process most recently started under this id. */
  current(id: string): ActorRef<SupervisorProtocol> | undefined;
  /** No more runs in it. */
  close(): void;
}

/** A runtime for one case; what happens in it is told in order. */
export function openWorld(
  played: Pick<SupervisionCase, "name" | "tree">,
  time: PlayerTime,
  tell: (event: TraceEvent, process: RolledProcess) => void,
): SupervisionWorld {
  // The name keeps the telemetry of cases that are played side by side apart.
  const runtime = createRuntime({ clock: time.clock, name: `otp/${played.name}` });
  const roll: Roll = { attempts: new Map(), processes: new Map() };
  const latest = new Map<string, ActorRef>();
  const nodes = new Map<string, CaseNode>();
  collectNodes(played.tree, nodes);
  const stopListening = listen(runtime, roll, (event, process) => {
    tell(event, process);
    if (event.event === "started") latest.set(event.id, process.ref);
  });
  return {
    runtime,
    roll,
    nodes,
    root: played.tree.id,
    current: (id) => latest.get(id) as ActorRef<SupervisorProtocol> | undefined,
    close() {
      stopListening();
      runtime.dispose();
    },
  };
}

function collectNodes(node: CaseNode, nodes: Map<string, CaseNode>): void {
  nodes.set(node.id, node);
  for (const child of node.children ?? []) collectNodes(child, nodes);
}

/** The trace is what the runtime itself tells: its telemetry, in order. */
function listen(runtime: Runtime, roll: Roll, tell: (event: TraceEvent, process: RolledProcess) => void): () => void {
  const on =
    (name: (reason: ExitReason | undefined) => string, withReason: (reason: ExitReason | undefined) => boolean) =>
    (event: { systemId: string; actor: number; reason?: ExitReason }): void => {
      if (event.systemId !== runtime.id) return;
      const process = roll.processes.get(event.actor);
      if (process === undefined) return;
      const { id, generation } = process;
      const reason = withReason(event.reason) ? { reason: toTrace(event.reason ?? "normal") } : {};
      tell({ event: name(event.reason), id, generation, ...reason }, process);
    };
  const stops = [
    actorStarted.subscribe(
      on(
        () => "started",
        () => false,
      ),
    ),
    actorStartFailed.subscribe(
      on(
        (reason) => (reason === "ignore" ? "start_ignored" : "start_failed"),
        (reason) => reason !== "ignore",
      ),
    ),
    actorExited.subscribe(
      on(
        () => "terminated",
        () => true,
      ),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
