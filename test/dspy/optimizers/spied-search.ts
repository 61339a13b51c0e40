// Sees what a search asks for, and what comes of it.
import type { Program } from "../../../src/programs/program.ts";
import type {
  AskOptions,
  ScoredCandidate,
  Search,
  SearchTrial,
  Teleprompter,
  TrialSeen,
} from "../../../src/teleprompters/teleprompter.ts";

export interface SpiedAsk {
  readonly about: string;
  readonly wants: AskOptions["wants"];
  readonly trials: readonly SearchTrial[];
  /** Undefined until it is answered. */
  seen: readonly TrialSeen[] | undefined;
}

export interface Spied {
  /** In the order of asking. */
  readonly asks: readonly SpiedAsk[];
  readonly steps: readonly ScoredCandidate[];
}

/** The same teleprompter, watched. */
export function spiedOn(teleprompter: Teleprompter): { readonly teleprompter: Teleprompter; readonly spied: Spied } {
  const asks: SpiedAsk[] = [];
  const steps: ScoredCandidate[] = [];
  const search = (given: Search): Promise<Program<never>> =>
    teleprompter.search({
      ...given,
      async run(trials, options) {
        const ask: SpiedAsk = { about: options.about, wants: options.wants, trials, seen: undefined };
        asks.push(ask);
        ask.seen = await given.run(trials, options);
        return ask.seen;
      },
      scored(candidate) {
        steps.push(candidate);
        given.scored(candidate);
      },
    });
  return { teleprompter: { ...teleprompter, search }, spied: { asks, steps } };
}

/** A candidate on some examples. */
export interface SpiedEvaluation {
  readonly program: Program<never>;
  readonly trials: readonly SearchTrial[];
  readonly seen: readonly TrialSeen[];
}

/** What was asked for scores alone, by program, in the order in which they were told as steps, else of asking. */
export function evaluationsOf({ asks, steps }: Spied): readonly SpiedEvaluation[] {
  const found = asks.flatMap(({ wants, trials, seen }): SpiedEvaluation[] => {
    if ((wants ?? "score") !== "score" || seen === undefined) return [];
    const programs = [...new Set(trials.map(({ program }) => program))];
    return programs.map((program) => {
      const places = trials.flatMap((trial, at) => (trial.program === program ? [at] : []));
      return {
        program,
        trials: places.map((at) => trials[at] as SearchTrial),
        seen: places.map((at) => seen[at] as TrialSeen),
      };
    });
  });
  const stepOf = ({ program }: SpiedEvaluation): number => {
    const at = steps.findIndex((step) => step.program === program);
    return at < 0 ? steps.length : at;
  };
  return found.toSorted((one, other) => stepOf(one) - stepOf(other));
}

/** A run of a teacher. */
export interface SpiedAttempt {
  readonly trial: SearchTrial;
  readonly seen: TrialSeen;
}

/**
 * Runs of teachers in the order of DSPy's walk: set after set as they were begun, within a set example after example, round
 * after round.
 */
export function attemptsOf({ asks }: Spied): readonly SpiedAttempt[] {
  const sets = new Map<string, Map<unknown, SpiedAttempt[]>>();
  for (const { about, wants, trials, seen } of asks) {
    if (wants !== "trace" || seen === undefined) continue;
    const set = sets.get(about) ?? new Map<unknown, SpiedAttempt[]>();
    sets.set(about, set);
    for (const [at, trial] of trials.entries()) {
      const attempt = { trial, seen: seen[at] as TrialSeen };
      set.set(trial.example, [...(set.get(trial.example) ?? []), attempt]);
    }
  }
  return [...sets.values()].flatMap((set) => [...set.values()].flat());
}
