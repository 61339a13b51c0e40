import { checkOptions, checkSignal, checkTimeout, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { stamp } from "../../foundation/telemetry.ts";
import { type Budget, checkBudget } from "../../lm/budget.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import type { Program } from "../../programs/program.ts";
import type { Prediction } from "../../programs/prediction.ts";
import { programStream, type ProgramStream } from "../../programs/program-stream.ts";
import type { Runtime } from "../../runtime/actor.ts";
import { failed, misuse, type Outcome, unwrap } from "../../programs/outcome.ts";
import { programDown, STOPPING, unanswered } from "../run/outcome.ts";
import type { Priority } from "../../lm/limits/permits.ts";
import { programName, type ProgramSpec } from "./program-actor.ts";
import { programUpgraded } from "../run/run-events.ts";
import { systemEnv } from "../system-env.ts";

/** Milliseconds that a program's call may take when nothing else is said. */
export const PROGRAM_TIMEOUT_MS = 60_000;

export interface ProgramCallOptions {
  /** Milliseconds for everything: waiting in line, requests, retries. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Aborting cancels the run; the caller gets `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Whose requests go first where a client's limits make them wait. Default `"user"`. */
  readonly priority?: Priority | undefined;
  /**
   * What the call is part of: a job, a candidate, a tenant. Where a client's limits make requests wait, the shares of a
   * priority are served in turn, however many calls each has. Default: one share that all calls without a name have in common.
   */
  readonly share?: string | undefined;
  /** What the run may spend: the request that would pass it is not made, and fails as `budget_exceeded`. Default: no limit. */
  readonly budget?: Budget | undefined;
}

interface CallOptions extends ProgramCallOptions {
  readonly parts?: PartListener;
}

/** What is wrong with a call's options, if anything is. */
export function wrongCallOptions(
  what: string,
  options: ProgramCallOptions,
  known: readonly string[] = CALL_OPTIONS,
): UsageError | undefined {
  try {
    checkOptions(what, options, known);
    const { priority, share, budget, timeoutMs, signal } = options;
    if (priority !== undefined && priority !== "user" && priority !== "optimizer")
      return new UsageError(`${what}: priority must be "user" or "optimizer", got ${describe(priority)}`);
    if (share !== undefined && (typeof share !== "string" || share === ""))
      return new UsageError(`${what}: share must be a text that is not empty, got ${describe(share)}`);
    checkTimeout(what, "timeoutMs", timeoutMs);
    checkSignal(what, signal);
    if (budget !== undefined) checkBudget(what, budget);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown;
    return new UsageError(`${what}: the options cannot be read: ${describe(thrown)}`, { cause: thrown });
  }
}

export const CALL_OPTIONS = optionNames<ProgramCallOptions>({
  timeoutMs: true,
  signal: true,
  priority: true,
  share: true,
  budget: true,
});

/** The typed face of a program's actor. It goes by the program's name, so it outlives restarts. */
export interface ProgramHandle<
  Inputs extends object,
  Outputs extends object,
  P extends Program<Inputs, Outputs> = Program<Inputs, Outputs>,
> {
  readonly name: string;
  /** @throws LmError, RunError, or UsageError for inputs that do not fit (rejects) */
  call(inputs: NoInfer<Inputs>, options?: ProgramCallOptions): Promise<Prediction<Outputs>>;
  /** The same with failures as values: rejects for nothing. */
  tryCall(inputs: NoInfer<Inputs>, options?: ProgramCallOptions): Promise<Outcome<Outputs>>;
  /**
   * The same as {@link ProgramHandle.call}, told by field while the models write: see `System.stream`. It waits in the
   * program's line like any call, and leaving the loop ends its run. The parts are typed by the program that the actor was
   * given; after an {@link ProgramHandle.upgrade} they come from the predictors of the new one.
   * @throws while iterating, what {@link ProgramHandle.call} rejects with
   */
  stream(inputs: NoInfer<Inputs>, options?: ProgramCallOptions): ProgramStream<P>;
  /**
   * Puts another program in the place of this one, at once and without dropping a call: runs that have begun end on the
   * old one, calls that begin from now on (those in line too) run the new one. It stays through restarts.
   * @throws UsageError for what is no program
   */
  upgrade(program: Program<Inputs, Outputs>): void;
}

export function programHandle<Inputs extends object, Outputs extends object, P extends Program<Inputs, Outputs>>(
  runtime: Runtime,
  spec: ProgramSpec<Inputs, Outputs, P>,
): ProgramHandle<Inputs, Outputs, P> {
  if (spec?.kind !== "program")
    throw new UsageError(`system.handle: expected what programActor gave, got ${describe(spec)}`);
  const target = programName(spec.name);
  const what = `program "${spec.name}"`;

  const { openCalls, programs } = systemEnv(runtime);

  const ask = async (inputs: Inputs, options: CallOptions): Promise<Outcome<Outputs>> => {
    const timeoutMs = options.timeoutMs ?? PROGRAM_TIMEOUT_MS;
    const signal = options.signal && { signal: options.signal };
    try {
      const outcome = await runtime.call(
        target,
        { type: "run", ...options, inputs, timeoutMs },
        { timeoutMs, ...signal },
      );
      // The server runs the spec's own program, whose outputs these are.
      return outcome as Outcome<Outputs>;
    } catch (thrown) {
      return failed(unanswered(what, thrown));
    }
  };

  const enter = (inputs: Inputs, options: ProgramCallOptions, parts?: PartListener): Promise<Outcome<Outputs>> => {
    const wrong = wrongCallOptions(what, options);
    if (wrong !== undefined) return Promise.resolve(failed(misuse(wrong)));
    return openCalls.enter(
      () => ask(inputs, { ...options, ...(parts && { parts }) }),
      () => failed(programDown(what, STOPPING)),
    );
  };

  const upgrade = (program: Program<Inputs, Outputs>): void => {
    if (program?.kind !== "program") throw new UsageError(`${what}: upgrade takes a program, got ${describe(program)}`);
    // Its inputs and outputs are those of the handle, which is all that ever looks at them.
    programs.upgrade(spec.name, program);
    programUpgraded.publish({ ...stamp(runtime), program: spec.name, to: program.name });
  };

  return Object.freeze({
    name: spec.name,
    upgrade,
    tryCall: (inputs: Inputs, options: ProgramCallOptions = {}) => enter(inputs, options),
    call: async (inputs: Inputs, options: ProgramCallOptions = {}) => unwrap(await enter(inputs, options)),
    stream: (inputs: Inputs, options: ProgramCallOptions = {}) =>
      programStream(spec.program, options.signal, async (parts, signal) =>
        unwrap(await enter(inputs, { ...options, signal }, parts)),
      ),
  });
}
