import type { ScoredCandidate, Search, SearchTask } from "./teleprompter.ts";

/**
 * A search within another one: a teleprompter as a step of another. What it asks for and tells goes to the outer one, under a name
 * of its own, so that names stay apart.
 *
 * @param counts whether its full scores are comparable with those of the outer one: else none of its candidates is the best so far
 */
export function searchWithin(outer: Search, name: string, task: SearchTask, counts: boolean): Search {
  const within = (inner: string): string => `${name}: ${inner}`;
  return Object.freeze({
    ...task,
    run: (trials, options) => outer.run(trials, { ...options, about: within(options.about) }),
    train: (step) => outer.train({ ...step, about: within(step.about) }),
    note: (text) => outer.note(within(text)),
    scored({ parents, origins, outputs, ...candidate }: ScoredCandidate) {
      const { full = true } = candidate;
      outer.scored({
        ...candidate,
        name: within(candidate.name),
        full: full && counts,
        ...(parents && { parents: parents.map(within) }),
        ...(origins && { origins: originsWithin(origins, within) }),
        // Of other examples than those of the outer one, as the score is.
        ...(outputs && counts && { outputs }),
      });
    },
  } satisfies Search);
}

function originsWithin(
  origins: NonNullable<ScoredCandidate["origins"]>,
  within: (name: string) => string,
): NonNullable<ScoredCandidate["origins"]> {
  const renamed = Object.entries(origins).map(([path, { candidate, ...origin }]) => {
    return [path, candidate === undefined ? origin : { ...origin, candidate: within(candidate) }] as const;
  });
  return Object.fromEntries(renamed);
}
