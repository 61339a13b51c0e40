import { accessSync, constants, mkdirSync } from "node:fs";
import { ABOVE_0_MS, checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { asError, describe, UsageError } from "../../foundation/errors.ts";

export interface CacheOptions {
  /** Most bytes of answers in memory, those asked for last. Default 64 MiB. */
  readonly memoryBytes?: number | undefined;
  /**
   * Milliseconds after which an answer is not given again: the next call asks for a new one, which takes its place. Counts
   * from when it came, by the system's clock, through restarts. Default: none, answers do not age.
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * A folder for answers that outlive the process, one process each; made where it is missing. It holds what models said,
   * in clear, and not what they were asked. Default: none, and nothing is written anywhere.
   */
  readonly dir?: string | undefined;
  /** Most bytes of that folder. Default 256 MiB. */
  readonly diskBytes?: number | undefined;
  /**
   * Milliseconds for which the start waits for another process that still writes in the folder, as in a rolling deploy.
   * Default 0: it does not wait. Either way the folder is taken as soon as it is free.
   */
  readonly lockWaitMs?: number | undefined;
}

export interface CacheSettings {
  readonly memoryBytes: number;
  /** `Infinity` for none. */
  readonly maxAgeMs: number;
  readonly disk: DiskSettings | undefined;
}

export interface DiskSettings {
  readonly folder: string;
  readonly maxBytes: number;
  readonly owner: string;
  /** How long a start waits for another that writes there: the first one; one that follows a crash holds nobody up. */
  nextWaitMs(): number;
}

const MEMORY_BYTES = 64 * 1024 * 1024;
const DISK_BYTES = 256 * 1024 * 1024;
/**
 * With its defaults, and the folder made.
 * @throws UsageError for an option that makes no sense, or a folder that cannot be made or written to
 */
export function readCacheOptions(options: CacheOptions, owner: string): CacheSettings {
  checkCacheOptions(options);
  const { memoryBytes = MEMORY_BYTES, maxAgeMs = Infinity, dir, diskBytes = DISK_BYTES, lockWaitMs = 0 } = options;
  if (dir !== undefined) makeFolder(dir);
  if (dir === undefined) return { memoryBytes, maxAgeMs, disk: undefined };
  let waitMs = lockWaitMs;
  const nextWaitMs = (): number => {
    const now = waitMs;
    waitMs = 0;
    return now;
  };
  return { memoryBytes, maxAgeMs, disk: { folder: dir, maxBytes: diskBytes, owner, nextWaitMs } };
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw new UsageError(`cache: dir cannot be written to: ${asError(thrown).message}`);
  }
}

const OPTIONS = optionNames<CacheOptions>({
  memoryBytes: true,
  maxAgeMs: true,
  dir: true,
  diskBytes: true,
  lockWaitMs: true,
});

function checkCacheOptions(options: CacheOptions): void {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`cache: expected options or false, got ${describe(options)}`);
  checkOptions("cache", options, OPTIONS);
  const { memoryBytes, dir, diskBytes, lockWaitMs } = options;
  if (dir !== undefined && (typeof dir !== "string" || dir === ""))
    throw new UsageError(`cache: dir must be the path of a folder, got ${describe(dir)}`);
  for (const [name, value] of Object.entries({ diskBytes, lockWaitMs }))
    if (value !== undefined && dir === undefined) throw new UsageError(`cache: ${name} is of use only with dir`);
  checkNumber("cache", "maxAgeMs", options.maxAgeMs, ABOVE_0_MS);
  if (lockWaitMs !== undefined && !(Number.isFinite(lockWaitMs) && lockWaitMs >= 0))
    throw new UsageError(`cache: lockWaitMs must be milliseconds from 0, got ${describe(lockWaitMs)}`);
  for (const [name, value] of Object.entries({ memoryBytes, diskBytes }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 0))
      throw new UsageError(`cache: ${name} must be a whole number of bytes from 0, got ${describe(value)}`);
}
