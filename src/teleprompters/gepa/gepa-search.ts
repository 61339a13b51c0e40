import { UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { Program } from "../../programs/program.ts";
import { evaluateRivals, type EvaluatedCandidate } from "../candidate-score.ts";
import type { Search, SearchTask } from "../teleprompter.ts";
import { autoBudget } from "./gepa-budget.ts";
import type { GepaRules } from "./gepa-options.ts";
import { type Joining, makeJoining } from "./joining.ts";
import type { Merge } from "./merge.ts";
import { type FoundMerge, makeMerging } from "./merging.ts";
import { minibatches } from "./minibatches.ts";
import { chooseParent, type Fronts } from "./pareto.ts";
import { makePool, type Member, type Pool } from "./pool.ts";
import { makeProposing, type Proposed } from "./proposing.ts";
import { type Child, gathered } from "./round.ts";
import { textPlaces, textsOf } from "../texts.ts";

/** What came of an iteration, for whoever plays a search that somebody else made. */
export interface IterationFacts extends Partial<Proposed> {
  readonly iteration: number;
  /** `null`: it was tried, and no pair was found. */
  readonly merge?: (Merge & { readonly places: readonly number[]; readonly scores: readonly number[] }) | null;
  /** The number of the candidate that it made, and how that did on the valset. */
  readonly accepted: number | undefined;
  readonly acceptedScores: readonly number[] | undefined;
  readonly fronts: Fronts;
  readonly metricCalls: number;
}

export interface GepaHooks {
  iteration?(facts: IterationFacts): void;
  /** Told at the end, and of each candidate how many metric calls there were before its evaluation. */
  ended?(pool: Pool, discoveredAt: readonly number[], metricCalls: number): void;
}

/** The sets, and metric calls to spend. @throws UsageError where there is nothing to learn from, to compare on, or to change */
export function gepaTask({ student, trainset, valset }: SearchTask, { budget, descriptions }: GepaRules) {
  if (trainset.length === 0) throw new UsageError("gepa: the trainset is empty: there is nothing to learn from");
  if (valset?.length === 0) throw new UsageError("gepa: the valset is empty: there is nothing to compare on");
  const places = textPlaces(student, descriptions);
  if (places.length === 0)
    throw new UsageError(`gepa: ${student.name} has no text to change: all its predictors are frozen, or it has none`);
  const examples = valset ?? trainset;
  const calls =
    "auto" in budget
      ? autoBudget(budget.auto, places.length, examples.length)
      : "maxFullEvals" in budget
        ? budget.maxFullEvals * (trainset.length + (valset?.length ?? 0))
        : budget.maxMetricCalls;
  return { places, examples, calls };
}

/** @throws UsageError for a program whose texts are not the student's: children and merges could not be made of it */
function checkWarmStart({ student, warmStart }: SearchTask, { descriptions }: GepaRules): void {
  const wanted = Object.keys(textsOf(student, descriptions));
  for (const program of warmStart) {
    const own = textsOf(program, descriptions);
    const missing = wanted.filter((path) => !Object.hasOwn(own, path));
    if (missing.length > 0)
      throw new UsageError(
        `gepa: a warm start has the student's texts: "${program.name}" has none at ${missing.join(", ")}`,
      );
  }
}

/** As many iterations as there are metric calls left for, but half a round at least: the last few calls are no reason for many rounds. */
function roundSize(left: number, { inFlight, minibatch }: GepaRules): number {
  return Math.min(inFlight, Math.max(Math.ceil(left / (2 * minibatch)), Math.ceil(inFlight / 2)));
}

type Maker = () => Promise<Child | undefined>;

/** An iteration of a round. */
interface Slot {
  /** Who makes a child of it. Undefined: there is none to be made. */
  readonly looked: Promise<Maker | undefined>;
  /** What there is to be told of it, when it is over. */
  readonly facts: () => Omit<IterationFacts, "accepted" | "acceptedScores" | "fronts" | "metricCalls">;
}

/**
 * GEPA's search, in rounds of as many iterations as may be in flight: each begins by what was known before the round, and what
 * they come to is gathered ({@link gathered}), evaluated on the valset and joins in the order of beginning. So what is known
 * does not depend on the timing; a round of one is an iteration of DSPy's.
 */
export async function gepaSearch(search: Search, rules: GepaRules, hooks: GepaHooks = {}): Promise<Program<never>> {
  const { student, warmStart, trainset } = search;
  checkWarmStart(search, rules);
  const { places, examples, calls: budget } = gepaTask(search, rules);
  const random = pythonRandom(rules.seed);
  const batches = minibatches(trainset.length, rules.minibatch, random);
  const pool = makePool(rules);
  const discoveredAt: number[] = [];
  /** Places in the round of texts, by candidate. */
  const turns: number[] = [];
  let [iteration, metricCalls] = [0, 0];
  /** Metric calls that have to be left for what is begun. */
  let least = 1;
  /** Merges that became due, and those kept; whether the round before has made a child. */
  let [due, merged, isMergeTime] = [0, 0, false];

  const count = (calls: number): number => (metricCalls += calls);
  const isPaid = (): boolean => budget - metricCalls >= least;
  const ground = { search, rules, pool, count };
  const proposing = makeProposing({ ...ground, places, random: pythonRandom(rules.seed) });
  const mergeAt = makeMerging({ ...ground, examples, random });
  const join = makeJoining(search, rules, pool);

  const evaluated = async (candidates: readonly Joining[]): Promise<readonly Member[]> => {
    if (candidates.length === 0) return [];
    discoveredAt.push(...candidates.map((_, place) => metricCalls + place * examples.length));
    count(candidates.length * examples.length);
    const programs = candidates.map(({ program }) => program);
    const about = candidates.map(({ name }) => name).join(", ");
    const wants = rules.trackBestOutputs ? "outputs" : "score";
    const scored = await evaluateRivals(search, programs, examples, { about, metric: rules.metric, wants });
    // There is one for each.
    const members = candidates.map((each, place) => join(each, scored[place] as EvaluatedCandidate));
    for (const { number, parents } of members)
      turns[number] = Math.max(0, ...parents.map((parent) => turns[parent] ?? 0));
    return members;
  };

  const beginMerge = (iteration: number, { merge, places: tested, test }: FoundMerge): Slot => {
    let scores: readonly number[] = [];
    const make = async (): Promise<Child> => {
      const made = await test();
      scores = pool.valuesOf(made.tried.scores);
      return made;
    };
    return { looked: Promise.resolve(make), facts: () => ({ iteration, merge: { ...merge, places: tested, scores } }) };
  };

  const beginProposal = (iteration: number, parent: Member, merge: { readonly merge?: null }): Slot => {
    const minibatch = batches.at(iteration);
    const facts: { -readonly [Key in keyof Proposed]?: Proposed[Key] } = { parent: parent.number, minibatch };
    const looked = heard(proposing.look(iteration, parent, minibatch, turns, facts));
    return { looked, facts: () => ({ iteration, ...merge, ...facts }) };
  };

  /** A merge that is due is the first of them; all proposals are of one parent, so that what they mend may go together. */
  const begin = (count: number): readonly Slot[] => {
    let parent: Member | undefined;
    return Array.from({ length: count }, () => {
      iteration += 1;
      const isTried = isMergeTime && due > 0 && merged < rules.merges;
      isMergeTime = false;
      const found = isTried ? mergeAt(iteration) : undefined;
      if (found !== undefined) return beginMerge(iteration, found);
      parent ??= pool.members[chooseParent(rules.selection, pool.fronts(), pool.averages(), random)] as Member;
      return beginProposal(iteration, parent, isTried ? { merge: null } : {});
    });
  };

  const tell = ({ facts }: Slot, member?: Member): void => {
    const came = { accepted: member?.number, acceptedScores: member && pool.valuesOf(member.scores) };
    hooks.iteration?.({ ...facts(), ...came, fronts: pool.fronts(), metricCalls });
  };

  /**
   * As many as a round takes. One that has nothing to learn from is made up for before anybody reflects: no place in the round is
   * idle for as long as that takes.
   */
  const look = async (): Promise<readonly (readonly [Slot, Maker])[]> => {
    const ready: (readonly [Slot, Maker])[] = [];
    const size = roundSize(budget - metricCalls, rules);
    while (ready.length < size && isPaid())
      for (const slot of begin(size - ready.length)) {
        const make = await slot.looked;
        if (make === undefined) tell(slot);
        else ready.push([slot, make]);
      }
    return ready;
  };

  const round = async (): Promise<void> => {
    const slots = await look();
    const children = await Promise.all(slots.map(([, make]) => make()));
    const made = children.filter((child) => child !== undefined);
    for (const child of made) if (!child.isKept) join.refused(child);
    // Parents were there before.
    const { candidates, left } = gathered(
      made.filter(({ isKept }) => isKept),
      (number) => pool.members[number] as Member,
    );
    for (const { child, by } of left) join.refused(child, `${child.note}; left, as ${by.name} has changed the same`);
    const members = await evaluated(candidates);
    const averages = pool.averages();
    // What does not go together may do by itself.
    const apart = candidates.flatMap(({ of, parents }, place) => {
      const [now, before] = [members[place]?.number, parents[0]].map((number) => averages[number ?? 0] ?? 0);
      return of.length > 1 && (now ?? 0) <= (before ?? 0) ? of : [];
    });
    await evaluated(apart);
    const merges = candidates.filter(({ parents }) => parents.length > 1).length;
    [due, merged] = [due - merges, merged + merges];
    if (candidates.length > merges) {
      isMergeTime = rules.merging;
      if (merged < rules.merges) due += candidates.length - merges;
    }
    for (const [place, [slot]] of slots.entries()) {
      const at = candidates.findIndex(({ of }) => of.some((child) => child === children[place]));
      tell(slot, members[at]);
    }
  };

  await evaluated([
    {
      name: "student",
      note: "as it was given",
      program: student,
      parents: [],
      texts: textsOf(student, rules.descriptions),
    },
    ...warmStart.map((program, place) => ({
      name: `warm start ${place + 1}`,
      note: "given to begin with",
      program,
      parents: [],
      texts: textsOf(program, rules.descriptions),
    })),
  ]);
  while (isPaid()) {
    await round();
    // DSPy goes on while there is any. A round takes the time of a reflection: not for less than a child and its evaluation.
    if (rules.inFlight > 1) least = 2 * rules.minibatch + examples.length;
  }
  hooks.ended?.(pool, discoveredAt, metricCalls);
  return pool.best().program;
}
