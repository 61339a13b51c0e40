import { type FileHandle, link, open, readFile, stat, unlink } from "node:fs/promises";
import { isMissing } from "./sealed-line.ts";
import type { ProcessFacts } from "./this-process.ts";

/**
 * The file that says whose a folder is:
 *
 *     {"state":"held","beat":"000000000042","file":"66306:1835021","id":"…","owner":"…","pid":4711,…}
 *
 * It is written beside and linked into its place, which fails where one is there already: so it is whole from the first. On
 * file systems without hard links it is made with a flag that fails then, too, and what it says comes a moment later: an empty
 * one may be somebody who is just coming. State and beat have a fixed place and
 * length, and are written over where they are: that needs no room on a full disk, brings nothing back that was removed,
 * and leaves no moment without a holder. `file` says which file it is itself: in a copy of the folder it says another.
 */
export interface LockHolder extends ProcessFacts {
  readonly state: "held" | "free";
  /** Twelve digits that go up while the holder lives. */
  readonly beat: string;
  /** Device and number of the file that the holder has made. */
  readonly file: string;
  /** Unlike any other lock's. */
  readonly id: string;
  readonly owner: string;
}

const STATE_AT = '{"state":"'.length;
const DIGITS = 12;

/** Gives false where it is there already. @throws what the file system says; then nothing is left of it */
export async function createLockFile(
  path: string,
  holder: Omit<LockHolder, "state" | "beat" | "file">,
): Promise<boolean> {
  const textIn = async (file: FileHandle): Promise<string> =>
    JSON.stringify({ state: "held", beat: beatOf(0), file: nameOf(await file.stat({ bigint: true })), ...holder });
  const draft = `${path}.${holder.id}${DRAFT}`;
  try {
    // A link is the same file.
    await writeNew(draft, textIn);
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    if (codeOf(thrown) === "ENOSPC") throw thrown;
  } finally {
    await unlink(draft).catch(() => {});
  }
  try {
    await writeNew(path, textIn);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

/** A file that was not there before, or none. */
async function writeNew(path: string, textIn: (file: FileHandle) => Promise<string>): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(await textIn(file));
  } catch (thrown) {
    await unlink(path).catch(() => {});
    throw thrown;
  } finally {
    await file.close();
  }
}

/** The ending of what somebody who is just coming writes; somebody who was killed then has left it. */
const DRAFT = ".draft";

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}

export interface LockFile {
  /** As it is, to compare with later. */
  readonly text: string;
  /** Undefined: nobody has written it to its end yet, or it is damaged. */
  readonly holder: LockHolder | undefined;
}

/** Undefined where there is none. */
export async function readLockFile(path: string): Promise<LockFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  return { text, holder: readHolder(text) };
}

/**
 * Whether the file there may be a copy of the one that its holder has made: with its folder, from a backup. Some file systems
 * (of networks, above all) number their files anew at times, so it may be the holder's own still.
 */
export async function mayBeCopied(path: string, { file }: LockHolder): Promise<boolean> {
  try {
    return nameOf(await stat(path, { bigint: true })) !== file;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

function nameOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** Writes state and beat into the file of that id. Gives false where it is gone, or is another's by now. */
export async function markLockFile(
  path: string,
  id: string,
  state: LockHolder["state"],
  beat: number,
): Promise<boolean> {
  try {
    const file = await open(path, "r+");
    try {
      const holder = readHolder(await file.readFile("utf8"));
      if (holder?.id !== id) return false;
      await file.write(`${state}","beat":"${beatOf(beat)}`, STATE_AT);
      return true;
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

function beatOf(count: number): string {
  return String(count % 10 ** DIGITS).padStart(DIGITS, "0");
}

function readHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { state, beat, file, id, owner, pid, host, pids, started, token } = value as Partial<
    Record<keyof LockHolder, unknown>
  >;
  if ((state !== "held" && state !== "free") || typeof pid !== "number") return undefined;
  if (typeof beat !== "string" || typeof file !== "string" || typeof id !== "string" || typeof owner !== "string")
    return undefined;
  if (typeof host !== "string" || typeof pids !== "string") return undefined;
  if (typeof started !== "string" || typeof token !== "string") return undefined;
  return { state, beat, file, id, owner, pid, host, pids, started, token };
}
