import { z } from "zod";
import type { FieldValues } from "../../adapters/adapter.ts";
import type { DspexError } from "../../foundation/errors.ts";
import { NO_USAGE } from "../../lm/language-model.ts";
import type { LmRequest, LmUsage } from "../../lm/language-model.ts";
import { isSamplingName } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import { MESSAGE_SCHEMA, REQUEST_SCHEMA, RESPONSE_SCHEMA, strict, USAGE_SCHEMA } from "../../lm/strict-data.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { META_SCHEMA, prediction } from "../prediction.ts";
import type { Prediction, PredictionMeta } from "../prediction.ts";
import type { Exchange, TraceStep } from "../prediction.ts";
import { fromSavedJson, toSavedJson } from "../saved/saved-json.ts";
import { openEnvelope, readStrictly } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
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

/** A request without what only its layout knows, its sampling options apart. */
interface ExchangeJson extends Omit<Exchange, "request" | "error"> {
  readonly request: Pick<LmRequest, "messages" | PlainPart> & { readonly sampling: LmSampling };
  readonly error?: FailureJson;
}

type PlainPart = "responseFormat" | "tools" | "toolChoice" | "parallelToolCalls" | "grammar";

const EXCHANGE = strict<ExchangeJson>({
  client: z.string(),
  request: REQUEST_SCHEMA,
  response: RESPONSE_SCHEMA.exactOptional(),
  error: FAILURE.exactOptional(),
  problem: z.string().exactOptional(),
  ms: z.number(),
});

function exchangeJson({ request, error, ...rest }: Exchange): ExchangeJson {
  return { ...rest, request: requestJson(request), ...(error && { error: failureJson(error) }) };
}

function exchangeOf({ request, error, ...rest }: ExchangeJson): Exchange {
  const { sampling, ...sent } = request;
  return Object.freeze({ ...rest, request: { ...sent, ...sampling }, ...(error && { error: failureOf(error) }) });
}

function requestJson(request: LmRequest): ExchangeJson["request"] {
  const { writeAnswer: _writeAnswer, ...sent } = request;
  const entries = Object.entries(sent).filter(([, value]) => value !== undefined);
  const [sampling, plain] = [true, false].map((is) => entries.filter(([name]) => isSamplingName(name) === is));
  // The options apart, and all that is left of a request.
  const json: unknown = { ...Object.fromEntries(plain ?? []), sampling: Object.fromEntries(sampling ?? []) };
  return json as ExchangeJson["request"];
}

/** An effect. What a prediction says of its tokens is not said twice. */
interface StepJson extends Omit<TraceStep, "exchanges" | "prediction" | "error" | "usage"> {
  readonly exchanges: readonly ExchangeJson[];
  readonly prediction?: PredictionJson;
  readonly error?: FailureJson;
  readonly usage?: LmUsage | undefined;
}

const STEP_NOW = strict<StepJson>({
  kind: z.string(),
  path: z.string(),
  inputs: VALUES,
  exchanges: z.array(EXCHANGE),
  prediction: PREDICTION.exactOptional(),
  value: z.unknown().exactOptional(),
  error: FAILURE.exactOptional(),
  usage: USAGE_SCHEMA.optional(),
  usd: z.number().exactOptional(),
  ms: z.number(),
  replayed: z.boolean().exactOptional(),
});

/** As the first version wrote them: predictors' calls alone, without their exchanges. */
const FIRST_STEP = z.discriminatedUnion("kind", [
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

export const STEP: z.ZodType<StepJson> = z.union([
  FIRST_STEP.transform(({ kind: _kind, path, inputs, ...rest }): StepJson => {
    const { messages: _messages, ...outcome } = { messages: undefined, ...rest };
    return { kind: "predict", path, inputs, exchanges: [], ms: 0, ...outcome };
  }),
  STEP_NOW,
]);

export function stepJson(step: TraceStep): StepJson {
  const { exchanges, prediction: made, error, usage, ...rest } = step;
  return {
    ...rest,
    exchanges: exchanges.map(exchangeJson),
    ...(made && { prediction: predictionJson(made) }),
    ...(error && { error: failureJson(error) }),
    ...(usage !== made?.$meta.usage && { usage }),
  };
}

/** Raised when what is written could not be read by the library of the version before. 2: exchanges, searches, cost. */
export const STEP_VERSION = 2;
/** 2: run and path. */
export const PREDICTION_VERSION = 2;

export function stepOf(json: StepJson): TraceStep {
  const { exchanges, prediction: made, error, usage, ...rest } = json;
  const given = made && predictionOf(made);
  return Object.freeze({
    ...rest,
    exchanges: Object.freeze(exchanges.map(exchangeOf)),
    ...(given && { prediction: given }),
    ...(error && { error: failureOf(error) }),
    usage: usage ?? given?.$meta.usage ?? NO_USAGE,
  });
}

const STEP_FORMAT = "dspex/step";

/** A step as a record of the kind `"step"`. @throws UsageError for inputs or a value that hold what is no data */
export function writeStep(step: TraceStep): Envelope {
  const value = toSavedJson(stepJson(step), `a record of what ${step.kind} at ${step.path} came to`);
  return { format: STEP_FORMAT, version: STEP_VERSION, value };
}

/** @throws RecordError for what is none */
export function readStep(data: unknown): TraceStep {
  const held = openEnvelope(data, STEP_FORMAT, STEP_VERSION);
  return readStrictly(STEP_FORMAT, () => stepOf(STEP.parse(fromSavedJson(held))));
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
