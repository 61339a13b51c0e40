import { callSite } from "../../foundation/call-site.ts";
import { type Outcome, unwrap } from "../../programs/outcome.ts";
import type { Prediction } from "../../programs/prediction.ts";
import type { Program } from "../../programs/program.ts";
import { type ProgramInputs, programStream, type ProgramStream } from "../../programs/program-stream.ts";
import type { RunOptions } from "../../programs/run-terms.ts";
import type { Runtime } from "../../runtime/actor.ts";
import { forwardInRun } from "./forward-in-run.ts";

/** The ways in which app code has a program run in a process of its own under the group "runs". */
export interface SystemCalls {
  forward<Inputs extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    inputs: Inputs,
    options?: RunOptions,
  ): Promise<Prediction<Outputs>>;
  tryForward<Inputs extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    inputs: Inputs,
    options?: RunOptions,
  ): Promise<Outcome<Outputs>>;
  stream<const P extends Program>(program: P, inputs: ProgramInputs<P>, options?: RunOptions): ProgramStream<P>;
}

/** Each notes itself where its caller's line is looked for: what stands above it on the stack is the caller's own. */
export function systemCalls(runtime: Runtime): SystemCalls {
  const calls: SystemCalls = {
    forward: <Inputs extends object, Outputs extends object>(
      program: Program<Inputs, Outputs>,
      inputs: Inputs,
      options: RunOptions = NONE,
    ) => forwardInRun(runtime, program, inputs, options, callSite(calls.forward)).then(unwrap<Outputs>),
    tryForward: (program, inputs, options = NONE) =>
      forwardInRun(runtime, program, inputs, options, callSite(calls.tryForward)),
    stream(program, inputs, options = NONE) {
      const site = callSite(calls.stream);
      return programStream(program, options.signal, async (listener, signal) =>
        unwrap(await forwardInRun(runtime, program, inputs, { ...options, signal }, site, listener)),
      );
    },
  };
  return calls;
}

const NONE: RunOptions = Object.freeze({});
