// What the tests of supervisors share: a log of lives, and workers that write in it.
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { type ChildSpec, worker } from "../../src/supervisors/child-spec.ts";
import type { SupervisorArgs } from "../../src/supervisors/supervisor.ts";
import { startSupervisor } from "../../src/supervisors/supervision.ts";
import type { SupervisorProtocol } from "../../src/supervisors/supervisor-protocol.ts";
import { makeWorld, type RunnerProtocol, runner, type World } from "../runtime/world.ts";

export interface Tree extends World {
  readonly root: ActorRef<SupervisorProtocol>;
  /** `"+a"`: a is up; `"-a shutdown"`: a has ended, for this reason; in order. */
  readonly log: string[];
  /** Everything that was logged since the last time. */
  news(): string[];
  pid(name: string): ActorRef;
  kill(name: string, reason?: string): Promise<void>;
}

export interface Manner {
  /** Time it takes to stop when asked; `Infinity` never does. */
  readonly stopMs?: number;
  /** These starts, counted from 1, fail. */
  readonly failOn?: readonly number[];
}

/** A worker that logs its life, under its id as its name. */
export function logged(log: string[], id: string, spec: Partial<ChildSpec> = {}, manner: Manner = {}): ChildSpec {
  let starts = 0;
  const life = behaviour<undefined, unknown[], RunnerProtocol>({
    ...runner,
    name: id,
    trapExits: manner.stopMs !== undefined,
    init(_args, self) {
      starts += 1;
      if (manner.failOn?.includes(starts) === true) {
        log.push(`!${id}`);
        return { stop: "init_failed" };
      }
      log.push(`+${id}`);
      void self.runtime.whenDown(self.ref).then((reason) => log.push(`-${id} ${JSON.stringify(reason)}`));
      return { state: [] };
    },
    terminate: (_state, _reason, self) => (manner.stopMs === undefined ? undefined : self.sleep(manner.stopMs)),
  });
  const { start } = worker({ id, behaviour: life, args: undefined, name: id });
  return { id, start, ...spec };
}

export async function plant(
  args: Omit<SupervisorArgs, "children"> & { children: (log: string[]) => readonly ChildSpec[] },
): Promise<Tree> {
  const world = makeWorld();
  const log: string[] = [];
  const started = await startSupervisor(world.runtime, { ...args, children: args.children(log) }, { name: "root" });
  if (started.status !== "ok") throw new Error(`the tree did not start: ${JSON.stringify(started)}`);
  const pid = (name: string): ActorRef => {
    const ref = world.runtime.whereis(name);
    if (ref === undefined) throw new Error(`nobody is called ${name}`);
    return ref;
  };
  return {
    ...world,
    root: started.ref,
    log,
    news: () => log.splice(0),
    pid,
    async kill(name, reason = "kill") {
      world.runtime.exitSignal(pid(name), reason);
      await world.clock.settle();
    },
  };
}
