import { type Clock, systemClock } from "../../foundation/clock.ts";
import { onAbort } from "../../foundation/on-abort.ts";
import { type Random, systemRandom, withStreams } from "../../foundation/random.ts";
import { cancelledError, LmError, withDetails } from "../../lm/failure.ts";
import { makeLedger } from "../../lm/ledger/ledger.ts";
import { readPolicy } from "../../lm/retry/retry-policy.ts";
import type { PartListener } from "../answer-part.ts";
import { callContext, SILENT_LOG } from "../call-context.ts";
import { type Prediction, type TraceStep, withTrace } from "../prediction.ts";
import type { Program } from "../program.ts";
import { ledgerAbove, type RunDefaults, type RunOptions, runTerms, type RunTerms } from "../run-terms.ts";
import { close, type Held, waysToClients, type WaysToClients } from "./bare-clients.ts";
import type { BareGrounds } from "./forward-options.ts";

/**
 * One run. The options have been checked.
 * @param life what ends it from outside; it ends it itself when it is done
 */
export async function runIn<Inputs extends object, Outputs extends object>(
  life: AbortController,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: RunOptions,
  grounds: BareGrounds,
  parts?: PartListener,
): Promise<Prediction<Outputs>> {
  const held: Held[] = [];
  const { clock = systemClock, log = SILENT_LOG } = grounds;
  const terms = bareTerms(options, clock, grounds.random);
  const { signal } = life;
  const { endsAt, trace } = terms;
  const steps: TraceStep[] | undefined = trace ? [] : undefined;
  let late: LmError | undefined;
  const end = (): void => {
    late = tooLate(terms);
    life.abort(late);
  };
  const timer = endsAt === Infinity ? undefined : clock.setTimer(endsAt - clock.now(), end);
  // Made when one is first asked for: many a run asks for none.
  let ways: WaysToClients | undefined;
  const clients = (): WaysToClients => (ways ??= waysToClients(grounds, { held, terms, clock, signal }));
  try {
    const context = callContext({
      terms,
      clock,
      signal,
      log,
      parts,
      steps,
      client: (name) => clients().client(name),
      retriever: (name) => clients().retriever(name),
    });
    const running = program.forward(inputs, context);
    const made = await (canEnd(terms, options) ? orEnd(running, signal, terms) : running);
    return steps === undefined ? made : withTrace(made, steps);
  } catch (thrown) {
    throw late !== undefined && signal.reason === late ? late : thrown;
  } finally {
    if (timer !== undefined) clock.clearTimer(timer);
    // As under a system, nothing outlives the run: parts that nobody awaits any more, their requests and waits.
    life.abort(ENDED);
    terms.ledger.close();
    if (held.length > 0) await Promise.allSettled(held.map(close));
  }
}

/** What all that a run has begun and not awaited is told. One for all, as each run ends. */
const ENDED: Error = new Error("the run has ended");

function tooLate({ timeoutMs }: RunTerms): LmError {
  return new LmError(`no outcome within ${timeoutMs} ms`, { code: "timeout", details: { phase: "total" } });
}

/** Whether its caller may have waited long enough before it is done. */
function canEnd({ endsAt }: RunTerms, { signal, parent }: RunOptions): boolean {
  return endsAt !== Infinity || signal !== undefined || parent !== undefined;
}

/** What comes of it; once its life has ended, `cancelled`: code that does not look at its signal is left behind, as under a system. */
function orEnd<Value>(running: Promise<Value>, signal: AbortSignal, { run }: RunTerms): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(withDetails(cancelledError(signal.reason), { run }));
    // A failure that nobody hears of is not to be made at the end of each run.
    const leave = (): void => signal.removeEventListener("abort", end);
    running.then(resolve, reject);
    running.then(leave, leave);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** The terms of a run that no system knows of. */
export function bareTerms(options: RunOptions, clock: Clock, given: Random = systemRandom): RunTerms {
  const random = withStreams(given);
  return runTerms(options, DEFAULTS, {
    now: clock.now(),
    random,
    nextRunId: () => `bare-${Math.floor(random.next() * 2 ** 32).toString(36)}`,
    openLedger: (budget) => ledgerAbove(options)?.open({ budget }) ?? makeLedger({ budget }),
  });
}

const DEFAULTS: RunDefaults = Object.freeze({ timeoutMs: Infinity, retry: readPolicy("forward: retry", {}) });

/** From now on that life ends when the signal aborts. */
export function endWith(life: AbortController, outside: AbortSignal | undefined): void {
  if (outside === undefined) return;
  if (outside.aborted) life.abort(outside.reason);
  onAbort(outside, () => life.abort(outside.reason), life.signal);
}
