import { optionNames } from "../../foundation/check-options.ts";
import { asError, describe, UsageError } from "../../foundation/errors.ts";
import { readPolicy, type RetryPolicy } from "../../lm/retry/retry-policy.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import type { PartListener } from "../../programs/answer-part.ts";
import type { Program } from "../../programs/program.ts";
import { actorName } from "../../runtime/actor-ref.ts";
import type { Runtime } from "../../runtime/actor.ts";
import { startChild, type SupervisorProtocol } from "../../supervisors/supervisor-protocol.ts";
import { failed, misuse, type Outcome } from "../../programs/outcome.ts";
import { outcomeOfExit, programDown, STOPPING } from "./outcome.ts";
import { ownName } from "../own-names.ts";
import {
  CALL_OPTIONS,
  PROGRAM_TIMEOUT_MS,
  type ProgramCallOptions,
  wrongCallOptions,
} from "../program/program-handle.ts";
import { runSpec } from "./run.ts";
import { systemEnv } from "../system-env.ts";

export interface ForwardCallOptions extends ProgramCallOptions {
  /** Default: the system's. */
  readonly retry?: RetryPolicy | undefined;
  /** Goes before the program's own. */
  readonly adapter?: Adapter | undefined;
  /** Whether `$meta.trace` tells every predictor's call: path, inputs, messages, prediction, usage. Default false. */
  readonly trace?: boolean | undefined;
}

/** The group of runs of programs that no actor hosts. */
export const RUNS = actorName<SupervisorProtocol>(ownName("system", "runs"));

/** Runs a program in a process of its own under the group "runs". Rejects for nothing but what is no program. */
export function forwardInRun<Inputs extends object, Outputs extends object>(
  runtime: Runtime,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: ForwardCallOptions,
  parts?: PartListener,
): Promise<Outcome<Outputs>> {
  if (program?.kind !== "program")
    return Promise.reject(new UsageError(`system.forward: expected a program, got ${describe(program)}`));
  const wrong = wrongCallOptions("system.forward", options, FORWARD_OPTIONS) ?? wrongRetry(options);
  if (wrong !== undefined) return Promise.resolve(failed(misuse(wrong)));
  const what = `system "${runtime.name}"`;
  return systemEnv(runtime).openCalls.enter(
    () => start(runtime, what, program, inputs, { ...options, ...(parts && { parts }) }),
    () => failed(programDown(what, STOPPING)),
  );
}

const FORWARD_OPTIONS: readonly string[] = [
  ...CALL_OPTIONS,
  ...optionNames<Omit<ForwardCallOptions, keyof ProgramCallOptions>>({ retry: true, adapter: true, trace: true }),
];

function wrongRetry({ retry }: ForwardCallOptions): UsageError | undefined {
  try {
    if (retry !== undefined) readPolicy("system.forward: retry", retry);
    return undefined;
  } catch (thrown) {
    return new UsageError(asError(thrown).message, { cause: thrown });
  }
}

function start<Inputs extends object, Outputs extends object>(
  runtime: Runtime,
  what: string,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  { timeoutMs = PROGRAM_TIMEOUT_MS, retry, ...rest }: ForwardCallOptions & { readonly parts?: PartListener },
): Promise<Outcome<Outputs>> {
  return new Promise((resolve) => {
    // The run knows neither type; it gives this program these inputs, and hands on what it gave.
    let delivered = false;
    const deliver = (outcome: Outcome): void => {
      delivered = true;
      resolve(outcome as Outcome<Outputs>);
    };
    const policy = retry && { retry: readPolicy("system.forward: retry", retry) };
    const spec = runSpec({ ...rest, ...policy, program, inputs, timeoutMs, deliver });
    startChild(runtime, RUNS, spec).then(
      async (run) => {
        if (run.status !== "ok") return resolve(failed(programDown("the run", "noproc")));
        const reason = (await runtime.whenDown(run.ref)) ?? "killed";
        // Most runs have delivered before they end.
        if (!delivered) resolve(outcomeOfExit(reason));
      },
      () => resolve(failed(programDown(what, "noproc"))),
    );
  });
}
