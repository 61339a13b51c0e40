import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compareReports, exactMatch, type EvaluationReport, programActor, startSystem } from "dspex";
import type { OutStream } from "../../src/cli/cli-world.ts";
import { jobLook } from "../../src/teleprompters/job/look-at-job.ts";
import type { Chapter, ChapterWorld } from "../chapter.ts";
import { compilePast, pastClient } from "../compile-past.ts";
import { pastProgram, pastSet } from "../past.ts";

/** How it is played: on the model itself, unless a test says otherwise. */
interface Play {
  /** Starts the process that is to be killed; it tells on standard output how many runs are over. */
  start(folder: string): ChildProcess;
  /** Runs after which it is killed. */
  readonly killAt: number;
  /** Verbs of the test set. */
  readonly most?: number;
  /** Whether the bar is shown. */
  readonly progress: boolean;
}

const PLAY: Play = {
  start: (folder) =>
    spawn(
      process.execPath,
      ["--conditions=dspex-dev", join(import.meta.dirname, "..", "compile-alone.ts"), folder],
      // Its bar is shown where ours would be.
      { stdio: ["ignore", "pipe", "inherit"] },
    ),
  killAt: 100,
  progress: true,
};

/** A job killed in its midst, gone on with, and what came of it served. */
export const compileAndKill: Chapter = {
  title: "a program compiled, by a process that is killed in the middle",
  run: (world) => compileOn(world, PLAY),
};

export async function compileOn(world: ChapterWorld, play: Play): Promise<number> {
  const { out } = world;
  const folder = await mkdtemp(join(tmpdir(), "dspex-tour-"));
  try {
    out.write("The same task: which demos are the best ones? A job tries five sets of them, each on 40 verbs.\n");
    const runs = await killed(world, folder, play);
    const { runs: recorded = 0 } = (await jobLook(folder).look()) ?? {};
    out.write(
      `\nIts process was killed (SIGKILL) after ${runs} runs; in its folder ${recorded} are on record. This process goes on there.\n`,
    );
    return await goOn(world, folder, play);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lets another process begin, and kills it. @returns how many runs were over by what it said */
async function killed({ signal }: ChapterWorld, folder: string, { start, killAt }: Play): Promise<number> {
  const child = start(folder);
  const exited = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, by) => resolve(by ?? String(code)));
  });
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  let runs = 0;
  // It was spawned with a pipe.
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    runs = Number(line);
    if (runs >= killAt) kill();
  }
  const by = await exited;
  signal.removeEventListener("abort", kill);
  signal.throwIfAborted();
  if (by !== "SIGKILL") throw new Error(`the process that was to be killed ended by itself (${by})`);
  return runs;
}

async function goOn({ lm, out, signal }: ChapterWorld, folder: string, { most, progress }: Play): Promise<number> {
  const service = programActor({ name: "past", program: pastProgram });
  const system = await startSystem({ name: "tour", children: [pastClient(lm), service], logger: false });
  try {
    const handle = await compilePast(system, folder, { signal, progress });
    const better = (await handle.result()).with({ name: "the best demos" });
    out.write(`Of ${handle.status().runs} runs it made those that were not on record.\n\n`);
    out.write(`${handle.report().toTable({ width: out.columns ?? 100 })}\n\n`);
    const testset = await pastSet("test", most);
    out.write(`Before and after, on ${testset.length} verbs that no candidate has seen:\n`);
    const options = { signal, progress };
    const [after, before] = await system.evaluate([better, pastProgram], testset, exactMatch("past"), options);
    if (after === undefined || before === undefined || signal.aborted) return 0;
    tell(after, before, out);
    const served = system.handle(service);
    served.upgrade(better);
    const { past } = await served.call({ verb: "drink" }, { signal });
    out.write(`\nThe better program is put in the old one's place, and serves. drink → ${past}\n`);
    return 0;
  } finally {
    await system.stop();
  }
}

function tell(after: EvaluationReport, before: EvaluationReport, out: OutStream): void {
  const { wins, losses, ties, pValue } = compareReports(after, before);
  const chance = pValue < 0.001 ? "below 0.001" : pValue.toFixed(3);
  out.write(
    `${before.score.toFixed(2)} before, ${after.score.toFixed(2)} after: verb by verb ${wins} won, ${losses} lost, ${ties} tied ` +
      `(p ${chance}).\n`,
  );
}
