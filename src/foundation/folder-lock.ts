import { mkdir, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, sleep, systemClock, type Timer } from "./clock.ts";
import { asError } from "./errors.ts";
import { BEAT_MS, LEASE_MS, LOOK_MS, makeWatch, type Standing, standingOf } from "./lease.ts";
import { createLockFile, type LockFile, markLockFile, mayBeCopied, readLockFile } from "./lock-file.ts";
import { uniqueName } from "./random.ts";
import { isMissing } from "./sealed-line.ts";
import { StoreError } from "./store-error.ts";
import { isSurelyGone, isSurelyThere, isThisProcess, type ProcessFacts, thisProcess } from "./this-process.ts";

/**
 * The right to write in a folder: one writer at a time, each with a number (its epoch) that is higher than all before.
 * The file `writer-<epoch>.json` says whose it is. It is made in one step that fails where it is there already, so two
 * that try at once cannot both succeed; and a writer that is replaced finds the next number taken before its next write.
 *
 * It is a lease: the holder writes a life sign into its file every three seconds, and one that nobody has seen any of for
 * fifteen counts as gone, wherever it runs; a folder that was copied from a writer's is free after these fifteen seconds. That needs neither pids nor clocks that agree, so it holds between containers
 * and machines that share a volume, and on every platform. Where both can be told to be of one running system, a process
 * that is surely gone is followed at once.
 *
 * What no lease can do: a process that was stopped (a suspended machine, a debugger) between its last look and its write
 * may still get that one write in after it was replaced. So what is written carries the epoch, and readers go by it.
 */
export interface FolderLock {
  readonly folder: string;
  readonly epoch: number;
  /**
   * To be asked before each write.
   * @throws StoreError (rejects) `fenced` once a later writer has taken over; `write_failed` where the lock cannot be read
   * or is gone, with its folder perhaps; `closed` after `release`
   */
  check(): Promise<void>;
  /** Lets the next writer in at once, and ends the life signs. May be called twice. */
  release(): Promise<void>;
}

export interface FolderLockOptions {
  /**
   * Who asks, within this process: the same owner takes over from itself (a process of ours that was killed and started
   * again), any other is refused while the first one lives.
   */
  readonly owner: string;
  /** For life signs and waits. Default: real time. */
  readonly clock?: Clock;
  /** Milliseconds to wait for a lock that somebody holds; `Infinity` for as long as it takes. Default 0. */
  readonly waitMs?: number;
  /**
   * Milliseconds to watch one of which nobody can tell whether it lives, which takes as long as a lease; default 0. Where
   * `waitMs` is longer, that counts.
   */
  readonly patienceMs?: number;
  /** Whether the process may end while it waits. Default false. */
  readonly background?: boolean;
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const LOCK_FILE = /^writer-(\d{9})\.json$/;
/** Of a lock or a checkpoint, and of nobody else who keeps something in that folder. */
const DRAFT_FILE = /^[a-z0-9-]+-\d{9}\.json(\.[^.]+)?\.draft$/i;

/**
 * Takes the folder, which is made where it is missing.
 *
 * @throws StoreError `locked` (rejects) while another writer has it, or may have it: `details` say which one
 * @throws the file system's error (rejects) where the folder cannot be used
 */
export async function lockFolder(folder: string, options: FolderLockOptions): Promise<FolderLock> {
  const { owner, clock = systemClock, waitMs = 0, patienceMs = 0, background = false, signal } = options;
  const me = thisProcess();
  const beganAt = clock.now();
  const watch = makeWatch();
  for (;;) {
    signal?.throwIfAborted();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const last = await lastEpoch(folder);
    const file = last === 0 ? undefined : await readLockFile(lockPath(folder, last));
    // Gone since it was listed.
    if (last > 0 && file === undefined) continue;
    const now = clock.now();
    const holder = file?.holder;
    const isCopy = holder !== undefined && (await mayBeCopied(lockPath(folder, last), holder));
    if (file !== undefined && isHeld(standingOf(file, me, owner, isCopy), () => watch.look(file.text, now))) {
      const isThere = holder !== undefined && (isThisProcess(holder, me) || isSurelyThere(holder, me));
      const patience = isCopy ? COPY_PATIENCE_MS : isThere ? 0 : patienceMs;
      const endsAt = beganAt + Math.max(waitMs, patience);
      if (now >= endsAt) throw refused(folder, file, me);
      await sleep(clock, Math.min(LOOK_MS, endsAt - now), signal, { background });
      continue;
    }
    const epoch = last + 1;
    const id = uniqueName();
    if (!(await createLockFile(lockPath(folder, epoch), { id, owner, ...me }))) continue;
    // Somebody may have come and gone, number and all, since we looked.
    if ((await lastEpoch(folder)) > epoch) {
      await unlink(lockPath(folder, epoch)).catch(() => {});
      continue;
    }
    await forgetBefore(folder, epoch);
    return makeLock(folder, epoch, id, clock);
  }
}

/** Nobody gives life signs in a copy: whoever looks on for so long has it, unless it is none. */
const COPY_PATIENCE_MS = 2 * LEASE_MS;

/** @param isSilent asked at each look, so that what was watched adds up */
function isHeld(standing: Standing, isSilent: () => boolean): boolean {
  switch (standing) {
    case "over":
      return false;
    case "here":
      return true;
    case "unknown":
      return !isSilent();
  }
}

function makeLock(folder: string, epoch: number, id: string, clock: Clock): FolderLock {
  const own = lockPath(folder, epoch);
  const next = lockPath(folder, epoch + 1);
  let released: Promise<void> | undefined;
  let beats = 0;
  let beating: Promise<void> | undefined;
  let timer: Timer | undefined;

  const beat = async (): Promise<void> => {
    timer = undefined;
    beats += 1;
    // A disk that refuses may take the next one.
    const isOurs = await markLockFile(own, id, "held", beats).catch(() => true);
    beating = undefined;
    if (isOurs && released === undefined) arm();
  };
  const arm = (): void => {
    timer = clock.setTimer(BEAT_MS, () => void (beating = beat()), { background: true });
  };
  arm();

  return Object.freeze({
    folder,
    epoch,
    async check() {
      if (released !== undefined)
        throw new StoreError(`the lock of ${folder} was released`, { code: "closed", retryable: false });
      let file: LockFile | undefined;
      let isReplaced: boolean;
      try {
        // In this order: should the next one have come and gone already, ours went before it did.
        isReplaced = await exists(next);
        file = await readLockFile(own);
      } catch (thrown) {
        const cause = asError(thrown);
        const message = `the lock of ${folder} cannot be read: ${cause.message}`;
        throw new StoreError(message, { code: "write_failed", retryable: true, cause });
      }
      if (isReplaced || (file?.holder !== undefined && file.holder.id !== id))
        throw new StoreError(`another writer has taken over ${folder}`, { code: "fenced", retryable: false });
      if (file?.holder === undefined) throw await gone(folder, epoch);
    },
    release() {
      released ??= (async () => {
        if (timer !== undefined) clock.clearTimer(timer);
        await beating;
        // The file stays, so that the next epoch is a higher one. Where it cannot be written, it is left to go stale.
        await markLockFile(own, id, "free", beats + 1).catch(() => {});
      })();
      return released;
    },
  });
}

/** Our file is not there: a later writer has forgotten it, or somebody has removed it, with its folder perhaps. */
async function gone(folder: string, epoch: number): Promise<StoreError> {
  const last = await lastEpoch(folder).catch(() => 0);
  if (last > epoch)
    return new StoreError(`another writer has taken over ${folder}`, { code: "fenced", retryable: false });
  return new StoreError(`the lock of ${folder} is gone: the folder was removed or emptied`, {
    code: "write_failed",
    retryable: true,
  });
}

function refused(folder: string, { holder }: LockFile, me: ProcessFacts): StoreError {
  const details = { folder, ...(holder && { pid: holder.pid, host: holder.host }) };
  const where = holder !== undefined && holder.host !== me.host ? ` on ${holder.host}` : "";
  const by = holder === undefined ? "a process that is just coming" : `process ${holder.pid}${where}`;
  return new StoreError(`${folder} is in use by ${by}: give each process a folder of its own`, {
    code: "locked",
    retryable: true,
    details,
  });
}

/** Who has a folder, as far as its files tell: for people, who look and do not take it. */
export interface FolderHolder {
  readonly pid: number;
  readonly host: string;
  /** `"unknown"`: it is elsewhere, or just coming, or this is a copy of its folder; one that lives writes its file anew every few seconds. */
  readonly lives: "surely" | "unknown";
  /** The file, as it is. */
  readonly text: string;
}

/** Undefined: nobody has it, or who had it is surely gone. Takes no lock, and writes nothing. */
export async function holderOf(folder: string): Promise<FolderHolder | undefined> {
  const last = await lastEpoch(folder);
  const file = last === 0 ? undefined : await readLockFile(lockPath(folder, last));
  if (file?.holder === undefined || file.holder.state === "free") return undefined;
  const { holder, text } = file;
  const me = thisProcess();
  if (!isThisProcess(holder, me) && isSurelyGone(holder, me)) return undefined;
  const isCopy = await mayBeCopied(lockPath(folder, last), holder);
  const lives = !isCopy && (isThisProcess(holder, me) || isSurelyThere(holder, me)) ? "surely" : "unknown";
  return Object.freeze({ pid: holder.pid, host: holder.host, lives, text });
}

async function lastEpoch(folder: string): Promise<number> {
  const epochs = (await readdir(folder)).map((name) => Number(LOCK_FILE.exec(name)?.[1] ?? 0));
  return Math.max(0, ...epochs);
}

async function forgetBefore(folder: string, epoch: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = LOCK_FILE.exec(name);
    const isOld = found !== null && Number(found[1]) < epoch;
    if (isOld || DRAFT_FILE.test(name)) await unlink(join(folder, name)).catch(() => {});
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (thrown: unknown) => {
      if (isMissing(thrown)) return false;
      throw thrown;
    },
  );
}

function lockPath(folder: string, epoch: number): string {
  return join(folder, `writer-${String(epoch).padStart(9, "0")}.json`);
}
