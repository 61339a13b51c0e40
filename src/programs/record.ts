import { z } from "zod";
import type { Adapter } from "../adapters/adapter.ts";
import { adapterFacts } from "../adapters/adapter-settings.ts";
import type { AdapterFacts } from "../adapters/adapter-settings.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { LmUsage } from "../lm/language-model.ts";
import type { LedgerRecord } from "../lm/ledger/account.ts";
import { checkSampling, editSampling, SAMPLING_SCHEMA } from "../lm/sampling.ts";
import type { LmSampling } from "../lm/sampling.ts";
import { LEDGER_SCHEMA, USAGE_SCHEMA } from "../lm/strict-data.ts";
import type { Demo } from "../signatures/example.ts";
import type { DspexState } from "./saved/dspex-state.ts";
import type { Outcome } from "./outcome.ts";
import type { Prediction } from "./prediction.ts";
import { FAILURE, failureJson, failureOf } from "./records/failure-record.ts";
import { openEnvelope, readStrictly } from "./records/envelope.ts";
import type { Envelope } from "./records/envelope.ts";
import { mediaIn, mediaOut } from "./records/media-table.ts";
import type { MediaTable } from "./records/media-table.ts";
import { RecordError } from "./records/record-error.ts";
import {
  OUTCOME,
  outcomeJson,
  outcomeOf,
  PREDICTION_SCHEMA,
  PREDICTION_VERSION,
  predictionJson,
  predictionOf,
  STEP,
  STEP_VERSION,
  stepJson,
  stepOf,
} from "./records/run-records.ts";
import { ADAPTER_SCHEMA, readAdapter } from "./saved/saved-adapter.ts";
import { fromSavedJson, toSavedJson } from "./saved/saved-json.ts";
import type { TraceStep } from "./prediction.ts";

/** What crosses a process or a disk, by the kind of its record. */
export interface RecordValues {
  readonly prediction: Prediction<object>;
  /** Whatever was thrown; an `LmError`, a `RunError`, a `DspexError` of a program's own as a rule. */
  readonly failure: Error;
  readonly outcome: Outcome;
  readonly step: TraceStep;
  readonly usage: LmUsage;
  /** What was spent, by a run or by anything else that has a ledger: another one goes on from it. */
  readonly ledger: LedgerRecord;
  readonly example: Demo;
  /** As `dumpProgram` gives it, for `loadProgramFrom`. */
  readonly program: DspexState;
  readonly adapter: Adapter;
  readonly sampling: LmSampling;
  readonly media: MediaTable;
}

export type RecordKind = keyof RecordValues;

/** Plain JSON that says what it is. */
export type DspexRecord<Kind extends RecordKind = RecordKind> = Envelope<`dspex/${Kind}`>;

export interface RecordOptions {
  /**
   * Takes the bytes of media out of records, which then stand for them by their digest, and gives them back. Keep it beside
   * them, as a record of the kind `"media"`. Default: they stand in each record.
   */
  readonly media?: MediaTable | undefined;
}

interface Form<Value> {
  /** Raised when what is written could not be read by the library of the version before. */
  readonly version: number;
  write(value: Value): unknown;
  /** @throws ZodError for what is not as it was written */
  read(json: unknown): Value;
}

function form<Value, Json>(
  schema: z.ZodType<Json>,
  write: (value: Value) => Json,
  read: (json: Json) => Value,
  version = 1,
): Form<Value> {
  return { version, write, read: (json) => read(schema.parse(json)) };
}

const same = <Value>(value: Value): Value => value;
const OBJECT = z.record(z.string(), z.unknown());

const FORMS: { readonly [Kind in RecordKind]: Form<RecordValues[Kind]> } = {
  prediction: form(PREDICTION_SCHEMA, predictionJson, predictionOf, PREDICTION_VERSION),
  failure: form(FAILURE, (thrown: Error) => failureJson(thrown), failureOf),
  outcome: form(OUTCOME, outcomeJson, outcomeOf, PREDICTION_VERSION),
  step: form(STEP, stepJson, stepOf, STEP_VERSION),
  usage: form(USAGE_SCHEMA, same, same),
  ledger: form(LEDGER_SCHEMA, same, same),
  example: form(OBJECT, (example: Demo) => ({ ...example }), same),
  // Its own format: the one who loads it looks at it.
  program: form(
    z.custom<DspexState>((state) => OBJECT.safeParse(state).success),
    same,
    same,
  ),
  adapter: form(
    z.custom<AdapterFacts>((saved) => typeof saved !== "string" && ADAPTER_SCHEMA.safeParse(saved).success),
    adapterFacts,
    adapterOf,
  ),
  sampling: form(SAMPLING_SCHEMA, tidied, tidied),
  media: form(
    z.record(z.string(), z.string()),
    (table: MediaTable) => Object.fromEntries(table),
    (entries) => new Map(Object.entries(entries)),
  ),
};

function tidied(sampling: LmSampling): LmSampling {
  checkSampling("a record of sampling options", sampling);
  return editSampling({}, sampling);
}

function adapterOf(facts: AdapterFacts): Adapter {
  const adapter = readAdapter(facts, undefined);
  if (typeof adapter === "string") throw new RecordError("damaged", formatOf("adapter"), adapter);
  return adapter;
}

/**
 * The JSON twin of a value: {@link readRecord} makes the same of it, in another process or years later.
 * @throws UsageError for a value that holds what is no data, and for a kind that does not exist
 */
export function toRecord<Kind extends RecordKind>(
  kind: Kind,
  value: RecordValues[Kind],
  { media }: RecordOptions = {},
): DspexRecord<Kind> {
  const { version, write } = formFor("toRecord", kind);
  const written = write(value);
  // A program's state is JSON already.
  const json = kind === "program" ? written : toSavedJson(written, `a record of a ${kind}`);
  const held = media !== undefined && kind !== "media" ? mediaOut(json, media) : json;
  return { format: formatOf(kind), version, value: held };
}

/**
 * What a record tells of. It is read strictly: what is not as it was written is refused.
 * @throws RecordError `unknown_format`, `newer_version`, `damaged`, or `missing_media`
 */
export function readRecord<Kind extends RecordKind>(
  kind: Kind,
  data: unknown,
  { media }: RecordOptions = {},
): RecordValues[Kind] {
  const { version, read } = formFor("readRecord", kind);
  const format = formatOf(kind);
  const held = openEnvelope(data, format, version);
  const whole = kind === "media" ? held : mediaIn(held, media, format);
  return readStrictly(format, () => read(kind === "program" ? whole : fromSavedJson(whole)));
}

function formatOf<Kind extends RecordKind>(kind: Kind): `dspex/${Kind}` {
  return `dspex/${kind}`;
}

function formFor<Kind extends RecordKind>(caller: string, kind: Kind): Form<RecordValues[Kind]> {
  if (!Object.hasOwn(FORMS, kind)) {
    const kinds = Object.keys(FORMS).join(", ");
    throw new UsageError(`${caller}: no kind of record ${describe(kind)}; there are ${kinds}`);
  }
  return FORMS[kind];
}
