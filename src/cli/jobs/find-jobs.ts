import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UsageError } from "../../foundation/errors.ts";
import { jobLook, type JobSeen } from "../../teleprompters/job/look-at-job.ts";

/** How deep below the folder that was named jobs are looked for. */
const DEPTH = 3;

/** Jobs in a folder and below, by path. Hidden folders and installed packages are left out. @throws UsageError (rejects) */
export async function findJobs(typed: string, cwd: string): Promise<readonly JobSeen[]> {
  const folders = await below(resolve(cwd, typed), DEPTH).catch(() => {
    throw new UsageError(`there is no folder ${typed}`);
  });
  const seen = await Promise.all(folders.map((folder) => jobLook(folder).look()));
  return seen.filter((each) => each !== undefined);
}

/** The job in a folder. @throws UsageError (rejects) where there is none */
export async function jobIn(typed: string, cwd: string): Promise<JobSeen> {
  const seen = await jobLook(resolve(cwd, typed))
    .look()
    .catch((thrown: unknown) => {
      if ((thrown as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
      throw thrown;
    });
  if (seen === undefined) throw new UsageError(`there is no job in ${typed}`);
  return seen;
}

/** A folder and those below it, in the order of their names. */
async function below(folder: string, depth: number): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isDirectory() && isOfInterest(entry.name) ? [entry.name] : []));
  const deeper = depth === 0 ? [] : names.toSorted();
  const all = await Promise.all(deeper.map((name) => below(join(folder, name), depth - 1).catch(() => [])));
  return [folder, ...all.flat()];
}

function isOfInterest(name: string): boolean {
  return !name.startsWith(".") && name !== "node_modules";
}
