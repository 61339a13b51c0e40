import type { FileHandle } from "node:fs/promises";
import { z } from "zod";
import { recordAt } from "../../foundation/journal.ts";
import type { Prediction } from "../../programs/prediction.ts";
import { PREDICTION_SCHEMA, predictionJson, predictionOf } from "../../programs/records/run-records.ts";
import { fromSavedJson, toSavedJson } from "../../programs/saved/saved-json.ts";
import type { Score } from "../metrics/metric.ts";
import type { Ground } from "./grounds.ts";
import { RecordError } from "../../programs/records/record-error.ts";
import type { MediaValue, SharedMedia } from "./shared-media.ts";
import type { SharedTexts, TextValue } from "./shared-texts.ts";

/** What each record after that is, by the member that only it has. Nobody but this folder writes them. */
export type JournalValue =
  | { readonly ground: string; readonly about: Omit<Ground, "id"> }
  /** The set that an evaluation was begun on. */
  | { readonly set: string }
  | TextValue
  | MediaValue
  | PredictionValue
  | ScoreValue;

export interface PredictionValue {
  readonly key: string;
  readonly of: string;
  readonly prediction: unknown;
  /** Whether its fields are not as they were: then it can be shown, and not be scored. */
  readonly redacted?: true;
}

export interface ScoreValue {
  readonly key: string;
  readonly metric: string;
  readonly score: unknown;
}

/** Takes out of a text what is not to be written down. */
export type Redact = (text: string) => string;

/** How predictions are written. */
export interface Writing {
  readonly redact: Redact | undefined;
  readonly texts: SharedTexts;
  readonly media: SharedMedia;
  /** Takes what has to stand in the file before a prediction. */
  before(value: TextValue | MediaValue): void;
}

/** @throws UsageError for fields that hold what is no data */
export function predictionValue(
  key: string,
  of: string,
  made: Prediction<object>,
  { redact, texts, media, before }: Writing,
): PredictionValue {
  const { fields, meta } = predictionJson(made);
  const saved = toSavedJson(fields, "a prediction");
  // All else of it is JSON as it stands.
  const about = meta.trace === undefined && meta.logprobs === undefined ? meta : toSavedJson(meta, "a trace");
  // Most have none, and are not looked through for it.
  const short = (json: object): unknown => (mayHaveMedia(made) ? media.out(json, before) : json);
  if (redact === undefined) {
    const messages = texts.out(meta.messages, before);
    return { key, of, prediction: short({ fields: saved, meta: { ...(about as object), messages } }) };
  }
  const clean = redacted(saved, redact);
  const changed = JSON.stringify(clean) !== JSON.stringify(saved);
  const prediction = short({ fields: clean, meta: redacted(about, redact) });
  return { key, of, prediction, ...(changed && { redacted: true }) };
}

/** Whether anything in it is more than text and numbers. */
function mayHaveMedia(made: Prediction<object>): boolean {
  const { messages, trace } = made.$meta;
  const inParts = messages.some(({ content }) => typeof content !== "string");
  return inParts || trace !== undefined || Object.values(made).some((value) => typeof value === "object");
}

/** @throws UsageError for details that hold what is no data */
export function scoreValue(key: string, metric: string, score: Score, redact?: Redact): ScoreValue {
  const { score: number, ...rest } = score;
  // As it is in most.
  if (Object.values(rest).every((each) => each === undefined)) return { key, metric, score: number };
  const saved = toSavedJson(score, "a score");
  return { key, metric, score: redact === undefined ? saved : redacted(saved, redact) };
}

/** What texts there are, those of keys apart. */
function redacted(json: unknown, redact: Redact): unknown {
  if (typeof json === "string") return redact(json);
  if (Array.isArray(json)) return json.map((item) => redacted(item, redact));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, redacted(value, redact)]));
}

/** Undefined: there is no prediction there that can be read. */
export async function predictionAt(
  file: FileHandle,
  offset: number,
  { texts, media }: Pick<Writing, "texts" | "media">,
): Promise<Prediction<object> | undefined> {
  const { prediction } = ((await recordAt(file, offset)) ?? {}) as Partial<PredictionValue>;
  const known = await media.in(prediction, file).catch((thrown: unknown) => {
    if (thrown instanceof RecordError) return undefined;
    throw thrown;
  });
  const { fields, meta = {} } = (known ?? {}) as { readonly fields?: unknown; readonly meta?: object };
  const written = "messages" in meta && Array.isArray(meta.messages) ? (meta.messages as readonly unknown[]) : [];
  const whole = { fields, meta: { ...meta, messages: await texts.in(written, file) } };
  const read = PREDICTION_SCHEMA.safeParse(fromSavedJson(whole));
  return read.success ? predictionOf(read.data) : undefined;
}

const SCORE = z.strictObject({
  score: z.number(),
  feedback: z.string().exactOptional(),
  feedbackFor: z
    .record(z.string(), z.strictObject({ score: z.number().exactOptional(), feedback: z.string().exactOptional() }))
    .exactOptional(),
  scores: z.record(z.string(), z.number()).exactOptional(),
  details: z.record(z.string(), z.unknown()).exactOptional(),
});

/** Undefined: there is no score there that can be read. */
export async function scoreAt(file: FileHandle, offset: number): Promise<Score | undefined> {
  const { score } = ((await recordAt(file, offset)) ?? {}) as Partial<ScoreValue>;
  const read = SCORE.safeParse(fromSavedJson(score));
  return read.success ? Object.freeze(read.data) : undefined;
}
