import { callSite } from "../../foundation/call-site.ts";
import type { Program } from "../../programs/program.ts";
import { type ProgramInputs, programStream, type ProgramStream } from "../../programs/program-stream.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { RunOptions } from "../../programs/run-terms.ts";
import { forwardInRun } from "./forward-in-run.ts";
import { unwrap } from "../../programs/outcome.ts";

/** Runs a program in a process of its own under the group "runs", and tells what its models write while they write it. */
export function streamInRun<P extends Program>(
  runtime: Runtime,
  program: P,
  inputs: ProgramInputs<P>,
  options: RunOptions,
): ProgramStream<P> {
  const site = callSite(streamInRun);
  return programStream(program, options.signal, async (listener, signal) =>
    unwrap(await forwardInRun(runtime, program, inputs, { ...options, signal }, listener, site)),
  );
}
