import { ABOVE_0_MS, checkNumber, FROM_0_MS, optionNames } from "../../../foundation/check-options.ts";
import { describe, UsageError } from "../../../foundation/errors.ts";
import { checkConnection, type OpenAiConnectionOptions } from "../../../lm/openai/connection.ts";
import {
  openServerlessTraining,
  type ServerlessTraining,
  type TrainableModel,
  type Trajectory,
} from "../../../lm/openai/serverless-training.ts";
import type { Program } from "../../../programs/program.ts";
import { tunablePredictors } from "../../../programs/replace-predictors.ts";
import { JobError } from "../../job/job-error.ts";
import type { Search } from "../../teleprompter.ts";
import type { TrainingLife } from "../../training/training-step.ts";
import type { Learnt, Policy, PolicySession } from "../policy.ts";
import type { RolloutGroup } from "../rollout-groups.ts";
import { artStep, type ArtTrained } from "./art-step.ts";

/** Where it trains: the options of `openai(…)` that are about the connection. The key's default is `WANDB_API_KEY`. */
export interface ArtTrainerOptions extends OpenAiConnectionOptions {
  /** What the trained model is called there: one that is there already is trained on. `entity`'s default is the key's own. */
  readonly trained: { readonly entity?: string | undefined; readonly project: string; readonly name: string };
  /** The protocol's `experimental_config`: `learning_rate`, `loss_fn` and more. Default: the server's own choice. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The client by which the model is asked: one of the same server. Default: each predictor's own. */
  readonly client?: string | undefined;
  /** Between two looks at a step, in ms. Default 5,000. */
  readonly pollMs?: number | undefined;
  /** How long a step whose answer was lost is looked for, in ms. Default 600,000. */
  readonly reconcileMs?: number | undefined;
}

const OWN = optionNames<Omit<ArtTrainerOptions, keyof OpenAiConnectionOptions>>({
  trained: true,
  config: true,
  client: true,
  pollMs: true,
  reconcileMs: true,
});

const SERVICE = "https://api.training.wandb.ai/v1";

/**
 * A policy whose weights are trained elsewhere: the serverless training protocol of OpenPipe's ART (W&B Training). Each step sends
 * the groups, as they were asked and sampled, with their rewards; the server trains, and serves each checkpoint by a name of its own,
 * which the program's predictors ask from then on (`config.model`).
 *
 * No step is sent twice: see `training_unknown` of `JobErrorCode`. It was written against the published protocol and is tested
 * against a server of our own that speaks it and learns; nobody has run it on the service yet.
 *
 * @param baseModel as the server calls it: `Qwen/Qwen3.6-27B`
 * @throws UsageError for options that make no sense
 */
export function artTrainer(baseModel: string, options: ArtTrainerOptions): Policy {
  if (typeof baseModel !== "string" || baseModel.trim() === "")
    throw new UsageError(`artTrainer: expected the name of a base model, got ${describe(baseModel)}`);
  const what = `artTrainer("${baseModel}")`;
  checkConnection(what, options, OWN);
  const { trained, config = {}, client, pollMs = 5_000, reconcileMs = 600_000 } = options;
  const { entity, project, name } = trained ?? {};
  for (const [option, value] of Object.entries({ project, name }))
    if (typeof value !== "string" || value === "")
      throw new UsageError(`${what}: trained.${option} must be a text that is not empty, got ${describe(value)}`);
  checkNumber(what, "pollMs", pollMs, ABOVE_0_MS);
  checkNumber(what, "reconcileMs", reconcileMs, FROM_0_MS);
  const baseURL = options.baseURL ?? SERVICE;
  const wanted = { entity, project, name, baseModel };

  const withServer = async <Came>(
    life: TrainingLife,
    work: (server: ServerlessTraining) => Promise<Came>,
  ): Promise<Came> => {
    const apiKey = options.apiKey ?? (options.env ?? process.env)["WANDB_API_KEY"];
    const clock = options.clock ?? life.clock;
    const server = openServerlessTraining(what, baseModel, { ...connectionOf(options), baseURL, apiKey, clock });
    try {
      return await work(server);
    } finally {
      await server.close();
    }
  };

  const begin = async (search: Search): Promise<PolicySession> => {
    // Made once, or found: by way of JSON, our own.
    const model = (await search.train({
      about: `the model ${name}`,
      facts: { ...wanted, baseURL },
      isFree: true,
      perform: (life) => withServer(life, (server) => server.model(wanted, life.signal)),
    })) as TrainableModel;
    let program = asking(search.student, baseModel, client);
    return Object.freeze({
      get program() {
        return program;
      },
      async learn(step: number, groups: readonly RolloutGroup[]): Promise<Learnt | undefined> {
        const sent = groups.map(trajectoriesOf).filter((group) => group.length > 1);
        if (sent.length === 0) return undefined;
        const facts = { model: model.id, step, groups: sent, config };
        const came = (await search.train({
          about: `training step ${step}`,
          facts,
          perform: (life) =>
            withServer(life, (server) =>
              artStep(server, { model: model.id, groups: sent, config, pollMs, reconcileMs }, life),
            ),
        })) as ArtTrained;
        if ("failed" in came) {
          const message = `artTrainer: training step ${step} failed: ${came.failed}`;
          throw new JobError(message, { code: "training_failed", retryable: false, details: { step } });
        }
        program = asking(search.student, servedName(model, came.step), client);
        const trained = sent.reduce((sum, group) => sum + group.length, 0);
        return { program, note: `checkpoint ${came.step}, by ${trained} rollouts in ${sent.length} groups` };
      },
      // What was trained stays trained: the best is kept by its name.
      settle() {},
    });
  };

  return Object.freeze({
    kind: "art",
    version: 1,
    settings: { ...wanted, entity: entity ?? null, baseURL, config, client: client ?? null },
    clients: client === undefined ? [] : [client],
    callsOf: () => [],
    trainingsOf: (steps: number) => steps,
    begin,
  });
}

/** As W&B Inference calls the checkpoint of a step. */
function servedName({ entity, project, name }: TrainableModel, step: number): string {
  return `wandb-artifact:///${entity}/${project}/${name}:step${step}`;
}

function asking(program: Program<never>, model: string, client: string | undefined): Program<never> {
  const edits = Object.entries(tunablePredictors(program)).map(
    ([path, predictor]) =>
      [path, predictor.with({ config: { model }, ...(client !== undefined && { client }) })] as const,
  );
  return program.withPredictors(Object.fromEntries(edits));
}

/** A call that got no answer teaches nothing. */
function trajectoriesOf({ example, predictor, call, rollouts }: RolloutGroup): readonly Trajectory[] {
  return rollouts.flatMap(({ sampled, reward }) =>
    sampled === undefined ? [] : [{ ...sampled, reward, metadata: { example, predictor, call } }],
  );
}

function connectionOf(options: ArtTrainerOptions): OpenAiConnectionOptions {
  const own: ReadonlySet<string> = new Set(OWN);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !own.has(name)));
}
