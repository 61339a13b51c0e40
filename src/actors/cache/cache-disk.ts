import { type Clock, sleep, type Timer } from "../../foundation/clock.ts";
import { asError } from "../../foundation/errors.ts";
import { StoreError } from "../../foundation/store-error.ts";
import { type CacheTrouble, type DiskCache, openDiskCache } from "../../lm/cache/disk.ts";
import type { LmResponse } from "../../lm/language-model.ts";
import type { DiskSettings } from "./cache-options.ts";

/** What is told of the disk, as {@link CacheTrouble} and two words more. */
export interface DiskTrouble extends Omit<CacheTrouble, "what" | "cause"> {
  readonly what: CacheTrouble["what"] | "locked" | "open_failed";
  readonly message?: string;
}

export interface DiskKeeperOptions {
  readonly settings: DiskSettings;
  readonly clock: Clock;
  /** Its owner's life. */
  readonly life: AbortSignal;
  /** Aborted when nothing new is to be begun, at the end of `life` at the latest. */
  readonly stopping: AbortSignal;
  /** The answer, where it is still in memory, and when it was kept. */
  readonly recall: (key: string) => { readonly response: LmResponse; readonly at: number } | undefined;
  /** See `DiskCacheOptions`. */
  readonly freshFrom: () => number;
  readonly onTrouble: (trouble: DiskTrouble) => void;
  readonly onMended: () => void;
}

/**
 * Keeps the cache on disk open, whatever becomes of its folder: where that cannot be had (somebody else has it, it was
 * removed, it is full or not to be written to), it is told once, done without, and tried again, until it is back; what
 * came meanwhile and is still in memory is written then.
 */
export interface DiskKeeper {
  /** Undefined while there is none. */
  readonly disk: DiskCache | undefined;
  /** Resolves when all that is on disk is known, and after a while in any case; then answers are found as they become known. */
  start(): Promise<void>;
  /** Writes it when there is time and a disk. */
  write(key: string, response: LmResponse, at: number): void;
  close(): Promise<void>;
}

/** How long a start waits for what is on disk to be known. */
const LOAD_WAIT_MS = 250;
/** Before the first try at a folder that could not be used, and twice that before each further one, up to the last. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;
/** Answers that are remembered for a disk that is not there. */
const MAX_UNWRITTEN = 10_000;

export function keepDisk(options: DiskKeeperOptions): DiskKeeper {
  const { settings, clock, life, stopping, recall, freshFrom, onMended } = options;
  const ending = AbortSignal.any([life, stopping]);
  let disk: DiskCache | undefined;
  let timer: Timer | undefined;
  let retryMs = FIRST_RETRY_MS;
  /** Kinds of trouble that were told and are not over. */
  const told = new Set<DiskTrouble["what"]>();
  /** Oldest first. */
  const unwritten = new Set<string>();

  const trouble = (what: DiskTrouble["what"], about: Omit<DiskTrouble, "what">): void => {
    const isNews = what === "damaged" || what === "read_failed" || !told.has(kindOf(what));
    if (what !== "damaged" && what !== "read_failed") told.add(kindOf(what));
    if (isNews) options.onTrouble({ what, ...about });
  };

  const mended = (): void => {
    if (told.size === 0) return;
    told.clear();
    retryMs = FIRST_RETRY_MS;
    onMended();
  };

  const later = (): void => {
    if (ending.aborted) return;
    timer = clock.setTimer(retryMs, () => void open(0, true), { background: true });
    retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
  };

  const catchUp = (opened: DiskCache): void => {
    for (const key of unwritten) {
      const kept = recall(key);
      if (kept === undefined || !opened.write(key, kept.response, kept.at)) unwritten.delete(key);
    }
    // Else once they are written: a disk may take a lock's file and be full all the same.
    if (unwritten.size === 0) mended();
  };

  /** @param background whether the process may end meanwhile */
  const open = async (waitMs: number, background: boolean): Promise<void> => {
    const { folder, maxBytes, owner } = settings;
    try {
      const opened: DiskCache = await openDiskCache({
        folder,
        maxBytes,
        owner,
        clock,
        background,
        freshFrom,
        lockWaitMs: waitMs,
        signal: ending,
        onTrouble: ({ what, cause, ...about }) => trouble(what, { ...about, ...(cause && { message: cause.message }) }),
        onWritten: (keys) => {
          for (const key of keys) unwritten.delete(key);
          mended();
        },
        onBroken: () => {
          if (disk === opened) disk = undefined;
          void opened
            .close()
            .catch(() => {})
            .then(later);
        },
      });
      if (life.aborted) return await opened.close();
      disk = opened;
      catchUp(opened);
    } catch (thrown) {
      if (ending.aborted) return;
      const { message } = asError(thrown);
      const isLocked = thrown instanceof StoreError && thrown.code === "locked";
      trouble(isLocked ? "locked" : "open_failed", { path: folder, message });
      if (!isLocked) return later();
      // Its holder may be done soon.
      void open(Infinity, true);
    }
  };

  const atMost = async (ms: number, promise: Promise<unknown>): Promise<void> => {
    const waited = new AbortController();
    const signal = AbortSignal.any([waited.signal, ending]);
    await Promise.race([promise, sleep(clock, ms, signal).catch(() => {})]);
    waited.abort();
  };

  const close = async (): Promise<void> => {
    if (timer !== undefined) clock.clearTimer(timer);
    await disk?.close();
  };
  // A killed process runs no `terminate`.
  life.addEventListener("abort", () => void close().catch(() => {}), { once: true });

  return {
    get disk() {
      return disk;
    },
    async start() {
      const waitMs = settings.nextWaitMs();
      const opening = open(waitMs, false);
      await atMost(waitMs + LOAD_WAIT_MS, opening);
      if (disk !== undefined) await atMost(LOAD_WAIT_MS, disk.loaded);
    },
    write(key, response, at) {
      // Where there is a disk and it has no time for more, it is as well not written.
      if (disk !== undefined && !disk.write(key, response, at)) return;
      unwritten.add(key);
      for (const oldest of unwritten) {
        if (unwritten.size <= MAX_UNWRITTEN) break;
        unwritten.delete(oldest);
      }
    },
    close,
  };
}

/** A disk that refuses does so in several words. */
function kindOf(what: DiskTrouble["what"]): DiskTrouble["what"] {
  return what === "open_failed" ? "write_failed" : what;
}
