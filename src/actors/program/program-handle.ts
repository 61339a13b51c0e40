import { type CallSite, callSite } from "../../foundation/call-site.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { stamp } from "../../foundation/telemetry.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import { calledFrom, failed, misuse, type Outcome, unwrap } from "../../programs/outcome.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import type { Prediction } from "../../programs/prediction.ts";
import { programStream, type ProgramStream } from "../../programs/program-stream.ts";
import type { Program } from "../../programs/program.ts";
import { type RunOptions, wrongRunOptions } from "../../programs/run-terms.ts";
import type { Runtime } from "../../runtime/actor.ts";
import { outcomeOfRun, programDown, STOPPING, unanswered } from "../run/outcome.ts";
import { programUpgraded } from "../run/run-events.ts";
import { signalsOf, termsIn } from "../run/start-run.ts";
import { systemEnv } from "../system-env.ts";
import { programName, type ProgramSpec } from "./program-actor.ts";

/** The typed face of a program's actor. It goes by the program's name, so it outlives restarts. */
export interface ProgramHandle<
  Inputs extends object,
  Outputs extends object,
  P extends Program<Inputs, Outputs> = Program<Inputs, Outputs>,
> {
  readonly name: string;
  /** @throws LmError, RunError, or UsageError for inputs that do not fit (rejects) */
  call(inputs: NoInfer<Inputs>, options?: RunOptions): Promise<Prediction<Outputs>>;
  /** The same with failures as values: rejects for nothing. */
  tryCall(inputs: NoInfer<Inputs>, options?: RunOptions): Promise<Outcome<Outputs>>;
  /**
   * The same as {@link ProgramHandle.call}, told by field while the models write: see `System.stream`. It waits in the
   * program's line like any call, and leaving the loop ends its run. The parts are typed by the program that the actor was
   * given; after an {@link ProgramHandle.upgrade} they come from the predictors of the new one.
   * @throws while iterating, what {@link ProgramHandle.call} rejects with
   */
  stream(inputs: NoInfer<Inputs>, options?: RunOptions): ProgramStream<P>;
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

  const ask = async (
    inputs: Inputs,
    options: RunOptions,
    parts: PartListener | undefined,
    site: CallSite,
  ): Promise<Outcome<Outputs>> => {
    const { name, budget, defaults } = spec;
    const terms = termsIn(runtime, options, defaults, { name, ledger: programs.ledger(name, budget) });
    const { timeoutMs } = terms;
    const signal = options.signal && { signal: options.signal };
    const call = { type: "run", inputs, terms, parts, signals: signalsOf(options) } as const;
    try {
      // The server runs the spec's own program, whose outputs these are.
      return calledFrom((await runtime.call(target, call, { timeoutMs, ...signal })) as Outcome<Outputs>, site);
    } catch (thrown) {
      return calledFrom(outcomeOfRun(failed(unanswered(what, thrown)), terms), site);
    }
  };

  const enter = (
    inputs: Inputs,
    options: RunOptions,
    site: CallSite,
    parts?: PartListener,
  ): Promise<Outcome<Outputs>> => {
    const wrong = wrongRunOptions(what, options);
    if (wrong !== undefined) return Promise.resolve(failed(misuse(wrong)));
    return openCalls.enter(
      () => ask(inputs, options, parts, site),
      () => calledFrom(failed(programDown(what, STOPPING)), site),
    );
  };

  const upgrade = (program: Program<Inputs, Outputs>): void => {
    if (!isProgram(program)) throw notProgram(`${what}: upgrade takes`, program);
    // Its inputs and outputs are those of the handle, which is all that ever looks at them.
    programs.upgrade(spec.name, program);
    programUpgraded.publish({ ...stamp(runtime), program: spec.name, to: program.name });
  };

  const made: ProgramHandle<Inputs, Outputs, P> = Object.freeze({
    name: spec.name,
    upgrade,
    tryCall: (inputs: Inputs, options: RunOptions = {}) => enter(inputs, options, callSite(made.tryCall)),
    call: (inputs: Inputs, options: RunOptions = {}) => enter(inputs, options, callSite(made.call)).then(unwrap),
    stream(inputs: Inputs, options: RunOptions = {}) {
      const site = callSite(made.stream);
      return programStream(spec.program, options.signal, async (parts, signal) =>
        unwrap(await enter(inputs, { ...options, signal }, site, parts)),
      );
    },
  });
  return made;
}
