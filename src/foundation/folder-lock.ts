import { readFileSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./sealed-line.ts";
import { StoreError } from "./store-error.ts";

/**
 * The right to write in a folder: one writer at a time, each with a number (its epoch) that is higher than all before.
 * The file `writer-<epoch>.json` says whose it is. It is made in one step that fails where it is there already, so two
 * that try at once cannot both succeed; and whoever is replaced finds the next number taken before its next write.
 */
export interface FolderLock {
  readonly folder: string;
  readonly epoch: number;
  /** @throws StoreError `fenced` (rejects) once a later writer has taken over */
  check(): Promise<void>;
  /** Lets the next writer in at once. May be called twice. */
  release(): Promise<void>;
}

export interface FolderLockOptions {
  /**
   * Who asks, within this process: the same owner takes over from itself (a process of ours that was killed and started
   * again), any other is refused while the first one lives.
   */
  readonly owner: string;
}

interface Holder {
  readonly pid: number;
  /** When the process started, as far as the platform tells: pids are used again. */
  readonly started: string;
  readonly owner: string;
  readonly released?: boolean;
}

const LOCK_FILE = /^writer-(\d{9})\.json$/;

/**
 * Takes the folder, which is made where it is missing. The lock of a process that is gone counts for nothing, however
 * it ended. Processes are told apart on one machine only: a folder that several machines share needs another guard.
 *
 * @throws StoreError `locked` (rejects) while another writer has it
 */
export async function lockFolder(folder: string, { owner }: FolderLockOptions): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const me: Holder = { pid: process.pid, started: startOf(process.pid) ?? "", owner };
  const mine = join(folder, `.writer-${process.pid}-${owner}`);
  for (;;) {
    const last = await lastEpoch(folder);
    if (last > 0) await refuseIfHeld(folder, last, me);
    const epoch = last + 1;
    await writeFile(mine, JSON.stringify(me), { mode: 0o600 });
    const won = await linked(mine, lockPath(folder, epoch));
    await unlink(mine).catch(() => {});
    if (!won) continue;
    // Somebody may have come and gone, number and all, since we looked.
    if ((await lastEpoch(folder)) > epoch) {
      await unlink(lockPath(folder, epoch)).catch(() => {});
      continue;
    }
    await forgetBefore(folder, epoch);
    return makeLock(folder, epoch, me);
  }
}

function makeLock(folder: string, epoch: number, me: Holder): FolderLock {
  let released: Promise<void> | undefined;
  const own = lockPath(folder, epoch);
  const next = lockPath(folder, epoch + 1);
  return Object.freeze({
    folder,
    epoch,
    async check() {
      if (released !== undefined)
        throw new StoreError(`the lock of ${folder} was released`, { code: "closed", retryable: false });
      // In this order: should the next one have come and gone already, ours went before it did.
      if ((await exists(next)) || !(await exists(own)))
        throw new StoreError(`another writer has taken over ${folder}`, { code: "fenced", retryable: false });
    },
    release() {
      released ??= giveUp(folder, epoch, me);
      return released;
    },
  });
}

/** The file stays, so that the next epoch is a higher one. */
async function giveUp(folder: string, epoch: number, me: Holder): Promise<void> {
  const path = lockPath(folder, epoch);
  const free = `${path}.free`;
  try {
    await stat(path);
    await writeFile(free, JSON.stringify({ ...me, released: true }), { mode: 0o600 });
    await rename(free, path);
  } catch {
    // It has been taken over, or the folder is gone: there is nothing to give.
  }
}

async function refuseIfHeld(folder: string, epoch: number, me: Holder): Promise<void> {
  const path = lockPath(folder, epoch);
  let holder: Holder;
  try {
    holder = JSON.parse(await readFile(path, "utf8")) as Holder;
  } catch {
    // Gone meanwhile, or damaged: made in one step and never written to again, so nobody is just writing it.
    return;
  }
  if (holder.released === true || !isAlive(holder)) return;
  const isOurs = holder.pid === me.pid && holder.owner === me.owner;
  if (isOurs) return;
  throw new StoreError(`${folder} is in use by process ${holder.pid}: give each process a folder of its own`, {
    code: "locked",
    retryable: true,
    details: { folder, pid: holder.pid },
  });
}

function isAlive({ pid, started }: Holder): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Not ours to signal, but there.
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EPERM")) return false;
  }
  const now = startOf(pid);
  return now === undefined || started === "" || now === started;
}

/** When a process started, in the kernel's ticks; undefined where the platform does not tell. A dead one has none. */
function startOf(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // A process that has ended and that nobody has asked about yet.
  return fields[0] === "Z" ? "ended" : fields[19];
}

async function lastEpoch(folder: string): Promise<number> {
  const epochs = (await readdir(folder)).map((name) => Number(LOCK_FILE.exec(name)?.[1] ?? 0));
  return Math.max(0, ...epochs);
}

async function forgetBefore(folder: string, epoch: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = LOCK_FILE.exec(name);
    if (found !== null && Number(found[1]) < epoch) await unlink(join(folder, name)).catch(() => {});
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (thrown: unknown) => !isMissing(thrown),
  );
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    // Missing: another incarnation of the same owner is at it too, and has just tidied up.
    if (isMissing(thrown) || (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) return false;
    throw thrown;
  }
}

function lockPath(folder: string, epoch: number): string {
  return join(folder, `writer-${String(epoch).padStart(9, "0")}.json`);
}
