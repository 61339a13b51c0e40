// The trees of supervision cases: real supervisors, and workers that start and stop as the case says.
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { Behaviour, InitResult, Self } from "../../src/runtime/actor.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import type { AutoShutdown, ChildSpec, RestartType } from "../../src/supervisors/child-spec.ts";
import { dynamicSupervisorBehaviour } from "../../src/supervisors/dynamic-supervisor.ts";
import type { Strategy } from "../../src/supervisors/restart-strategy.ts";
import { supervisorBehaviour } from "../../src/supervisors/supervisor.ts";
import { fromTrace } from "./case-world.ts";
import type { CaseNode } from "./supervision-case.ts";

/** What is known of the processes of a case. */
export interface Roll {
  /** Start attempts so far, by id: the generation of the newest. */
  readonly attempts: Map<string, number>;
  readonly processes: Map<number, RolledProcess>;
}

export interface RolledProcess {
  readonly id: string;
  readonly generation: number;
  readonly ref: ActorRef;
  /** Its supervisor; undefined for the root. */
  readonly parent: ActorRef | undefined;
}

type Scripted<Args, State> = Behaviour<Args, State, never>;

export function childSpec(node: CaseNode, roll: Roll): ChildSpec {
  const start = (supervisor: Self) =>
    supervisor.startLink(nodeBehaviour(node, roll, supervisor.ref), undefined, { label: node.id });
  return {
    id: node.id,
    start,
    ...(node.type !== undefined && { type: node.type }),
    // Cases hold wrong words too, for the supervisor to refuse.
    ...(node.restart !== undefined && { restart: node.restart as RestartType }),
    ...(node.shutdown !== undefined && { shutdown: node.shutdown }),
    ...(node.significant !== undefined && { significant: node.significant }),
  };
}

/** Each start makes a new behaviour, since it closes over the attempt's number. */
export function nodeBehaviour(node: CaseNode, roll: Roll, parent?: ActorRef): Scripted<undefined, unknown> {
  if (node.type !== "supervisor" && node.strategy === undefined) return scriptedWorker(node, roll, parent);
  const children = (node.children ?? []).map((child) => childSpec(child, roll));
  const flags = {
    ...(node.intensity !== undefined && { intensity: node.intensity }),
    ...(node.period !== undefined && { period: node.period }),
  };
  switch (node.strategy) {
    case "dynamic":
      return scripted(node, roll, parent, dynamicSupervisorBehaviour, {
        // The default of cases; Elixir's own is 3.
        intensity: 1,
        ...flags,
        ...(node.max_children !== undefined && { maxChildren: node.max_children }),
      });
    case "simple_one_for_one":
      return scripted(node, roll, parent, dynamicSupervisorBehaviour, { ...flags, template: children[0] as ChildSpec });
    default:
      return scripted(node, roll, parent, supervisorBehaviour, {
        ...flags,
        ...(node.strategy !== undefined && { strategy: node.strategy as Strategy }),
        ...(node.auto_shutdown !== undefined && { autoShutdown: node.auto_shutdown as AutoShutdown }),
        children,
      });
  }
}

/** A behaviour whose start goes as the case says, attempt by attempt. */
function scripted<Args, State>(
  node: CaseNode,
  roll: Roll,
  parent: ActorRef | undefined,
  real: Behaviour<Args, State, never>,
  args: Args,
): Scripted<undefined, unknown> {
  const wrapped: Behaviour<undefined, State, never> = {
    ...real,
    async init(_args, self) {
      const generation = (roll.attempts.get(node.id) ?? 0) + 1;
      roll.attempts.set(node.id, generation);
      roll.processes.set(self.ref.id, { id: node.id, generation, ref: self.ref, parent });
      const delay = node.start?.delay_ms?.[String(generation)];
      if (delay !== undefined) await self.sleep(delay);
      if (node.start?.fail_on?.includes(generation)) return { stop: "init_failed" };
      if (node.start?.ignore_on?.includes(generation)) return { ignore: true };
      return real.init(args, self);
    },
  };
  return wrapped;
}

interface WorkerState {
  /** It ends by itself: its manner of being stopped does not apply. */
  readonly leaving: boolean;
}

function scriptedWorker(node: CaseNode, roll: Roll, parent: ActorRef | undefined): Scripted<undefined, unknown> {
  const { stop } = node;
  const worker = behaviour<undefined, WorkerState>({
    name: "worker",
    trapExits: stop !== undefined,
    init: (): InitResult<WorkerState> => ({ state: { leaving: false } }),
    handleInfo: (_state, message) => ({ state: { leaving: true }, stop: (message as { exit: ExitReason }).exit }),
    async terminate(state, reason, self) {
      // Its manner of stopping is for when it is asked, not for when its supervisor was killed.
      if (stop === undefined || state.leaving || reason === "killed") return;
      // However it is when asked to stop, it ends with a supervisor that is killed.
      const orphaned = self.whenDown(parent ?? self.ref).then(() => self.exit("killed"));
      // Its supervisor ends at last in any case; then nobody waits for this any more.
      orphaned.catch(() => {});
      if (stop.ignore === true) await orphaned;
      if (stop.delay_ms !== undefined) await Promise.race([self.sleep(stop.delay_ms), orphaned]);
      if (stop.reason !== undefined) self.exit(fromTrace(stop.reason));
    },
  });
  return scripted(node, roll, parent, worker as unknown as Behaviour<undefined, WorkerState, never>, undefined);
}
