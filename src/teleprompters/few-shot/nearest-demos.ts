import type { FieldValues } from "../../adapters/adapter.ts";
import { type AnyExample, digestOfExample } from "../../evaluate/example.ts";
import { digestOfMetrics, scoreOf } from "../../evaluate/metrics/metric.ts";
import { digest } from "../../foundation/digest.ts";
import { asError } from "../../foundation/errors.ts";
import type { EmbedderSpec } from "../../lm/embedder.ts";
import { editSampling } from "../../lm/sampling.ts";
import { apartFromOverlay, at, type CallContext, spendingApart, tracedApart } from "../../programs/call-context.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import { combineMeta, prediction, type TraceStep, withTrace } from "../../programs/prediction.ts";
import type { Program } from "../../programs/program.ts";
import { programValue } from "../../programs/program-value.ts";
import type { Embed } from "../../retrieval/embedding-index.ts";
import { seenError } from "../job/trial-data.ts";
import type { SearchTrial, SeenStep, TrialSeen } from "../teleprompter.ts";
import { bootstrap, tooManyErrors } from "./bootstrap.ts";
import { bootstrapSettings, type BootstrapRules } from "./bootstrap-options.ts";
import { nearestPlaces, textOfInputs, vectorsOf } from "./vectors-of.ts";

export interface NearestRules extends BootstrapRules {
  readonly k: number;
  readonly embed: Embed | EmbedderSpec;
}

/** The name of its one part: what its predictors' paths begin with. */
const STUDENT = "student";
const TEACHER = "teacher";

/** A program that bootstraps its demos at each call, on the examples that are nearest to it. */
export function nearestDemos(
  student: Program<never>,
  trainset: readonly AnyExample[],
  rules: NearestRules,
): Program<never> {
  const { k, embed, metric, teacher } = rules;
  const names = Object.keys(trainset[0]?.inputs ?? {});
  let known: Promise<readonly Float64Array[]> | undefined;
  /** Of the whole trainset: asked for once, unless that failed. */
  const trained = (): Promise<readonly Float64Array[]> => {
    known ??= vectorsOf(
      embed,
      trainset.map(({ inputs }) => textOfInputs(names, inputs)),
    ).catch((thrown: unknown) => {
      known = undefined;
      throw asError(thrown);
    });
    return known;
  };

  const nearest = async (inputs: FieldValues, context: CallContext): Promise<readonly AnyExample[]> => {
    if (k === 0 || trainset.length === 0) return [];
    const text = textOfInputs(names, inputs);
    const all = await trained();
    const asked = await context.effect("embed", { text }, async () => {
      const [vector = []] = await vectorsOf(embed, [text], context.signal);
      return [...vector];
    });
    return nearestPlaces(asked, all, k).map((place) => trainset[place] as AnyExample);
  };

  const run = async (inputs: object, context: CallContext) => {
    const own = spendingApart(context);
    const startedAt = own.clock.now();
    const examples = await nearest(inputs as FieldValues, own);
    const teach = (trials: readonly SearchTrial[]) => Promise.all(trials.map((trial) => taught(own, trial, rules)));
    const { program, failure } = await bootstrap(teach, student, examples, rules);
    if (failure !== undefined) throw tooManyErrors("knnFewShot", rules, failure);
    // What the program was made of takes the same inputs.
    const made = await (program as Program).forward(inputs, at(own, STUDENT));
    const about = { run: own.runId, path: own.path, ms: own.clock.now() - startedAt };
    return prediction<object>(made, combineMeta([made.$meta], own.ledger, about));
  };

  return programValue<Program>(
    {
      kind: "knn_few_shot",
      name: `${student.name} with nearest demos`,
      parts: { [STUDENT]: student },
      settings: {
        ...bootstrapSettings(rules),
        k,
        trainset: digest(trainset.map((each) => digestOfExample(each))),
        ...(metric && { metric: digestOfMetrics(metric) }),
        ...(teacher?.program && { teacherProgram: digestOf(teacher.program) }),
      },
      code: { embed },
      run,
      rebuild: ({ [STUDENT]: other }) => nearestDemos(other as Program<never>, trainset, rules),
    },
    {},
  );
}

/** One run of a teacher within a call, scored. */
async function taught(
  context: CallContext,
  { program, example, config, client }: SearchTrial,
  { metric }: BootstrapRules,
): Promise<TrialSeen> {
  const { overlay } = context;
  const laid = {
    ...overlay,
    ...(client !== undefined && { client }),
    ...(config !== undefined && { config: editSampling(overlay.config ?? {}, config) }),
  };
  return tracedApart(context, TEACHER, laid, async (inside, steps): Promise<TrialSeen> => {
    let failed: "program" | "metric" = "program";
    try {
      const made = withTrace(await (program as Program).forward(example.inputs, inside), steps);
      failed = "metric";
      const call = { context: apartFromOverlay(context, "metric"), trace: steps };
      // Who compiled it has typed the set, the program and the metric alike.
      const score = metric === undefined ? undefined : await scoreOf(metric, example as never, made as never, call);
      return { ...(score && { score: score.score }), trace: steps.map((step) => seenStep(step, inside.path)) };
    } catch (thrown) {
      if (context.signal.aborted) throw thrown;
      return { error: seenError(asError(thrown)), failed };
    }
  });
}

/** With its path in the teacher's own program. */
function seenStep({ kind, path, inputs, prediction: made }: TraceStep, root: string): SeenStep {
  const own = path === root ? "self" : path.slice(root.length + 1);
  return { kind, path: own, inputs, ...(made && { outputs: { ...made } }) };
}
