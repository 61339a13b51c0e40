import { join } from "node:path";
import type { Clock } from "../../foundation/clock.ts";
import { lockFolder } from "../../foundation/folder-lock.ts";
import { openJournal } from "../../foundation/journal.ts";
import type { EffectKey, EffectStore } from "./effect-store.ts";

/** A store of effects in a folder of its own. */
export interface EffectJournal extends EffectStore {
  /** Writes what is left and lets the next writer in. May be called twice. */
  close(): Promise<void>;
}

export interface EffectJournalOptions {
  /** For the folder's lock. Default: real time. */
  readonly clock?: Clock | undefined;
}

const FILE = "effects.jsonl";

/**
 * A store of effects that outlives its process: a folder with an append-only file of sealed JSON lines, mode 0600, each effect
 * on disk before its result is seen. One process writes to it at a time; a torn last line is dropped.
 *
 * @throws StoreError (rejects) `locked` while another process has it
 */
export async function effectJournal(folder: string, { clock }: EffectJournalOptions = {}): Promise<EffectJournal> {
  const lock = await lockFolder(folder, { owner: "effects", ...(clock && { clock }) });
  const journal = await openJournal(join(folder, FILE), { lock });
  const steps = new Map<string, unknown>();
  for (const { value } of journal.recovered.records) {
    // Nobody but this file writes to it.
    const { run, id, step } = value as EffectKey & { readonly step: unknown };
    steps.set(nameOf({ run, id }), step);
  }
  return Object.freeze({
    find: (key: EffectKey): unknown => steps.get(nameOf(key)),
    async record(key: EffectKey, step: unknown): Promise<void> {
      await journal.append({ ...key, step });
      steps.set(nameOf(key), step);
    },
    async close(): Promise<void> {
      await journal.close();
      await lock.release();
    },
  });
}

function nameOf({ run, id }: EffectKey): string {
  return `${run}\n${id}`;
}
