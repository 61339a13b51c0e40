import { z } from "zod";
import type { FieldValues } from "../../adapters/adapter.ts";
import type { DspexError } from "../../foundation/errors.ts";
import type { LmUsage } from "../../lm/language-model.ts";
import type { LmMessage } from "../../lm/message.ts";
import { MESSAGE_SCHEMA, USAGE_SCHEMA } from "../../lm/strict-data.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { META_SCHEMA, prediction } from "../prediction.ts";
import type { Prediction, PredictionMeta } from "../prediction.ts";
import type { TraceStep } from "../prediction.ts";
import { FAILURE, failureJson, failureOf } from "./failure-record.ts";
import type { FailureJson } from "./failure-record.ts";

const VALUES = z.record(z.string(), z.unknown());

/** A prediction: its fields, and what is about the call. */
const PREDICTION = z.strictObject({ fields: VALUES, meta: META_SCHEMA });

export interface PredictionJson {
  readonly fields: FieldValues;
  readonly meta: Omit<PredictionMeta, "trace"> & { readonly trace?: readonly unknown[] };
}

export function predictionJson(made: Prediction<object>): PredictionJson {
  const { trace, ...meta } = made.$meta;
  return { fields: { ...made }, meta: { ...meta, ...(trace && { trace: trace.map(stepJson) }) } };
}

export function predictionOf(json: PredictionJson): Prediction<object> {
  const { trace, ...meta } = json.meta;
  const steps = trace?.map((step) => stepOf(STEP.parse(step)));
  return prediction(json.fields, { ...meta, ...(steps && { trace: Object.freeze(steps) }) });
}

/** A predictor's call. What a prediction says of its conversation and tokens is not said twice. */
type StepJson =
  | {
      readonly kind: "answer";
      readonly path: string;
      readonly inputs: FieldValues;
      readonly prediction: PredictionJson;
      readonly messages?: readonly LmMessage[] | undefined;
      readonly usage?: LmUsage | undefined;
    }
  | { readonly kind: "failure"; readonly path: string; readonly inputs: FieldValues; readonly error: FailureJson };

export const STEP: z.ZodType<StepJson> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("answer"),
    path: z.string(),
    inputs: VALUES,
    prediction: PREDICTION,
    messages: z.array(MESSAGE_SCHEMA).optional(),
    usage: USAGE_SCHEMA.optional(),
  }),
  z.strictObject({ kind: z.literal("failure"), path: z.string(), inputs: VALUES, error: FAILURE }),
]);

export function stepJson(step: TraceStep): StepJson {
  const { path, inputs } = step;
  if (step.kind === "failure") return { kind: step.kind, path, inputs, error: failureJson(step.error) };
  const { messages, usage } = step;
  const { $meta } = step.prediction;
  return {
    kind: step.kind,
    path,
    inputs,
    prediction: predictionJson(step.prediction),
    ...(messages !== $meta.messages && { messages }),
    ...(usage !== $meta.usage && { usage }),
  };
}

export function stepOf(json: StepJson): TraceStep {
  const { path, inputs } = json;
  if (json.kind === "failure") return Object.freeze({ kind: json.kind, path, inputs, error: failureOf(json.error) });
  const made = predictionOf(json.prediction);
  const { messages = made.$meta.messages, usage = made.$meta.usage } = json;
  return Object.freeze({ kind: json.kind, path, inputs, messages, prediction: made, usage });
}

export const PREDICTION_SCHEMA: z.ZodType<PredictionJson> = PREDICTION;

type OutcomeJson =
  | { readonly ok: true; readonly value: PredictionJson }
  | { readonly ok: false; readonly error: FailureJson };

export const OUTCOME: z.ZodType<OutcomeJson> = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), value: PREDICTION }),
  z.strictObject({
    ok: z.literal(false),
    error: FAILURE.refine(({ kind }) => kind !== "error" && kind !== "usage", "an outcome's failure has a code"),
  }),
]);

export function outcomeJson(outcome: Outcome): OutcomeJson {
  return outcome.ok
    ? { ok: true, value: predictionJson(outcome.value) }
    : { ok: false, error: failureJson(outcome.error) };
}

export function outcomeOf(json: OutcomeJson): Outcome {
  if (json.ok) return { ok: true, value: predictionOf(json.value) };
  const error = failureOf(json.error);
  // The schema lets no other kind of failure through.
  return failed(error as DspexError);
}
