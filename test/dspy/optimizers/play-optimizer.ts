// Plays a whole run of an optimizer: its entry in the table says how it is made and what is compared.
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import { asError } from "../../../src/foundation/errors.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import type { Program } from "../../../src/programs/program.ts";
import { vectorAdapter } from "../vector-adapters.ts";
import { type Outcome, plain, type VectorCase } from "../vector-case.ts";
import { type VectorProgram, vectorProgram } from "../vector-program.ts";
import type { OptimizerCase, Row } from "./optimizer-case.ts";
import { OPTIMIZERS } from "./optimizer-table.ts";
import { inOrder, requestsOf, type RuleModel, ruleModel } from "./rule-model.ts";
import { expectedDemos, expectedState } from "./states.ts";

/** Thrown for an optimizer that has no entry in the table. */
export class NotBuilt extends Error {
  override readonly name = "NotBuilt";
}

/** A case with everything in it made: what an entry of the table plays with. */
export interface OptimizerWorld {
  readonly played: OptimizerCase;
  readonly student: Program;
  readonly trainset: readonly AnyExample[];
  readonly valset: readonly AnyExample[] | undefined;
  /** By their places: `task`, and where the case has them `teacher`, `prompt`, `own`. */
  readonly models: Readonly<Record<string, RuleModel>>;
  /** How programs run here: whom they ask, in which layout, and how often. */
  readonly grounds: {
    readonly clients: Readonly<Record<string, RuleModel["model"]>>;
    readonly adapter: ReturnType<typeof vectorAdapter>;
    readonly retry: ReturnType<typeof backoff>;
  };
  /** A program of the case, that asks the task's LM, or its own. */
  program(data: VectorProgram, client?: string): Program;
}

export async function playOptimizer(each: VectorCase): Promise<Outcome> {
  // The file's kind says so.
  const played = each as OptimizerCase;
  const { name } = played.optimizer;
  const play = Object.hasOwn(OPTIMIZERS, name) ? OPTIMIZERS[name] : undefined;
  if (play === undefined) throw new NotBuilt(name);
  const world = worldOf(played);
  const came: { failed?: boolean; [what: string]: unknown } = {};
  try {
    await play(world, came);
  } catch (thrown) {
    // Mistakes of the player show themselves.
    const error = asError(thrown);
    if (error.name === "TypeError" || error.name === "ReferenceError") throw error;
    came.failed = true;
  }
  const wanted = expectedOptimizer((played.ours ?? played.expect) as object, each) as Row;
  const all: Row = { ...came, requests: requestsOf(world.models) };
  // What a case says nothing of is not compared.
  return Object.fromEntries(Object.entries(all).filter(([what]) => what === "failed" || what in wanted));
}

/** With places put in place, so that both sides name the same things; and failures as one of its facts. */
export function expectedOptimizer(expect: object, each: VectorCase): Outcome {
  const { trainset = [] } = each as OptimizerCase;
  const { error, type: _type, message: _message, ...facts } = expect as Row;
  const programs = (facts["programs"] ?? []) as readonly unknown[];
  const state = (at: unknown): unknown => expectedState(programs[at as number], trainset);
  const { programs: _programs, ...rest } = facts;
  const made = Object.entries(rest).map(([what, value]): [string, unknown] => {
    switch (what) {
      case "program":
        return [what, expectedState(value, trainset)];
      case "evaluations":
      case "candidates":
        return [
          what,
          (value as readonly Row[]).map((row) => ("program" in row ? { ...row, program: state(row["program"]) } : row)),
        ];
      case "attempts":
        return [what, expectedAttempts(value)];
      case "demo_sets":
        return [what, (value as unknown[][][]).map((sets) => sets.map((demos) => expectedDemos(demos, trainset)))];
      case "calls":
        return [what, (value as readonly Row[]).map((call) => expectedCall(call))];
      case "requests":
        return [what, expectedRequests(value as Row)];
      default:
        return [what, value];
    }
  });
  return { ...Object.fromEntries(made), ...(error === true && { failed: true }) };
}

/** The name of the error that ended it is DSPy's. */
function expectedAttempts(attempts: unknown): unknown {
  return (attempts as readonly [number, number, unknown][]).map(([example, round, came]) => [
    example,
    round,
    came === true,
  ]);
}

function expectedCall(call: Row): Row {
  const { attempts, requests, ...rest } = call;
  return {
    ...rest,
    ...(attempts !== undefined && { attempts: expectedAttempts(attempts) }),
    // Runs of teachers go side by side.
    ...(requests !== undefined && { requests: (requests as string[]).toSorted() }),
  };
}

function expectedRequests(requests: Row): Row {
  const counted = Object.entries(requests).map(([name, each]) => {
    const { options, ...rest } = each as Row;
    const tallied = (options as [object, number][]).map(([set, count]) => [inOrder(set), count] as const);
    // A hash may look like a number, and then they come as a map.
    return [name, { ...(plain(rest) as object), options: Object.fromEntries(tallied) }] as const;
  });
  return Object.fromEntries(counted);
}

function worldOf(played: OptimizerCase): OptimizerWorld {
  const { lm, teacher_lm: teacher, prompt_lm: prompt, program_lm: own } = played;
  const tables = { task: lm, teacher, prompt, own };
  const models = Object.fromEntries(
    Object.entries(tables).flatMap(([name, table]) =>
      table === undefined ? [] : [[name, ruleModel(table, name)] as const],
    ),
  );
  const adapter = vectorAdapter(played.adapter ?? "chat");
  const program = (data: VectorProgram, client = "task"): Program => {
    const bare = vectorProgram(data);
    const asking = Object.entries(bare.predictors()).map(([path, each]) => [path, each.with({ client })] as const);
    return bare.withPredictors(Object.fromEntries(asking));
  };
  // The JSON adapter's answers are not asked for again; others once, by it.
  const maxRepairs = adapter.name === jsonAdapter().name ? 0 : 1;
  return {
    played,
    models,
    program,
    student: program(played.program ?? played.programs?.[0] ?? { kind: "none" }, own === undefined ? "task" : "own"),
    trainset: examplesOf(played.trainset ?? [], played.input_keys, "train"),
    valset: played.valset && examplesOf(played.valset, played.input_keys, "val"),
    grounds: {
      clients: Object.fromEntries(Object.entries(models).map(([name, { model }]) => [name, model])),
      adapter,
      retry: backoff({ maxRepairs, maxAttempts: 2 }),
    },
  };
}

function examplesOf(rows: readonly Row[], inputs: readonly string[], set: string): readonly AnyExample[] {
  return rows.map((row, place) => {
    const [asked, right] = [true, false].map((isInput) =>
      Object.fromEntries(Object.entries(row).filter(([field]) => inputs.includes(field) === isInput)),
    );
    return Object.freeze({ id: `${set} ${place}`, inputs: asked ?? {}, labels: right ?? {}, tags: {} });
  });
}
