import { malformed, memberOf, readString } from "../read-json.ts";
import type { LmMessage } from "../message.ts";
import { writeChatMessage } from "./chat-parts.ts";
import type { OpenAiConnectionOptions } from "./connection.ts";
import { openRest } from "./rest.ts";

/** A conversation that ends in what was sampled, and what it was worth. */
export interface Trajectory {
  readonly messages: readonly LmMessage[];
  /** As it was sampled. */
  readonly text: string;
  readonly reward: number;
  readonly metadata: Readonly<Record<string, string | number>>;
}

export interface TrainableModel {
  readonly id: string;
  readonly entity: string;
  readonly project: string;
  readonly name: string;
}

/** How a training job stands. */
export type TrainingState =
  | { readonly state: "running"; readonly said: string }
  | { readonly state: "ended" }
  | { readonly state: "failed"; readonly why: string };

/** The serverless training protocol (OpenPipe's ART, W&B Training): one request for each call, never a retry. */
export interface ServerlessTraining {
  /** The model of this name, made if it is not there: the same whenever it is asked for. */
  model(wanted: ModelWanted, signal: AbortSignal): Promise<TrainableModel>;
  /** The step of its newest checkpoint; 0: none yet. */
  newestStep(model: string, signal: AbortSignal): Promise<number>;
  /** @returns the job's id */
  train(
    model: string,
    groups: readonly (readonly Trajectory[])[],
    config: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<string>;
  look(job: string, signal: AbortSignal): Promise<TrainingState>;
  close(): Promise<void>;
}

export interface ModelWanted {
  readonly entity: string | undefined;
  readonly project: string;
  readonly name: string;
  readonly baseModel: string;
}

/** @throws UsageError when there is no key and one is needed, or when the base URL is none */
export function openServerlessTraining(
  what: string,
  model: string,
  options: OpenAiConnectionOptions,
): ServerlessTraining {
  const rest = openRest(what, model, options);
  return Object.freeze({
    async model({ entity, project, name, baseModel }: ModelWanted, signal: AbortSignal) {
      const body = { entity: entity ?? null, project, name, base_model: baseModel, return_existing: true };
      const told = await rest.post("/preview/models", body, signal);
      return {
        id: textIn(told, "id"),
        entity: readString(told["entity"]) ?? entity ?? "",
        project: readString(told["project"]) ?? project,
        name: readString(told["name"]) ?? name,
      };
    },
    async newestStep(id: string, signal: AbortSignal) {
      const path = `/preview/models/${encodeURIComponent(id)}/checkpoints?order=desc&limit=1`;
      const { data } = await rest.get(path, signal);
      if (!Array.isArray(data)) throw malformed("a list of checkpoints (data)", data);
      const step = memberOf(data[0], "step");
      return typeof step === "number" ? step : 0;
    },
    async train(id, groups, config, signal) {
      const body = { model_id: id, trajectory_groups: groups.map(groupBody), experimental_config: config };
      return textIn(await rest.post("/preview/training-jobs", body, signal), "id");
    },
    async look(job: string, signal: AbortSignal): Promise<TrainingState> {
      const { data } = await rest.get(`/preview/training-jobs/${encodeURIComponent(job)}/events?limit=1000`, signal);
      const events: readonly unknown[] = Array.isArray(data) ? data : [];
      const typeOf = (event: unknown): string => readString(memberOf(event, "type")) ?? "";
      const failed = events.find((event) => typeOf(event) === "training_failed");
      if (failed !== undefined) return { state: "failed", why: JSON.stringify(memberOf(failed, "data") ?? {}) };
      if (events.some((event) => typeOf(event) === "training_ended")) return { state: "ended" };
      const steps = events.filter((event) => typeOf(event) === "gradient_step").length;
      return { state: "running", said: events.length === 0 ? "waits" : `${steps} gradient steps` };
    },
    close: () => rest.close(),
  } satisfies ServerlessTraining);
}

/** What is to be learnt is a choice, as a completion has it; messages before it are not. */
function groupBody(group: readonly Trajectory[]): object {
  return {
    trajectories: group.map(({ messages, text, reward, metadata }) => ({
      messages_and_choices: [
        ...messages.map(writeChatMessage),
        { finish_reason: "stop", index: 0, logprobs: null, message: { role: "assistant", content: text } },
      ],
      reward,
      metrics: {},
      metadata,
    })),
  };
}

function textIn(told: Readonly<Record<string, unknown>>, name: string): string {
  const text = readString(told[name]);
  if (text === undefined) throw malformed(`an object with ${name}`, told);
  return text;
}
