import { estimateTrial } from "../../evaluate/estimate.ts";
import { judgesOf } from "../../evaluate/journal/grounds.ts";
import type { Metrics } from "../../evaluate/metrics/metric.ts";
import { UsageError } from "../../foundation/errors.ts";
import type { Budget } from "../../lm/budget.ts";
import type { Executor } from "../../programs/executor.ts";
import { clientsAsked } from "../../programs/identity/clients-asked.ts";
import type { Program } from "../../programs/program.ts";
import type { RunOptions } from "../../programs/run-terms.ts";
import type { AskOptions, SearchTrial } from "../teleprompter.ts";
import type { KindSpent, TrialPart, Wanted } from "./allowance.ts";

/** The kinds of an ask's trials: those that ask the same clients, as often, are taken to cost alike. */
export interface TrialKinds {
  /** LM calls of one trial, at least. */
  readonly calls: number;
  /** Of each trial, in their order. */
  readonly kinds: readonly string[];
  /** What one of each kind is taken for, where nobody knows better. */
  readonly guesses: ReadonlyMap<string, Pick<TrialPart, "tokens" | "usd">>;
}

export interface KindGround {
  readonly executor: Executor;
  readonly budget: Budget;
  /** Of the asks that were delivered: what is known is not guessed. */
  readonly known: ReadonlyMap<string, KindSpent>;
  runOptions(trial: SearchTrial): RunOptions;
}

/** Of all trials where only LM calls are counted. */
const ANY = "";

/**
 * Tells trials apart by whom they ask, and guesses what one of each kind takes by the prices of those clients.
 *
 * @throws UsageError (rejects) for a budget in dollars and a model without a price
 */
export async function kindsOf(
  { executor, budget, known, runOptions }: KindGround,
  trials: readonly SearchTrial[],
  { metric }: Pick<AskOptions, "metric">,
): Promise<TrialKinds> {
  const programs = [...new Set(trials.map(({ program }) => program))];
  const calls = Math.max(1, ...programs.map((program) => Object.keys(program.predictors()).length));
  const guesses = new Map<string, Pick<TrialPart, "tokens" | "usd">>();
  if ((budget.tokens ?? budget.usd) === undefined) return { calls, kinds: trials.map(() => ANY), guesses };
  const judges = metric === undefined ? [] : judgesOf(metric as Metrics);
  const kindOf = kindNamer(judges, runOptions);
  const kinds = trials.map(kindOf);
  const firsts = new Map<string, SearchTrial>();
  for (const [at, trial] of trials.entries()) {
    const kind = kinds[at] ?? ANY;
    if (!known.has(kind) && !firsts.has(kind)) firsts.set(kind, trial);
  }
  for (const [kind, trial] of firsts) {
    const { program, example } = trial;
    const looked = await estimateTrial(executor, program, judges, example, runOptions(trial));
    const { inputTokens, outputTokens, usd } = looked;
    if (budget.usd !== undefined && usd === undefined) throw unpriced(program, judges);
    guesses.set(kind, { tokens: inputTokens + outputTokens, usd: usd ?? 0 });
  }
  return { calls, kinds, guesses };
}

function unpriced({ name }: Program<never>, judges: readonly Program<never>[]): UsageError {
  const who = judges.length === 0 ? `"${name}"` : `"${name}" or its judge`;
  return new UsageError(
    `a budget in dollars needs prices, and none is known for a model that ${who} asks: add it to prices`,
  );
}

/** By the clients of all predictors, the judges' too. A name is made once for each program and each client that is laid over it. */
function kindNamer(
  judges: readonly Program<never>[],
  runOptions: (trial: SearchTrial) => RunOptions,
): (trial: SearchTrial) => string {
  const judging = judges.flatMap((judge) => clientsAsked(judge, {}));
  const names = new WeakMap<Program<never>, Map<string, string>>();
  return (trial) => {
    const { client, adapter } = runOptions(trial);
    const laid = `${client ?? ""} ${adapter?.name ?? ""}`;
    const own = names.get(trial.program) ?? new Map<string, string>();
    names.set(trial.program, own);
    const asked = (): readonly (string | undefined)[] => clientsAsked(trial.program, { client, adapter });
    const name = own.get(laid) ?? JSON.stringify([asked(), judging]);
    own.set(laid, name);
    return name;
  };
}

/** What is wanted where these trials are left, by their places. */
export function wantedOf({ calls, kinds, guesses }: TrialKinds, places: readonly number[]): Wanted {
  const parts: { kind: string; trials: number; tokens: number; usd: number }[] = [];
  for (const at of places) {
    const kind = kinds[at] ?? ANY;
    const last = parts.at(-1);
    if (last?.kind === kind) last.trials += 1;
    else parts.push({ kind, trials: 1, ...(guesses.get(kind) ?? NO_GUESS) });
  }
  return { calls, parts };
}

/** Of a kind that was delivered: its mean is known. */
const NO_GUESS = Object.freeze({ tokens: 0, usd: 0 });
