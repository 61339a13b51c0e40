import { join } from "node:path";
import { dumpProgram, type JobStep, type Program } from "dspex";
import { readJournal } from "../../src/foundation/journal.ts";

type Value = Readonly<Record<string, unknown>>;

/** What must not depend on how often a job was killed on its way: its result, candidates and scores, and its journal but for times. */
export async function told(best: Program<never>, steps: readonly JobStep[], folder: string): Promise<string> {
  const candidates = steps.map(({ program, ...step }) => ({ ...step, program: dumpProgram(program as Program) }));
  return JSON.stringify({ best: dumpProgram(best), candidates, journal: await journalOf(folder) });
}

/**
 * Trials of one ask end in any order, the server of each job has another port, which the first record's digest of clients shows, and
 * a training has an id that nothing else has.
 */
async function journalOf(folder: string): Promise<readonly string[]> {
  const { records } = await readJournal(join(folder, "journal.jsonl"));
  return records
    .map(({ value }) => JSON.stringify({ ...(value as Value), ms: 0, grounds: undefined, id: undefined }))
    .toSorted();
}

/** LM calls that a job's journal has on record. */
export async function callsOnRecord(folder: string): Promise<number> {
  const { records } = await readJournal(join(folder, "journal.jsonl"));
  return records.reduce((sum, { value }) => sum + ((value as { spent?: { lmCalls: number } }).spent?.lmCalls ?? 0), 0);
}
