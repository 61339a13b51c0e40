import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "./sync-folder.ts";

/**
 * Writes a file beside its place and renames it into it: whoever reads the path meanwhile, and whoever finds it after a
 * crash, sees the old file or the new one, never a part.
 *
 * @param mode of the file, whatever an older one of that name had. Default: as the process makes files
 * @throws Node's error when it cannot be written (rejects)
 */
export async function writeWhole(path: string, text: string, mode?: number): Promise<void> {
  const { file, temporary } = await openBeside(path, mode);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (thrown) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncFolder(dirname(path));
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
