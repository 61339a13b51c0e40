import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock, Timer } from "../../foundation/clock.ts";
import { writeWhole } from "../../foundation/write-whole.ts";

/**
 * What somebody in another process wants of a job: a file in its folder, which the job looks at while it lives and as it begins.
 * Without one it goes on. The file stays, so that a job that is started again by its system keeps to it.
 */
export type JobWant = "go_on" | "pause" | "cancel";

/** How a job came to its end, for those who look at its folder: a file that is there as long as nobody has started it again. */
export interface JobOutcome {
  readonly state: "done" | "cancelled" | "failed";
  readonly partial?: string | undefined;
  /** Why there is no result. */
  readonly why?: string | undefined;
}

const CONTROL = "control.json";
const OUTCOME = "outcome.json";
const MODE = 0o600;

/** Milliseconds between two looks. */
const LOOK_MS = 1_000;

const WANT = z.object({ want: z.enum(["pause", "cancel"]) });
const ENDED = z.object({
  state: z.enum(["done", "cancelled", "failed"]),
  partial: z.string().optional(),
  why: z.string().optional(),
});

/** A file that nobody can read wants nothing. */
export async function readWant(folder: string): Promise<JobWant> {
  return WANT.safeParse(await read(join(folder, CONTROL))).data?.want ?? "go_on";
}

/** @throws the file system's error (rejects) */
export async function writeWant(folder: string, want: JobWant): Promise<void> {
  const path = join(folder, CONTROL);
  if (want === "go_on") await rm(path, { force: true });
  else await writeWhole(path, `${JSON.stringify({ want })}\n`, MODE);
}

/** Undefined: it has not come to its end, or nobody could write that. */
export async function readOutcome(folder: string): Promise<JobOutcome | undefined> {
  return ENDED.safeParse(await read(join(folder, OUTCOME))).data;
}

/** @param outcome undefined: it is under way. A disk that refuses is no reason to have no result. */
export async function writeOutcome(folder: string, outcome: JobOutcome | undefined): Promise<void> {
  const path = join(folder, OUTCOME);
  const writing =
    outcome === undefined ? rm(path, { force: true }) : writeWhole(path, `${JSON.stringify(outcome)}\n`, MODE);
  await writing.catch(() => {});
}

/**
 * Tells what is wanted now, if anything is, and each change from then on. Resolves once it has looked for the first time.
 * @returns ends the looking
 */
export async function watchWant(folder: string, clock: Clock, tell: (want: JobWant) => void): Promise<() => void> {
  let known: JobWant = "go_on";
  let ended = false;
  let timer: Timer | undefined;
  const look = async (): Promise<void> => {
    const want = await readWant(folder);
    if (ended) return;
    if (want !== known) tell(want);
    known = want;
    // Who has paused it by the file wants it to be there when the file goes: nothing else may keep its process.
    timer = clock.setTimer(LOOK_MS, () => void look(), { background: want !== "pause" });
  };
  await look();
  return () => {
    ended = true;
    if (timer !== undefined) clock.clearTimer(timer);
  };
}

async function read(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
