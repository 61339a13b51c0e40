import { UsageError } from "../../foundation/errors.ts";
import type { Program } from "../../programs/program.ts";
import { actorName, type ActorRef } from "../../runtime/actor-ref.ts";
import type { Runtime, Self, StartResult } from "../../runtime/actor.ts";
import { errorIn, type ExitReason, formatReason } from "../../runtime/exit-reason.ts";
import { type ChildSpec, worker } from "../../supervisors/child-spec.ts";
import { dynamicSupervisor, supervisor } from "../../supervisors/supervision.ts";
import {
  countChildren,
  startChild,
  type Supervisor,
  type SupervisorProtocol,
} from "../../supervisors/supervisor-protocol.ts";
import { checkCompile, COMPILE_OPTIONS, type CompileOptions } from "../../teleprompters/job/compile-options.ts";
import type { JobHandle } from "../../teleprompters/job/job-handle.ts";
import { JobError } from "../../teleprompters/job/job-error.ts";
import { type Job, makeJob } from "../../teleprompters/job/job.ts";
import type { Teleprompter, WrappingTeleprompter } from "../../teleprompters/teleprompter.ts";
import { systemExecutor } from "../evaluation/evaluate-in-system.ts";
import { RUNS } from "../run/forward-in-run.ts";
import { tellOfJob } from "./job-events.ts";
import { ownName } from "../own-names.ts";
import { programDown, STOPPING } from "../run/outcome.ts";
import { systemEnv } from "../system-env.ts";
import { teleprompterBehaviour } from "./teleprompter-actor.ts";

/** The group of jobs. */
export const TELEPROMPTERS = actorName<SupervisorProtocol>(ownName("system", "teleprompters"));

export interface JobOptions<
  Inputs extends object,
  Labels extends object,
  Outputs extends object,
  P extends Program<Inputs, Outputs>,
> extends CompileOptions<Inputs, Labels> {
  readonly name: string;
  readonly teleprompter: Teleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>;
  /** What is to become better. */
  readonly program: P & Program<Inputs, Outputs>;
}

/** A job as a child spec; it remembers what it works on, so that its handle is typed. */
export interface JobSpec<P extends Program<never> = Program<never>> extends ChildSpec<SupervisorProtocol> {
  readonly kind: "job";
  readonly name: string;
  readonly program: P;
}

/**
 * A teleprompter's job as a child of the tree: it starts with its system, and after a crash of the process goes on from its
 * folder. A supervisor (`one_for_all`, transient) over its workers and the teleprompter itself (transient): one that is done
 * ends for good, one that crashes for ever ends alone, and one that its own supervisor has ended with others is started with them.
 *
 * @throws UsageError for options that make no sense
 */
export function job<Inputs extends object, Labels extends object, Outputs extends object>(
  options: JobOptions<Inputs, Labels, Outputs, Program<Inputs, Outputs>> & {
    readonly teleprompter: WrappingTeleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>;
  },
): JobSpec<Program<Inputs, Outputs>>;
export function job<
  Inputs extends object,
  Labels extends object,
  Outputs extends object,
  P extends Program<Inputs, Outputs>,
>(options: JobOptions<Inputs, Labels, Outputs, P>): JobSpec<P>;
export function job(options: JobOptions<object, object, object, Program>): JobSpec {
  const { teleprompter, program, ...rest } = options;
  if (typeof rest.name !== "string" || rest.name === "")
    throw new UsageError("job: name must be a text that is not empty: its system knows it by that");
  checkCompile(`job "${rest.name}"`, teleprompter, program, rest);
  return jobSpec(rest.name, program, () => makeJob(teleprompter, program, rest), true);
}

/** @param returns whether its group starts it again, when that is started again itself */
function jobSpec<P extends Program<never>>(name: string, program: P, make: () => Job, returns: boolean): JobSpec<P> {
  return Object.freeze({
    kind: "job" as const,
    id: name,
    name,
    program,
    type: "supervisor" as const,
    // One that was started at run time is its owner's: it is gone with its processes.
    restart: returns ? ("transient" as const) : ("temporary" as const),
    start: (parent: Self) => startJob(parent, name, make, returns),
  });
}

/** Restarts of one job's search, and in how many seconds, until it is given up. */
const PATIENCE = { intensity: 3, period: 60 };

async function startJob(
  parent: Self,
  name: string,
  make: () => Job,
  returns: boolean,
): Promise<StartResult<SupervisorProtocol>> {
  const { runtime } = parent;
  const { jobs, stopping } = systemEnv(runtime);
  const known = jobs.get(name);
  const one = known ?? make();
  jobs.set(name, one);
  if (known === undefined) {
    tellOfJob(runtime, one);
    const looking = systemExecutor(runtime, RUNS);
    one.lookWith((use) => use(looking));
  }
  // It was done before its group was started again.
  if (one.isOver) return { status: "ignore" };
  const workers = actorName<SupervisorProtocol>(ownName("system", "teleprompters", name, "workers"));
  const tree = supervisor({
    id: name,
    strategy: "one_for_all",
    autoShutdown: "any_significant",
    ...PATIENCE,
    children: [
      dynamicSupervisor({ id: "workers", name: workers.name }),
      worker({
        id: "teleprompter",
        behaviour: teleprompterBehaviour,
        args: { job: one, executor: systemExecutor(runtime, workers) },
        name: ownName("system", "teleprompters", name, "teleprompter"),
        restart: "transient",
        significant: true,
      }),
    ],
  });
  const started = await tree.start(parent);
  if (started.status === "ok") {
    const { ref } = started;
    trees.set(one, ref);
    void runtime.whenDown(ref).then(async (reason = "killed") => {
      const isBack = returns && !stopping.aborted && (await isStartedAgain(parent, () => trees.get(one) !== ref));
      if (!one.isOver && !isBack) one.end(ended(one, reason, stopping.aborted));
    });
  }
  return started;
}

/** The processes of each job, as they were started last. */
const trees = new WeakMap<Job, ActorRef<SupervisorProtocol>>();

/** Whether a job whose processes are down has others by now, or will have them with its supervisor. */
async function isStartedAgain({ runtime, ref }: Self, hasOthers: () => boolean): Promise<boolean> {
  try {
    // It answers when it is done with what it has ended them for: it may be about to start its group again, or to go down itself.
    await countChildren(runtime, ref as Supervisor);
  } catch {
    return true;
  }
  return hasOthers();
}

/** The system is down: its jobs have no further life in it. Resolves when the last ones have closed their folders. */
export async function endJobs(runtime: Runtime): Promise<void> {
  const all = [...systemEnv(runtime).jobs.values()];
  for (const one of all) if (!one.isOver) one.end(ended(one, STOPPING, true));
  await Promise.all(all.map((one) => one.atRest()));
}

function ended({ name, crash }: Job, reason: ExitReason, isStopping: boolean): JobError {
  if (isStopping)
    return new JobError(`the job "${name}" was stopped with its system: it goes on when it is started again`, {
      code: "stopped",
      retryable: true,
    });
  const cause = errorIn(reason) ?? crash;
  const message =
    cause === undefined
      ? `the job "${name}" was given up, since its processes were ended: ${formatReason(reason)}`
      : `the job "${name}" crashed again and again, and was given up: ${cause.message}`;
  return new JobError(message, { code: "crashed", retryable: false, ...(cause && { cause }) });
}

/** Starts a job at run time. @throws UsageError, RunError (reject) as `system.compile` says */
export async function compileInSystem(
  runtime: Runtime,
  teleprompter: unknown,
  student: unknown,
  options: CompileOptions,
): Promise<JobHandle> {
  checkCompile("system.compile", teleprompter, student, options, COMPILE_OPTIONS);
  const { jobs, stopping } = systemEnv(runtime);
  const down = (reason: ExitReason) => programDown(`system "${runtime.name}"`, reason);
  if (stopping.aborted) throw down(STOPPING);
  // Looked at just now.
  const one = makeJob(teleprompter as Teleprompter<never, never, never>, student as Program<never>, options);
  const { name } = one;
  const spec = jobSpec(name, student as Program<never>, () => one, false);
  const checkFree = (): void => {
    if (jobs.get(name)?.isOver === false)
      throw new UsageError(`system.compile: a job "${name}" is under way: give this one another name`);
  };
  for (;;) {
    checkFree();
    jobs.delete(name);
    const started = await startChild(runtime, TELEPROMPTERS, spec);
    if (started.status === "ok") {
      // Its handle is its owner's; a spec's can be asked for at any time.
      void runtime
        .whenDown(started.ref)
        .then(() => one.atRest())
        .then(() => {
          if (jobs.get(name) === one) jobs.delete(name);
        });
      return one.handle;
    }
    const reason = started.status === "error" ? started.reason : "ignore";
    if (started.status !== "error" || reason !== "already_started" || started.ref === undefined) throw down(reason);
    checkFree();
    // The one before has told its result, and its processes are about to end.
    await runtime.whenDown(started.ref);
  }
}

/** @throws UsageError for a job that is not in this system */
export function handleOfJob<P extends Program<never>>(runtime: Runtime, { name }: JobSpec<P>): JobHandle<P> {
  const found = systemEnv(runtime).jobs.get(name);
  if (found === undefined)
    throw new UsageError(`system.job: no job "${name}" in this system: give its spec to startSystem`);
  // What its spec was made with.
  return found.handle as unknown as JobHandle<P>;
}
