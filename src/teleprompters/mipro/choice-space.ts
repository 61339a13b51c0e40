import { digest } from "../../foundation/digest.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import { valueFacts } from "../../evaluate/example.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import type { AnyPredictor, Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import type { Demo } from "../../signatures/example.ts";
import type { DemoSets } from "../few-shot/demo-sets.ts";
import type { Choices, Picks } from "../tpe-sampler.ts";

/** What candidates are put together from: for each predictor an instruction and a demo set, and a layout for all. */
export interface ChoiceSpace {
  /** How many there are of each; named as in DSPy: `0_predictor_instruction`, `0_predictor_demos`, and `adapter`. */
  readonly choices: Choices;
  candidate(picks: Picks): Program<never>;
  /** The choices by which a program could have been made; undefined: by none. */
  picksOf(program: Program<never>): Picks | undefined;
  /** The same choices where some are alike: the first of these. */
  first(picks: Picks): Picks;
  /** How many candidates differ. */
  readonly size: number;
  /** In words: `rewrite: instruction 2, demo set 1`. */
  words(picks: Picks): string;
}

export interface Parts {
  readonly student: Program<never>;
  /** By predictor; the first one is its own. */
  readonly instructions: Readonly<Record<string, readonly string[]>>;
  /** Undefined: candidates have no demos. */
  readonly demoSets: DemoSets | undefined;
  /** None: each predictor keeps its own. */
  readonly adapters: readonly Adapter[];
}

/** A list to choose from, and where of those that are alike the first one is. */
interface Parameter {
  readonly name: string;
  readonly count: number;
  readonly first: readonly number[];
}

const ADAPTER = "adapter";

export function choiceSpace({ student, instructions, demoSets, adapters }: Parts): ChoiceSpace {
  const predictors = Object.entries(tunablePredictors(student)).map(([path, predictor], place) => ({
    path,
    predictor,
    texts: instructions[path] ?? [predictor.signature.instructions],
    sets: demoSets?.[path] ?? [],
    instruction: `${place}_predictor_instruction`,
    demos: `${place}_predictor_demos`,
  }));
  const parameters: readonly Parameter[] = [
    ...predictors.map(({ instruction, texts }) => parameter(instruction, texts)),
    ...(demoSets === undefined ? [] : predictors.map(({ demos, sets }) => parameter(demos, sets.map(keyOf)))),
    ...(adapters.length === 0 ? [] : [parameter(ADAPTER, adapters)]),
  ];
  const choices = Object.freeze(Object.fromEntries(parameters.map(({ name, count }) => [name, count] as const)));

  const candidate = (picks: Picks): Program<never> => {
    const adapter = adapters[picks[ADAPTER] ?? 0];
    const edits = predictors.map(({ path, predictor, texts, sets, ...names }): [string, AnyPredictor] => {
      const text = texts[picks[names.instruction] ?? 0] ?? predictor.signature.instructions;
      const demos = sets[picks[names.demos] ?? 0] ?? [];
      return [path, predictor.with({ instructions: text, demos, ...(adapter && { adapter }) })];
    });
    return student.withPredictors(Object.fromEntries(edits));
  };

  const picksOf = (program: Program<never>): Picks | undefined => {
    const own = tunablePredictors(program);
    const picks: Record<string, number> = {};
    for (const { path, texts, sets, instruction, demos } of predictors) {
      const there = own[path];
      if (there === undefined) return undefined;
      picks[instruction] = texts.indexOf(there.signature.instructions);
      if (demoSets !== undefined) picks[demos] = sets.map(keyOf).indexOf(keyOf(there.demos));
      if (adapters.length > 0) picks[ADAPTER] = adapters.findIndex((each) => each === there.adapter);
    }
    if (Object.values(picks).includes(-1)) return undefined;
    // What else may be otherwise in it is no choice.
    return digestOf(candidate(picks)) === digestOf(program) ? Object.freeze(picks) : undefined;
  };

  return Object.freeze({
    choices,
    candidate,
    picksOf,
    first: (picks: Picks) =>
      Object.freeze(
        Object.fromEntries(parameters.map(({ name, first }) => [name, first[picks[name] ?? 0] ?? 0] as const)),
      ),
    size: parameters.reduce((product, { first }) => product * new Set(first).size, 1),
    words(picks: Picks) {
      const each = predictors.map(({ path, instruction, demos }) => {
        const set = demoSets === undefined ? "" : `, demo set ${picks[demos] ?? 0}`;
        return `${path}: instruction ${picks[instruction] ?? 0}${set}`;
      });
      const adapter = adapters[picks[ADAPTER] ?? 0];
      return [...each, ...(adapter ? [`layout: ${adapter.name}`] : [])].join("; ");
    },
  } satisfies ChoiceSpace);
}

function parameter(name: string, values: readonly unknown[]): Parameter {
  return { name, count: Math.max(1, values.length), first: values.map((value) => values.indexOf(value)) };
}

function keyOf(demos: readonly Demo[]): string {
  return digest(demos.map((demo) => valueFacts(demo, "demo")));
}

/** A name for what was chosen. */
export function keyOfPicks(picks: Picks): string {
  return Object.keys(picks)
    .toSorted()
    .map((name) => `${name}=${picks[name]}`)
    .join(" ");
}
