import type { Adapter } from "../../adapters/adapter.ts";
import { digest } from "../../foundation/digest.ts";
import { heard } from "../../foundation/heard.ts";
import { type SignalBranch, signalBranches } from "../../foundation/signal-branches.ts";
import { candidatesOf } from "../../evaluate/evaluate-with.ts";
import { checkEvaluateOptions, type EvaluateOptions } from "../../evaluate/evaluation-options.ts";
import { evaluateShown } from "../../evaluate/progress/evaluate-shown.ts";
import type { EvaluationReport } from "../../evaluate/report.ts";
import type { Executor } from "../../programs/executor.ts";
import { clientsOfAdapter } from "../../programs/identity/clients-asked.ts";
import { identityOf } from "../../programs/identity/digest-of.ts";
import { pickClient } from "../../programs/pick-client.ts";
import type { ParentRun } from "../../programs/run-terms.ts";
import { type ActorName, actorName, type ActorRef } from "../../runtime/actor-ref.ts";
import type { Runtime } from "../../runtime/actor.ts";
import { dynamicSupervisor } from "../../supervisors/supervision.ts";
import { startChild, type SupervisorProtocol, terminateChild } from "../../supervisors/supervisor-protocol.ts";
import { ownName } from "../own-names.ts";
import { outcomeInRun } from "../run/forward-in-run.ts";
import { programDown, STOPPING } from "../run/outcome.ts";
import { termsIn } from "../run/start-run.ts";
import { type ClientDescription, systemEnv } from "../system-env.ts";

/** The group of evaluations. */
export const EVALUATIONS = actorName<SupervisorProtocol>(ownName("system", "evaluations"));

/**
 * An evaluation in a system: a supervisor of its own under the group "evaluations", and under that a worker for each trial.
 *
 * @throws UsageError (rejects) as `evaluate` does; RunError `program_down` where the system is stopping
 */
export async function evaluateInSystem(
  runtime: Runtime,
  given: unknown,
  examples: unknown,
  metric: unknown,
  options: EvaluateOptions,
): Promise<EvaluationReport | readonly EvaluationReport[]> {
  const candidates = candidatesOf("system.evaluate", given);
  checkEvaluateOptions("system.evaluate", options);
  const what = `system "${runtime.name}"`;
  return systemEnv(runtime).openCalls.enter(
    async () => {
      const group = await startGroup(runtime);
      try {
        const executor = systemExecutor(runtime, group.name);
        // What metrics and sets are is looked at where they are used.
        const reports = await evaluateShown(executor, { candidates, examples, metric } as never, options);
        return Array.isArray(given) ? reports : (reports[0] as EvaluationReport);
      } finally {
        // It may be gone with the system.
        await heard(terminateChild(runtime, EVALUATIONS, group.ref)).catch(() => {});
      }
    },
    () => {
      throw programDown(what, STOPPING);
    },
  );
}

interface Group {
  readonly ref: ActorRef;
  readonly name: ActorName<SupervisorProtocol>;
}

async function startGroup(runtime: Runtime): Promise<Group> {
  const id = systemEnv(runtime).nextRunId().replace("run", "evaluation");
  const name = actorName<SupervisorProtocol>(ownName("system", "evaluations", id));
  const spec = dynamicSupervisor({ id, name: name.name });
  const started = await startChild(runtime, EVALUATIONS, { ...spec, restart: "temporary" });
  if (started.status !== "ok")
    throw programDown("the evaluation", started.status === "error" ? started.reason : "ignore");
  return { ref: started.ref, name };
}

/** What a run is told of its parent besides the signal; a context cannot be copied whole. */
function parentFacts({ terms, path, ledger }: ParentRun): Omit<ParentRun, "signal"> {
  return { terms, ...(path !== undefined && { path }), ...(ledger && { ledger }) };
}

/** Runs each program in a process of its own under that supervisor. */
export function systemExecutor(runtime: Runtime, group: ActorName<SupervisorProtocol>): Executor {
  const { clients, prices, stopping } = systemEnv(runtime);
  const described = (name: string | undefined): ClientDescription =>
    // It is one of the directory's names.
    clients.get(pickClient(clients.names(), name, clients.unnamed())) as ClientDescription;
  const identity = (name: string | undefined, adapter?: Adapter): string | undefined => {
    const { provider, model, identity: own, capabilities, fallback } = described(name);
    const lm = { provider, model, capabilities, ...(own !== undefined && { identity: own }) };
    const fallbacks = fallback.map((each) => {
      const { identity: its, ...other } = described(each);
      return { lm: { ...other, ...(its !== undefined && { identity: its }) } };
    });
    return identityOf({ lm, adapter, fallbacks });
  };
  const branches = new WeakMap<AbortSignal, () => SignalBranch>();
  /** Each run listens to its parent's end, and there may be a hundred thousand. */
  const branchOf = (signal: AbortSignal): SignalBranch => {
    const join = branches.get(signal) ?? signalBranches(signal);
    branches.set(signal, join);
    return join();
  };
  return Object.freeze({
    clock: runtime.clock,
    prices,
    begin(options) {
      const { signal } = options;
      // What the system's end cuts short is no failure.
      const ends = signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
      return { terms: termsIn(runtime, { ...options, timeoutMs: Infinity }), signal: ends };
    },
    run(program, inputs, options) {
      const { parent } = options;
      if (parent === undefined) return outcomeInRun(runtime, group, program, inputs, options);
      const branch = branchOf(parent.signal);
      const inside = { ...options, parent: { ...parentFacts(parent), signal: branch.signal } };
      const outcome = outcomeInRun(runtime, group, program, inputs, inside);
      // It rejects for nothing.
      void outcome.then(() => branch.leave());
      return outcome;
    },
    async identity(name) {
      const { adapter } = described(name);
      const own = identity(name, adapter);
      // Whom its adapter asks besides, it asks for answers alone.
      const others = adapter === undefined ? [] : clientsOfAdapter(adapter).map((each) => identity(each));
      if (others.length === 0 || own === undefined) return own;
      return others.includes(undefined) ? undefined : digest([own, ...others]);
    },
    concurrency: (name) => {
      const names = clients.names();
      const chosen = name ?? (names.length === 1 ? names[0] : undefined);
      return (chosen === undefined ? undefined : clients.get(chosen)?.concurrency) ?? Infinity;
    },
  } satisfies Executor);
}
