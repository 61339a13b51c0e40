import { type FileHandle, open } from "node:fs/promises";
import { asError } from "./errors.ts";
import { StoreError } from "./store-error.ts";

/**
 * - `"commit"`: what was confirmed survives a power cut.
 * - `"never"`: it survives the end of the process, however sudden; when it reaches the disk is the system's affair.
 */
export type FsyncPolicy = "commit" | "never";

export interface GroupWriterOptions {
  readonly fsync: FsyncPolicy;
  /** Fails when the file is there already. Default false: appends to what is there. */
  readonly mustBeNew?: boolean;
  /** Asked before each write; when it rejects, nothing is written any more. */
  readonly fence: () => Promise<void>;
}

export interface Appended {
  /** Where it will be, in bytes from the file's beginning. */
  readonly offset: number;
  /** Settles when it is written, and synced where that is the policy. Nobody has to wait for it. */
  readonly written: Promise<void>;
}

/** Appends to one file. It must be the only one that does. */
export interface GroupWriter {
  /** Bytes in the file, those that wait to be written included. */
  readonly size: number;
  /** Bytes that wait to be written. */
  readonly waiting: number;
  append(bytes: Buffer): Appended;
  /** Resolves when all that was appended before is written. @throws StoreError (rejects) */
  flush(): Promise<void>;
  /** Writes what waits and closes the file. May be called twice. */
  close(): Promise<void>;
}

interface Batch {
  readonly pieces: Buffer[];
  readonly written: Promise<void>;
  readonly settle: (failure?: StoreError) => void;
}

/**
 * Group commit: what is appended while a write is under way goes out with the next one, under one sync. Failure is
 * final: after a write or a sync that failed nobody knows what is in the file, so nothing more is written, and whoever
 * goes on opens the file anew.
 */
export async function openGroupWriter(path: string, options: GroupWriterOptions): Promise<GroupWriter> {
  const file = await open(path, options.mustBeNew ? "ax" : "a", 0o600);
  let size = (await file.stat()).size;
  let next: Batch | undefined;
  let waiting = 0;
  let failure: StoreError | undefined;
  let pumping: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  const pump = async (): Promise<void> => {
    // Whatever is appended in the same turn of the event loop goes out together.
    await new Promise(setImmediate);
    for (let batch = next; batch !== undefined; batch = next) {
      next = undefined;
      if (failure === undefined) failure = await commit(file, batch, options);
      for (const { length } of batch.pieces) waiting -= length;
      batch.settle(failure);
    }
    pumping = undefined;
  };

  const refused = (why: StoreError): Appended => ({ offset: size, written: quiet(Promise.reject(why)) });

  return {
    get size() {
      return size;
    },
    get waiting() {
      return waiting;
    },
    append(bytes) {
      if (failure !== undefined) return refused(failure);
      if (closed !== undefined)
        return refused(new StoreError(`${path} was closed`, { code: "closed", retryable: false }));
      next ??= makeBatch();
      next.pieces.push(bytes);
      const offset = size;
      size += bytes.length;
      waiting += bytes.length;
      pumping ??= pump();
      return { offset, written: next.written };
    },
    async flush() {
      await pumping;
      if (failure !== undefined) throw failure;
    },
    close() {
      closed ??= Promise.resolve(pumping).then(() => file.close());
      return closed;
    },
  };
}

async function commit(
  file: FileHandle,
  { pieces }: Batch,
  options: GroupWriterOptions,
): Promise<StoreError | undefined> {
  try {
    await options.fence();
    await writeAll(file, pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
    if (options.fsync === "commit") await file.datasync();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof StoreError) return thrown;
    const cause = asError(thrown);
    return new StoreError(`the disk refused a write: ${cause.message}`, {
      code: "write_failed",
      retryable: true,
      cause,
    });
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
}

function makeBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (failure?: StoreError): void => (failure === undefined ? resolve() : reject(failure));
  return { pieces: [], written: quiet(promise), settle };
}

/** Nobody needs to wait for a write; its failure is then told by the next one. */
function quiet(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
