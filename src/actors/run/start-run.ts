import type { Ledger } from "../../lm/ledger/ledger.ts";
import { failed, type Outcome } from "../../programs/outcome.ts";
import { ledgerAbove, type RunOptions, type RunTerms, runTerms } from "../../programs/run-terms.ts";
import type { ActorName, ActorRef } from "../../runtime/actor-ref.ts";
import type { Runtime } from "../../runtime/actor.ts";
import { type Caller, startChild, type SupervisorProtocol } from "../../supervisors/supervisor-protocol.ts";
import { systemEnv } from "../system-env.ts";
import { programDown } from "./outcome.ts";
import { type RunArgs, runSpec } from "./run.ts";

/** Milliseconds that a call may take when nothing else is said. */
const TIMEOUT_MS = 60_000;

/**
 * The terms of a run in this system that begins now. The options have been checked.
 *
 * @param host the program actor that runs it; default: none
 */
export function termsIn(
  runtime: Runtime,
  options: RunOptions,
  defaults: Pick<RunOptions, "retry" | "adapter"> = {},
  host?: { readonly name: string; readonly ledger: Ledger },
): RunTerms {
  const { random, retry, nextRunId, ledger } = systemEnv(runtime);
  const own = host?.ledger ?? ledger;
  const parent = ledgerAbove(options);
  return runTerms(
    options,
    { timeoutMs: TIMEOUT_MS, retry: defaults.retry ?? retry, adapter: defaults.adapter },
    {
      nextRunId,
      now: runtime.clock.now(),
      random: random.stream("runs"),
      programActor: host?.name,
      openLedger: (budget) => (parent === undefined ? own.open({ budget }) : parent.open({ budget, also: own })),
    },
  );
}

const NO_SIGNALS: readonly AbortSignal[] = Object.freeze([]);

/** Whose abort cancels a run with these options. */
export function signalsOf({ signal, parent }: RunOptions): readonly AbortSignal[] {
  if (signal === undefined && parent === undefined) return NO_SIGNALS;
  return [signal, parent?.signal].filter((each) => each !== undefined);
}

/** Starts the process of one run under a group of runs; an outcome where there is no such process. */
export function startRun(
  starter: Caller,
  group: ActorName<SupervisorProtocol>,
  what: string,
  args: RunArgs,
): Promise<ActorRef | Outcome<never>> {
  return startChild(starter, group, runSpec(args)).then((started) => {
    if (started.status === "ok") return started.ref;
    return failed(programDown(what, started.status === "error" ? started.reason : "ignore"));
  });
}
