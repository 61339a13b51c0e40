import { optionNames } from "../../foundation/check-options.ts";
import type { BareGrounds } from "../../programs/bare/forward-options.ts";
import { bareExecutor } from "../../programs/bare/executor.ts";
import { checkForwardOptions } from "../../programs/bare/forward.ts";
import type { Program } from "../../programs/program.ts";
import type { Teleprompter, WrappingTeleprompter } from "../teleprompter.ts";
import { asError } from "../../foundation/errors.ts";
import { checkCompile, COMPILE_OPTIONS, type CompileOptions } from "./compile-options.ts";
import type { JobHandle } from "./job-handle.ts";
import { makeJob } from "./job.ts";
import { JobError } from "./job-error.ts";

export interface BareCompileOptions<Inputs extends object = object, Labels extends object = object>
  extends CompileOptions<Inputs, Labels>, BareGrounds {}

/**
 * Runs a teleprompter bare, for tests and scripts: no system, no processes, and one life; with a `folder`, the next call goes on
 * where this one left off. Under `system.compile` the same search is a supervised process.
 *
 * @throws UsageError for what is no teleprompter, no program, no set, and options that make no sense
 */
export function compile<Inputs extends object, Labels extends object, Outputs extends object>(
  teleprompter: WrappingTeleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
  student: Program<Inputs, Outputs>,
  options: BareCompileOptions<Inputs, Labels>,
): JobHandle<Program<Inputs, Outputs>>;
export function compile<
  Inputs extends object,
  Labels extends object,
  Outputs extends object,
  P extends Program<Inputs, Outputs>,
>(
  teleprompter: Teleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
  student: P & Program<Inputs, Outputs>,
  options: BareCompileOptions<Inputs, Labels>,
): JobHandle<P>;
export function compile(
  teleprompter: Teleprompter<never, never, never>,
  student: Program<never>,
  options: BareCompileOptions,
): JobHandle<never> {
  checkCompile("compile", teleprompter, student, options, KNOWN);
  const { clients, clock, random, log, prices, ...rest } = options;
  const grounds = { clients, clock, random, log, prices };
  checkForwardOptions("compile", grounds);
  const executor = bareExecutor(grounds);
  const job = makeJob(teleprompter, student, rest);
  const life = new AbortController();
  let isClosed = false;
  job.lookWith(async (use) => {
    if (!isClosed) return use(executor);
    const own = bareExecutor(grounds);
    try {
      return await use(own);
    } finally {
      await own.close();
    }
  });
  const live = async (): Promise<void> => {
    try {
      await job.live(executor, life.signal);
    } catch (thrown) {
      job.end(crashed(job.name, asError(thrown)));
    } finally {
      isClosed = true;
      await executor.close();
    }
  };
  void live();
  // A search changes predictors, and no type: what it makes of a student is one as well.
  return job.handle as unknown as JobHandle<never>;
}

function crashed(name: string, cause: Error): JobError {
  return new JobError(`the job "${name}" crashed: ${cause.message}`, { code: "crashed", retryable: false, cause });
}

const KNOWN: readonly string[] = [
  ...COMPILE_OPTIONS,
  ...optionNames<BareGrounds>({ clients: true, clock: true, random: true, log: true, prices: true }),
];
