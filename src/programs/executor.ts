import type { Clock } from "../foundation/clock.ts";
import type { PriceTable } from "../lm/prices.ts";
import type { Outcome } from "./outcome.ts";
import type { Program } from "./program.ts";
import type { ParentRun, RunOptions } from "./run-terms.ts";

/**
 * Runs programs for code that has many to run (a port): bare, or each in a process of its own. `evaluate` and teleprompters
 * are written against it.
 */
export interface Executor {
  readonly clock: Clock;
  /** The user's own, which go before the list prices. */
  readonly prices: PriceTable | undefined;
  /**
   * What the runs of one piece of work are part of: their spending counts in its ledger, its signal ends them all.
   * @param signal aborting it ends them
   */
  begin(options: Pick<RunOptions, "runId" | "labels" | "priority" | "share" | "budget" | "signal">): ParentRun;
  /** One run. Rejects for nothing: what goes wrong is its outcome. */
  run<Inputs extends object, Outputs extends object>(
    program: Program<Inputs, Outputs>,
    inputs: Inputs,
    options: RunOptions,
  ): Promise<Outcome<Outputs>>;
  /**
   * What the answers of a client rest on (`identityOf`), or of the only LM client there is.
   * Undefined where nobody knows: such answers are not to be taken for those of another time.
   * @throws LmError `no_such_client` (rejects)
   */
  identity(client: string | undefined): Promise<string | undefined>;
  /** How many requests that client makes at once; `Infinity` where it has no limit or is not there. */
  concurrency(client: string | undefined): number;
}
