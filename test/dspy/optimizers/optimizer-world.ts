// A case with everything in it made.
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import type { Program } from "../../../src/programs/program.ts";
import { vectorAdapter } from "../vector-adapters.ts";
import { type VectorProgram, vectorProgram } from "../vector-program.ts";
import type { OptimizerCase, Row } from "./optimizer-case.ts";
import { type RuleModel, ruleModel } from "./rule-model.ts";

/** What an entry of the table plays with. */
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

export function worldOf(played: OptimizerCase): OptimizerWorld {
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
    student: program(played.program ?? played.programs?.[0] ?? ANY, own === undefined ? "task" : "own"),
    trainset: examplesOf(played.trainset ?? [], played.input_keys, "train"),
    valset: played.valset && examplesOf(played.valset, played.input_keys, "val"),
    grounds: {
      clients: Object.fromEntries(Object.entries(models).map(([name, { model }]) => [name, model])),
      adapter,
      retry: backoff({ maxRepairs, maxAttempts: 2 }),
    },
  };
}

/** Where a case is about no program. */
const ANY: VectorProgram = { kind: "predict", signature: "question -> answer" };

function examplesOf(rows: readonly Row[], inputs: readonly string[], set: string): readonly AnyExample[] {
  return rows.map((row, place) => {
    const [asked, right] = [true, false].map((isInput) =>
      Object.fromEntries(Object.entries(row).filter(([field]) => inputs.includes(field) === isInput)),
    );
    return Object.freeze({ id: `${set} ${place}`, inputs: asked ?? {}, labels: right ?? {}, tags: {} });
  });
}
