import { open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { syncFolder } from "./sync-folder.ts";

/**
 * Writes a file beside its place and renames it into it: whoever reads the path meanwhile, and whoever finds it after a
 * crash, sees the old file or the new one, never a part.
 *
 * @param mode of the file, whatever an older one of that name had; a link there is replaced. Left out: a file that is there
 *   keeps its mode, a link goes on leading to the file, and a new file is as the process makes files
 * @throws Node's error when it cannot be written (rejects)
 */
export async function writeWhole(path: string, text: string, mode?: number): Promise<void> {
  const target = mode === undefined ? await behindLinks(path) : path;
  const kept = mode === undefined ? await modeOf(target) : undefined;
  const { file, temporary } = await openBeside(target, mode ?? kept);
  try {
    // What a new file may not have, an old one may.
    if (kept !== undefined) await file.chmod(kept);
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(temporary, target);
  } catch (thrown) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncFolder(dirname(target));
}

/** Where a path leads, also where nothing is yet. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
  try {
    return await behindLinks(resolve(dirname(path), await readlink(path)));
  } catch (thrown) {
    // EINVAL: no link, and so in a folder that is none.
    if (isMissing(thrown) || (thrown as NodeJS.ErrnoException).code === "EINVAL") return path;
    throw thrown;
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === "ENOENT";
}

/** A new file in the same folder, since a rename replaces at once only within a file system. */
async function openBeside(
  path: string,
  mode: number | undefined,
): Promise<{ readonly file: FileHandle; readonly temporary: string }> {
  for (let attempt = 0; ; attempt += 1) {
    const temporary = `${path}.${process.pid}-${attempt}.tmp`;
    try {
      return { file: await open(temporary, "wx", mode), temporary };
    } catch (thrown) {
      // Another save of this process, or what a crash has left.
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    }
  }
}
