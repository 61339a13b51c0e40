import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../../foundation/check-options.ts";
import { describe, UsageError } from "../../../foundation/errors.ts";
import type { Program } from "../../../programs/program.ts";
import { tunablePredictors } from "../../../programs/replace-predictors.ts";
import { answerOf } from "../../proposer/ask.ts";
import { askBySearch } from "../../proposer/ask-by-search.ts";
import type { LessonChange, Search, TextOrigin } from "../../teleprompter.ts";
import type { PlannedRuns } from "../../search-plan.ts";
import type { Learnt, PlannedSteps, Policy, PolicySession } from "../policy.ts";
import type { RolloutGroup } from "../rollout-groups.ts";
import { attemptsText, COMPARE_ATTEMPTS, lessonsText } from "./lesson-prompts.ts";
import {
  applied,
  changeText,
  EMPTY,
  type LessonOperation,
  type Library,
  type LibraryLimits,
  withLessons,
} from "./library.ts";

export interface LessonsOptions {
  /** Who compares the attempts. Default: whom the program asks. */
  readonly promptClient?: string | undefined;
  /** Lessons of one predictor; default 20. */
  readonly maxLessons?: number | undefined;
  /** Characters of a lesson; a longer one is left out. Default 400. */
  readonly maxLessonLength?: number | undefined;
}

const OPTIONS = optionNames<LessonsOptions>({ promptClient: true, maxLessons: true, maxLessonLength: true });

interface Rules extends LibraryLimits {
  readonly promptClient: string | undefined;
}

/**
 * A policy that trains no weights (training-free GRPO, arXiv 2510.08191): a model compares the runs of each group and keeps, for each
 * predictor, a bounded library of short lessons by adding, updating and deleting. They stand below the predictor's instructions, and
 * are taken only if they are better on the set that is compared on: see {@link grpo}.
 *
 * A comparison that cannot be read costs its call and nothing else.
 *
 * @throws UsageError for options that make no sense
 */
export function lessons(options: LessonsOptions = {}): Policy {
  const what = "lessons";
  checkOptions(what, options, OPTIONS);
  const { promptClient, maxLessons = 20, maxLessonLength = 400 } = options;
  if (promptClient !== undefined && (typeof promptClient !== "string" || promptClient === ""))
    throw new UsageError(`${what}: promptClient must be the name of a client, got ${describe(promptClient)}`);
  checkNumber(what, "maxLessons", maxLessons, WHOLE_ABOVE_0);
  checkNumber(what, "maxLessonLength", maxLessonLength, WHOLE_ABOVE_0);
  const rules: Rules = { promptClient, maxLessons, maxLessonLength };
  return Object.freeze({
    kind: what,
    version: 1,
    settings: { maxLessons, maxLessonLength, promptClient: promptClient ?? null },
    clients: promptClient === undefined ? [] : [promptClient],
    callsOf: (steps: PlannedSteps) => comparisons(steps, rules),
    begin: (search: Search) => Promise.resolve(session(search, rules)),
  });
}

/** One of the runs of each example, for each predictor: as if these gave the example's labels, and nothing was learnt before. */
function comparisons(
  { student, steps, examples, groupSize }: PlannedSteps,
  { promptClient: client, maxLessons: room }: Rules,
): readonly PlannedRuns[] {
  return Object.entries(tunablePredictors(student)).flatMap(([predictor, { signature }]) =>
    examples.map(({ id, inputs, labels }) => {
      const run = { inputs, outputs: labels, error: undefined, sampled: undefined, reward: 1, advantage: 0 };
      const rollouts = Array.from({ length: groupSize }, () => ({ ...run, feedback: undefined }));
      const attempts = attemptsText({ example: id, predictor, call: 0, rollouts });
      const asked = { task: signature.instructions, lessons: lessonsText(EMPTY), room, attempts };
      return { runs: steps, program: COMPARE_ATTEMPTS, client, inputs: asked };
    }),
  );
}

type Libraries = Readonly<Record<string, Library>>;

function session(search: Search, rules: Rules): PolicySession {
  const { student } = search;
  const told = Object.entries(tunablePredictors(student)).map(
    ([path, { signature }]) => [path, signature.instructions] as const,
  );
  const ask = askBySearch(search, rules.promptClient);
  let taken: Libraries = Object.fromEntries(told.map(([path]) => [path, EMPTY]));
  let learnt: Libraries = taken;
  const programWith = (libraries: Libraries): Program<never> => {
    const tunable = tunablePredictors(student);
    const edits = told.map(([path, instructions]) => {
      // Both are of the student's tunable predictors.
      const predictor = tunable[path]!;
      return [path, predictor.with({ instructions: withLessons(instructions, libraries[path] ?? EMPTY) })] as const;
    });
    return student.withPredictors(Object.fromEntries(edits));
  };
  let program = student;

  const operationsFor = async (group: RolloutGroup, task: string): Promise<readonly LessonOperation[]> => {
    const library = taken[group.predictor] ?? EMPTY;
    const room = rules.maxLessons - library.lessons.length;
    const inputs = { task, lessons: lessonsText(library), room, attempts: attemptsText(group) };
    return (await answerOf(ask, COMPARE_ATTEMPTS, inputs))?.operations ?? [];
  };

  return Object.freeze({
    get program() {
      return program;
    },
    async learn(_step: number, groups: readonly RolloutGroup[]): Promise<Learnt | undefined> {
      const tasks = new Map(told);
      // All are told the same library, and what they want is done in their order.
      const wanted = await Promise.all(groups.map((group) => operationsFor(group, tasks.get(group.predictor) ?? "")));
      const changes: LessonChange[] = [];
      const shown = new Map<string, Set<string>>();
      const next: Record<string, Library> = { ...taken };
      for (const [at, { predictor, example }] of groups.entries()) {
        const done = applied(next[predictor] ?? EMPTY, wanted[at] ?? [], rules);
        next[predictor] = done.library;
        changes.push(...done.changes.map((each) => ({ predictor, ...each })));
        if (done.changes.length > 0) shown.set(predictor, (shown.get(predictor) ?? new Set()).add(example));
      }
      if (changes.length === 0) return undefined;
      learnt = next;
      const lines = changes.map((each) => (told.length === 1 ? "" : `${each.predictor}: `) + changeText(each));
      const from = [...shown].map(([path, ids]) => [path, originOf(rules, [...ids])] as const);
      return {
        program: programWith(next),
        note: lines.join("; "),
        origins: Object.fromEntries(from),
        lessons: changes,
      };
    },
    settle(isTaken: boolean) {
      if (isTaken) {
        taken = learnt;
        program = programWith(taken);
      }
      learnt = taken;
    },
  });
}

/** Whoever compares is shown the attempts at an example: these may have found their way into a lesson. */
function originOf({ promptClient }: Rules, examples: readonly string[]): TextOrigin {
  return { by: "model", ...(promptClient !== undefined && { client: promptClient }), examples };
}
