import { UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { AnyPredictor, Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { type EvaluatedCandidate, evaluateRivals, isBetter } from "../candidate-score.ts";
import { tracedBy } from "../few-shot/bootstrap-few-shot.ts";
import { bootstrap, checkTeacherFits } from "../few-shot/bootstrap.ts";
import { askBySearch } from "../proposer/ask-by-search.ts";
import type { ScoredCandidate, Search, SearchTask, TextOrigin } from "../teleprompter.ts";
import type { InferRulesRules } from "./infer-rules-options.ts";
import { type Induced, induceRules, rulesInducer } from "./induce-rules.ts";

export interface InferRulesSets {
  readonly trainset: readonly AnyExample[];
  readonly valset: readonly AnyExample[];
}

/** Without a valset the second half of the trainset is it. @throws UsageError where one of them would be empty */
export function inferRulesSets({ trainset, valset }: SearchTask): InferRulesSets {
  const half = Math.floor(trainset.length / 2);
  const sets =
    valset === undefined ? { trainset: trainset.slice(0, half), valset: trainset.slice(half) } : { trainset, valset };
  if (trainset.length === 0)
    throw new UsageError("inferRules: the trainset is empty: there is nothing to draw rules from");
  if (sets.trainset.length === 0)
    throw new UsageError("inferRules: a trainset of one example cannot be halved: give a valset, or more examples");
  if (sets.valset.length === 0) throw new UsageError("inferRules: the valset is empty: there is nothing to compare on");
  return sets;
}

/** InferRules' search: demos and rules side by side, then all candidates side by side. */
export async function inferRulesSearch(search: Search, rules: InferRulesRules): Promise<Program<never>> {
  const { student, warmStart } = search;
  const { trainset, valset } = inferRulesSets(search);
  checkTeacherFits(student, rules.bootstrap);
  const compare = (
    name: string,
    note: string,
    program: Program<never>,
    texts: Pick<ScoredCandidate, "changed" | "origins"> = {},
  ): Promise<ScoredCandidate> =>
    heard(
      evaluateRivals(search, [program], valset, { about: name, metric: rules.bootstrap.metric }).then(([only]) => {
        // There is one.
        const { score, scores } = only as EvaluatedCandidate;
        return { name, note, program, score, scores, ...texts };
      }),
    );
  const given = warmStart.map((program, at) => compare(`warm start ${at + 1}`, "given to begin with", program));
  const demos = heard(bootstrap(tracedBy(search, "bootstrap", rules.bootstrap), student, trainset, rules.bootstrap));
  const [drawn] = await Promise.allSettled([induceAll(search, trainset, rules), demos]);
  const { program: base } = await demos;
  // What was begun is over: a later life of the job has the demos.
  if (drawn.status === "rejected") throw drawn.reason;
  const induced = drawn.value;

  const candidates = induced.flatMap((own, at) => {
    const found = Object.entries(own).filter(([, { rules: text }]) => text !== undefined);
    if (found.length === 0) return [];
    return [compare(`rules ${at + 1}`, noteOf(found), withRules(base, own), originsOf(found, trainset, rules))];
  });
  // Nobody had a rule: what there is without any.
  const made =
    candidates.length > 0 ? candidates : [compare("no rules", "no rules came; demos of runs", base, { changed: [] })];
  let best: ScoredCandidate | undefined;
  for (const each of [...made, ...given]) {
    const candidate = await each;
    search.scored(candidate);
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best?.program ?? base;
}

/** By predictor. */
type InducedRules = Readonly<Record<string, Induced>>;

const MOST_ROLLOUTS = 1e9;

/**
 * Rules of all candidates. Rollout ids are drawn in the order of a walk, one call after another, in which a call more shifts
 * all later ones. How many it takes shows with the first candidate; the others are asked side by side then.
 */
async function induceAll(
  search: Search,
  trainset: readonly AnyExample[],
  { numCandidates, numRules, promptClient }: InferRulesRules,
): Promise<readonly InducedRules[]> {
  const ask = askBySearch(search, promptClient);
  const inducer = rulesInducer(numRules);
  const predictors = Object.entries(tunablePredictors(search.student));
  const random = pythonRandom(0);
  const rollout = (): number => random.between(0, MOST_ROLLOUTS);
  const first: Record<string, Induced> = {};
  for (const [path, { signature }] of predictors)
    first[path] = await induceRules(ask, inducer, signature, trainset, rollout);

  const others = Array.from({ length: numCandidates - 1 }, async () => {
    const own = predictors.map(async ([path, { signature }]) => {
      const ids = Array.from({ length: first[path]?.calls ?? 1 }, rollout);
      // Beyond what the first one took each has a stream of its own.
      const more = pythonRandom(ids[0] ?? 0);
      const next = (): number => ids.shift() ?? more.between(0, MOST_ROLLOUTS);
      return [path, await induceRules(ask, inducer, signature, trainset, next)] as const;
    });
    return Object.fromEntries(await Promise.all(own));
  });
  return [first, ...(await Promise.all(others))];
}

function withRules(base: Program<never>, induced: InducedRules): Program<never> {
  const edits = Object.entries(tunablePredictors(base)).flatMap(([path, predictor]): [string, AnyPredictor][] => {
    const rules = induced[path]?.rules;
    if (rules === undefined) return [];
    const before = predictor.signature.instructions;
    const instructions = `${before}\n\nPlease adhere to the following rules when making your prediction:\n${rules}`;
    return [[path, predictor.with({ instructions })]];
  });
  return base.withPredictors(Object.fromEntries(edits));
}

/** Whoever draws rules is shown the first examples of the trainset, with their answers. */
function originsOf(
  found: readonly (readonly [string, Induced])[],
  trainset: readonly AnyExample[],
  { promptClient }: InferRulesRules,
): Pick<ScoredCandidate, "changed" | "origins"> {
  const origins = found.map(([path, { examples }]): [string, TextOrigin] => {
    const ids = trainset.slice(0, examples).map(({ id }) => id);
    return [path, { by: "model", ...(promptClient !== undefined && { client: promptClient }), examples: ids }];
  });
  return { changed: found.map(([path]) => path), origins: Object.fromEntries(origins) };
}

function noteOf(found: readonly (readonly [string, Induced])[]): string {
  const each = found.map(([path, { examples }]) => `${path}: a model's rules out of ${examples} examples`);
  return `${each.join("; ")}; demos of runs`;
}
