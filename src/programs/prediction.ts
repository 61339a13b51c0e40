import type { FieldValues } from "../adapters/adapter.ts";
import type { LmRequest, LmResponse, LmTokenLogprob, LmUsage } from "../lm/language-model.ts";
import type { LmMessage } from "../lm/message.ts";
import { z } from "zod";
import type { Ledger } from "../lm/ledger/ledger.ts";
import { LOGPROB_SCHEMA, MESSAGE_SCHEMA, strict, USAGE_SCHEMA } from "../lm/strict-data.ts";

/** The outputs, read straight off it. What is about the call is in `$meta`, which is not enumerable. */
export type Prediction<Outputs extends object> = Readonly<Outputs> & { readonly $meta: PredictionMeta };

export interface PredictionMeta {
  /** Summed over all requests of the call, those whose answer could not be read included. */
  readonly usage: LmUsage;
  /** The conversation as it was last sent, and the answer. */
  readonly messages: readonly LmMessage[];
  /** US dollars for `usage`, by the price table. Left out: something was used whose price is not known. */
  readonly usd?: number;
  /** Requests made to models, the failed ones included. An answer of the cache takes none. (Of `retrieve`: its searches.) */
  readonly attempts: number;
  /** How often the model was asked again because its answer could not be read. */
  readonly repairs: number;
  /** What had to be mended in the answer's text to read it. */
  readonly mended: readonly string[];
  /** The name of the client that answered. */
  readonly client: string;
  /** The model that answered, as it names itself. */
  readonly model: string;
  readonly adapter: string;
  /** Of the answer's tokens, where `logprobs` was asked for and the model tells them. */
  readonly logprobs?: readonly LmTokenLogprob[];
  /** What the model says of its hidden reasoning, where it does. */
  readonly reasoning?: string;
  /** Every effect in the order in which they ended; only where the run was asked for it (`trace: true`). */
  readonly trace?: readonly TraceStep[];
  /** The id of the run that it was made in: what events, logs and the history call it. */
  readonly run: string;
  /** Where in the program it was made, as in `program.predictors()`; `self` at its root. */
  readonly path: string;
  /** Wall time of the call in milliseconds. */
  readonly ms: number;
}

/** A request to a model as it was sent, and what came of it. */
export interface Exchange {
  /** The name of the client that was asked. */
  readonly client: string;
  readonly request: Omit<LmRequest, "writeAnswer">;
  /** As it came. Left out: the request failed. */
  readonly response?: LmResponse;
  /** What the request failed with. */
  readonly error?: Error;
  /** Why the answer could not be read. */
  readonly problem?: string;
  /** From when it was asked for, the wait for its permit included. */
  readonly ms: number;
}

/** One effect of a run, whatever became of it: a predictor's call, a search. What optimizers learn from, and what later lives of a run go by. */
export interface TraceStep {
  /** `predict`, `search`, `tool`, or a word of the program's own. */
  readonly kind: string;
  /** The path in the program, as in `program.predictors()`; `self` at its root. */
  readonly path: string;
  /** Of a predictor as the prompt showed them: checked, defaults filled in, without optional ones that were left out. */
  readonly inputs: FieldValues;
  /** Every request to a model, in order: those that failed and those whose answer could not be read, too. */
  readonly exchanges: readonly Exchange[];
  /** What a predictor or a search gave. */
  readonly prediction?: Prediction<object>;
  /** What another effect gave. */
  readonly value?: unknown;
  /** What it failed with: an `LmError` as a rule; of answers that could not be read it holds the text in `details.raw`. */
  readonly error?: Error;
  /** Of all its requests. */
  readonly usage: LmUsage;
  /** US dollars. Left out: something was used whose price is not known. */
  readonly usd?: number;
  readonly ms: number;
  /** Whether it was performed in an earlier life of the run. Left out: in this one. */
  readonly replayed?: boolean;
}

/**
 * A prediction: frozen, its fields enumerable in the order given, `$meta` not, so that printing it, spreading it,
 * comparing it and `JSON.stringify` show the fields alone.
 */
export function prediction<Outputs extends object>(fields: object, meta: PredictionMeta): Prediction<Outputs> {
  const made = { ...fields };
  Object.defineProperty(made, "$meta", { value: Object.freeze(meta), enumerable: false });
  // Readers have checked the fields against the signature's outputs, which is what `Outputs` says.
  return Object.freeze(made) as Prediction<Outputs>;
}

export function isPrediction(value: unknown): value is Prediction<object> {
  if (typeof value !== "object" || value === null || !("$meta" in value)) return false;
  // Data of a program's own may have a key of that name: there it shows.
  return !Object.prototype.propertyIsEnumerable.call(value, "$meta");
}

/** `$meta` as records hold it; what stands in the trace is read by whoever knows of steps. */
export const META_SCHEMA = strict<Omit<PredictionMeta, "trace"> & { readonly trace?: readonly unknown[] }>({
  usage: USAGE_SCHEMA,
  messages: z.array(MESSAGE_SCHEMA),
  usd: z.number().exactOptional(),
  attempts: z.int().min(0),
  repairs: z.int().min(0),
  mended: z.array(z.string()),
  client: z.string(),
  model: z.string(),
  adapter: z.string(),
  logprobs: z.array(LOGPROB_SCHEMA).exactOptional(),
  reasoning: z.string().exactOptional(),
  trace: z.array(z.unknown()).exactOptional(),
  // Predictions of the first version know no run.
  run: z.string().default(""),
  path: z.string().default("self"),
  ms: z.number(),
});

/** What a ledger says of one call, in `$meta`'s words. */
export function spentIn(ledger: Ledger): Pick<PredictionMeta, "usage" | "usd" | "attempts"> {
  const { tokens: usage, usd, requests: attempts, unpriced } = ledger.record();
  return { usage, ...(unpriced === 0 && { usd }), attempts };
}

/**
 * Of a call that made several: what it spent stands in its ledger; conversation, client and model are those of the last one
 * that asked a model.
 */
export function combineMeta(
  metas: readonly PredictionMeta[],
  ledger: Ledger,
  about: Pick<PredictionMeta, "run" | "path" | "ms">,
): PredictionMeta {
  const last = metas.findLast(({ model }) => model !== "") ?? metas.at(-1);
  return {
    ...spentIn(ledger),
    messages: last?.messages ?? [],
    repairs: metas.reduce((total, { repairs }) => total + repairs, 0),
    mended: metas.flatMap(({ mended }) => mended),
    client: last?.client ?? "",
    model: last?.model ?? "",
    adapter: last?.adapter ?? "",
    ...about,
  };
}

/** The prediction of a run that was traced, with its steps in `$meta.trace`. */
export function withTrace<Outputs extends object>(
  made: Prediction<Outputs>,
  steps: readonly TraceStep[],
): Prediction<Outputs> {
  return prediction<Outputs>(made, { ...made.$meta, trace: Object.freeze([...steps]) });
}
