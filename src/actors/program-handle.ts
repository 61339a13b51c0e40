import { describe, UsageError } from "../foundation/errors.ts";
import type { Prediction } from "../programs/program.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { failed, type Outcome, programDown, STOPPING, unanswered, unwrap } from "./outcome.ts";
import { programName, type ProgramSpec } from "./program-actor.ts";
import { systemEnv } from "./system-env.ts";

/** Milliseconds that a program's call may take when nothing else is said. */
export const PROGRAM_TIMEOUT_MS = 60_000;

export interface ProgramCallOptions {
  /** Milliseconds for everything: waiting in line, requests, retries. Default 60,000. */
  readonly timeoutMs?: number;
  /** Aborting cancels the run; the caller gets `cancelled`. */
  readonly signal?: AbortSignal;
}

/** The typed face of a program's actor. It goes by the program's name, so it outlives restarts. */
export interface ProgramHandle<Inputs extends object, Outputs extends object> {
  readonly name: string;
  /** @throws LmError, RunError, or UsageError for inputs that do not fit (rejects) */
  call(inputs: NoInfer<Inputs>, options?: ProgramCallOptions): Promise<Prediction<Outputs>>;
  /** The same with failures as values: rejects for nothing. */
  tryCall(inputs: NoInfer<Inputs>, options?: ProgramCallOptions): Promise<Outcome<Outputs>>;
}

export function programHandle<Inputs extends object, Outputs extends object>(
  runtime: Runtime,
  spec: ProgramSpec<Inputs, Outputs>,
): ProgramHandle<Inputs, Outputs> {
  if (spec?.kind !== "program")
    throw new UsageError(`system.handle: expected what programActor gave, got ${describe(spec)}`);
  const target = programName(spec.name);
  const what = `program "${spec.name}"`;

  const { gate } = systemEnv(runtime);

  const ask = async (inputs: Inputs, options: ProgramCallOptions): Promise<Outcome<Outputs>> => {
    const timeoutMs = options.timeoutMs ?? PROGRAM_TIMEOUT_MS;
    const signal = options.signal && { signal: options.signal };
    try {
      const outcome = await runtime.call(
        target,
        { type: "run", inputs, timeoutMs, ...signal },
        { timeoutMs, ...signal },
      );
      // The server runs the spec's own program, whose outputs these are.
      return outcome as Outcome<Outputs>;
    } catch (thrown) {
      return failed(unanswered(what, thrown));
    }
  };

  const tryCall = (inputs: Inputs, options: ProgramCallOptions = {}): Promise<Outcome<Outputs>> =>
    gate.enter(
      () => ask(inputs, options),
      () => failed(programDown(what, STOPPING)),
    );

  return Object.freeze({
    name: spec.name,
    tryCall,
    call: async (inputs: Inputs, options?: ProgramCallOptions) => unwrap(await tryCall(inputs, options)),
  });
}
