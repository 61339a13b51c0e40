import { type AnyExample, valueFacts } from "../../evaluate/example.ts";
import { digest } from "../../foundation/digest.ts";
import { UsageError } from "../../foundation/errors.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { AnyPredictor, Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import type { Demo } from "../../signatures/example.ts";
import { JobError } from "../job/job-error.ts";
import type { SearchTrial, SeenError, TrialSeen } from "../teleprompter.ts";
import { type BootstrapRules, isRight } from "./bootstrap-options.ts";
import { demoOf, withLabeledDemos } from "./labeled-few-shot.ts";

/** Runs a teacher on examples side by side, traced and scored, and tells what came of each, in their order. */
export type RunTraced = (trials: readonly SearchTrial[]) => Promise<readonly TrialSeen[]>;

export interface Bootstrapped {
  /** The student with its demos: those out of runs, then labeled ones. */
  readonly program: Program<never>;
  /** The error of the run with which there were too many, if there were: the demos are those until then. */
  readonly failure: SeenError | undefined;
}

/**
 * DSPy's `BootstrapFewShot`, to the draw: a teacher runs on the trainset's examples until enough of its runs were right, and
 * their steps become demos.
 *
 * Runs go side by side as far as DSPy's walk, one after another, would have made each of them whatever came of the others: a
 * window is as large as successes still missing, and as errors still allowed. So what is asked and what comes of it is the same.
 *
 * @throws UsageError (rejects) for a teacher whose predictors are not the student's
 */
export async function bootstrap(
  run: RunTraced,
  student: Program<never>,
  trainset: readonly AnyExample[],
  rules: BootstrapRules,
): Promise<Bootstrapped> {
  checkTeacherFits(student, rules);
  const { solved, failure } = await walk(run, student, trainset, rules);
  return { program: withBootstrapped(student, trainset, solved, rules), failure };
}

/** A student's copy without demos. Frozen predictors keep theirs. */
export function withoutDemos(student: Program<never>): Program<never> {
  return withDemos(student, () => []);
}

export function withDemos(student: Program<never>, demosOf: (path: string) => readonly Demo[]): Program<never> {
  const edits = Object.entries(tunablePredictors(student)).map(
    ([path, predictor]) => [path, predictor.with({ demos: demosOf(path) })] as const,
  );
  return student.withPredictors(Object.fromEntries(edits));
}

/** @throws UsageError for a teacher whose steps could be no demos of the student's predictors */
export function checkTeacherFits(student: Program<never>, { teacher }: Pick<BootstrapRules, "teacher">): void {
  if (teacher?.program === undefined) return;
  const { name } = teacher.program;
  const own = teacher.program.predictors();
  const wanted = Object.entries(tunablePredictors(student));
  const missing = wanted.flatMap(([path]) => (own[path] === undefined ? [path] : []));
  if (missing.length > 0)
    throw new UsageError(
      `a teacher has the student's predictors, under the same paths: teacher "${name}" has none at ` +
        `${missing.join(", ")}; it has ${Object.keys(own).join(", ") || "none"}`,
    );
  for (const [path, { signature }] of wanted) {
    const shown = own[path]?.signature.fields.map((field) => field.name) ?? [];
    const lacking = signature.fields.flatMap((field) => (shown.includes(field.name) ? [] : [field.name]));
    if (lacking.length > 0)
      throw new UsageError(
        `a teacher shows the student's fields: teacher "${name}" has no ${lacking.join(", ")} at ${path}; ` +
          `it has ${shown.join(", ")}`,
      );
  }
}

export function tooManyErrors(what: string, { maxErrors }: BootstrapRules, last: SeenError): JobError {
  const message = `${what}: ${maxErrors} runs failed, as many as maxErrors allows; the last one: ${last.message}`;
  return new JobError(message, { code: "too_many_errors", retryable: false, details: { error: last } });
}

/** At most so many runs. */
export function mostRuns(examples: number, { maxBootstrappedDemos, maxRounds }: BootstrapRules): number {
  return maxBootstrappedDemos === 0 ? 0 : examples * maxRounds;
}

/** By its place in the trainset, the right run of an example. */
type Solved = ReadonlyMap<number, TrialSeen>;

async function walk(
  run: RunTraced,
  student: Program<never>,
  trainset: readonly AnyExample[],
  rules: BootstrapRules,
): Promise<{ readonly solved: Solved; readonly failure: SeenError | undefined }> {
  const { maxBootstrappedDemos: wanted, maxRounds, maxErrors, teacher } = rules;
  const solved = new Map<number, TrialSeen>();
  const teaching = teachingOf(student, trainset, rules);
  let errors = 0;
  let next = 0;
  const until = maxRounds === 0 ? 0 : trainset.length;
  while (solved.size < wanted && next < until) {
    const window = Math.max(1, Math.min(wanted - solved.size, Math.floor((maxErrors - errors) / maxRounds)));
    const end = Math.min(next + window, until);
    const first = next;
    let open = Array.from({ length: end - first }, (_, index) => first + index);
    next = end;
    const right = new Map<number, TrialSeen>();
    for (let round = 0; round < maxRounds && open.length > 0; round += 1) {
      const config = round === 0 ? {} : { config: { rolloutId: round, temperature: 1 } };
      const client = teacher?.client === undefined ? {} : { client: teacher.client };
      const seen = await run(
        // Places of the trainset.
        open
          .map((place) => trainset[place] as AnyExample)
          .map((example) => ({ program: teaching(example), example, ...config, ...client })),
      );
      let last: SeenError | undefined;
      const still: number[] = [];
      for (const [index, place] of open.entries()) {
        // There is one for each.
        const each = seen[index] as TrialSeen;
        if (each.error !== undefined) [errors, last] = [errors + 1, each.error];
        if (isRight(each, rules)) right.set(place, each);
        else still.push(place);
      }
      open = still;
      if (last !== undefined && errors >= maxErrors) return { solved: inPlace(solved, right), failure: last };
    }
    for (const [place, each] of inPlace(new Map(), right)) solved.set(place, each);
  }
  return { solved, failure: undefined };
}

/** In the order of the trainset, whatever the round. */
function inPlace(before: Solved, now: Solved): Solved {
  return new Map([...before, ...[...now].toSorted(([one], [other]) => one - other)]);
}

/** The teacher for an example: without the demos that would tell it the answer. */
function teachingOf(
  student: Program<never>,
  trainset: readonly AnyExample[],
  { teacher, maxLabeledDemos: k }: BootstrapRules,
): (example: AnyExample) => Program<never> {
  const given = teacher?.program ?? student;
  const program = k === 0 || teacher?.keepsDemos === true ? given : withLabeledDemos(given, trainset, { k });
  const shown = Object.entries(tunablePredictors(program)).map(([path, predictor]) => ({
    path,
    predictor,
    keys: predictor.demos.map(keyOf),
  }));
  return (example) => {
    const key = keyOf(demoOf(example));
    const edits = shown.flatMap(({ path, predictor, keys }): [string, AnyPredictor][] => {
      if (!keys.includes(key)) return [];
      return [[path, predictor.with({ demos: predictor.demos.filter((_, at) => keys[at] !== key) })]];
    });
    return edits.length === 0 ? program : program.withPredictors(Object.fromEntries(edits));
  };
}

/** Equal for demos that are equal in all fields. */
function keyOf(demo: Demo): string {
  return digest(valueFacts(demo, "demo"));
}

function withBootstrapped(
  student: Program<never>,
  trainset: readonly AnyExample[],
  solved: Solved,
  { maxBootstrappedDemos, maxLabeledDemos }: BootstrapRules,
): Program<never> {
  const made = demosByPath([...solved.values()]);
  const rest = pythonRandom(0).shuffled(trainset.filter((_, place) => !solved.has(place)));
  const random = pythonRandom(0);
  return withDemos(student, (path) => {
    const own = (made.get(path) ?? []).slice(0, maxBootstrappedDemos);
    const missing = Math.max(0, Math.min(maxLabeledDemos - own.length, rest.length));
    return [...own, ...random.sample(rest, missing).map(demoOf)];
  });
}

/** Each step that gave something, as a demo of its predictor. */
function demosByPath(runs: readonly TrialSeen[]): ReadonlyMap<string, readonly Demo[]> {
  const made = new Map<string, Demo[]>();
  for (const { kind, path, inputs, outputs } of runs.flatMap(({ trace = [] }) => trace)) {
    if (kind !== "predict" || outputs === undefined) continue;
    const demo = Object.freeze({ augmented: true, ...inputs, ...outputs });
    made.set(path, [...(made.get(path) ?? []), demo]);
  }
  return made;
}
