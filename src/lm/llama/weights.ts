import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../foundation/clock.ts";
import { asError, UsageError } from "../../foundation/errors.ts";
import type { WeightsFacts } from "./embedded-model.ts";
import { inspectWeights } from "./verify.ts";

/** One place that the weights can be fetched from. */
export interface WeightsSource {
  /** A word or two for people: "the model hub". */
  readonly name: string;
  /**
   * Puts the file into `folder` (which is empty and nobody else's) and returns its path. Whether it is the right file is
   * not its concern.
   */
  fetch(facts: WeightsFacts, folder: string, report: ReportBytes, signal?: AbortSignal): Promise<string>;
}

export type ReportBytes = (bytes: number, total: number) => void;

/** What happens while weights are made ready, for a progress bar or a log. Nothing is printed by the library. */
export type WeightsProgress =
  /** `path` is there but is not the right file; it will be replaced. */
  | { readonly kind: "rejected"; readonly path: string; readonly reason: string }
  | { readonly kind: "fetching"; readonly source: string; readonly bytes: number; readonly total: number }
  /** This source could not serve; the next one is tried. */
  | { readonly kind: "source_failed"; readonly source: string; readonly reason: string }
  /** Checked and ready. `source` is "cache" when nothing had to be fetched, "file" for a path that the user gave. */
  | { readonly kind: "ready"; readonly source: string; readonly path: string };

export interface EnsureWeightsOptions {
  readonly facts: WeightsFacts;
  /** The cache folder; made when it is not there. */
  readonly folder: string;
  /** Tried in this order. */
  readonly sources: readonly WeightsSource[];
  readonly clock: Clock;
  readonly onProgress?: (event: WeightsProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * The path of the weights, checked to the byte: from the cache folder, else fetched. A file that is fetched gets its name
 * only after its size and checksum were found right and its bytes are on the disk, so neither a broken download nor a
 * crash, nor another process that does the same at the same time, can leave a wrong file under that name.
 *
 * @throws UsageError with one line that says what each source answered and what can be done
 * @throws the signal's reason when it aborts
 */
export async function ensureWeights(options: EnsureWeightsOptions): Promise<string> {
  const { facts, folder, sources, signal } = options;
  const report = options.onProgress ?? (() => undefined);
  const path = join(folder, facts.fileName);

  const found = await inspectWeights(path, facts, signal);
  if (found.kind === "good") {
    report({ kind: "ready", source: "cache", path });
    return path;
  }
  if (found.kind === "bad") report({ kind: "rejected", path, reason: found.reason });

  const workshop = await makeWorkshop(folder, options.clock);
  const failures: string[] = [];
  try {
    for (const source of sources) {
      signal?.throwIfAborted();
      report({ kind: "fetching", source: source.name, bytes: 0, total: facts.bytes });
      try {
        const own = await mkdtemp(join(workshop, "source-"));
        const bytes: ReportBytes = (done, total) =>
          report({ kind: "fetching", source: source.name, bytes: done, total });
        const fetched = await source.fetch(facts, own, bytes, signal);
        const verdict = await inspectWeights(fetched, facts, signal);
        if (verdict.kind !== "good")
          throw new Error(`what it sent ${verdict.kind === "bad" ? verdict.reason : "is not there"}`);
        await moveIntoPlace(fetched, path, facts);
        report({ kind: "ready", source: source.name, path });
        return path;
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason;
        const reason = oneLine(asError(thrown).message);
        failures.push(`${source.name}: ${reason}`);
        report({ kind: "source_failed", source: source.name, reason });
      }
    }
  } finally {
    await rm(workshop, { recursive: true, force: true }).catch(() => undefined);
  }

  const broken = found.kind === "bad" ? `${path} ${found.reason}, and ` : "";
  throw new UsageError(
    `${broken}the weights of ${facts.name} could not be fetched (${failures.join("; ")}): put ${facts.fileName} into ` +
      `${folder}, or set DSPEX_CACHE to a folder that has it, or use openai() with OPENAI_API_KEY`,
  );
}

const WORKSHOP = ".fetching-";
/** A download that takes longer than this is taken for dead, and its leftovers are swept away by the next one. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1_000;

/** A folder for this one attempt, on the same disk as the cache, so that a rename is enough in the end. */
async function makeWorkshop(folder: string, clock: Clock): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (!name.startsWith(WORKSHOP)) continue;
      const left = join(folder, name);
      const since = await stat(left).catch(() => undefined);
      if (since && clock.wallTime() - since.mtimeMs > ABANDONED_AFTER_MS)
        await rm(left, { recursive: true, force: true }).catch(() => undefined);
    }
    return await mkdtemp(join(folder, WORKSHOP));
  } catch (thrown) {
    throw new UsageError(
      `the cache folder ${folder} cannot be written to (${oneLine(asError(thrown).message)}): set DSPEX_CACHE to a folder that can`,
      { cause: thrown },
    );
  }
}

async function moveIntoPlace(fetched: string, path: string, facts: WeightsFacts): Promise<void> {
  const file = await open(fetched, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await rename(fetched, path);
  } catch (thrown) {
    // Windows will not replace a file that somebody has loaded; if it is the right one by now, it need not be replaced.
    if ((await inspectWeights(path, facts)).kind !== "good") throw thrown;
  }
  // Leaves the mark beside it, so that the next start need not work out the checksum.
  await inspectWeights(path, facts);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
