import { open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { UsageError, describe } from "./errors.ts";
import type { FolderLock } from "./folder-lock.ts";
import { isMissing, seal, unseal } from "./sealed-line.ts";
import { syncFolder } from "./sync-folder.ts";

export interface CheckpointStoreOptions {
  /** The right to write in the folder, which is where the checkpoints are. */
  readonly lock: FolderLock;
  /** What they are of: letters, digits and dashes. Default `"checkpoint"`. */
  readonly name?: string;
  /** How many are kept. Default 2: should the last one be damaged, the one before serves. */
  readonly keep?: number;
}

export interface Checkpoint {
  /** From 1 on, in order. */
  readonly number: number;
  readonly value: unknown;
}

/** Whole states, each a file of its own: what a resume starts from. */
export interface CheckpointStore {
  /**
   * Resolves, with the checkpoint's number, when it is safe from a power cut and will be found first by `load`. Saves
   * happen one after the other; a failed one leaves those before it.
   *
   * @throws StoreError `fenced` (rejects) once another writer has the folder; UsageError for what JSON cannot hold
   */
  save(value: unknown): Promise<number>;
}

/**
 * A checkpoint is written beside, synced and renamed into place, and the folder is synced: at every moment there is a
 * whole one, once there was any.
 */
export async function openCheckpointStore(options: CheckpointStoreOptions): Promise<CheckpointStore> {
  const { lock, name = "checkpoint", keep = 2 } = options;
  checkName(name);
  if (!(Number.isInteger(keep) && keep >= 1))
    throw new UsageError(`checkpoints: keep must be a whole number from 1, got ${describe(keep)}`);
  await lock.check();
  let last = (await numbers(lock.folder, name)).at(-1) ?? 0;
  let saving: Promise<unknown> = Promise.resolve();

  const write = async (value: unknown): Promise<number> => {
    await lock.check();
    const number = last + 1;
    const path = pathOf(lock.folder, name, number);
    const draft = `${path}.draft`;
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(seal({ epoch: lock.epoch, number, value }));
      await file.sync();
    } finally {
      await file.close();
    }
    await lock.check();
    await rename(draft, path);
    last = number;
    await syncFolder(lock.folder);
    const old = (await numbers(lock.folder, name)).slice(0, -keep);
    for (const number of old) await unlink(pathOf(lock.folder, name, number)).catch(() => {});
    return number;
  };

  return Object.freeze({
    save(value: unknown): Promise<number> {
      if (JSON.stringify(value) === undefined)
        return Promise.reject(new UsageError("a checkpoint keeps a JSON value, and this is none"));
      const saved = saving.then(() => write(value));
      saving = saved.catch(() => {});
      return saved;
    },
  });
}

/** The newest checkpoint that is whole; undefined where there is none. Needs no lock, and may run beside a writer. */
export async function loadCheckpoint(folder: string, name = "checkpoint"): Promise<Checkpoint | undefined> {
  checkName(name);
  for (const number of (await numbers(folder, name)).toReversed()) {
    const bytes = await readFile(pathOf(folder, name, number)).catch(() => Buffer.alloc(0));
    // A file that lost its last byte has no newline; that it had one is part of being whole.
    const record = bytes.at(-1) === 0x0a ? unseal(bytes.subarray(0, -1)) : undefined;
    if (record !== undefined && record["number"] === number && "value" in record)
      return Object.freeze({ number, value: record["value"] });
  }
  return undefined;
}

function checkName(name: string): void {
  if (!/^[a-z0-9-]+$/i.test(name))
    throw new UsageError(`checkpoints: name must be letters, digits and dashes, got ${describe(name)}`);
}

async function numbers(folder: string, name: string): Promise<number[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
  return names
    .filter((file) => file.startsWith(`${name}-`) && /^\d{9}\.json$/.test(file.slice(name.length + 1)))
    .map((file) => Number(file.slice(name.length + 1, -".json".length)))
    .sort((a, b) => a - b);
}

function pathOf(folder: string, name: string, number: number): string {
  return join(folder, `${name}-${String(number).padStart(9, "0")}.json`);
}
