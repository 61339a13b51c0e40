import type { JournalReader } from "../../foundation/journal.ts";
import { RecordError } from "../../programs/records/record-error.ts";
import type { Ground } from "./grounds.ts";
import { FORMAT } from "./journal-format.ts";
import type { JournalValue, PredictionValue } from "./journal-records.ts";

/** What of a journal is of use to an evaluation. */
export interface Wanted {
  /** Ids of the candidates' grounds. */
  readonly grounds: ReadonlySet<string>;
  /** Id of the metrics' ground. */
  readonly metric: string;
  /** Whether predictions must have a trace. */
  readonly trace: boolean;
}

/** What a journal holds: places in the file and plain numbers, so that a million trials fit into memory. */
export interface JournalIndex {
  /** Offsets of the predictions that are wanted; a negative one is of a prediction that was redacted. */
  readonly predictions: ReadonlyMap<string, number>;
  /** Scores by the metrics of now: as they are, or where in the file there is more than a number. */
  readonly scores: ReadonlyMap<string, number | ScorePlace>;
  /** All candidates that have predictions in the file, and how many. */
  readonly grounds: ReadonlyMap<string, Omit<Ground, "id"> & { readonly count: number }>;
  /** Offsets of the texts that predictions have in common. */
  readonly texts: ReadonlyMap<string, number>;
  /** Offsets of the bytes that predictions show. */
  readonly media: ReadonlyMap<string, number>;
  /** All sets that evaluations were begun on. */
  readonly sets: ReadonlySet<string>;
  /** Scores by metrics that are others, or were. */
  readonly otherScores: number;
}

export interface ScorePlace {
  readonly at: number;
}

/** An index of nothing, and the reader that fills it. */
export function journalIndex(
  path: string,
  wanted: Wanted,
): { readonly index: JournalIndex; readonly reader: JournalReader } {
  const predictions = new Map<string, number>();
  const scores = new Map<string, number | ScorePlace>();
  const grounds = new Map<string, Omit<Ground, "id"> & { count: number }>();
  const texts = new Map<string, number>();
  const media = new Map<string, number>();
  const sets = new Set<string>();
  let otherScores = 0;

  const take = (value: JournalValue, offset: number): void => {
    if ("prediction" in value) {
      const ground = grounds.get(value.of);
      if (ground !== undefined) ground.count += 1;
      if (!wanted.grounds.has(value.of) || (wanted.trace && !hasTrace(value))) return;
      predictions.set(value.key, value.redacted === true ? -offset : offset);
    } else if ("score" in value) {
      const { key, metric, score } = value;
      if (metric !== wanted.metric) otherScores += 1;
      else scores.set(key, typeof score === "number" ? score : { at: offset });
    } else if ("ground" in value) grounds.set(value.ground, { ...value.about, count: 0 });
    else if ("text" in value) texts.set(value.text, offset);
    else if ("media" in value) media.set(value.media, offset);
    else if ("set" in value) sets.add(value.set);
  };
  const reader: JournalReader = {
    record({ seq, value }, offset) {
      if (seq === 1) checkFormat(path, value);
      // Written by this folder, as the first record says.
      else take(value as JournalValue, offset);
    },
    // What a writer that was replaced got in late is a prediction of its key all the same.
    revoke: () => undefined,
  };
  const index: JournalIndex = {
    predictions,
    scores,
    grounds,
    texts,
    media,
    sets,
    get otherScores() {
      return otherScores;
    },
  };
  return { index, reader };
}

function checkFormat(path: string, value: unknown): void {
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== FORMAT.format)
    throw new RecordError("unknown_format", FORMAT.format, `${path} is a journal of something else`);
  if (typeof version !== "number" || version > FORMAT.version)
    throw new RecordError("newer_version", FORMAT.format, `${path} was written by a newer dspex: update dspex`);
}

function hasTrace({ prediction }: PredictionValue): boolean {
  const { meta } = prediction as { readonly meta?: { readonly trace?: unknown } };
  return meta?.trace !== undefined;
}
