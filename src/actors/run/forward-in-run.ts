import type { CallSite } from "../../foundation/call-site.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import { calledFrom, failed, misuse, type Outcome } from "../../programs/outcome.ts";
import type { Program } from "../../programs/program.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import { type RunOptions, wrongRunOptions } from "../../programs/run-terms.ts";
import { type ActorName, actorName } from "../../runtime/actor-ref.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { SupervisorProtocol } from "../../supervisors/supervisor-protocol.ts";
import { ownName } from "../own-names.ts";
import { systemEnv } from "../system-env.ts";
import { programDown, STOPPING } from "./outcome.ts";
import { signalsOf, startRun, termsIn } from "./start-run.ts";

/** The group of runs of programs that no actor hosts. */
export const RUNS = actorName<SupervisorProtocol>(ownName("system", "runs"));

/** Runs a program in a process of its own under the group "runs". Rejects for nothing but what is no program. */
export function forwardInRun<Inputs extends object, Outputs extends object>(
  runtime: Runtime,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: RunOptions,
  site: CallSite,
  parts?: PartListener,
): Promise<Outcome<Outputs>> {
  if (!isProgram(program)) return Promise.reject(notProgram("system.forward: expected", program));
  const wrong = wrongRunOptions("system.forward", options);
  if (wrong !== undefined) return Promise.resolve(failed(misuse(wrong)));
  const what = `system "${runtime.name}"`;
  return systemEnv(runtime).openCalls.enter(
    () => outcomeInRun(runtime, RUNS, program, inputs, options, parts, site),
    () => calledFrom(failed(programDown(what, STOPPING)), site),
  );
}

/**
 * One run under a group of runs. Rejects for nothing. The options have been checked.
 * @param site of the call, for the stack of its failure; left out: it has no caller who would look for it there
 */
export function outcomeInRun<Inputs extends object, Outputs extends object>(
  runtime: Runtime,
  group: ActorName<SupervisorProtocol>,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: RunOptions,
  parts?: PartListener,
  site?: CallSite,
): Promise<Outcome<Outputs>> {
  return new Promise((resolve) => {
    // The run knows neither type; it gives this program these inputs, and hands on what it gave.
    const deliver = resolve as (outcome: Outcome) => void;
    const terms = termsIn(runtime, options);
    const args = { program, inputs, terms, parts, signals: signalsOf(options), deliver, site };
    startRun(runtime, group, "the run", args).then(
      (started) => {
        if ("ok" in started) deliver(calledFrom(started, site));
      },
      () => deliver(calledFrom(failed(programDown(`system "${runtime.name}"`, "noproc")), site)),
    );
  });
}
