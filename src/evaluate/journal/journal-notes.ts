import type { StoreError } from "../../foundation/store-error.ts";
import type { Ground, MetricGround } from "./grounds.ts";
import type { JournalIndex } from "./journal-index.ts";
import { changeOf } from "./journal-mismatch.ts";

export interface JournalFacts {
  readonly path: string;
  readonly grounds: readonly Ground[];
  readonly metric: MetricGround;
  /** Of what was there when it was opened. */
  readonly index: JournalIndex;
  /** Whether the evaluation came to its end. */
  readonly whole: boolean;
  /** What is to be told in any case. */
  readonly remarks: readonly string[];
  /** Predictions that were taken from it, and those of them that were scored anew. */
  readonly taken: number;
  readonly rescored: number;
  /** What could not be written, as it is no data. */
  readonly unwritten: { readonly count: number; readonly why: string };
  readonly failure: StoreError | undefined;
  /** Where damaged records were put. */
  readonly asidePath: string | undefined;
}

/** What a reader of the report should know of its journal. */
export function journalNotes(facts: JournalFacts): readonly string[] {
  const { path, grounds, metric, index, whole, taken, rescored, unwritten, failure, asidePath } = facts;
  const notes: string[] = [...facts.remarks];
  for (const { count, ...ground } of index.grounds.values()) {
    const changed = changeOf(ground, grounds);
    if (count === 0 || changed.length === 0) continue;
    // Without a word for its clients it is no other time's: that is told below.
    if (ground.clients === undefined && changed.length === 1 && changed[0] === "client") continue;
    const by = changed.map((each) =>
      each === "client" ? "by another client or model" : "of another program or version",
    );
    notes.push(`${count} recorded ${plural("prediction", count)} of "${ground.name}" were left out: ${by.join(", ")}`);
  }
  const others = index.predictions.size - taken;
  if (whole && others > 0)
    notes.push(
      `${others} recorded ${plural("prediction", others)} are of examples that are not there, or were changed`,
    );
  if (rescored > 0)
    notes.push(
      `${rescored} recorded ${plural("prediction", rescored)} were scored again: their scores were missing, or by another metric or label`,
    );
  for (const { name, clients } of grounds)
    if (clients === undefined)
      notes.push(
        `a client of "${name}" has a model without identity: nobody knows whether recorded answers are its own, so they were asked anew`,
      );
  const judged = taken - rescored;
  if (judged > 0 && metric.bySource.length > 0)
    notes.push(
      `${judged} recorded ${plural("score", judged)} were taken for ${metric.bySource.map((name) => `"${name}"`).join(", ")} ` +
        "as it has the same source text: of what it closes over nobody knows whether it is the same",
    );
  if (metric.unknown) notes.push("a judge's client has a model without identity: its recorded scores were asked anew");
  if (unwritten.count > 0) notes.push(`${unwritten.count} results could not be recorded: ${unwritten.why}`);
  if (asidePath !== undefined) notes.push(`it was damaged: what came after the damage is in ${asidePath}`);
  if (failure !== undefined) notes.push(`it could not be written: ${failure.message}`);
  return notes.map((note) => `journal ${path}: ${note}`);
}

function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`;
}
